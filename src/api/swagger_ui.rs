//! Swagger UI over HTTP.

use std::sync::LazyLock;

use bytes::Bytes;
use poem::{Response, handler, http::header, web::Redirect};

use crate::assets;

/// The path of the OpenAPI document.
const DOCUMENT: &str = "/api/openapi.json";

/// The path of Swagger UI.
const DOCS: &str = "/api/docs";

/// The Content Security Policy of this page alone: the icons of Swagger UI are `data:` addresses. It sets styles by script, which
/// needs no permission, and no form leaves the page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

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
