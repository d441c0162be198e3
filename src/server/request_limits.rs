//! Request limits: middleware that reads the whole body within limits of size and time, or rejects the request.

use std::sync::Arc;

use http_body_util::{BodyExt as _, LengthLimitError, Limited, combinators::BoxBody};
use hyper::body::Body as _;
use poem::{
    Body, Endpoint, EndpointExt as _, IntoResponse as _, Request, Response, Result,
    error::ResponseError,
    http::{StatusCode, Version, header},
};
use tokio::time::timeout;

use super::{
    RequestLimits,
    large_bodies::{LargeBodies, LargeBodySender},
};
use crate::domain::client_ip::ClientIp;

/// Why a request is rejected before it reaches the application. Requests that hyper rejected carry theirs.
#[derive(Clone, Debug, thiserror::Error)]
pub(super) enum RequestRejection {
    #[error("the address is too long")]
    UriTooLong,
    #[error("the head is not understood")]
    HeadNotUnderstood,
    #[error("{}{}", HEAD_TOO_LARGE, most_of_it(.largest))]
    HeadTooLarge {
        /// The largest headers, for the message; may be empty.
        largest: String,
    },
    #[error("more than 100 headers")]
    TooManyHeaders,
    #[error("there must be one Host header")]
    InvalidHost,
    #[error("the body is too large")]
    BodyTooLarge,
    #[error("too many large bodies at once")]
    TooManyLargeBodies,
    #[error("the body took too long")]
    BodyTimeout,
    #[error("the body broke off")]
    BodyAborted,
    #[error("the answer took too long")]
    HandlerTimeout,
}

impl ResponseError for RequestRejection {
    fn status(&self) -> StatusCode {
        match self {
            Self::UriTooLong => StatusCode::URI_TOO_LONG,
            Self::HeadNotUnderstood | Self::InvalidHost | Self::BodyAborted => {
                StatusCode::BAD_REQUEST
            }
            Self::HeadTooLarge { .. } | Self::TooManyHeaders => {
                StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE
            }
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::HandlerTimeout | Self::TooManyLargeBodies => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

/// See [`HEAD_BYTES`](super::limits::HEAD_BYTES).
const HEAD_TOO_LARGE: &str = "more than 16 KiB of cookies and other headers";

/// Shown to the client, since these headers are its own.
fn most_of_it(largest: &str) -> String {
    if largest.is_empty() {
        return String::new();
    }
    format!(", most of it {largest}")
}

/// Calls `endpoint` with requests whose bodies have been read, within the limits. A response that takes too long is
/// cancelled; its transactions continue.
///
/// # Errors
/// By their status: 400, 408, 413, 414 and 431 for rejected requests, 503 for a response that took too long.
pub fn with_request_limits<E: Endpoint + 'static>(
    endpoint: E,
    limits: RequestLimits,
) -> impl Endpoint<Output = Response> {
    let large_bodies = LargeBodies::default();
    endpoint.around(move |endpoint: Arc<E>, mut request: Request| {
        let large_bodies = large_bodies.clone();
        async move {
            check_head(&request, &limits)?;
            let body = request.take_body();
            let (bytes, _place) = match request.data::<LargeBodySender>() {
                Some(LargeBodySender { user, max_bytes }) => {
                    let ip = request.data::<ClientIp>().copied().unwrap_or_default();
                    let place = large_bodies.begin(ip.network(), *user);
                    let place = place.ok_or(RequestRejection::TooManyLargeBodies)?;
                    (*max_bytes, Some(place))
                }
                None => (limits.body_bytes, None),
            };
            let body = read_body(body, &limits, bytes).await?;
            request.set_body(body);
            let answer = timeout(limits.handler, endpoint.call(request)).await;
            Ok(answer
                .map_err(|_| RequestRejection::HandlerTimeout)??
                .into_response())
        }
    })
}

fn check_head(request: &Request, limits: &RequestLimits) -> Result<(), RequestRejection> {
    if let Some(refusal) = request.data::<RequestRejection>() {
        return Err(refusal.clone());
    }
    let uri = request.original_uri();
    let length = uri.path_and_query().map_or(0, |it| it.as_str().len());
    if length > limits.uri_bytes {
        return Err(RequestRejection::UriTooLong);
    }
    // Of several, a proxy may have used another one (RFC 9112, 3.2; request smuggling).
    let hosts = request.headers().get_all(header::HOST).iter().count();
    if hosts > 1 || (hosts == 0 && request.version() == Version::HTTP_11) {
        return Err(RequestRejection::InvalidHost);
    }
    Ok(())
}

async fn read_body(
    body: Body,
    limits: &RequestLimits,
    bytes: usize,
) -> Result<Body, RequestRejection> {
    let body: BoxBody<_, _> = body.into();
    if body.is_end_stream() {
        return Ok(Body::empty());
    }
    // Rejected by its announced length before the client is told to continue sending.
    if body.size_hint().lower() > bytes as u64 {
        return Err(RequestRejection::BodyTooLarge);
    }
    match timeout(limits.body, Limited::new(body, bytes).collect()).await {
        Ok(Ok(whole)) => Ok(Body::from(whole.to_bytes())),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(RequestRejection::BodyTooLarge),
        Ok(Err(_)) => Err(RequestRejection::BodyAborted),
        Err(_) => Err(RequestRejection::BodyTimeout),
    }
}
