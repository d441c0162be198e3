//! Compresses pages and JSON on their way out. Assets come compressed already.

use std::cell::RefCell;

use flate2::{Compress, Compression, FlushCompress, Status};
use poem::{
    Body, Endpoint, EndpointExt as _, IntoResponse as _, Request, Response,
    http::{HeaderValue, StatusCode, header},
};

use crate::assets;

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

thread_local! {
    /// Kept: it has a third of a megabyte, which each answer would take and give back.
    static DEFLATE: RefCell<Compress> = RefCell::new(Compress::new_gzip(LEVEL, WINDOW_BITS));
}

/// The fastest: the next ones make a page a sixth smaller for twice the time.
const LEVEL: Compression = Compression::fast();
/// 32 KiB, the most that gzip has.
const WINDOW_BITS: u8 = 15;

/// More than the head and the end of the form take, so that there always is some room.
const ENDS: usize = 64;

fn gzip(body: &[u8]) -> Vec<u8> {
    DEFLATE.with_borrow_mut(|deflate| {
        deflate.reset();
        let room = body.len() / 4 + ENDS;
        let mut packed = Vec::with_capacity(room);
        let mut rest = body;
        loop {
            let before = deflate.total_in();
            let done = deflate.compress_vec(rest, &mut packed, FlushCompress::Finish);
            if done.expect("no flush comes before") == Status::StreamEnd {
                return packed;
            }
            let taken = deflate.total_in() - before;
            rest = &rest[usize::try_from(taken).expect("of what is in memory")..];
            packed.reserve(room);
        }
    })
}

/// Tells caches that the answer also depends on what the client takes.
fn note_choice(response: &mut Response) {
    let value = HeaderValue::from_static("accept-encoding");
    response.headers_mut().append(header::VARY, value);
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use flate2::read::GzDecoder;
    use proptest::prelude::*;

    use super::*;

    fn unpacked(packed: &[u8]) -> Vec<u8> {
        let mut found = Vec::new();
        GzDecoder::new(packed)
            .read_to_end(&mut found)
            .expect("gzip");
        found
    }

    #[test]
    fn the_smallest_bodies_can_be_compressed_too() {
        for length in 0..5 {
            let body = vec![b'a'; length];
            assert_eq!(unpacked(&gzip(&body)), body);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            failure_persistence: None,
            ..ProptestConfig::default()
        })]

        #[test]
        fn what_is_compressed_comes_out_as_it_was_whatever_came_before(
            bodies in proptest::collection::vec(
                prop_oneof![
                    proptest::collection::vec(any::<u8>(), 0..20_000),
                    "[a-c ]{0,3000}".prop_map(String::into_bytes),
                ],
                1..4,
            ),
        ) {
            for body in bodies {
                prop_assert_eq!(unpacked(&gzip(&body)), body);
            }
        }
    }
}
