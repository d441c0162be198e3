//! Forms from other sites change nothing.

use reqwest::Method;
use sqlx::mysql::{MySqlConnectOptions, MySqlPoolOptions};

use super::site::{Answer, Site};

const OURS: &str = "ours";

#[sqlx::test]
async fn only_forms_of_ours_are_accepted(_: MySqlPoolOptions, options: MySqlConnectOptions) {
    let site = Site::open(options).await;
    let cookie = site.browser("ona").await.cookie.expect("logged in");
    let with_cookie = [
        (Some("same-origin"), None, true),
        (Some("none"), None, true),
        (Some("cross-site"), None, false),
        (Some("same-site"), None, false),
        (Some("cross-site"), Some(OURS), false),
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
async fn a_program_without_a_cookie_needs_no_origin(
    _: MySqlPoolOptions,
    options: MySqlConnectOptions,
) {
    let site = Site::open(options).await;
    assert_eq!(add(&site, None, None, None).await, 303);
    assert_eq!(add(&site, Some("other=1"), None, None).await, 303);
    assert_eq!(
        add(&site, Some("a=b; __Host-tickbox=x"), None, None).await,
        403
    );
}

#[sqlx::test]
async fn every_form_is_protected_login_and_registration_too(
    _: MySqlPoolOptions,
    options: MySqlConnectOptions,
) {
    let site = Site::open(options).await;
    for page in tickbox::web::pages() {
        if page.methods.contains(&"POST") {
            let request = site
                .request(Method::POST, page.path)
                .header("sec-fetch-site", "cross-site");
            let answer = Answer::to(request).await;
            assert_eq!(answer.status, 403, "{}", page.path);
            assert!(
                answer.body.contains("sent from another site"),
                "{}",
                page.path
            );
        }
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
