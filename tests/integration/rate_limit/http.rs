//! What people and phones are told who have tried too often.

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::MySqlPool;
use tickbox::{domain::rate_limit::RequestQuota, http::origin::TrustedProxies};

use super::WRONG;
use crate::support::{browser::Answer, fixture::PASSWORD, log, test_server::Site};

async fn open(pool: &MySqlPool, proxies: u8) -> Site {
    log::register_secret(WRONG);
    Site::limited(pool, TrustedProxies(proxies), RequestQuota::STANDARD).await
}

/// Sends a form from that place, through the one proxy.
async fn post(site: &Site, path: &str, fields: &[(&str, &str)], place: &str) -> Answer {
    let body = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish();
    let request = site
        .request(Method::POST, path)
        .header("content-type", "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "same-origin")
        .header("x-forwarded-for", place)
        .body(body);
    Answer::to(request).await
}

async fn log_in(site: &Site, username: &str, place: &str) -> Answer {
    let form = [("username", username), ("password", WRONG)];
    post(site, "/login", &form, place).await
}

async fn call(site: &Site, path: &str, body: &Value, place: &str) -> Answer {
    let request = site
        .request(Method::POST, path)
        .header("content-type", "application/json")
        .header("x-forwarded-for", place)
        .body(body.to_string());
    Answer::to(request).await
}

fn seconds(answer: &Answer) -> u64 {
    answer.header("retry-after").parse().expect("seconds")
}

/// Everything that whoever guesses gets to see, less what the clock adds.
fn seen(answer: &Answer, username: &str) -> (u16, Vec<(String, String)>, String) {
    // The number that a browser gets is as long and as random for all.
    let random = ["date", "x-request-id", "retry-after", "set-cookie"];
    let headers = answer.headers.iter();
    let mut headers: Vec<_> = headers
        .map(|(name, value)| (name.to_string(), format!("{value:?}")))
        .filter(|(name, _)| !random.contains(&name.as_str()))
        .collect();
    headers.sort();
    let cookies = answer.headers.get_all("set-cookie").iter();
    let cookies = cookies.map(|cookie| cookie.to_str().expect("visible ASCII"));
    headers.extend(cookies.map(|cookie| {
        let (name, value) = cookie.split_once('=').expect("a cookie");
        let (number, attributes) = value.split_once(';').expect("attributes");
        (
            name.to_owned(),
            format!("{}{attributes}", "x".repeat(number.len())),
        )
    }));
    (
        answer.status,
        headers,
        answer.body.replace(username, "username"),
    )
}

#[sqlx::test]
async fn a_limited_login_page_says_when_to_retry_and_keeps_the_name(pool: MySqlPool) {
    let site = open(&pool, 1).await;
    for _ in 0..10 {
        assert_eq!(log_in(&site, "ona", "1.2.3.4").await.status, 401);
    }
    let page = log_in(&site, "ona", "1.2.3.4").await;
    assert_eq!(page.status, 429);
    assert!((3_590..=3_600).contains(&seconds(&page)));
    assert_eq!(page.attribute("#username", "value"), "ona");
    assert!(page.attributes("#password", "value").is_empty());
    assert_eq!(page.texts("title"), ["Error: Login – Tickbox"]);
    let words = "Too many attempts. Try again in 60 minutes";
    assert_eq!(page.body.matches(words).count(), 2, "{}", page.body);
    assert!(page.headers.get("set-cookie").is_none());
}

#[sqlx::test]
async fn known_and_unknown_usernames_get_identical_responses(pool: MySqlPool) {
    let site = open(&pool, 1).await;
    let mut answers = vec![];
    // One that is there, one that could be, one that never can.
    for (username, place) in [("ona", "1.0.0.1"), ("xyz", "1.0.0.2"), ("x z", "1.0.0.3")] {
        let mut seen_of = vec![];
        for number in 0..12 {
            let answer = if number % 2 == 0 {
                log_in(&site, username, place).await
            } else {
                let body = json!({ "username": username, "password": WRONG });
                call(&site, "/api/v1/login", &body, place).await
            };
            let expected = if number < 10 { 401 } else { 429 };
            assert_eq!(answer.status, expected, "{username} {number}");
            seen_of.push(seen(&answer, username));
        }
        answers.push(seen_of);
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0], answers[2]);
}

#[sqlx::test]
async fn a_limited_call_is_a_problem_with_its_code(pool: MySqlPool) {
    let site = open(&pool, 1).await;
    let login = json!({ "username": "ona", "password": WRONG });
    let refresh = json!({ "refresh_token": "made up" });
    for (path, body, tries) in [
        ("/api/v1/login", login, 10),
        ("/api/v1/refresh_token", refresh, 60),
    ] {
        for _ in 0..tries {
            assert_eq!(call(&site, path, &body, "1.2.3.4").await.status, 401);
        }
        let answer = call(&site, path, &body, "1.2.3.4").await;
        let problem: Value = serde_json::from_str(&answer.body).expect("JSON");
        assert_eq!(problem["code"], "rate_limited", "{path}");
        assert_eq!((answer.status, &problem["status"]), (429, &json!(429)));
        assert!((3_580..=3_600).contains(&seconds(&answer)), "{path}");
        assert!(answer.headers.get("www-authenticate").is_none(), "{path}");
    }
}

#[sqlx::test]
async fn a_limited_registration_keeps_the_input_but_no_password(pool: MySqlPool) {
    let site = open(&pool, 1).await;
    let form = [
        ("first_name", "Rūta"),
        ("last_name", "Rūtaitė"),
        ("username", "ona"),
        ("password", PASSWORD),
        ("password_again", PASSWORD),
    ];
    for _ in 0..20 {
        assert_eq!(post(&site, "/register", &form, "1.2.3.4").await.status, 422);
    }
    let page = post(&site, "/register", &form, "1.2.3.4").await;
    assert_eq!(page.status, 429);
    assert!((3_580..=3_600).contains(&seconds(&page)));
    assert_eq!(page.attribute("#first_name", "value"), "Rūta");
    assert!(page.attributes("[type=password]", "value").is_empty());
    assert!(!page.body.contains("taken"), "it tells nothing more");
    // What cannot be tried is no try.
    let invalid = post(&site, "/register", &form[..3], "1.2.3.4").await;
    assert_eq!(invalid.status, 422);
}

#[sqlx::test]
async fn a_forged_forwarded_header_gives_no_more_tries(pool: MySqlPool) {
    let site = open(&pool, 1).await;
    for number in 0..13 {
        let place = format!("8.8.8.{number}, , \"x\", 1.2.3.4");
        let answer = log_in(&site, &format!("somebody{number}"), &place).await;
        let expected = if number < 12 { 401 } else { 429 };
        assert_eq!(answer.status, expected, "{number}");
    }
    assert_eq!(log_in(&site, "ona", "1.2.3.5").await.status, 401);
}

#[sqlx::test]
async fn a_browser_stays_known_after_its_session(pool: MySqlPool) {
    let site = open(&pool, 0).await;
    let form = [("username", "ona"), ("password", PASSWORD)];
    let mut browser = site.stranger();
    let answer = browser.post("/login", &form).await;
    let cookies: Vec<_> = answer.headers.get_all("set-cookie").iter().collect();
    assert_eq!(cookies.len(), 2);
    let device = cookies[1].to_str().expect("visible ASCII").to_owned();
    assert!(device.starts_with("tickbox-device="), "{device}");
    assert!(device.ends_with("; Max-Age=34560000; HttpOnly; SameSite=Lax; Path=/"));
    browser.cookie = Some(answer.session());
    let logged_out = browser.post("/logout", &[]).await;
    let ended: Vec<_> = logged_out.headers.get_all("set-cookie").iter().collect();
    assert_eq!(ended.len(), 1, "the other cookie stays: {ended:?}");

    for _ in 0..10 {
        let wrong = [("username", "ona"), ("password", WRONG)];
        assert_eq!(site.stranger().post("/login", &wrong).await.status, 401);
    }
    assert_eq!(site.stranger().post("/login", &form).await.status, 429);
    browser.cookie = device.split(';').next().map(ToOwned::to_owned);
    assert_eq!(browser.post("/login", &form).await.status, 303);
}

#[sqlx::test]
async fn over_https_the_device_cookie_is_bound_to_this_host(pool: MySqlPool) {
    let site = open(&pool, 1).await;
    let request = site
        .request(Method::POST, "/login")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("x-forwarded-proto", "https")
        .body(format!(
            "username=ona&password={}",
            PASSWORD.replace(' ', "+")
        ));
    let answer = Answer::to(request).await;
    let mut cookies = answer.headers.get_all("set-cookie").iter();
    let device = cookies.nth(1).expect("two").to_str().expect("ASCII");
    assert!(device.starts_with("__Host-tickbox-device="), "{device}");
    assert!(device.ends_with("; HttpOnly; SameSite=Lax; Path=/; Secure"));
}
