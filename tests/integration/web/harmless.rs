//! What differs between browsers, keyboards and links and means the same.

use reqwest::Method;
use sqlx::MySqlPool;
use tickbox::web::pages;

use crate::support::{browser::Answer, fixture::PASSWORD, test_server::Site};

#[sqlx::test]
async fn a_trailing_slash_redirects_to_the_page(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let pages: Vec<_> = pages()
        .into_iter()
        .filter(|page| page.path != "/")
        .collect();
    assert!(pages.len() >= 11);
    for page in pages {
        for method in [Method::GET, Method::HEAD, Method::POST] {
            for query in ["", "?next=%2Faccount&a=//evil.example/"] {
                let request = site.request(method.clone(), &format!("{}/{query}", page.path));
                let answer = Answer::to(request).await;
                let place = format!("{method} {}", page.path);
                assert_eq!(answer.status, 308, "{place}: the method and the form stay");
                assert_eq!(answer.header("location"), format!("{}{query}", page.path));
            }
        }
    }
}

#[sqlx::test]
async fn a_trailing_slash_never_redirects_to_another_site(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    for path in [
        "//evil.example/",
        "/%5Cevil.example/",
        "//login/",
        "/login//",
        "/nothing/",
        "/login/evil/",
        "/%2Fevil.example/",
        "/./login/",
        "/.//evil.example/..",
    ] {
        let answer = Answer::to(site.request(Method::GET, path)).await;
        let place = answer.header("location");
        assert!(
            answer.status == 404 || place == "/login",
            "{path}: {} {place}",
            answer.status
        );
    }
}

#[sqlx::test]
async fn a_cross_site_form_is_refused_with_a_trailing_slash_too(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let request = site.request(Method::POST, "/login/");
    let answer = Answer::to(request.header("sec-fetch-site", "cross-site")).await;
    assert_eq!(answer.status, 403);
}

async fn log_in(site: &Site, kind: &str, body: impl Into<Vec<u8>>) -> u16 {
    let request = site
        .request(Method::POST, "/login")
        .header("sec-fetch-site", "same-origin")
        .header("content-type", kind)
        .body(body.into());
    Answer::to(request).await.status
}

#[sqlx::test]
async fn a_form_is_accepted_as_utf_8_under_any_of_its_names(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let form = format!("username=ona&password={}", PASSWORD.replace(' ', "+"));
    let kind = "application/x-www-form-urlencoded";
    for (parameter, expected) in [
        ("", 303),
        ("; charset=utf8", 303),
        ("; charset=\"UTF-8\"", 303),
        ("; charset=iso-8859-1", 415),
    ] {
        let status = log_in(&site, &format!("{kind}{parameter}"), form.clone()).await;
        assert_eq!(status, expected, "{parameter}");
    }
    let marked = format!("\u{feff}{form}");
    assert_eq!(log_in(&site, kind, marked).await, 303);
}

#[sqlx::test]
async fn blanks_around_a_username_are_trimmed(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    for username in ["ona ", " Ona", "\u{a0}ona\t"] {
        let form = [("username", username), ("password", PASSWORD)];
        let answer = site.stranger().post("/login", &form).await;
        assert_eq!(answer.status, 303, "{username:?}");
    }
    let form = [
        ("first_name", "Rūta"),
        ("last_name", "Rūtaitė"),
        ("username", " Ruta "),
        ("password", PASSWORD),
        ("password_again", PASSWORD),
    ];
    let answer = site.stranger().post("/register", &form).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let ruta = site.browser("ruta").await;
    assert!(ruta.get("/account").await.body.contains("ruta"));
    let wrong = site
        .stranger()
        .post("/login", &[("username", "ona "), ("password", "x")])
        .await;
    assert_eq!(
        wrong.attribute("#username", "value"),
        "ona ",
        "as it was typed"
    );
}
