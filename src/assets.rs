//! The embedded styles, scripts, icon and licences, under names that change with their content: below
//! the pages and the API, since both have pages that load them. May import no other layer.

pub mod compression;

use std::{borrow::Cow, collections::HashMap, sync::LazyLock};

use bytes::Bytes;
use poem::{
    Request, Response, Result,
    error::NotFoundError,
    handler,
    http::{StatusCode, header},
    web::Path,
};
use rust_embed::{EmbeddedFile, RustEmbed};

/// Where the router mounts [`asset`].
pub const ROUTE: &str = "/assets/:name";

/// What `build.rs` made: `name-hash.ext`, and the same compressed with `.br` and `.gz` behind it.
#[derive(RustEmbed)]
#[folder = "$OUT_DIR/assets"]
struct Files;

/// From the name in `assets/` to the address.
static URLS: LazyLock<HashMap<String, String>> = LazyLock::new(|| {
    Files::iter()
        .filter_map(|file| {
            let (stem, extension) = file.rsplit_once('.')?;
            let (name, _hash) = stem.rsplit_once('-')?;
            let is_plain = !matches!(extension, "br" | "gz");
            is_plain.then(|| (format!("{name}.{extension}"), ROUTE.replace(":name", &file)))
        })
        .collect()
});

/// The address of a file of `assets/`.
///
/// # Panics
/// When there is no such file: every page names the same few, so the first test meets it.
#[must_use]
pub fn url(name: &str) -> &'static str {
    URLS.get(name).expect("a file of assets/")
}

/// The file in the smallest form that the client takes; to be kept for ever.
///
/// # Errors
/// When there is no file of that name.
#[handler]
pub(crate) fn asset(request: &Request, Path(name): Path<String>) -> Result<Response> {
    let content_type = content_type(&name).ok_or(NotFoundError)?;
    let plain = Files::get(&name).ok_or(NotFoundError)?;
    let (file, encoding) = best(request, &name).unwrap_or((plain, "identity"));
    // The name holds the hash of the content; the encoding makes it another representation.
    let etag = format!("\"{name}.{encoding}\"");
    let response = Response::builder()
        .header(header::CACHE_CONTROL, "public, max-age=31536000, immutable")
        .header(header::VARY, "accept-encoding")
        .header(header::ETAG, &etag);
    if is_known(request, &etag) {
        return Ok(response.status(StatusCode::NOT_MODIFIED).finish());
    }
    let response = response.header(header::CONTENT_TYPE, content_type);
    let response = match encoding {
        "identity" => response,
        encoding => response.header(header::CONTENT_ENCODING, encoding),
    };
    Ok(response.body(shared(file)))
}

/// Where the file lies in the program: an answer that nobody reads must not be a copy of it.
fn shared(file: EmbeddedFile) -> Bytes {
    match file.data {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => bytes.into(),
    }
}

fn content_type(name: &str) -> Option<&'static str> {
    match name.rsplit_once('.')?.1 {
        "css" => Some("text/css; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "svg" => Some("image/svg+xml; charset=utf-8"),
        "txt" => Some("text/plain; charset=utf-8"),
        _ => None,
    }
}

/// The smallest form that the client takes.
fn best(request: &Request, name: &str) -> Option<(EmbeddedFile, &'static str)> {
    let accepted = request.header("accept-encoding").unwrap_or_default();
    [("br", "br"), ("gzip", "gz")]
        .into_iter()
        .filter(|(encoding, _)| accepts(accepted, encoding))
        .find_map(|(encoding, suffix)| {
            Files::get(&format!("{name}.{suffix}")).map(|file| (file, encoding))
        })
}

/// Whether `Accept-Encoding` names the encoding and does not refuse it.
pub(crate) fn accepts(accepted: &str, encoding: &str) -> bool {
    accepted.split(',').any(|item| {
        let mut parts = item.split(';').map(str::trim);
        let named = parts
            .next()
            .is_some_and(|name| name.eq_ignore_ascii_case(encoding));
        let refused = parts
            .filter_map(|parameter| parameter.strip_prefix(['q', 'Q'])?.strip_prefix('='))
            .any(|weight| weight.parse::<f32>().is_ok_and(|weight| weight <= 0.0));
        named && !refused
    })
}

/// Whether the client has what this tag names and asks only for something newer.
#[must_use]
pub fn is_known(request: &Request, etag: &str) -> bool {
    let known = request.headers().get_all(header::IF_NONE_MATCH).iter();
    known
        .filter_map(|value| value.to_str().ok())
        .any(|value| names(value, etag))
}

/// Whether a value of `If-None-Match` names this tag, weak or not (RFC 9110, 13.1.2).
#[must_use]
pub fn names(if_none_match: &str, etag: &str) -> bool {
    let mut tags = if_none_match.split(',').map(str::trim);
    tags.any(|tag| tag == "*" || opaque(tag) == opaque(etag))
}

fn opaque(tag: &str) -> &str {
    tag.strip_prefix("W/").unwrap_or(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_answer_is_a_copy_of_a_file() {
        for name in Files::iter() {
            let file = || shared(Files::get(&name).expect("it was listed"));
            assert_eq!(file().as_ptr(), file().as_ptr(), "{name}");
        }
    }

    #[test]
    fn an_encoding_is_accepted_only_by_name_and_weight() {
        assert!(accepts("gzip, deflate, br", "br"));
        assert!(accepts("BR;q=0.5", "br"));
        assert!(!accepts("gzip", "br"));
        assert!(!accepts("br;q=0, gzip", "br"));
        assert!(!accepts("br; q=0.0", "br"));
        assert!(!accepts("br;Q=0", "br"));
        assert!(!accepts("brx", "br"));
        assert!(!accepts("", "br"));
    }
}
