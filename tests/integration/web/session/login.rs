//! `GET` and `POST /login`

use sqlx::MySqlPool;

use crate::support::{fixture::PASSWORD, log, snapshot, test_server::Site};
use crate::web::cookie::log_in;

#[sqlx::test]
async fn unknown_user_and_wrong_password_pages_are_identical(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let wrong = |username: &'static str| {
        let form = [
            ("username", username),
            ("password", "planted-wrong-password"),
        ];
        let stranger = site.stranger();
        async move { stranger.post("/login", &form).await }
    };
    log::register_secret("planted-wrong-password");
    let (known, unknown) = (wrong("ona").await, wrong("nix").await);
    assert_eq!(known.status, 401);
    assert_eq!(unknown.status, 401);
    assert_eq!(known.body.replace("\"ona\"", "\"nix\""), unknown.body);
    assert_eq!(known.texts(".errors li").len(), 1, "one message");
    for answer in [&known, &unknown] {
        let cookie = answer.header("set-cookie");
        assert!(
            cookie.starts_with("tickbox-device="),
            "no session: {cookie}"
        );
    }
    assert!(!known.body.contains("planted-wrong-password"));
}

#[sqlx::test]
async fn empty_credentials_are_shown_at_both_fields(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let refused = site.stranger().post("/login", &[]).await;
    assert_eq!(refused.status, 422);
    assert_eq!(
        refused.attributes("[aria-invalid]", "id"),
        ["username", "password"]
    );
}

#[sqlx::test]
async fn login_redirects_only_to_local_paths(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    for (next, location) in [
        ("/?show=open", "/?show=open"),
        ("/logout", "/logout"),
        ("", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example/", "/"),
        ("https://evil.example/", "/"),
        ("/\r\nX-Evil: 1", "/"),
    ] {
        let form = [("username", "ona"), ("password", PASSWORD), ("next", next)];
        let answer = site.stranger().post("/login", &form).await;
        assert_eq!(answer.header("location"), location, "{next:?}");
    }
}

#[sqlx::test]
async fn a_failed_login_keeps_its_redirect_target(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let page = site.stranger().get("/login?next=/?show=done").await;
    assert_eq!(page.attribute("[name=next]", "value"), "/?show=done");
    let form = [
        ("username", "ona"),
        ("password", "x"),
        ("next", "/?show=done"),
    ];
    let refused = site.stranger().post("/login", &form).await;
    assert_eq!(refused.attribute("[name=next]", "value"), "/?show=done");
}

#[sqlx::test]
async fn each_login_starts_a_new_session_and_ends_the_last(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let first = log_in(&site, None, None).await.session();
    let second = log_in(&site, Some(&first), None).await.session();
    assert_ne!(first, second);
    let mut browser = site.stranger();
    browser.cookie = Some(first);
    assert_eq!(browser.get("/").await.status, 303);
    browser.cookie = Some(second);
    assert_eq!(browser.get("/").await.status, 200);
}

#[sqlx::test]
async fn the_login_page_is_as_recorded(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let page = site.stranger().get("/login").await;
    insta::assert_snapshot!(snapshot::html(&page));
}
