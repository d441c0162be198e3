//! Compression middleware (gzip) for pages and JSON; assets are compressed at build time. Not poem's own, which
//! allocates the compressor's tables for each response.

use poem::{
    Body, Endpoint, EndpointExt as _, IntoResponse as _, Request, Response,
    http::{HeaderValue, StatusCode, header},
};

use crate::http::{encoding::accepts_encoding, gzip::gzip};

/// Bodies that fit into one packet are not worth compressing.
const MIN_LEN: usize = 1_400;

/// Compresses large text responses for clients that accept gzip. Safe against BREACH: no response contains both
/// a secret and reflected input, since forms have no tokens and the session's secret is in a header only.
pub(super) fn compressed<E: Endpoint + 'static>(endpoint: E) -> impl Endpoint<Output = Response> {
    endpoint.around(async |endpoint, request: Request| {
        let accepted = request.header("accept-encoding").unwrap_or_default();
        let takes_gzip = accepts_encoding(accepted, "gzip");
        let mut response = endpoint.call(request).await?.into_response();
        if response.status() == StatusCode::NOT_MODIFIED {
            vary_on_encoding(&mut response);
        } else if is_compressible(&response) {
            compress(&mut response, takes_gzip).await?;
        }
        Ok(response)
    })
}

/// Whether the response is a page or JSON, and not compressed yet.
fn is_compressible(response: &Response) -> bool {
    let headers = response.headers();
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default();
    matches!(
        kind,
        "text/html" | "application/json" | "application/problem+json"
    ) && !headers.contains_key(header::CONTENT_ENCODING)
}

async fn compress(response: &mut Response, takes_gzip: bool) -> poem::Result<()> {
    // No response is a stream: this only takes the bytes out.
    let body = response.take_body().into_bytes().await?;
    if body.len() < MIN_LEN {
        response.set_body(body);
        return Ok(());
    }
    vary_on_encoding(response);
    if !takes_gzip {
        response.set_body(body);
        return Ok(());
    }
    response.set_body(Body::from(gzip(&body)));
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    Ok(())
}

/// Tells caches that the response depends on `Accept-Encoding`.
fn vary_on_encoding(response: &mut Response) {
    let value = HeaderValue::from_static("accept-encoding");
    let headers = response.headers_mut();
    // Files and the document say so themselves.
    if !headers.get_all(header::VARY).iter().any(|it| it == value) {
        headers.append(header::VARY, value);
    }
}
