//! Swagger UI and the OpenAPI document over HTTP.

use std::sync::LazyLock;

use bytes::Bytes;
use poem::{
    Request, Response, handler,
    http::{StatusCode, header},
    web::Redirect,
};
use ring::digest::{SHA256, digest};

use super::openapi::document;
use crate::{
    assets,
    http::{conditional::not_modified, encoding::accepts_encoding, gzip::gzip},
};

/// The path of the OpenAPI document.
const DOCUMENT: &str = "/api/openapi.json";

/// The path of Swagger UI.
const DOCS: &str = "/api/docs";

/// The Content Security Policy of this page alone: the icons of Swagger UI are `data:` addresses. It sets styles by script, which
/// needs no permission, and no form leaves the page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

/// The document, plain and compressed, with its `ETag`. All responses share these bytes, also while slow
/// clients hold many of them.
struct Document {
    plain: Bytes,
    gzip: Bytes,
    etag: String,
}

impl Document {
    fn new() -> Self {
        let plain = document();
        let hash = digest(&SHA256, plain.as_bytes());
        let hash = hash.as_ref().first_chunk().expect("SHA-256 has 32 bytes");
        Self {
            gzip: gzip(plain.as_bytes()).into_boxed_slice().into(),
            etag: format!("\"{:016x}\"", u64::from_be_bytes(*hash)),
            plain: plain.into_boxed_str().into_boxed_bytes().into(),
        }
    }
}

/// Created on first use, so that an instance without such requests needs no memory for it.
static SHARED: LazyLock<Document> = LazyLock::new(Document::new);

/// `GET /api/openapi.json`: revalidated on every use, since it changes with the program.
#[handler]
pub(super) fn json(request: &Request) -> Response {
    let document = &*SHARED;
    let response = Response::builder()
        .header(header::CACHE_CONTROL, "no-cache")
        .header(header::ETAG, &document.etag);
    if not_modified(request, &document.etag) {
        return response.status(StatusCode::NOT_MODIFIED).finish();
    }
    let response = response.content_type("application/json");
    let accepted = request.header("accept-encoding").unwrap_or_default();
    if accepts_encoding(accepted, "gzip") {
        let response = response
            .header(header::VARY, "accept-encoding")
            .header(header::CONTENT_ENCODING, "gzip");
        response.body(document.gzip.clone())
    } else {
        response.body(document.plain.clone())
    }
}

/// `GET /api/docs`
#[handler]
pub(super) fn page() -> Response {
    static HTML: LazyLock<Bytes> = LazyLock::new(|| html().into());
    Response::builder()
        .header(header::CONTENT_SECURITY_POLICY, POLICY)
        .content_type("text/html; charset=utf-8")
        .body(HTML.clone())
}

/// `GET /api/docs/`: redirects to the path without the slash.
#[handler]
pub(super) fn redirect_slash() -> Redirect {
    Redirect::permanent(DOCS)
}

/// The licences of Swagger UI have to be there wherever it is.
fn html() -> String {
    format!(
        r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>API – Tickbox</title>
<meta name="description" content="The calls of Tickbox's API, to read and to try out.">
<link rel="stylesheet" href="{swagger_css}">
<link rel="stylesheet" href="{css}">
<link rel="icon" type="image/svg+xml" href="{icon}">
<script src="{swagger}" defer></script>
<script type="module" src="{js}"></script>
</head>
<body>
<main id="docs" data-document="{DOCUMENT}"></main>
<noscript><p>This page needs JavaScript; <a href="{DOCUMENT}">the document</a> says the same.</p></noscript>
<footer>
<p><a href="/">Tickbox</a> · <a href="{DOCUMENT}">OpenAPI document</a></p>
<p>Shown by Swagger UI 5.35.0: <a href="{licence}">licence</a>, <a href="{notice}">notice</a>,
<a href="{parts}">licences of its parts</a></p>
</footer>
</body>
</html>
"#,
        swagger_css = assets::url("swagger-ui.css"),
        css = assets::url("docs.css"),
        icon = assets::url("favicon.svg"),
        swagger = assets::url("swagger-ui-bundle.js"),
        js = assets::url("docs.js"),
        licence = assets::url("swagger-ui-LICENSE.txt"),
        notice = assets::url("swagger-ui-NOTICE.txt"),
        parts = assets::url("swagger-ui-bundle.js.LICENSE.txt"),
    )
}

#[cfg(test)]
mod tests {
    use poem::Endpoint as _;

    use super::*;

    #[tokio::test]
    async fn responses_share_the_bytes_of_the_document() {
        for encoding in ["identity", "gzip"] {
            let body = async || {
                let request = Request::builder().header("accept-encoding", encoding);
                let mut answer = json.get_response(request.finish()).await;
                answer.take_body().into_bytes().await.expect("in memory")
            };
            let (one, other) = (body().await, body().await);
            assert_eq!(one.as_ptr(), other.as_ptr(), "{encoding}");
        }
    }
}
