//! Where a request begins and ends, and what may stand in it. A proxy before us may read it in another
//! way: what follows on such a connection must never be taken for a request of its own.

use sqlx::MySqlPool;
use std::time::Duration;

use poem::{Endpoint, EndpointExt as _, Request, Response};
use tickbox::server::Limits;
use tokio::time::sleep;

use super::{Wire, listen, statuses};
use crate::support::{browser::Answer, test_server::Site};

/// Says how long the body was.
fn measuring() -> impl Endpoint<Output = Response> + 'static {
    let measure = async |mut request: Request| {
        let body = request.take_body().into_bytes().await?;
        Ok::<_, poem::Error>(format!("{} bytes\n", body.len()))
    };
    poem::endpoint::make(measure).map_to_response()
}

/// Names, headers and bodies of requests that two readers would end at two places.
const AMBIGUOUS: &[(&str, &str, &str)] = &[
    (
        "CL and TE",
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "0\r\n\r\n",
    ),
    (
        "TE and CL",
        "Transfer-Encoding: chunked\r\nContent-Length: 5",
        "0\r\n\r\n",
    ),
    ("two lengths", "Content-Length: 0\r\nContent-Length: 5", ""),
    ("two lengths in one", "Content-Length: 0, 5", ""),
    ("a signed length", "Content-Length: +5", "12345"),
    ("a length in hexadecimal", "Content-Length: 0x5", "12345"),
    ("a negative length", "Content-Length: -1", ""),
    (
        "a length beyond numbers",
        "Content-Length: 99999999999999999999",
        "",
    ),
    ("a folded length", "Content-Length:\r\n 0", ""),
    ("a folded header", "X-Long: a\r\n b", ""),
    ("TE that is not chunked", "Transfer-Encoding: identity", ""),
    (
        "TE chunked, not last",
        "Transfer-Encoding: chunked, gzip",
        "0\r\n\r\n",
    ),
    (
        "TE of another spelling",
        "Transfer-Encoding: xchunked",
        "0\r\n\r\n",
    ),
    (
        "two TE",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        "0\r\n\r\n",
    ),
    ("a blank before the colon", "Content-Length : 0", ""),
    (
        "a vertical tab in TE",
        "Transfer-Encoding: \x0bchunked",
        "0\r\n\r\n",
    ),
    (
        "a bare line feed in a chunk's length",
        "Transfer-Encoding: chunked",
        "0\n\r\n",
    ),
    (
        "a chunk length beyond numbers",
        "Transfer-Encoding: chunked",
        "fffffffffffffffff\r\n",
    ),
    (
        "a chunk that is longer than said",
        "Transfer-Encoding: chunked",
        "1\r\nab\r\n0\r\n\r\n",
    ),
];

/// What a smuggler hides behind the first request.
const HIDDEN: &str = "GET /hidden HTTP/1.1\r\nHost: here\r\n\r\n";

#[tokio::test]
async fn ambiguous_framing_is_rejected_and_closes_the_connection() {
    let (address, _) = listen(measuring(), Limits::default()).await;
    for (what, head, body) in AMBIGUOUS {
        let mut wire = Wire::to(&address).await;
        let request = format!("POST / HTTP/1.1\r\nHost: here\r\n{head}\r\n\r\n{body}{HIDDEN}");
        wire.send(request).await.expect("sent");
        let answers = wire.rest().await;
        let answers = statuses(&answers);
        assert!(answers.len() <= 1, "{what}: {answers:?}");
    }
}

#[tokio::test]
async fn valid_requests_share_a_keep_alive_connection() {
    let (address, _) = listen(measuring(), Limits::default()).await;
    let mut wire = Wire::to(&address).await;
    let close = HIDDEN.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
    let request = format!("POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 5\r\n\r\n12345{close}");
    wire.send(request).await.expect("sent");
    assert_eq!(statuses(&wire.rest().await), ["200", "200"]);
}

#[sqlx::test]
async fn an_invalid_request_is_refused(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let address = &site.address;
    for (what, request, expected) in malformed(address) {
        let mut wire = Wire::to(address).await;
        let request = request.replacen("\r\nHost", "\r\nConnection: close\r\nHost", 1);
        // The refusal may arrive, and the connection end, before all of it is sent.
        wire.send(&request).await.ok();
        let answer = wire.rest().await;
        let status = statuses(&answer).first().copied().unwrap_or_default();
        assert!(expected.contains(&status), "{what}: {answer}");
        assert!(!answer.contains("evil.example"), "{what}: {answer}");
        assert!(!answer.contains("set-cookie"), "{what}: {answer}");
    }
    // All that was between two requests.
    assert_eq!(site.stranger().get("/login").await.status, 200);
}

/// Few clients look for an answer before they have sent all: to reset the connection meanwhile would
/// take it from them.
#[sqlx::test]
async fn a_client_refused_while_sending_can_read_the_response(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let long = "x".repeat(5_000);
    for (path, length, status) in [("login", 500_000, "413"), (&long, 10_000, "414")] {
        let host = &site.address;
        let mut wire = Wire::to(host).await;
        let head =
            format!("POST /{path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n\r\n");
        wire.send(head).await.expect("sent");
        for _ in 0..10 {
            sleep(Duration::from_millis(20)).await;
            wire.send("x".repeat(length / 10)).await.expect("no reset");
        }
        let answer = wire.rest().await;
        assert_eq!(statuses(&answer), [status]);
        assert!(answer.to_lowercase().contains("connection: close"));
    }
}

#[sqlx::test]
async fn a_body_too_large_is_refused_by_length_and_by_bytes(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let limit = 16 * 1024;
    let login = |length: usize| {
        let request = site.request(reqwest::Method::POST, "/login");
        let form = "application/x-www-form-urlencoded";
        let request = request.header("content-type", form);
        (request, "x".repeat(length))
    };
    let (request, body) = login(limit);
    let answer = Answer::to(request.body(body)).await;
    assert_eq!(answer.status, 422, "as long as it may be");
    let (request, body) = login(limit + 1);
    let answer = Answer::to(request.body(body)).await;
    assert_eq!(answer.status, 413);
    assert!(answer.body.contains("at most 16 KiB"), "{}", answer.body);

    // Announced: refused before the client is told to go on.
    let head = format!("POST /login HTTP/1.1\r\nHost: {}\r\n", site.address);
    let mut wire = Wire::to(&site.address).await;
    wire.send(format!(
        "{head}Content-Length: 50000000\r\nExpect: 100-continue\r\n\r\n"
    ))
    .await
    .expect("sent");
    assert_eq!(statuses(&wire.rest().await), ["413"]);

    // Not announced: refused at the byte that is too much.
    let mut wire = Wire::to(&site.address).await;
    wire.send(format!("{head}Transfer-Encoding: chunked\r\n\r\n"))
        .await
        .expect("sent");
    let chunk = format!("1000\r\n{}\r\n", "x".repeat(0x1000));
    for _ in 0..4 {
        wire.send(&chunk).await.expect("within the limit");
    }
    assert!(wire.is_open().await, "as long as it may be");
    wire.send("1\r\nx\r\n").await.expect("sent");
    assert_eq!(statuses(&wire.rest().await), ["413"]);
}

/// What, the request, and the statuses that may answer it.
fn malformed(address: &str) -> Vec<(&'static str, String, &'static [&'static str])> {
    let long = "x".repeat(17 * 1024);
    let host = format!("Host: {address}\r\n");
    let line = |line: &str| format!("{line}\r\n{host}\r\n");
    let with = |headers: &str| format!("GET /login HTTP/1.1\r\n{host}{headers}\r\n\r\n");
    let to = |length: usize| line(&format!("GET /login?x={} HTTP/1.1", &long[..length]));
    let no_host = "GET /login HTTP/1.1\r\nConnection: close\r\n\r\n";
    vec![
        ("no version", "GET /\r\n\r\n".into(), &["400", ""]),
        (
            "HTTP/2",
            "PRI * HTTP/2.0\r\n\r\n".into(),
            &["400", "505", ""],
        ),
        ("no host", no_host.into(), &["400"]),
        ("two hosts", with("Host: evil.example"), &["400"]),
        ("a NUL in a header", with("X: a\0b"), &["400"]),
        (
            "a bare CR in a header",
            with("X: a\rSet-Cookie: b"),
            &["400"],
        ),
        ("a long header", with(&format!("X: {long}")), &["431"]),
        ("many headers", with(&"X: 1\r\n".repeat(200)), &["431"]),
        (
            "a length beyond all numbers",
            with("Content-Length: 18446744073709551615"),
            &["413"],
        ),
        ("a long address", to(5_000), &["414"]),
        ("a longer address", to(17_000), &["414", "431"]),
        (
            "a blank in the address",
            line("GET /log in HTTP/1.1"),
            &["400"],
        ),
        ("an unknown method", line("BREW /login HTTP/1.1"), &["405"]),
        ("TRACE", line("TRACE /login HTTP/1.1"), &["405"]),
        (
            "CONNECT",
            line("CONNECT evil.example:443 HTTP/1.1"),
            &["400", "404", "405"],
        ),
    ]
}
