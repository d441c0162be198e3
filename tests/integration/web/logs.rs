//! What is logged of a request, and what never is.

use serde_json::Value;
use sqlx::MySqlPool;

use crate::support::{log, test_server::Site};

const PLANTED_PASSWORD: &str = "planted-password-in-the-log";
const PLANTED_QUERY: &str = "planted-query-in-the-log";

#[sqlx::test]
async fn a_request_is_one_log_line_with_its_fields(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    let answer = browser.get("/?show=open").await;
    let id = answer.header("x-request-id");
    let log = log::read();
    let lines: Vec<Value> = log
        .lines()
        .filter(|line| line.contains(id))
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .filter(|line: &Value| line["fields"]["message"] == "request")
        .collect();
    assert_eq!(lines.len(), 1, "{lines:?}");
    let (fields, span) = (&lines[0]["fields"], &lines[0]["span"]);
    assert_eq!(fields["method"], "GET");
    assert_eq!(fields["route"], "/");
    assert_eq!(fields["status"], 200);
    assert!(fields["ms"].as_f64().is_some_and(|ms| ms > 0.0));
    assert_eq!(span["user"], site.world.ona.public_id.to_string());
}

#[sqlx::test]
async fn a_failed_request_is_logged_with_its_route_too(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    for (answer, route, status) in [
        (site.stranger().get("/logout").await, "/logout", 303),
        (browser.post("/update-todo", &[]).await, "/update-todo", 422),
        (browser.get("/remove-todo").await, "/remove-todo", 405),
        (browser.get("/assets/none.css").await, "/assets/:name", 404),
        (
            browser.get("/api/v1/register_user").await,
            "/api/v1/register_user",
            405,
        ),
        (browser.get("/api/v1/me?x=1").await, "/api/v1/me", 422),
        (browser.get("/nowhere").await, "none", 404),
        (browser.get("/%ff").await, "none", 400),
    ] {
        assert_eq!(answer.status, status, "{route}");
        let id = answer.header("x-request-id");
        let log = log::read();
        let lines = log.lines().filter(|line| line.contains(id));
        let routes: Vec<_> = lines
            .map(|line| serde_json::from_str::<Value>(line).expect("JSON"))
            .filter_map(|line| line["fields"]["route"].as_str().map(ToOwned::to_owned))
            .collect();
        assert_eq!(routes, [route], "{status}");
    }
}

#[test]
fn a_panic_is_one_log_line_with_its_location() {
    // Opens the log.
    log::register_secret("planted-before-a-panic");
    let panicked = std::panic::catch_unwind(|| panic!("planted panic\nof two lines"));
    assert!(panicked.is_err());
    let log = log::read();
    let line = log.lines().find(|line| line.contains("planted panic"));
    let line: Value = serde_json::from_str(line.expect("an event")).expect("JSON");
    assert_eq!(line["level"], "ERROR");
    assert_eq!(
        line["fields"]["message"],
        "panic: planted panic\nof two lines"
    );
    assert!(
        line["fields"]["place"]
            .as_str()
            .is_some_and(|place| place.contains("logs.rs"))
    );
}

#[sqlx::test]
async fn passwords_cookies_and_query_strings_are_never_logged(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    log::register_secret(PLANTED_PASSWORD);
    log::register_secret(PLANTED_QUERY);
    let stranger = site.stranger();
    let form = [
        ("first_name", "Rūta"),
        ("last_name", "Rūtaitė"),
        ("username", "ruta"),
        ("password", PLANTED_PASSWORD),
        ("password_again", PLANTED_PASSWORD),
    ];
    assert_eq!(stranger.post("/register", &form).await.status, 303);
    let form = [("username", "ruta"), ("password", PLANTED_PASSWORD)];
    let cookie = stranger.post("/login", &form).await.session();
    let wrong = [("username", "nobody"), ("password", PLANTED_PASSWORD)];
    assert_eq!(stranger.post("/login", &wrong).await.status, 401);
    let mut browser = site.stranger();
    browser.cookie = Some(cookie.clone());
    let query = format!("/?description={PLANTED_QUERY}");
    let last = browser.get(&query).await;
    assert_eq!(last.status, 200);

    let log = log::read();
    assert!(
        log.contains(last.header("x-request-id")),
        "the log has these requests"
    );
    let value = cookie.split_once('=').expect("a value").1;
    for secret in [PLANTED_PASSWORD, PLANTED_QUERY, value] {
        assert!(!log.contains(secret), "{secret} was logged");
    }
}

#[sqlx::test]
async fn a_client_cannot_inject_log_lines(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let form = [
        ("username", "x\r\n{\"level\":\"ERROR\"}\u{1b}[31m"),
        ("password", "x"),
    ];
    site.stranger().post("/login", &form).await;
    site.stranger().get("/%0d%0a%1b[31mforged").await;
    for line in log::read().lines() {
        assert!(serde_json::from_str::<Value>(line).is_ok(), "{line}");
        assert!(!line.contains('\u{1b}'), "{line}");
    }
}
