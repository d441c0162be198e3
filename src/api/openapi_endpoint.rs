//! The OpenAPI document over HTTP. It names the address that its reader has used, since most tools cannot call a
//! server of which they know only a path.

use std::{
    collections::VecDeque,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use bytes::Bytes;
use poem::{
    Request, Response, handler,
    http::{StatusCode, header},
};
use ring::digest::{Digest, SHA256, digest};

use super::openapi::{around_origin, document};
use crate::http::{
    conditional::not_modified, encoding::accepts_encoding, gzip::GzipFrame, origin::origin,
};

/// Of how many origins the documents are kept. Anybody can ask for another one, by its `Host`.
const KEPT: usize = 4;

/// The document, plain and compressed, with the hash of its `ETag`s. All responses for one origin share these bytes, also while
/// slow clients hold many of them.
struct Document {
    origin: String,
    plain: Bytes,
    gzip: Bytes,
    hash: String,
}

/// The document without an origin. Of its parts before and after that, each origin's is made in a few microseconds.
struct Committed {
    text: String,
    frame: GzipFrame,
    hash: Digest,
}

static COMMITTED: LazyLock<Committed> = LazyLock::new(|| {
    let text = document();
    let (before, after) = around_origin(&text);
    Committed {
        frame: GzipFrame::new(before.as_bytes(), after.as_bytes()),
        hash: digest(&SHA256, text.as_bytes()),
        text,
    }
});

impl Document {
    /// For clients of that origin; of none, it keeps the server's path alone.
    fn of(origin: String) -> Self {
        let Committed { text, frame, hash } = &*COMMITTED;
        let (before, after) = around_origin(text);
        let hash = digest(&SHA256, &[hash.as_ref(), origin.as_bytes()].concat());
        let hash = hash.as_ref().first_chunk().expect("SHA-256 has 32 bytes");
        Self {
            gzip: frame.around(origin.as_bytes()).into(),
            hash: format!("{:016x}", u64::from_be_bytes(*hash)),
            plain: [before, &origin, after].concat().into_bytes().into(),
            origin,
        }
    }

    /// A kept one, or else a new one in place of that which was asked for longest ago.
    fn kept(origin: String) -> Arc<Self> {
        static DOCUMENTS: Mutex<VecDeque<Arc<Document>>> = Mutex::new(VecDeque::new());
        let lock = || DOCUMENTS.lock().unwrap_or_else(PoisonError::into_inner);
        let mut documents = lock();
        let place = documents.iter().position(|it| it.origin == origin);
        if let Some(document) = place.and_then(|place| documents.remove(place)) {
            documents.push_front(document.clone());
            return document;
        }
        drop(documents); // others need not wait for a new one
        let document = Arc::new(Self::of(origin));
        let mut documents = lock();
        documents.push_front(document.clone());
        documents.truncate(KEPT);
        document
    }
}

/// `GET /api/openapi.json`: revalidated on every use, since it changes with the program.
#[handler]
pub(super) fn json(request: &Request) -> Response {
    let document = Document::kept(origin(request).unwrap_or_default());
    let accepted = request.header("accept-encoding").unwrap_or_default();
    let (encoding, body) = if accepts_encoding(accepted, "gzip") {
        ("gzip", &document.gzip)
    } else {
        ("identity", &document.plain)
    };
    // The encoding makes it another representation.
    let etag = format!("\"{}.{encoding}\"", document.hash);
    let response = Response::builder()
        .header(header::CACHE_CONTROL, "no-cache")
        .header(header::VARY, "accept-encoding")
        .header(header::ETAG, &etag);
    if not_modified(request, &etag) {
        return response.status(StatusCode::NOT_MODIFIED).finish();
    }
    let response = response.content_type("application/json");
    let response = match encoding {
        "identity" => response,
        encoding => response.header(header::CONTENT_ENCODING, encoding),
    };
    response.body(body.clone())
}

#[cfg(test)]
mod tests {
    use poem::Endpoint as _;

    use super::*;

    async fn body(host: &str, encoding: &str) -> Bytes {
        let request = Request::builder()
            .header("host", host)
            .header("accept-encoding", encoding);
        let mut answer = json.get_response(request.finish()).await;
        answer.take_body().into_bytes().await.expect("in memory")
    }

    #[tokio::test]
    async fn responses_share_the_bytes_of_the_document() {
        for encoding in ["identity", "gzip"] {
            let (one, other) = (body("name", encoding).await, body("name", encoding).await);
            assert_eq!(one.as_ptr(), other.as_ptr(), "{encoding}");
        }
    }
}
