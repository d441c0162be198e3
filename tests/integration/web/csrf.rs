//! Forms from other sites change nothing.

use reqwest::Method;
use sqlx::MySqlPool;
use tickbox::http::origin::TrustedProxies;

use crate::support::{browser::Answer, test_server::Site};

const OURS: &str = "ours";

#[sqlx::test]
async fn only_same_origin_forms_are_accepted(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let cookie = site.browser("ona").await.cookie.expect("logged in");
    let with_cookie = [
        (Some("same-origin"), None, true),
        (Some("none"), None, true),
        (Some("cross-site"), None, false),
        (Some("same-site"), None, false),
        (Some("cross-site"), Some(OURS), false),
        (Some("same-origin"), Some(OURS), true),
        (Some("none"), Some(OURS), true),
        // Without a referrer, browsers say `null` of our own forms too.
        (Some("same-origin"), Some("null"), true),
        (Some("cross-site"), Some("null"), false),
        // A service worker that sends a foreign form on.
        (Some("same-origin"), Some("http://evil.example"), false),
        (Some("none"), Some("http://evil.example"), false),
        (Some("same-origin"), Some(""), false),
        (Some("Same-Origin"), None, false),
        (Some(""), None, false),
        (None, Some(OURS), true),
        (None, Some("http://evil.example"), false),
        (None, Some("null"), false),
        (None, Some(""), false),
        (None, None, false),
    ];
    for (fetch_site, origin, accepted) in with_cookie {
        let status = add(&site, Some(&cookie), fetch_site, origin).await;
        let expected = if accepted { 303 } else { 403 };
        assert_eq!(status, expected, "{fetch_site:?} {origin:?}");
    }
    let accepted = with_cookie.iter().filter(|case| case.2).count();
    let page = site.browser("ona").await.get("/").await;
    assert_eq!(page.todos().len(), accepted);
}

#[sqlx::test]
async fn the_default_port_may_be_omitted_in_host_or_origin(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let cookie = site.browser("ona").await.cookie.expect("logged in");
    for (origin, host, expected) in [
        ("http://name", "name", 303),
        ("http://name", "name:80", 303),
        ("http://name:80", "name", 303),
        ("https://name", "name:443", 303),
        ("https://name", "name", 303),
        ("http://name", "name:443", 403),
        ("https://name", "name:80", 403),
        ("http://name:8080", "name", 403),
        ("http://other", "name:80", 403),
        ("ftp://name", "name", 403),
    ] {
        let request = site
            .request(Method::POST, "/")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("cookie", &cookie)
            .header("host", host)
            .header("origin", origin)
            .body("description=Milk");
        let answer = Answer::to(request).await;
        assert_eq!(answer.status, expected, "{origin} {host}");
    }
}

#[sqlx::test]
async fn behind_an_https_proxy_a_form_of_http_is_cross_origin(pool: MySqlPool) {
    let site = Site::behind(&pool, TrustedProxies(1)).await;
    for (protocol, origin, expected) in [
        ("https", "https://name", 422),
        ("https", "http://name", 403),
        ("http", "http://name", 422),
        // A proxy that does not know what stands before it.
        ("http", "https://name", 422),
    ] {
        let request = site
            .request(Method::POST, "/login")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("x-forwarded-proto", protocol)
            .header("host", "name")
            .header("origin", origin);
        let answer = Answer::to(request.body("")).await;
        assert_eq!(answer.status, expected, "{protocol} {origin}");
    }
}

#[sqlx::test]
async fn a_client_without_a_cookie_needs_no_origin(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    assert_eq!(add(&site, None, None, None).await, 303);
    assert_eq!(add(&site, Some("other=1"), None, None).await, 303);
    assert_eq!(
        add(&site, Some("a=b; __Host-tickbox=x"), None, None).await,
        403
    );
}

#[sqlx::test]
async fn a_browser_that_sends_only_a_referer_is_checked_by_it(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let cookie = site.browser("ona").await.cookie.expect("logged in");
    let ours = format!("http://{}", site.address);
    for (referer, more, status) in [
        (format!("{ours}/?show=open"), None, 303),
        (format!("{ours}.evil.example/"), None, 403),
        (format!("http://evil.example/{ours}/"), None, 403),
        (format!("http://evil.example/?from={ours}/"), None, 403),
        (format!("http://evil.example@{}/", site.address), None, 403),
        (ours.clone(), None, 403),
        (format!("{ours}/"), Some(("origin", "null")), 403),
        (
            format!("{ours}/"),
            Some(("origin", "http://evil.example")),
            403,
        ),
        (
            format!("{ours}/"),
            Some(("sec-fetch-site", "cross-site")),
            403,
        ),
    ] {
        let mut request = site
            .request(Method::POST, "/")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("cookie", &cookie)
            .header("referer", &referer)
            .body("description=Milk");
        if let Some((name, value)) = more {
            request = request.header(name, value);
        }
        let answer = Answer::to(request).await;
        assert_eq!(answer.status, status, "{referer} {more:?}");
    }
}

#[sqlx::test]
async fn every_form_has_csrf_protection(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    for page in tickbox::web::pages() {
        if page.methods.contains(&"POST") {
            let request = site
                .request(Method::POST, page.path)
                .header("sec-fetch-site", "cross-site");
            let answer = Answer::to(request).await;
            assert_eq!(answer.status, 403, "{}", page.path);
            assert!(
                answer.body.contains("came from another site"),
                "{}",
                page.path
            );
        }
    }
}

/// Behind a proxy that asks for the instance by a name of its own.
#[sqlx::test]
async fn a_public_origin_is_used_in_place_of_the_host(pool: MySqlPool) {
    let public = "https://todo.example.org";
    let site = Site::open(&pool).await.reached(Some(public), None).await;
    let cookie = site.browser("ona").await.cookie.expect("logged in");
    for (fetch_site, origin, expected) in [
        (None, Some(public), 303),
        (None, Some("HTTPS://TODO.EXAMPLE.ORG"), 303),
        (None, Some(OURS), 403),
        (None, Some("http://todo.example.org"), 403),
        (None, Some("https://todo.example.org.evil.example"), 403),
        (None, Some("https://evil.example"), 403),
        (None, Some("null"), 403),
        (None, None, 403),
        (Some("same-origin"), None, 303),
        (Some("cross-site"), Some(public), 403),
    ] {
        let status = add(&site, Some(&cookie), fetch_site, origin).await;
        assert_eq!(status, expected, "{fetch_site:?} {origin:?}");
    }
}

async fn add(
    site: &Site,
    cookie: Option<&str>,
    fetch_site: Option<&str>,
    origin: Option<&str>,
) -> u16 {
    let mut request = site
        .request(Method::POST, "/")
        .header("content-type", "application/x-www-form-urlencoded")
        .body("description=Milk");
    if let Some(cookie) = cookie {
        request = request.header("cookie", cookie);
    }
    if let Some(fetch_site) = fetch_site {
        request = request.header("sec-fetch-site", fetch_site);
    }
    if let Some(origin) = origin {
        let ours = format!("http://{}", site.address);
        request = request.header("origin", if origin == OURS { &ours } else { origin });
    }
    Answer::to(request).await.status
}
