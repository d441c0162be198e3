//! Whoever asks for the head of an answer alone, does not pay for the rest, and neither does the database.

use reqwest::Method;
use serde_json::json;
use sqlx::MySqlPool;
use tickbox::database::Database;

use crate::support::{api_client::Phone, browser::Answer, test_server::Site};

/// The session with its user, and the user once more where a token is checked. With looks that find
/// nothing.
const ROWS: u64 = 10;
/// Long enough to be seen.
const TODOS: u64 = 1_000;

#[sqlx::test]
async fn head_equals_get_and_reads_no_list(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    fill(&site).await;
    let phone = Phone::log_in(&site, "ona").await;
    let browser = site.browser("ona").await;
    let edit = format!("/edit-todo?id={}", browser.add("Milk").await);
    let changes = phone.get("todo_changes", json!({"limit": 5})).await;
    let next = changes.json["next"].as_str().expect("a token").to_owned();
    let ask = async |method: Method, path: &str| {
        let mut request = site.request(method, path);
        if path.starts_with("/api/") {
            request = request.bearer_auth(&phone.token);
        } else {
            request = request.header("cookie", browser.cookie.as_deref().unwrap_or_default());
        }
        let before = rows_read(&site.world.database).await;
        let answer = Answer::to(request).await;
        (answer, rows_read(&site.world.database).await - before)
    };
    let looks = async {
        let before = rows_read(&site.world.database).await;
        rows_read(&site.world.database).await - before
    }
    .await;
    for (path, status) in [
        ("/", 200),
        ("/?show=done", 200),
        (&edit, 200),
        ("/edit-todo?id=7", 404),
        ("/sessions", 200),
        ("/tags", 200),
        ("/?q=milk", 200),
        ("/?q=a%00", 422),
        ("/settings", 200),
        ("/api/v1/todo_list", 200),
        ("/api/v1/todo_list?limit=no", 422),
        ("/api/v1/todo_changes", 200),
        (&format!("/api/v1/todo_changes?since={next}"), 200),
        ("/api/v1/todo_changes?since=00000000.1", 410),
        ("/api/v1/session_list", 200),
    ] {
        let (get, _) = ask(Method::GET, path).await;
        let (head, rows) = ask(Method::HEAD, path).await;
        assert_eq!((get.status, head.status), (status, status), "{path}");
        assert_eq!(head.body, "", "{path}");
        for name in ["content-type", "etag", "cache-control"] {
            assert_eq!(get.header(name), head.header(name), "{name} of {path}");
        }
        assert!(rows - looks <= ROWS, "{path}: {} rows", rows - looks);
    }
}

/// Long texts, half of them done.
async fn fill(site: &Site) {
    let mut connection = site.world.connect().await;
    for number in 0..TODOS {
        sqlx::query(
            "INSERT INTO todos (user_id, id, description, isdone, created_date, rev)
             VALUES (?, UNHEX(LEFT(SHA2(?, 256), 32)), REPEAT('x', 200), ?, '2026-01-01', ?)",
        )
        .bind(site.world.ona.user_id.0)
        .bind(number.to_string())
        .bind(number % 2 == 1)
        .bind(number + 1)
        .execute(&mut connection)
        .await
        .expect("inserted");
    }
    let counted =
        sqlx::query("UPDATE users SET rev = ?, open_count = 500, todo_count = ? WHERE id = ?")
            .bind(TODOS)
            .bind(TODOS)
            .bind(site.world.ona.user_id.0)
            .execute(&mut connection)
            .await;
    counted.expect("counted");
}

/// On the one connection that is lent whenever nobody else asks.
async fn rows_read(database: &Database) -> u64 {
    let read = database.read(async |connection| {
        let rows: Vec<(String, String)> =
            sqlx::query_as("SHOW SESSION STATUS LIKE 'Handler\\_read%'")
                .fetch_all(connection)
                .await?;
        Ok(rows)
    });
    let rows = read.await.expect("read");
    let counts = rows.iter().map(|(_, count)| count.parse::<u64>());
    counts.map(|count| count.expect("a number")).sum()
}
