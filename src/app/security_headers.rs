//! Security headers: CSP, framing, referrers, permissions, caching, HSTS; and for the API which of other origins may
//! read it (CORS).

use std::sync::Arc;

use poem::{
    Endpoint, EndpointExt as _, IntoResponse as _, Request, Response,
    http::{HeaderMap, HeaderName, HeaderValue, header},
};

use crate::api;

/// The headers of every response, errors included.
const OF_ALL: [(HeaderName, &str); 2] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // Pages are private; assets have a value of their own.
    (header::CACHE_CONTROL, "no-store"),
];

/// Those of what a browser may show as a document.
const OF_PAGES: [(HeaderName, &str); 5] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
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
];

/// Those of JSON, which runs nothing and leads nowhere. Any origin may read it: a call knows no cookie, so that another
/// site can do no more with it than any other program that has no token.
const OF_JSON: [(HeaderName, &str); 4] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; frame-ancestors 'none'",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "cross-origin",
    ),
    (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    (
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        "Allow, ETag, Retry-After, WWW-Authenticate, X-Request-Id",
    ),
];

/// The headers of pages and of JSON.
#[derive(Clone, Debug)]
pub(super) struct SecurityHeaders {
    page: HeaderMap,
    json: HeaderMap,
}

impl SecurityHeaders {
    /// All headers, with the given `Strict-Transport-Security`.
    pub(super) fn new(hsts: Option<&'static str>) -> Self {
        // Browsers ignore it over HTTP.
        let hsts = hsts.map(|value| (header::STRICT_TRANSPORT_SECURITY, value));
        let with = |own: &[(HeaderName, &'static str)]| {
            let all = OF_ALL
                .into_iter()
                .chain(own.iter().cloned())
                .chain(hsts.clone());
            all.map(|(name, value)| (name, HeaderValue::from_static(value)))
                .collect()
        };
        Self {
            page: with(&OF_PAGES),
            json: with(&OF_JSON),
        }
    }

    /// Adds the headers that a response to a request for `path` does not set itself.
    pub(super) fn add_to(&self, path_is_api: bool, response: &mut Response) {
        let kind = response.content_type().unwrap_or_default();
        // Swagger UI is a page among the calls.
        let headers = if path_is_api && !kind.starts_with("text/html") {
            &self.json
        } else {
            &self.page
        };
        for (name, value) in headers {
            let own = response.headers_mut().entry(name);
            own.or_insert_with(|| value.clone());
        }
    }
}

/// Adds the headers that a response does not set itself.
pub(super) fn with_headers<E: Endpoint + 'static>(
    endpoint: E,
    headers: SecurityHeaders,
) -> impl Endpoint<Output = Response> {
    let headers = Arc::new(headers);
    endpoint.around(move |endpoint: Arc<E>, request: Request| {
        let headers = headers.clone();
        async move {
            let is_api = api::is_api_path(request.uri().path());
            let mut response = match endpoint.call(request).await {
                Ok(output) => output.into_response(),
                Err(error) => error.into_response(),
            };
            headers.add_to(is_api, &mut response);
            Ok(response)
        }
    })
}
