//! The database is away: whoever asks is told so in time, and loses nothing.

use std::time::{Duration, Instant};

use futures_util::{FutureExt as _, future::join_all};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use sqlx::{MySqlPool, mysql::MySqlConnectOptions};
use tickbox::{
    domain::session::SEEN_INTERVAL,
    service::{Argon2Cost, Hasher},
};

use crate::support::{
    api_client::Phone,
    browser::{Answer, Browser},
    fixture::{PASSWORD, options, share},
    proxy::{Condition, Road},
    test_server::Site,
};

/// Within which every request has an answer.
const PROMISE: Duration = Duration::from_secs(5);
/// How long `/readyz` says what it found.
const VERDICT: Duration = Duration::from_secs(1);

/// What somebody new fills in.
const REGISTRATION: [(&str, &str); 5] = [
    ("first_name", "Rūta"),
    ("last_name", "Rūtaitė"),
    ("username", "ruta"),
    ("password", "planted-password-teapot"),
    ("password_again", "planted-password-teapot"),
];

/// Every page and every call, since each asks the database: with the cookie and the token of somebody
/// who logged in before.
fn requests(site: &Site, cookie: &str, phone: &Phone<'_>) -> Vec<(String, RequestBuilder)> {
    let id = uuid::Uuid::new_v4().to_string();
    let credentials = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("username", "ona"), ("password", PASSWORD)])
        .finish();
    let registration = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(REGISTRATION)
        .finish();
    let (added, named) = (format!("id={id}&description=milk"), format!("id={id}"));
    let mut requests = vec![];
    for page in tickbox::web::pages() {
        for method in page.methods {
            let form = match page.path {
                "/login" => credentials.as_str(),
                "/register" => &registration,
                "/" => &added,
                _ => &named,
            };
            let request = site
                .request(method.parse().expect("a method"), page.path)
                .header("sec-fetch-site", "same-origin");
            let request = match *method {
                "GET" => request,
                _ => request
                    .header("content-type", "application/x-www-form-urlencoded")
                    .body(form.to_owned()),
            };
            // Logging in takes none along: it would be looked up too.
            let request = match (page.path, *method) {
                ("/login", "POST") => request,
                _ => request.header("cookie", cookie),
            };
            requests.push((page.path.to_owned(), request));
        }
    }
    let calls = calls(&id, phone);
    let document: Value = serde_json::from_str(&tickbox::api::document()).expect("JSON");
    let paths = document["paths"].as_object().expect("paths");
    assert_eq!(paths.len(), calls.len(), "a call is missing below");
    for (name, body) in calls {
        assert!(paths.contains_key(&format!("/{name}")), "{name}");
        let query = match name {
            "get_todo" => format!("?id={id}"),
            _ => String::new(),
        };
        let path = format!("/api/v1/{name}{query}");
        let is_read = !paths[&format!("/{name}")]["get"].is_null();
        let method = if is_read { Method::GET } else { Method::POST };
        let mut request = site.request(method, &path).bearer_auth(&phone.token);
        if !body.is_null() {
            request = request
                .header("content-type", "application/json")
                .body(body.to_string());
        }
        requests.push((path, request));
    }
    requests.push(("/readyz".into(), site.request(Method::GET, "/readyz")));
    requests
}

/// Each call with its body; null for those that have none.
fn calls(id: &str, phone: &Phone<'_>) -> [(&'static str, Value); 21] {
    [
        ("me", Value::Null),
        ("update_me", json!({ "time_zone": "Europe/Vilnius" })),
        ("logout", Value::Null),
        ("session_list", Value::Null),
        ("end_other_sessions", Value::Null),
        ("end_session", json!({ "session_id": id })),
        (
            "change_password",
            json!({ "current_password": PASSWORD, "new_password": "planted-password-teapot" }),
        ),
        ("restore_todo", json!({ "id": id })),
        ("update_todo", json!({ "id": id, "description": "milk" })),
        ("todo_list", Value::Null),
        ("tag_list", Value::Null),
        ("todo_changes", Value::Null),
        ("get_todo", Value::Null),
        ("sync", json!({ "calls": [] })),
        (
            "login",
            json!({ "username": "ona", "password": PASSWORD, "device_name": "a test" }),
        ),
        (
            "refresh_token",
            json!({ "refresh_token": phone.refresh_token }),
        ),
        ("add_todo", json!({ "id": id, "description": "milk" })),
        ("update_todo_status", json!({ "id": id })),
        (
            "move_todo",
            json!({ "id": id, "before_id": "0199a0c2-7d1e-7c3a-9f10-2b6f0e5c8a11" }),
        ),
        ("remove_todo", json!({ "id": id })),
        (
            "register_user",
            json!({
                "first_name": "Rūta", "last_name": "Rūtaitė", "username": "ruta",
                "password": "planted-password-teapot",
            }),
        ),
    ]
}

async fn timed(path: String, request: RequestBuilder) -> (String, Answer, Duration) {
    let begin = Instant::now();
    let answer = Answer::to(request).await;
    (path, answer, begin.elapsed())
}

/// 503, when to come back, and in time; as a page or a problem, whatever was asked for.
fn is_said_well(path: &str, answer: &Answer, took: Duration) {
    assert_eq!(answer.status, 503, "{path}: {}", answer.body);
    assert!(took < PROMISE, "{path}: {took:?}");
    if path == "/readyz" {
        return;
    }
    let seconds: u32 = answer.header("retry-after").parse().expect(path);
    assert!(seconds > 0, "{path}");
    if path.starts_with("/api") {
        assert_eq!(answer.header("content-type"), "application/problem+json");
        let problem: Value = serde_json::from_str(&answer.body).expect("JSON");
        assert_eq!(problem["status"], 503, "{path}");
    } else {
        assert_eq!(answer.texts("h1").len(), 1, "{path}: {}", answer.body);
    }
}

/// All at once, more than there are connections, and one after the other.
async fn all_are_told(options: MySqlConnectOptions, condition: Condition) {
    let road = Road::to(&options).await;
    let site = Box::pin(Site::open(road.options.clone())).await;
    let cookie = site.browser("ona").await.cookie.expect("logged in");
    let phone = Phone::log_in(&site, "ona").await;
    road.turn(condition);
    let all = requests(&site, &cookie, &phone);
    let answers = all
        .into_iter()
        .map(|(path, request)| timed(path, request).boxed());
    for (path, answer, took) in join_all(answers).await {
        is_said_well(&path, &answer, took);
    }
    let form = [("username", "ona"), ("password", PASSWORD)];
    let begin = Instant::now();
    let alone = site.stranger().post("/login", &form).await;
    is_said_well("/login", &alone, begin.elapsed());

    road.turn(Condition::Open);
    tokio::time::sleep(VERDICT).await;
    let ready = Answer::to(site.request(Method::GET, "/readyz")).await;
    assert_eq!(ready.status, 200, "it comes back by itself");
}

#[sqlx::test]
async fn an_unresponsive_database_is_reported_in_time(pool: MySqlPool) {
    let options = options(&pool);
    Box::pin(all_are_told(options, Condition::BlackHole)).await;
}

#[sqlx::test]
async fn a_disconnecting_database_is_reported_in_time(pool: MySqlPool) {
    let options = options(&pool);
    Box::pin(all_are_told(options, Condition::Cut)).await;
}

/// Hashes that take this long here.
async fn effort(lasting: Duration) -> Argon2Cost {
    let tried = Argon2Cost {
        memory: 64,
        passes: 2_000,
    };
    let hasher = Hasher::new(tried).expect("argon2 can do that");
    let begin = Instant::now();
    hasher.hash(PASSWORD.into(), share()).await.expect("hashed");
    let times = lasting.as_secs_f64() / begin.elapsed().as_secs_f64();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "far from either end"
    )]
    let passes = (f64::from(tried.passes) * times) as u32;
    Argon2Cost { passes, ..tried }
}

/// It waits for a hash, and then for the database; and it may wait for the hashes of others before.
#[sqlx::test]
async fn requests_that_need_a_hash_are_answered_in_time(pool: MySqlPool) {
    let options = options(&pool);
    let road = Road::to(&options).await;
    let mut site = Box::pin(Site::open(road.options.clone())).await;
    road.turn(Condition::BlackHole);
    for (lasting, people) in [(2_500, 1), (7_000, 1), (500, 16)] {
        let effort = effort(Duration::from_millis(lasting)).await;
        let service = site.world.with_effort(effort);
        site = site.serve(service).await;
        let asked = (0..people).map(async |_| {
            let begin = Instant::now();
            let answer = site.stranger().post("/register", &REGISTRATION).await;
            (answer, begin.elapsed())
        });
        for (answer, took) in join_all(asked).await {
            assert_eq!(answer.status, 503, "{lasting}: {}", answer.body);
            assert!(took < PROMISE, "{lasting}: {took:?}");
        }
    }
}

#[sqlx::test]
async fn a_list_does_not_wait_for_the_last_use_to_be_stored(pool: MySqlPool) {
    let site = Box::pin(Site::open(&pool)).await;
    let browsers = [site.browser("ona").await, site.browser("jonas").await];
    site.world.clock.advance(SEEN_INTERVAL * 2);
    let mut holder = site.world.connect().await;
    let lock = sqlx::raw_sql("LOCK TABLES sessions READ, users READ, todos READ");
    lock.execute(&mut holder).await.expect("locked");
    for browser in browsers.iter().cycle().take(6) {
        let begin = Instant::now();
        let list = browser.get("/").await;
        assert_eq!(list.status, 200, "{}", list.body);
        assert!(
            begin.elapsed() < Duration::from_millis(500),
            "{:?}",
            begin.elapsed()
        );
        assert!(
            site.world.database.status().in_use <= 1,
            "one note at a time"
        );
    }
    let unlock = sqlx::raw_sql("UNLOCK TABLES");
    unlock.execute(&mut holder).await.expect("unlocked");
    site.world.uses_are_noted(1).await;
}

async fn add(browser: &Browser<'_>, id: &str) -> Answer {
    let form = [("todo_id", id), ("description", "milk")];
    browser.post("/", &form).await
}

#[sqlx::test]
async fn a_blocked_write_does_not_block_lists_and_happens_once(pool: MySqlPool) {
    let site = Box::pin(Site::open(&pool)).await;
    let browser = site.browser("ona").await;
    let mut holder = site.world.connect().await;
    let lock = sqlx::raw_sql("LOCK TABLES todos READ");
    lock.execute(&mut holder).await.expect("locked");
    let id = uuid::Uuid::new_v4().to_string();
    let begin = Instant::now();
    let (blocked, list) = tokio::join!(add(&browser, &id), async {
        tokio::time::sleep(PROMISE / 2).await;
        browser.get("/").await
    });
    is_said_well("/", &blocked, begin.elapsed());
    assert_eq!(list.status, 200, "{}", list.body);
    assert!(list.todos().is_empty(), "{}", list.body);

    let unlock = sqlx::raw_sql("UNLOCK TABLES");
    unlock.execute(&mut holder).await.expect("unlocked");
    let again = add(&browser, &id).await;
    assert_eq!(again.status, 303, "{}", again.body);
    assert_eq!(browser.get("/").await.todos(), ["milk"]);
    assert_eq!(site.world.database.status().detached, 0);
}
