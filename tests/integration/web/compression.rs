//! Pages and JSON are smaller on the wire for clients that can read them so.

use sqlx::MySqlPool;
use std::io::Read as _;

use flate2::read::GzDecoder;
use reqwest::{Method, Response, header::VARY};

use crate::support::{browser::Browser, test_server::Site};

/// The list page as this client would get it.
async fn page(site: &Site, browser: &Browser<'_>, accepted: &str) -> Response {
    let cookie = browser.cookie.as_deref().expect("logged in");
    let request = site.request(Method::GET, "/").header("cookie", cookie);
    let request = request.header("accept-encoding", accepted);
    request.send().await.expect("an answer")
}

fn varies(response: &Response) -> bool {
    let mut values = response.headers().get_all(VARY).iter();
    values.any(|value| value == "accept-encoding")
}

async fn unpacked(response: Response) -> String {
    let body = response.bytes().await.expect("a body");
    let mut text = String::new();
    let read = GzDecoder::new(&body[..]).read_to_string(&mut text);
    read.expect("gzip with text in it");
    text
}

#[sqlx::test]
async fn a_long_page_is_compressed_without_loss(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    for number in 0..5 {
        browser.add(&format!("Number {number}")).await;
    }
    let small = page(&site, &browser, "br, GZIP;q=0.5").await;
    assert_eq!(small.headers()["content-encoding"], "gzip");
    assert_eq!(small.headers()["content-type"], "text/html; charset=utf-8");
    assert!(varies(&small));
    let length = small.content_length().expect("not chunked");
    let text = unpacked(small).await;
    assert!(length < text.len() as u64 / 2, "{length} of {}", text.len());
    assert!(text.contains("Number 4"));
    assert!(text.ends_with("</html>"), "{text}");
}

#[sqlx::test]
async fn a_client_without_gzip_gets_an_uncompressed_page(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    for accepted in ["", "identity", "br", "gzip;q=0"] {
        let plain = page(&site, &browser, accepted).await;
        assert!(!plain.headers().contains_key("content-encoding"));
        assert!(varies(&plain), "caches must know that there are two");
        assert!(plain.text().await.expect("text").contains("<html"));
    }
}

#[sqlx::test]
async fn a_short_page_is_not_compressed(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    for path in ["/healthz", "/api/v1/nothing"] {
        let request = site.request(Method::GET, path);
        let request = request.header("accept-encoding", "gzip");
        let answer = request.send().await.expect("an answer");
        assert!(!answer.headers().contains_key("content-encoding"), "{path}");
    }
}
