//! `GET` and `POST /change-password`

use serde_json::Value;
use sqlx::{Executor as _, MySqlPool};
use tickbox::http::origin::TrustedProxies;

use crate::support::{
    api_client::Phone, browser::Answer, fixture::PASSWORD, log, test_server::Site,
};

const NEW: &str = "planted amber \u{202e}kettle <8> 🥛";

const WRONG: &str = "planted-wrong-password-here";

fn form<'a>(current: &'a str, new: &'a str, again: &'a str) -> [(&'static str, &'a str); 3] {
    log::register_secret(NEW);
    log::register_secret(WRONG);
    [
        ("current_password", current),
        ("new_password", new),
        ("new_password_again", again),
    ]
}

async fn log_in(site: &Site, password: &str) -> Answer {
    let form = [("username", "ona"), ("password", password)];
    site.stranger().post("/login", &form).await
}

#[sqlx::test]
async fn a_change_ends_all_other_sessions_of_pages_and_phones(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let (mut here, there) = (site.browser("ona").await, site.browser("ona").await);
    let phone = Phone::log_in(&site, "ona").await;
    let jonas = site.browser("jonas").await;
    here.add("Water the cactus").await;
    let answer = here
        .post("/change-password", &form(PASSWORD, NEW, NEW))
        .await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let location = answer.header("location");
    assert_eq!(location, "/account?notice=password_changed");
    let before = here.cookie.replace(answer.session());
    assert_ne!(before, here.cookie);
    let page = here.get(location).await;
    assert_eq!(
        page.texts(".notice"),
        ["Your password is changed. You are logged out everywhere else."]
    );
    assert_eq!(here.get("/").await.todos(), ["Water the cactus"]);

    let mut old = here.clone();
    old.cookie = before;
    for browser in [old, there] {
        assert_eq!(browser.get("/").await.header("location"), "/login");
    }
    assert_eq!(
        phone.get("me", Value::Null).await.json["code"],
        "session_ended"
    );
    let refreshed = phone.ask_to_refresh().await;
    assert_eq!(refreshed.json["code"], "session_ended");
    assert_eq!(jonas.get("/").await.status, 200);
    assert_eq!(log_in(&site, PASSWORD).await.status, 401);
    assert_eq!(log_in(&site, NEW).await.status, 303);
}

#[sqlx::test]
async fn a_refused_change_shows_its_errors_and_no_password(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    let all = ["current_password", "new_password", "new_password_again"];
    for (form, fields) in [
        (form("", "", "x"), &all[..]),
        (form(WRONG, NEW, NEW), &all[..1]),
        (form(PASSWORD, "short", "short"), &all[1..2]),
        (form(PASSWORD, "password123", "password123"), &all[1..2]),
        (form(PASSWORD, "my ONA is it", "my ONA is it"), &all[1..2]),
        (form(PASSWORD, PASSWORD, PASSWORD), &all[1..2]),
        (form(PASSWORD, NEW, WRONG), &all[2..]),
    ] {
        let refused = browser.post("/change-password", &form).await;
        assert_eq!(refused.status, 422);
        assert_eq!(
            refused.texts("title"),
            ["Error: Change the password – Tickbox"]
        );
        let links: Vec<_> = fields.iter().map(|field| format!("#{field}")).collect();
        assert_eq!(refused.attributes(".errors a", "href"), links);
        assert_eq!(refused.attributes("[aria-invalid]", "id"), fields);
        for (field, words) in fields.iter().zip(refused.texts(".errors a")) {
            let error = refused.texts(&format!("#{field}-error"));
            assert_eq!(error, [format!("Error: {words}")]);
        }
        assert!(refused.attributes("[type=password]", "value").is_empty());
        for (_, password) in form.iter().filter(|field| field.1.len() > 8) {
            assert!(!refused.body.contains(password), "{}", refused.body);
        }
        assert!(refused.headers.get("set-cookie").is_none());
    }
    assert_eq!(log_in(&site, PASSWORD).await.status, 303);
}

/// Managers have to see which password is whose, and which one is to be made up.
#[sqlx::test]
async fn the_form_has_the_hints_for_password_managers(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let page = site.browser("ona").await.get("/change-password").await;
    let order = page.attributes("form input", "autocomplete");
    let expected = [
        "username",
        "current-password",
        "new-password",
        "new-password",
    ];
    assert_eq!(order, expected);
    assert_eq!(page.attribute("[autocomplete=username]", "value"), "ona");
    assert!(
        page.attributes("[autocomplete=username]", "name")
            .is_empty()
    );
    for name in ["onpaste", "pattern", "minlength"] {
        assert!(!page.attribute_names().contains(&name.to_owned()), "{name}");
    }
}

#[sqlx::test]
async fn over_https_the_renewed_cookie_is_as_secure(pool: MySqlPool) {
    let site = Site::behind(&pool, TrustedProxies(1)).await;
    let post = |path: &str, cookie: &str, fields: &[(&str, &str)]| {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let request = site.request(reqwest::Method::POST, path);
        Answer::to(
            request
                .header("sec-fetch-site", "same-origin")
                .header("x-forwarded-proto", "https")
                .header("content-type", "application/x-www-form-urlencoded")
                .header("cookie", cookie)
                .body(body),
        )
    };
    let login = [("username", "ona"), ("password", PASSWORD)];
    let first = post("/login", "", &login).await;
    let form = form(PASSWORD, NEW, NEW);
    let second = post("/change-password", &first.session(), &form).await;
    let attributes = |answer: &Answer| {
        let cookie = answer.header("set-cookie").to_owned();
        cookie.split_once("; ").expect("attributes").1.to_owned()
    };
    assert!(second.session().starts_with("__Host-tickbox="));
    assert_ne!(first.session(), second.session());
    assert_eq!(attributes(&first), attributes(&second));
}

/// The page of a failure gives back what was sent, but for passwords.
#[sqlx::test]
async fn a_failed_change_returns_no_password(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    let mut connection = site.world.connect().await;
    for statement in ["SET FOREIGN_KEY_CHECKS = 0", "DROP TABLE users"] {
        connection.execute(statement).await.expect("dropped");
    }
    let failed = browser
        .post("/change-password", &form(PASSWORD, NEW, NEW))
        .await;
    assert_eq!(failed.status, 500);
    for password in [PASSWORD, "planted amber", "_password"] {
        assert!(!failed.body.contains(password), "{}", failed.body);
    }
}

/// One line for each, with whom it is about and without what must not be there.
#[sqlx::test]
async fn a_change_and_an_ended_session_are_security_events(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    let session = site.session_of("ona", "a phone").await;
    let fields = [("session_id", session.as_str())];
    let ended = browser.post("/end-session", &fields).await;
    let again = browser.post("/end-session", &fields).await;
    let others = browser.post("/end-other-sessions", &[]).await;
    let wrong = browser
        .post("/change-password", &form(WRONG, NEW, NEW))
        .await;
    let changed = browser
        .post("/change-password", &form(PASSWORD, NEW, NEW))
        .await;
    let ona = site.world.ona.public_id.to_string();
    for (answer, status, expected) in [
        (&ended, 303, vec!["session_ended"]),
        (&again, 303, vec![]),
        (&others, 303, vec!["session_ended"]),
        (&wrong, 422, vec![]),
        (&changed, 303, vec!["password_changed"]),
    ] {
        assert_eq!(answer.status, status);
        let events = events(answer);
        let names: Vec<_> = events.iter().map(|event| &event["event"]).collect();
        assert_eq!(names, expected);
        for event in events {
            assert_eq!(event["user"], ona);
        }
    }
    assert_eq!(events(&ended)[0]["session"], session);
    assert_eq!(events(&others)[0]["ended"], 1, "that of `World::new`");
}

/// The security events of a request.
fn events(answer: &Answer) -> Vec<Value> {
    let id = answer.header("x-request-id");
    let log = log::read();
    let lines = log.lines().filter(|line| line.contains(id));
    let lines = lines.map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let fields = lines.map(|line| line["fields"].clone());
    fields
        .filter(|fields| fields.get("event").is_some())
        .collect()
}
