//! Security headers: CSP, framing, referrers, permissions, caching, HSTS.

use std::sync::Arc;

use poem::{
    Endpoint, EndpointExt as _, IntoResponse as _, Request, Response,
    http::{HeaderMap, HeaderName, HeaderValue, header},
};

/// The headers of every response, errors included.
const SECURITY_HEADERS: [(HeaderName, &str); 7] = [
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
    // Pages are private; assets have a value of their own.
    (header::CACHE_CONTROL, "no-store"),
];

/// All headers, with the given `Strict-Transport-Security`.
pub(super) fn security_headers(hsts: Option<&'static str>) -> HeaderMap {
    // Browsers ignore it over HTTP.
    let hsts = hsts.map(|value| (header::STRICT_TRANSPORT_SECURITY, value));
    let all = SECURITY_HEADERS.into_iter().chain(hsts);
    all.map(|(name, value)| (name, HeaderValue::from_static(value)))
        .collect()
}

/// Adds the headers that a response does not set itself.
pub(super) fn with_headers<E: Endpoint + 'static>(
    endpoint: E,
    headers: HeaderMap,
) -> impl Endpoint<Output = Response> {
    let headers = Arc::new(headers);
    endpoint.around(move |endpoint: Arc<E>, request: Request| {
        let headers = headers.clone();
        async move {
            let mut response = match endpoint.call(request).await {
                Ok(output) => output.into_response(),
                Err(error) => error.into_response(),
            };
            for (name, value) in &*headers {
                let own = response.headers_mut().entry(name);
                own.or_insert_with(|| value.clone());
            }
            Ok(response)
        }
    })
}
