//! Rejections by hyper, before there is a request: a head that is malformed or too large. Its own response is a
//! status without a body; so the application renders a better one, as for a request of which only the beginning is
//! known.

use std::cmp::Reverse;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Collected};
use poem::{
    Body, Request, RequestParts, Response,
    http::{self, HeaderName, HeaderValue, Method, StatusCode, Uri, header, uri::Scheme},
    web::{LocalAddr, RemoteAddr},
};

use super::{limits::HEAD_BYTES, request_limits::RequestRejection};

/// The response that hyper writes by itself.
#[derive(Debug)]
pub(super) struct BareResponse {
    status: StatusCode,
    /// `Connection` and `Date`.
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl BareResponse {
    /// Parses hyper's response; none for any other bytes.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let mut lines = lines(bytes);
        let status = lines.next()?.strip_prefix(b"HTTP/1.1 ")?.get(..3)?;
        let status = StatusCode::from_bytes(status).ok()?;
        let headers = lines.map_while(named).filter_map(|(name, value)| {
            let name = HeaderName::from_bytes(name).ok()?;
            let value = HeaderValue::from_bytes(value).ok()?;
            (name != header::CONTENT_LENGTH).then_some((name, value))
        });
        let headers = headers.collect();
        status.is_client_error().then_some(Self { status, headers })
    }

    /// The rejected request, as far as it is known. Of its headers only the one that decides the form of the
    /// response: a proxy may have parsed the rest differently (request smuggling).
    pub(super) fn request(&self, head: &[u8], local: LocalAddr, peer: RemoteAddr) -> Request {
        let (method, uri) = first_line(head);
        let headers = lines(head).skip(1).map_while(named);
        let is_htmx = headers
            .filter(|(name, _)| name.eq_ignore_ascii_case(HX_REQUEST.as_str().as_bytes()))
            .any(|(_, value)| value == b"true");
        let mut request = http::Request::new(());
        *request.method_mut() = method.unwrap_or_default();
        *request.uri_mut() = uri.unwrap_or_default();
        if is_htmx {
            let value = HeaderValue::from_static("true");
            request.headers_mut().insert(HX_REQUEST, value);
        }
        let parts = request.into_parts().0;
        let parts = RequestParts::from((parts, local, peer, Scheme::HTTP));
        let mut request = Request::from_parts(parts, Body::empty());
        request.set_data(self.reason(head));
        request
    }

    fn reason(&self, head: &[u8]) -> RequestRejection {
        match self.status {
            StatusCode::URI_TOO_LONG => RequestRejection::UriTooLong,
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE if is_one_line(head) => {
                RequestRejection::UriTooLong
            }
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE if lines(head).count() > HEADERS => {
                RequestRejection::TooManyHeaders
            }
            // hyper gives the same status to a `Content-Length` beyond all numbers.
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE if is_whole(head) => {
                RequestRejection::BodyTooLarge
            }
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => RequestRejection::HeadTooLarge {
                largest: largest(head),
            },
            _ => RequestRejection::HeadNotUnderstood,
        }
    }

    /// The application's response, as it is sent in place of this one.
    pub(super) async fn replaced_by(self, response: Response, is_head: bool) -> Bytes {
        let (parts, body) = hyper::Response::from(response).into_parts();
        let body = body.collect().await.map(Collected::to_bytes);
        let body = body.unwrap_or_default();
        let reason = parts.status.canonical_reason().unwrap_or_default();
        let mut bytes = format!("HTTP/1.1 {} {reason}\r\n", parts.status.as_u16()).into_bytes();
        let length = HeaderValue::from(body.len());
        let ours = parts.headers.iter().filter(|(name, _)| !is_framing(name));
        let all = self.headers.iter().map(|(name, value)| (name, value));
        for (name, value) in all.chain(ours).chain([(&header::CONTENT_LENGTH, &length)]) {
            bytes.extend_from_slice(name.as_str().as_bytes());
            bytes.extend_from_slice(b": ");
            bytes.extend_from_slice(value.as_bytes());
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"\r\n");
        if !is_head {
            bytes.extend_from_slice(&body);
        }
        bytes.into()
    }
}

/// Maximum headers that hyper accepts.
const HEADERS: usize = 100;

fn is_one_line(head: &[u8]) -> bool {
    head.len() == HEAD_BYTES && !head.contains(&b'\n')
}

fn is_whole(head: &[u8]) -> bool {
    head.windows(4).any(|end| end == b"\r\n\r\n")
}

/// The header that htmx sends with each of its requests.
const HX_REQUEST: HeaderName = HeaderName::from_static("hx-request");

fn is_framing(name: &HeaderName) -> bool {
    [header::CONTENT_LENGTH, header::CONNECTION, header::DATE].contains(name)
}

/// Method and URI, where they can be parsed.
fn first_line(head: &[u8]) -> (Option<Method>, Option<Uri>) {
    let line = lines(head).next().unwrap_or_default();
    let mut parts = line.split(|byte| *byte == b' ');
    let method = parts.next().and_then(|it| Method::from_bytes(it).ok());
    let uri = parts.next().and_then(|it| Uri::try_from(it).ok());
    (method, uri)
}

/// The lines of a head, without the last one if it did not arrive whole.
fn lines(head: &[u8]) -> impl Iterator<Item = &[u8]> {
    let whole = head.split_inclusive(|byte| *byte == b'\n');
    whole
        .map_while(|line| line.strip_suffix(b"\n"))
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
}

/// The name and the value of a header.
fn named(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    Some((&line[..colon], line[colon + 1..].trim_ascii()))
}

/// Maximum headers named in the message.
const NAMED: usize = 3;
/// Minimum length of a header named in the message.
const WORTH_NAMING: usize = 1_024;

/// The largest cookies and other headers by name, largest first; the last one may not have arrived whole.
fn largest(head: &[u8]) -> String {
    let mut parts = vec![];
    let all = head.split(|byte| *byte == b'\n').skip(1);
    for (name, value) in all.map_while(named) {
        if name.eq_ignore_ascii_case(header::COOKIE.as_str().as_bytes()) {
            parts.extend(value.split(|byte| *byte == b';').map(|cookie| {
                let name = cookie.split(|byte| *byte == b'=').next();
                (
                    "cookie",
                    name.unwrap_or_default().trim_ascii(),
                    cookie.len(),
                )
            }));
        } else {
            parts.push(("header", name, value.len()));
        }
    }
    parts.retain(|(_, _, length)| *length >= WORTH_NAMING);
    parts.sort_by_key(|(_, _, length)| Reverse(*length));
    let named = parts.iter().take(NAMED);
    let words = named.map(|(kind, name, _)| format!("the {kind} {}", shown(name)));
    words.collect::<Vec<_>>().join(", ")
}

/// The visible beginning of a name made up by a client.
fn shown(name: &[u8]) -> String {
    let visible = name.iter().filter(|byte| byte.is_ascii_graphic());
    visible.take(50).map(|byte| char::from(*byte)).collect()
}
