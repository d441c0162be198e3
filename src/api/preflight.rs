//! Preflight requests (CORS): browsers ask before a page of another origin sends a token or JSON. Every origin may,
//! and without cookies, which no call reads. Not poem's middleware: that repeats the origin, so that no answer could be
//! shared, refuses a preflight with a page, and leaves out what is refused before it.

use poem::{
    Request, Response,
    http::{Method, StatusCode, header},
};

/// A day; Firefox keeps it so long, others for some hours.
const MAX_AGE: u32 = 86_400;

/// The answer to a preflight request for a call with these methods; none when the request is no such.
pub(super) fn response(request: &Request, methods: &str) -> Option<Response> {
    let is_preflight = request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ORIGIN)
        && request
            .headers()
            .contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    is_preflight.then(|| {
        Response::builder()
            .status(StatusCode::NO_CONTENT)
            .header(header::ACCESS_CONTROL_ALLOW_METHODS, methods)
            .header(
                header::ACCESS_CONTROL_ALLOW_HEADERS,
                "Authorization, Content-Type, If-None-Match",
            )
            .header(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE)
            .finish()
    })
}
