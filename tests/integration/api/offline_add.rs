//! `add_todo` of what was written offline: when it was written, and whether it is done already.

use serde_json::{Value, json};
use sqlx::MySqlPool;
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};

use super::sync::{add, todos};
use crate::support::{api_client::Phone, test_server::Site};

fn text(date: OffsetDateTime) -> String {
    date.format(&Rfc3339).expect("a date")
}

async fn added(phone: &Phone<'_>, description: &str, field: &str, value: Value) -> Value {
    let reply = phone
        .post(
            "add_todo",
            json!({"description": description, field: value}),
        )
        .await;
    assert_eq!(reply.status, 201, "{}", reply.answer.body);
    reply.json
}

#[sqlx::test]
async fn the_list_is_in_the_order_in_which_it_was_written(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let now = site.world.clock.now();
    add(&phone, "online").await;
    for (description, days) in [("yesterday", 1), ("long ago", 400), ("last week", 7)] {
        let written = text(now - Duration::days(days));
        let todo = added(&phone, description, "created_date", json!(written)).await;
        let answered = todo["created_date"].as_str().expect("a date");
        let answered = OffsetDateTime::parse(answered, &Rfc3339).expect("a date");
        assert_eq!(answered, now - Duration::days(days));
    }
    let list = phone.get("todo_list", json!({})).await;
    let texts: Vec<_> = todos(&list.json)
        .iter()
        .map(|todo| &todo["description"])
        .collect();
    assert_eq!(texts, ["online", "yesterday", "last week", "long ago"]);
}

#[sqlx::test]
async fn a_date_is_taken_in_any_zone_and_to_the_microsecond(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    for (sent, kept) in [
        (
            "2026-11-22T17:04:05.123456789+02:00",
            "2026-11-22T15:04:05.123456Z",
        ),
        ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000000Z"),
    ] {
        let todo = added(&phone, "milk", "created_date", json!(sent)).await;
        assert_eq!(todo["created_date"], kept);
        let stored = phone.get("get_todo", json!({"id": todo["id"]})).await;
        assert_eq!(stored.json, todo);
    }
}

#[sqlx::test]
async fn a_clock_that_is_ahead_loses_no_to_do(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let now = site.world.clock.now();
    let ahead = text(now + Duration::hours(14));
    let todo = added(&phone, "milk", "created_date", json!(ahead)).await;
    let kept = todo["created_date"].as_str().expect("a date");
    let kept = OffsetDateTime::parse(kept, &Rfc3339).expect("a date");
    assert!((now..now + Duration::minutes(5)).contains(&kept), "{kept}");
}

#[sqlx::test]
async fn a_date_beyond_reason_is_refused(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let far = text(site.world.clock.now() + Duration::hours(25));
    for (sent, code) in [
        (far.as_str(), "out_of_range"),
        ("1969-12-31T23:59:59Z", "out_of_range"),
        ("2026-11-22", "invalid_date"),
        ("2026-02-30T00:00:00Z", "invalid_date"),
        ("", "invalid_date"),
    ] {
        let reply = phone
            .post(
                "add_todo",
                json!({"description": "milk", "created_date": sent}),
            )
            .await;
        let error = &reply.json["errors"][0];
        assert_eq!(
            (reply.status, &error["field"]),
            (422, &json!("created_date")),
            "{sent}"
        );
        assert_eq!(error["code"], code, "{sent}");
    }
}

#[sqlx::test]
async fn what_was_done_offline_is_added_as_done(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let todo = added(&phone, "milk", "is_done", json!(true)).await;
    assert_eq!(todo["is_done"], true);
    assert!(todo["done_date"].is_string());
    let open = phone.get("todo_list", json!({"filter": "open"})).await;
    assert!(todos(&open.json).is_empty());
    let mut connection = site.world.connect().await;
    let counts: (i32, i32) =
        sqlx::query_as("SELECT open_count, todo_count FROM users WHERE username = 'ona'")
            .fetch_one(&mut connection)
            .await
            .expect("read");
    assert_eq!(counts, (0, 1));
    assert_eq!(
        added(&phone, "bread", "is_done", json!(false)).await["is_done"],
        false
    );
}
