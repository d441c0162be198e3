//! Conditional requests: `If-None-Match` against an `ETag`.

use poem::{Request, http::header};

/// Whether the request names this tag in `If-None-Match`, so that the response is 304.
#[must_use]
pub fn not_modified(request: &Request, etag: &str) -> bool {
    let known = request.headers().get_all(header::IF_NONE_MATCH).iter();
    known
        .filter_map(|value| value.to_str().ok())
        .any(|value| etag_matches(value, etag))
}

/// Whether a value of `If-None-Match` names this tag, by weak comparison (RFC 9110, 13.1.2).
#[must_use]
pub fn etag_matches(if_none_match: &str, etag: &str) -> bool {
    let mut tags = if_none_match.split(',').map(str::trim);
    tags.any(|tag| tag == "*" || opaque_tag(tag) == opaque_tag(etag))
}

fn opaque_tag(tag: &str) -> &str {
    tag.strip_prefix("W/").unwrap_or(tag)
}
