//! The error boundary around all routes: errors and panics become responses, in the format of the page or the API.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures_util::FutureExt as _;
use poem::{
    Endpoint, EndpointExt as _, IntoResponse as _, PathPattern, Request, Response,
    error::NotFoundError, http::StatusCode,
};

/// `Retry-After` when a response took too long.
pub const RETRY_AFTER: Duration = Duration::from_secs(5);

/// Renders the errors of one request.
pub trait ErrorRenderer: Send + Sync {
    /// Keeps what the response to an error needs of the request.
    fn of(request: &mut Request) -> Self;

    /// The response to an error of a route or of the framework.
    fn error(&self, error: poem::Error) -> Response;

    /// The response to a request whose handler panicked.
    fn panic(&self) -> Response;
}

/// Answers every error and panic of `endpoint`. The response to an error keeps the path pattern, which the log
/// line names.
pub fn catch<R: ErrorRenderer, E: Endpoint + 'static>(
    endpoint: E,
) -> impl Endpoint<Output = Response> {
    endpoint.around(|endpoint: Arc<E>, mut request: Request| async move {
        let renderer = R::of(&mut request);
        let call = AssertUnwindSafe(endpoint.call(request)).catch_unwind();
        Ok(match call.await {
            Ok(Ok(output)) => output.into_response(),
            Ok(Err(error)) => {
                let route = error.data::<PathPattern>().cloned();
                let mut response = renderer.error(error);
                if let Some(route) = route {
                    response.set_data(route);
                }
                response
            }
            // The panic has been logged where it happened.
            Err(_) => renderer.panic(),
        })
    })
}

/// Errors of the listener and of the framework, which pages and API each answer in their own words.
pub enum FrameworkError {
    /// There is no such path.
    NotFound,
    /// The path has no such method.
    MethodNotAllowed,
    /// The body did not arrive in time.
    RequestTimeout,
    /// The body is beyond the limit.
    BodyTooLarge,
    /// The URI is beyond the limit.
    UriTooLong,
    /// The head is beyond the limit; the error says what of it.
    HeadTooLarge,
    /// The request cannot be read.
    Malformed,
    /// The response took too long.
    Unavailable,
    /// A fault of the server.
    Internal,
}

impl FrameworkError {
    /// The kind of an error, by its status.
    #[must_use]
    pub fn of(error: &poem::Error) -> Self {
        match error.status() {
            StatusCode::NOT_FOUND if error.is::<NotFoundError>() => Self::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => Self::MethodNotAllowed,
            StatusCode::REQUEST_TIMEOUT => Self::RequestTimeout,
            StatusCode::PAYLOAD_TOO_LARGE => Self::BodyTooLarge,
            StatusCode::URI_TOO_LONG => Self::UriTooLong,
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => Self::HeadTooLarge,
            StatusCode::SERVICE_UNAVAILABLE => Self::Unavailable,
            status if status.is_server_error() => Self::Internal,
            _ => Self::Malformed,
        }
    }
}
