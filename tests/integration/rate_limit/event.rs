//! What is noted for whoever watches over accounts: one line each, with whom and from where.

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::MySqlPool;
use tickbox::{domain::rate_limit::RequestQuota, http::origin::TrustedProxies};

use super::WRONG;
use crate::support::{browser::Answer, fixture::PASSWORD, log, test_server::Site};

/// The security events of a request.
fn events(answer: &Answer) -> Vec<Value> {
    let id = answer.header("x-request-id");
    let log = log::read();
    log.lines()
        .filter(|line| line.contains(id))
        .map(|line| serde_json::from_str::<Value>(line).expect("one line is one event"))
        .filter(|line| line["fields"]["event"].is_string())
        .collect()
}

/// The only event of a request, with the user that it names.
fn event(answer: &Answer) -> (String, String) {
    let events = events(answer);
    assert_eq!(events.len(), 1, "{events:?}");
    let (fields, span) = (&events[0]["fields"], &events[0]["span"]);
    assert_eq!(span["client"], "1.2.3.4", "{events:?}");
    let mut user = [&fields["user"], &span["user"]].into_iter();
    let user = user.find_map(Value::as_str).unwrap_or_default();
    let name = fields["event"].as_str().expect("a name");
    (name.to_owned(), user.to_owned())
}

async fn post(site: &Site, path: &str, kind: &str, body: String, cookie: &str) -> Answer {
    let request = site
        .request(Method::POST, path)
        .header("content-type", kind)
        .header("x-forwarded-for", "9.9.9.9, 1.2.3.4")
        .header("cookie", cookie)
        .header("sec-fetch-site", "same-origin")
        .body(body);
    Answer::to(request).await
}

async fn form(site: &Site, path: &str, fields: &[(&str, &str)], cookie: &str) -> Answer {
    let body = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish();
    let kind = "application/x-www-form-urlencoded";
    post(site, path, kind, body, cookie).await
}

async fn call(site: &Site, name: &str, body: Value) -> Answer {
    let path = format!("/api/v1/{name}");
    post(site, &path, "application/json", body.to_string(), "").await
}

async fn open(pool: &MySqlPool) -> Site {
    log::register_secret(WRONG);
    Site::limited(pool, TrustedProxies(1), RequestQuota::STANDARD).await
}

#[sqlx::test]
async fn each_change_of_a_session_is_a_security_event(pool: MySqlPool) {
    let site = open(&pool).await;
    let ona = site.world.ona.public_id.to_string();
    let right = [("username", "ona"), ("password", PASSWORD)];
    let login = form(&site, "/login", &right, "").await;
    assert_eq!(event(&login), ("login".into(), ona.clone()));
    let logout = form(&site, "/logout", &[], &login.session()).await;
    assert_eq!(event(&logout), ("logout".into(), ona.clone()));
    let login = call(
        &site,
        "login",
        json!({ "username": "ona", "password": PASSWORD }),
    )
    .await;
    assert_eq!(event(&login), ("login".into(), ona.clone()));
    let again = [("first_name", "Rūta"), ("last_name", "Rūtaitė")];
    let again = [&again[..], &[("username", "ruta"), ("password", PASSWORD)]].concat();
    let again = [&again[..], &[("password_again", PASSWORD)]].concat();
    let registered = form(&site, "/register", &again, "").await;
    let (name, user) = event(&registered);
    assert_eq!((name.as_str(), user.len()), ("registered", 36));
}

#[sqlx::test]
async fn a_failed_login_event_names_the_user_but_not_the_input(pool: MySqlPool) {
    let site = open(&pool).await;
    let typed = "planted-password-as-username";
    log::register_secret(typed);
    let ona = site.world.ona.public_id.to_string();
    for (username, user, times) in [("ona", ona.as_str(), 10), (typed, "", 10)] {
        let wrong = [("username", username), ("password", WRONG)];
        site.world.clock.advance(time::Duration::hours(1));
        for _ in 0..times {
            let failed = form(&site, "/login", &wrong, "").await;
            assert_eq!(event(&failed), ("login_failed".into(), user.to_owned()));
        }
    }
    let wrong = [("username", typed), ("password", WRONG)];
    let limited = form(&site, "/login", &wrong, "").await;
    assert_eq!(limited.status, 429);
    assert!(events(&limited).is_empty(), "counted: see `flood`");
}

#[sqlx::test]
async fn a_reused_refresh_token_is_a_security_event(pool: MySqlPool) {
    let site = open(&pool).await;
    let refresh = async |token: &str| {
        log::register_secret(token);
        let answer = call(&site, "refresh_token", json!({ "refresh_token": token })).await;
        let tokens: Value = serde_json::from_str(&answer.body).expect("JSON");
        let next = tokens["refresh_token"].as_str().unwrap_or_default();
        (answer, next.to_owned())
    };
    let login = call(
        &site,
        "login",
        json!({ "username": "ona", "password": PASSWORD }),
    )
    .await;
    let tokens: Value = serde_json::from_str(&login.body).expect("JSON");
    let first = tokens["refresh_token"].as_str().expect("a token");
    let (_, second) = refresh(first).await;
    refresh(&second).await;
    site.world.clock.advance(time::Duration::minutes(2));
    let (reused, _) = refresh(first).await;
    let ona = site.world.ona.public_id.to_string();
    assert_eq!(event(&reused), ("refresh_reused".into(), ona));
}

#[sqlx::test]
async fn a_cross_site_form_is_a_security_event(pool: MySqlPool) {
    let site = open(&pool).await;
    let request = site
        .request(Method::POST, "/login")
        .header("sec-fetch-site", "cross-site")
        .header("x-forwarded-for", "1.2.3.4");
    let refused = Answer::to(request).await;
    assert_eq!(
        event(&refused),
        ("cross_site_refused".into(), String::new())
    );
}
