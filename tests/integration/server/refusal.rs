//! What the listener answers before there is a request says as much as any other answer.

use sqlx::MySqlPool;
use std::time::Duration;

use poem::{EndpointExt as _, IntoResponse as _, Request};
use scraper::{Html, Selector};
use serde_json::Value;
use tickbox::server::Limits;
use tokio::time::sleep;

use super::{ASK, Wire, listen, ready, statuses};
use crate::support::test_server::Site;

/// One answer, taken apart.
struct Refused {
    head: String,
    body: String,
}

impl Refused {
    async fn of(site: &Site, request: &str) -> Self {
        let mut wire = Wire::to(&site.address).await;
        wire.send(request).await.expect("sent");
        Self::last(&wire.rest().await)
    }

    fn last(answers: &str) -> Self {
        let last = answers.rfind("HTTP/1.1 ").expect("an answer");
        let (head, body) = answers[last..].split_once("\r\n\r\n").expect("a head");
        Self {
            head: format!("{}\r\n", head.to_lowercase()),
            body: body.to_owned(),
        }
    }

    fn has(&self, line: &str) -> bool {
        self.head.contains(&format!("\r\n{line}\r\n"))
    }

    /// As every answer of ours, and the last on its connection.
    fn is_whole(&self, what: &str) {
        for line in [
            "x-content-type-options: nosniff",
            "strict-transport-security: max-age=63072000; includesubdomains",
            "cache-control: no-store",
            "connection: close",
            &format!("content-length: {}", self.body.len()),
        ] {
            assert!(self.has(line), "{what}: {line} in {}", self.head);
        }
        for name in ["content-security-policy", "date", "x-request-id"] {
            let count = self.head.matches(&format!("\r\n{name}: ")).count();
            assert_eq!(count, 1, "{what}: {name} in {}", self.head);
        }
    }

    /// As every page.
    fn is_whole_page(&self, what: &str) {
        for line in [
            "referrer-policy: same-origin",
            "cross-origin-opener-policy: same-origin",
        ] {
            assert!(self.has(line), "{what}: {line} in {}", self.head);
        }
        assert!(self.head.contains("\r\npermissions-policy: "));
    }

    fn status(&self) -> &str {
        &self.head["HTTP/1.1 ".len()..][..3]
    }

    fn text(&self) -> String {
        let page = Html::parse_document(&self.body);
        let main = Selector::parse("main, hx-partial").expect("a selector");
        let text: String = page.select(&main).flat_map(|it| it.text()).collect();
        text
    }
}

/// The cookies of a gateway, as large as those of single sign-on.
fn cookies() -> String {
    format!(
        "Gateway-0={}; small=1; Gateway-1={}",
        "a".repeat(9_000),
        "b".repeat(8_000)
    )
}

#[sqlx::test]
async fn a_head_too_large_is_a_page_that_names_the_cause(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let cookies = cookies();
    for htmx in ["", "HX-Request: true\r\n"] {
        let request = format!("GET / HTTP/1.1\r\nHost: here\r\n{htmx}Cookie: {cookies}\r\n\r\n");
        let refused = Refused::of(&site, &request).await;
        assert_eq!(refused.status(), "431");
        refused.is_whole(htmx);
        refused.is_whole_page(htmx);
        let text = refused.text();
        for words in [
            "16 KiB",
            "most of it the cookie Gateway-0, the cookie Gateway-1",
            "Delete the cookies",
        ] {
            assert!(text.contains(words), "{words} in {text}");
        }
        assert!(!text.contains("small"), "{text}");
        assert_eq!(refused.body.starts_with("<hx-partial"), !htmx.is_empty());
    }
}

#[sqlx::test]
async fn a_head_too_large_for_the_api_is_a_problem_document(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let request = format!(
        "POST /api/v1/add_todo HTTP/1.1\r\nHost: here\r\nContent-Length: 2\r\nX-Trace: {}\r\n\r\n{{}}",
        "x".repeat(20_000)
    );
    let refused = Refused::of(&site, &request).await;
    refused.is_whole("a call");
    assert!(
        refused.has("content-type: application/problem+json"),
        "{}",
        refused.head
    );
    let problem: Value = serde_json::from_str(&refused.body).expect("JSON");
    assert_eq!(problem["code"], "headers_too_large");
    assert_eq!(problem["status"], 431);
    let detail = problem["detail"].as_str().expect("words");
    assert!(detail.contains("the header X-Trace"), "{detail}");
}

#[sqlx::test]
async fn an_unreadable_head_is_refused_as_page_or_problem(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let many = "X: 1\r\n".repeat(150);
    let long = "x".repeat(20_000);
    for (what, request, status, words) in [
        (
            "a control character",
            "GET /login HTTP/1.1\r\nX: a\0b\r\n\r\n".to_owned(),
            "400",
            "could not be understood",
        ),
        (
            "no version",
            "GET /login\r\n\r\n".to_owned(),
            "400",
            "could not be understood",
        ),
        (
            "two lengths",
            "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n".to_owned(),
            "400",
            "could not be understood",
        ),
        (
            "many headers",
            format!("GET / HTTP/1.1\r\n{many}\r\n"),
            "431",
            "more than 100 headers",
        ),
        (
            "a long address",
            format!("GET /{long} HTTP/1.1\r\n\r\n"),
            "414",
            "address is too long",
        ),
        (
            "what is not HTTP",
            "\x16\x03\x01\x02 hello\r\n\r\n".to_owned(),
            "400",
            "could not be understood",
        ),
    ] {
        let refused = Refused::of(&site, &request).await;
        assert_eq!(refused.status(), status, "{what}: {}", refused.head);
        refused.is_whole(what);
        assert!(refused.text().contains(words), "{what}: {}", refused.text());
    }
    let call = "GET /api/v1/me HTTP/1.1\r\nX: a\0b\r\n\r\n";
    let refused = Refused::of(&site, call).await;
    refused.is_whole("a call");
    let problem: Value = serde_json::from_str(&refused.body).expect("JSON");
    assert_eq!(problem["status"], 400);
}

#[sqlx::test]
async fn a_refused_head_request_gets_no_body(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let request = format!("HEAD / HTTP/1.1\r\nCookie: {}\r\n\r\n", cookies());
    let refused = Refused::of(&site, &request).await;
    assert_eq!((refused.status(), refused.body.as_str()), ("431", ""));
    assert!(!refused.has("content-length: 0"), "{}", refused.head);
}

/// Few clients look for an answer before they have sent all.
#[sqlx::test]
async fn a_client_sending_a_head_too_large_can_read_the_response(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let mut wire = Wire::to(&site.address).await;
    wire.send("GET / HTTP/1.1\r\nCookie: a=")
        .await
        .expect("sent");
    for _ in 0..10 {
        wire.send("x".repeat(20_000)).await.expect("no reset");
        sleep(Duration::from_millis(20)).await;
    }
    let refused = Refused::last(&wire.rest().await);
    assert_eq!(refused.status(), "431");
    assert!(
        refused.text().contains("the cookie a"),
        "{}",
        refused.text()
    );
}

#[sqlx::test]
async fn a_later_bad_request_on_a_connection_is_explained_too(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let bad = "GET /login HTTP/1.1\r\nX: a\0b\r\n\r\n";
    let mut wire = Wire::to(&site.address).await;
    wire.send("GET /healthz HTTP/1.1\r\nHost: here\r\n\r\n")
        .await
        .expect("sent");
    assert_eq!(statuses(&wire.answer().await), ["200"]);
    wire.send(bad).await.expect("sent");
    let refused = Refused::last(&wire.rest().await);
    refused.is_whole("after an answer");
    assert!(
        refused.text().contains("could not be understood"),
        "{}",
        refused.body
    );

    let mut wire = Wire::to(&site.address).await;
    let both = format!("GET /healthz HTTP/1.1\r\nHost: here\r\n\r\n{bad}");
    wire.send(both).await.expect("sent");
    let answers = wire.rest().await;
    assert_eq!(statuses(&answers), ["200", "400"], "{answers}");
    Refused::last(&answers).is_whole("right behind a request");
}

/// An answer of the application that looks like hyper's own stays as it is.
#[tokio::test]
async fn error_responses_of_the_application_are_not_replaced() {
    let refuses =
        poem::endpoint::make_sync(|_: Request| poem::http::StatusCode::BAD_REQUEST.into_response());
    let (address, _) = listen(refuses.map_to_response(), Limits::default()).await;
    let mut wire = Wire::to(&address).await;
    for _ in 0..2 {
        wire.send(ASK).await.expect("still open");
        let answer = wire.answer().await;
        assert_eq!(statuses(&answer), ["400"]);
        assert!(answer.contains("content-length: 0"), "{answer}");
    }
}

#[tokio::test]
async fn a_panic_around_the_application_is_an_error_page() {
    let panics = poem::endpoint::make_sync(|_: Request| -> &'static str { panic!("on purpose") });
    let (address, _) = listen(panics.map_to_response(), Limits::default()).await;
    for request in [ASK, "GET / HTTP/1.1\r\nX: a\0b\r\n\r\n"] {
        let mut wire = Wire::to(&address).await;
        wire.send(request).await.expect("sent");
        let answer = wire.answer().await;
        assert_eq!(statuses(&answer), ["500"]);
        assert!(
            answer.contains("Something went wrong on our side"),
            "{answer}"
        );
        assert!(
            answer.contains("content-security-policy: default-src 'none'"),
            "{answer}"
        );
    }
    let (address, _) = listen(ready(), Limits::default()).await;
    let mut wire = Wire::to(&address).await;
    wire.send(ASK).await.expect("sent");
    assert_eq!(statuses(&wire.answer().await), ["200"]);
}
