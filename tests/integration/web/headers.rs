//! What every answer carries, whatever it is.

use reqwest::Method;
use sqlx::MySqlPool;

use tickbox::http::origin::TrustedProxies;

use crate::support::{browser::Answer, test_server::Site};

const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

async fn answers(site: &Site) -> Vec<(u16, Answer)> {
    let (stranger, browser) = (site.stranger(), site.browser("ona").await);
    let asset = stranger
        .get("/login")
        .await
        .attribute("[rel=stylesheet]", "href");
    let large = "x".repeat(20_000);
    let forged = site
        .request(Method::POST, "/login")
        .header("sec-fetch-site", "cross-site");
    let no_form = site
        .request(Method::POST, "/login")
        .header("content-type", "text/plain");
    vec![
        (200, stranger.get("/login").await),
        (200, browser.get("/").await),
        (200, stranger.get(&asset).await),
        (200, stranger.get("/healthz").await),
        (200, stranger.get("/readyz").await),
        (303, stranger.get("/").await),
        (401, stranger.with_htmx().get("/").await),
        (403, Answer::to(forged).await),
        (404, browser.get("/nowhere").await),
        (404, browser.get("/assets/nowhere.js").await),
        (405, browser.get("/update-todo").await),
        (405, browser.send(Method::DELETE, "/", None).await),
        (413, browser.post("/", &[("description", &large)]).await),
        (415, Answer::to(no_form).await),
        (422, browser.post("/", &[]).await),
    ]
}

#[sqlx::test]
async fn every_response_has_the_security_headers(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    for (status, answer) in answers(&site).await {
        assert_eq!(answer.status, status, "{}", answer.body);
        for (name, value) in [
            ("content-security-policy", CSP),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            (
                "strict-transport-security",
                "max-age=63072000; includeSubDomains",
            ),
        ] {
            assert_eq!(answer.header(name), value, "{name} of a {status}");
        }
        assert!(!answer.header("permissions-policy").is_empty());
        let kind = answer.header("content-type");
        let says_charset = !kind.starts_with("text/") || kind.ends_with("; charset=utf-8");
        assert!(says_charset, "{kind} of a {status}");
        let to_others = answer.header("access-control-allow-origin");
        assert_eq!(to_others, "", "nothing is for other origins");
        assert!(answer.header("x-request-id").len() >= 8);
    }
}

#[sqlx::test]
async fn the_hsts_header_is_the_configured_one(pool: MySqlPool) {
    let mut site = Site::open(&pool).await;
    for (setting, sent) in [(Some("max-age=63072000"), "max-age=63072000"), (None, "")] {
        site = site.reached(None, setting).await;
        for path in ["/login", "/nowhere", "/api/v1/me", "/healthz"] {
            let answer = site.stranger().get(path).await;
            assert_eq!(answer.header("strict-transport-security"), sent, "{path}");
        }
    }
}

#[sqlx::test]
async fn pages_are_never_stored(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    for (status, answer) in answers(&site).await {
        let is_asset = answer.header("content-type").starts_with("text/css");
        let expected = if is_asset {
            "public, max-age=31536000, immutable"
        } else {
            "no-store"
        };
        assert_eq!(answer.header("cache-control"), expected, "{status}");
    }
}

#[sqlx::test]
async fn a_405_lists_the_allowed_methods(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    for page in tickbox::web::pages() {
        for method in [Method::PUT, Method::TRACE] {
            let place = format!("{method} {}", page.path);
            let answer = browser.send(method, page.path, None).await;
            assert_eq!(answer.status, 405, "{place}");
            let methods = page.methods.join(", ").replace("GET", "GET, HEAD");
            assert_eq!(answer.header("allow"), methods, "{place}");
            assert_eq!(answer.texts("h1"), ["Method Not Allowed"], "{place}");
        }
    }
}

#[sqlx::test]
async fn only_a_valid_request_id_is_kept(pool: MySqlPool) {
    let site = Site::behind(&pool, TrustedProxies(1)).await;
    for (given, kept) in [
        ("Root=1-67891233-abcdef012345678912345678", true),
        ("short", false),
        ("with blanks in it", false),
        ("{\"json\":\"injected\"}", false),
    ] {
        let request = site
            .request(Method::GET, "/healthz")
            .header("x-request-id", given);
        let answer = Answer::to(request).await;
        assert_eq!(answer.header("x-request-id") == given, kept, "{given}");
    }
}

#[sqlx::test]
async fn without_a_proxy_a_client_cannot_set_the_request_id(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let given = "a-perfectly-good-id";
    let request = site
        .request(Method::GET, "/healthz")
        .header("x-request-id", given);
    assert_ne!(Answer::to(request).await.header("x-request-id"), given);
}

#[sqlx::test]
async fn routes_beside_the_pages_list_their_methods_too(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    for path in ["/healthz", "/readyz", "/assets/app.css", "/favicon.ico"] {
        let answer = site.stranger().send(Method::PUT, path, None).await;
        assert_eq!(
            (answer.status, answer.header("allow")),
            (405, "GET, HEAD"),
            "{path}"
        );
        assert_eq!(answer.texts("h1"), ["Method Not Allowed"]);
    }
}

#[sqlx::test]
async fn head_is_answered_like_get_without_a_body(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let head = Answer::to(site.request(Method::HEAD, "/login")).await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
}
