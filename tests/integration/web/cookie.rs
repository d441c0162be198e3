//! The session cookie: its attributes, and its neighbours.

use sqlx::MySqlPool;
use tickbox::http::origin::TrustedProxies;

use crate::support::{browser::Answer, fixture::PASSWORD, test_server::Site};

pub(super) async fn log_in(site: &Site, cookie: Option<&str>, protocol: Option<&str>) -> Answer {
    let body = format!("username=ona&password={}", PASSWORD.replace(' ', "+"));
    let mut request = site
        .request(reqwest::Method::POST, "/login")
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body);
    if let Some(protocol) = protocol {
        request = request.header("x-forwarded-proto", protocol);
    }
    if let Some(cookie) = cookie {
        request = request.header("cookie", cookie);
    }
    Answer::to(request).await
}

pub(super) fn attributes(answer: &Answer) -> (String, Vec<String>) {
    let cookie = answer.header("set-cookie");
    let (pair, rest) = cookie.split_once("; ").expect("attributes");
    let name = pair.split('=').next().expect("a name").to_owned();
    (name, rest.split("; ").map(ToOwned::to_owned).collect())
}

#[sqlx::test]
async fn the_session_cookie_is_httponly_and_samesite(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let (name, found) = attributes(&log_in(&site, None, None).await);
    assert_eq!(name, "tickbox");
    assert_eq!(
        found,
        ["Max-Age=7776000", "HttpOnly", "SameSite=Lax", "Path=/"]
    );
}

#[sqlx::test]
async fn over_https_the_session_cookie_is_secure_and_host_bound(pool: MySqlPool) {
    let site = Site::behind(&pool, TrustedProxies(1)).await;
    for protocol in ["https", "http, https"] {
        let answer = log_in(&site, None, Some(protocol)).await;
        let (name, found) = attributes(&answer);
        assert_eq!(name, "__Host-tickbox", "{protocol}");
        assert_eq!(
            found,
            [
                "Max-Age=7776000",
                "HttpOnly",
                "SameSite=Lax",
                "Path=/",
                "Secure"
            ]
        );
        let list = site
            .request(reqwest::Method::GET, "/")
            .header("x-forwarded-proto", "https")
            .header("cookie", answer.session());
        assert_eq!(Answer::to(list).await.status, 200);
    }
    // What the client sent stands left of what the proxy says.
    let (name, _) = attributes(&log_in(&site, None, Some("https, http")).await);
    assert_eq!(name, "tickbox");
}

#[sqlx::test]
async fn without_a_trusted_proxy_a_client_cannot_claim_https(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let (name, found) = attributes(&log_in(&site, None, Some("https")).await);
    assert_eq!(name, "tickbox");
    assert!(!found.contains(&"Secure".to_owned()));
}

#[sqlx::test]
async fn foreign_cookies_do_not_hide_ours(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let ours = site.browser("ona").await.cookie.expect("logged in");
    let planted = format!("tickbox={}", "A".repeat(64));
    for cookies in [
        format!("theme=caf\u{e9}; {ours}").into_bytes(),
        [b"theme=\xff; ", ours.as_bytes()].concat(),
        format!("{planted}; {ours}").into_bytes(),
        format!("tickbox=; {ours}; other").into_bytes(),
    ] {
        let cookies = reqwest::header::HeaderValue::from_bytes(&cookies).expect("bytes");
        let request = site
            .request(reqwest::Method::GET, "/")
            .header("cookie", cookies);
        assert_eq!(Answer::to(request).await.status, 200);
    }
}
