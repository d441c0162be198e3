//! Compresses pages and JSON on their way out. Assets come compressed already.

use poem::{
    Body, Endpoint, EndpointExt as _, IntoResponse as _, Request, Response,
    http::{HeaderValue, StatusCode, header},
};

use crate::assets::{self, compression::gzip};

/// What fits into one packet anyway only costs time when it is made smaller.
const WORTH_IT: usize = 1_400;

/// Compresses what is large and text, for clients that take gzip. There is no secret in a page that
/// something typed into it could be compared with by its length: no token protects our forms, and
/// the session's secret stands in a header only.
pub(super) fn compressed<E: Endpoint + 'static>(endpoint: E) -> impl Endpoint<Output = Response> {
    endpoint.around(async |endpoint, request: Request| {
        let accepted = request.header("accept-encoding").unwrap_or_default();
        let takes_gzip = assets::accepts(accepted, "gzip");
        let mut response = endpoint.call(request).await?.into_response();
        if response.status() == StatusCode::NOT_MODIFIED {
            note_choice(&mut response);
        } else if is_text(&response) {
            compress(&mut response, takes_gzip).await?;
        }
        Ok(response)
    })
}

/// Whether it is written by us, not yet compressed, and of a kind that gets smaller.
fn is_text(response: &Response) -> bool {
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
    // Nothing of ours is a stream: this only takes the bytes out.
    let body = response.take_body().into_bytes().await?;
    if body.len() < WORTH_IT {
        response.set_body(body);
        return Ok(());
    }
    note_choice(response);
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

/// Tells caches that the answer also depends on what the client takes.
fn note_choice(response: &mut Response) {
    let value = HeaderValue::from_static("accept-encoding");
    response.headers_mut().append(header::VARY, value);
}
