//! The embedded styles, scripts, icon and licences, under names that change with their content: below
//! the pages and the API, since both have pages that load them. May import `http` only.

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

use crate::http::{conditional::not_modified, encoding::accepts_encoding};

/// Where the router mounts [`asset`].
pub const ROUTE: &str = "/assets/:name";

/// Where the router mounts [`favicon`]: browsers ask there for the icon of an origin whose page names none, such as a
/// JSON answer or the login page of a gateway in between.
pub const FAVICON_ROUTE: &str = "/favicon.ico";

/// The output of `build.rs`: `name-hash.ext`, and its compressed forms with the suffixes `.br` and `.gz`.
#[derive(RustEmbed)]
#[folder = "$OUT_DIR/assets"]
struct Files;

/// The URL of each file of `assets/`, by its name there.
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

/// The URL of a file of `assets/`.
///
/// # Panics
/// When there is no such file.
#[must_use]
pub fn url(name: &str) -> &'static str {
    URLS.get(name).expect("a file of assets/")
}

/// The file in the smallest encoding that the client accepts; cacheable for ever.
///
/// # Errors
/// When there is no file of that name.
#[handler]
pub(crate) fn asset(request: &Request, Path(name): Path<String>) -> Result<Response> {
    respond(request, &name, "public, max-age=31536000, immutable")
}

/// The icon under a URL that stays the same; cacheable for a day.
#[handler]
pub(crate) fn favicon(request: &Request) -> Result<Response> {
    let (_, name) = url("favicon.svg").rsplit_once('/').ok_or(NotFoundError)?;
    respond(request, name, "public, max-age=86400")
}

/// The representation of the file `name` of [`Files`].
fn respond(request: &Request, name: &str, cache_control: &'static str) -> Result<Response> {
    let content_type = content_type(name).ok_or(NotFoundError)?;
    let plain = Files::get(name).ok_or(NotFoundError)?;
    let (file, encoding) = negotiate(request, name).unwrap_or((plain, "identity"));
    // The name holds the hash of the content; the encoding makes it another representation.
    let etag = format!("\"{name}.{encoding}\"");
    let response = Response::builder()
        .header(header::CACHE_CONTROL, cache_control)
        .header(header::VARY, "accept-encoding")
        .header(header::ETAG, &etag);
    if not_modified(request, &etag) {
        return Ok(response.status(StatusCode::NOT_MODIFIED).finish());
    }
    let response = response.header(header::CONTENT_TYPE, content_type);
    let response = match encoding {
        "identity" => response,
        encoding => response.header(header::CONTENT_ENCODING, encoding),
    };
    Ok(response.body(shared(file)))
}

/// The bytes as they are embedded in the program: a response that waits for its client must not be a copy.
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

/// Content negotiation: the smallest encoding that the client accepts.
fn negotiate(request: &Request, name: &str) -> Option<(EmbeddedFile, &'static str)> {
    let accepted = request.header("accept-encoding").unwrap_or_default();
    [("br", "br"), ("gzip", "gz")]
        .into_iter()
        .filter(|(encoding, _)| accepts_encoding(accepted, encoding))
        .find_map(|(encoding, suffix)| {
            Files::get(&format!("{name}.{suffix}")).map(|file| (file, encoding))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn responses_share_the_bytes_of_a_file() {
        for name in Files::iter() {
            let file = || shared(Files::get(&name).expect("it was listed"));
            assert_eq!(file().as_ptr(), file().as_ptr(), "{name}");
        }
    }
}
