//! What stands around each request, as around each of Tickbox's.

use std::{
    net::{IpAddr, Ipv4Addr},
    num::NonZeroU32,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use metrics::histogram;
use tracing::{Instrument as _, field, info_span};
use uuid::Uuid;

/// A client that leaves does not cancel its request.
pub(crate) async fn in_its_own_task(request: Request, next: Next) -> Response {
    match tokio::spawn(next.run(request)).await {
        Ok(response) => response,
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// An id, a span, a line in the log, a measurement.
pub(crate) async fn logged(request: Request, next: Next) -> Response {
    let begin = Instant::now();
    let id = Uuid::new_v4().to_string();
    let span = info_span!("request", id = %id, client = field::Empty, user = field::Empty);
    span.record("client", field::display(address_of(&request)));
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    async {
        let mut response = next.run(request).await;
        let route = route.as_ref().map_or("none", MatchedPath::as_str);
        let seconds = begin.elapsed().as_secs_f64();
        let labels = [
            ("method", method.to_string()),
            ("route", route.to_owned()),
            ("status", response.status().as_str().to_owned()),
        ];
        histogram!("http_requests", &labels).record(seconds);
        let ms = (seconds * 10_000.0).round() / 10.0;
        tracing::info!(%method, route, status = response.status().as_u16(), ms, "request");
        if let Ok(id) = HeaderValue::try_from(id) {
            response.headers_mut().insert("x-request-id", id);
        }
        response
    }
    .instrument(span)
    .await
}

const SECURITY_HEADERS: [(HeaderName, &str); 8] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
    (
        header::STRICT_TRANSPORT_SECURITY,
        "max-age=63072000; includeSubDomains",
    ),
    (header::CACHE_CONTROL, "no-store"),
];

pub(crate) async fn security_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in SECURITY_HEADERS {
        let entry = response.headers_mut().entry(name);
        entry.or_insert(HeaderValue::from_static(value));
    }
    response
}

/// 100 requests a second from an address, 1,000 at once.
pub(crate) struct Limiter(DefaultKeyedRateLimiter<IpAddr>);

impl Limiter {
    pub(crate) fn new() -> Self {
        let burst = NonZeroU32::new(1_000).expect("more than none");
        let quota = Quota::with_period(Duration::from_millis(10)).expect("more than none");
        Self(RateLimiter::keyed(quota.allow_burst(burst)))
    }
}

pub(crate) async fn limited(
    State(limiter): State<Arc<Limiter>>,
    request: Request,
    next: Next,
) -> Response {
    match limiter.0.check_key(&address_of(&request)) {
        Ok(()) => next.run(request).await,
        Err(_) => StatusCode::TOO_MANY_REQUESTS.into_response(),
    }
}

/// The last entry: there is one proxy.
fn address_of(request: &Request) -> IpAddr {
    let forwarded = request.headers().get("x-forwarded-for");
    forwarded
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.rsplit(',').next()?.trim().parse().ok())
        .unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST))
}

pub(crate) async fn bounded_head(request: Request, next: Next) -> Response {
    let length = request
        .uri()
        .path_and_query()
        .map_or(0, |it| it.as_str().len());
    if length > 4 * 1024 {
        return StatusCode::URI_TOO_LONG.into_response();
    }
    if request.headers().get_all(header::HOST).iter().count() != 1 {
        return StatusCode::BAD_REQUEST.into_response();
    }
    next.run(request).await
}

/// Forms of other sites change nothing.
pub(crate) async fn own_site_only(request: Request, next: Next) -> Response {
    let is_safe = matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    );
    let site = request.headers().get("sec-fetch-site");
    let is_ours = site.is_some_and(|site| site == "same-origin" || site == "none");
    if is_safe || is_ours {
        next.run(request).await
    } else {
        StatusCode::FORBIDDEN.into_response()
    }
}
