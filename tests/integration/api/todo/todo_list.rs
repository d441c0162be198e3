//! `GET /api/v1/todo_list`; its `ETag` is tested beside that of `todo_changes`, in `sync/token.rs`.

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::MySqlPool;
use time::Duration;

use crate::{
    api::sync::{add, assert_refused, done, todos},
    support::{
        api_client::{Phone, Reply},
        test_server::Site,
    },
};

fn texts(reply: &Reply) -> Vec<&str> {
    let texts = todos(&reply.json).iter().map(|todo| &todo["description"]);
    texts.map(|text| text.as_str().expect("a text")).collect()
}

#[sqlx::test]
async fn the_list_is_filtered_and_paginated(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    for text in ["one", "two", "three"] {
        add(&phone, text).await;
    }
    let milk = add(&phone, "milk").await;
    done(&phone, "update_todo_status", json!({ "id": milk })).await;
    let all = phone.get("todo_list", Value::Null).await;
    assert_eq!(texts(&all), ["three", "two", "one", "milk"]);
    assert_eq!(all.json["next_cursor"], Value::Null);
    let open = phone.get("todo_list", json!({ "filter": "open" })).await;
    assert_eq!(texts(&open), ["three", "two", "one"]);
    let completed = phone.get("todo_list", json!({ "filter": "done" })).await;
    assert_eq!(texts(&completed), ["milk"]);
    let first = phone.get("todo_list", json!({ "limit": 3 })).await;
    assert_eq!(texts(&first), ["three", "two", "one"]);
    let query = json!({ "limit": 3, "cursor": first.json["next_cursor"] });
    assert_eq!(texts(&phone.get("todo_list", query).await), ["milk"]);
}

#[sqlx::test]
async fn each_user_gets_their_own_list(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let ona = Phone::log_in(&site, "ona").await;
    let jonas = Phone::log_in(&site, "jonas").await;
    add(&ona, "Milk").await;
    add(&jonas, "Bread").await;
    let lists = [&ona, &jonas].map(|phone| phone.get("todo_list", Value::Null));
    let [of_ona, of_jonas] = lists;
    assert_eq!(texts(&of_ona.await), ["Milk"]);
    assert_eq!(texts(&of_jonas.await), ["Bread"]);
    let stranger = Phone::stranger(&site).get("todo_list", Value::Null).await;
    assert_refused(&stranger, 401, "unauthenticated");
}

#[sqlx::test]
async fn a_list_by_day_is_another_one_after_midnight_of_the_user(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let mut phone = Phone::log_in(&site, "ona").await;
    // Midnight there is at 10 h UTC.
    let zone = json!({ "time_zone": "Pacific/Honolulu" });
    assert_eq!(phone.post("update_me", zone).await.status, 200);
    let at = |hour| {
        let today = site.world.clock.now().replace_time(time::Time::MIDNIGHT);
        today + Duration::days(2) + Duration::hours(hour) - site.world.clock.now()
    };
    site.world.clock.advance(at(9));
    phone.refresh().await;
    let tomorrow = site.world.clock.now().date();
    let due = json!({ "description": "Milk", "due_date": tomorrow.to_string() });
    assert_eq!(phone.post("add_todo", due).await.status, 201);
    let filters = ["all", "today", "upcoming"];
    let mut tags = Vec::new();
    for (filter, expected) in filters.into_iter().zip([1, 0, 1]) {
        let list = phone.get("todo_list", json!({ "filter": filter })).await;
        assert_eq!(texts(&list).len(), expected, "{filter}");
        tags.push(list.answer.header("etag").to_owned());
    }
    site.world.clock.advance(Duration::hours(2));
    phone.refresh().await;
    let expected = [(304, 0), (200, 1), (200, 0)];
    for ((filter, tag), (status, count)) in filters.into_iter().zip(&tags).zip(expected) {
        let headers = [("if-none-match", tag.as_str())];
        let query = json!({ "filter": filter });
        let list = phone.call(Method::GET, "todo_list", query, &headers).await;
        assert_eq!(list.status, status, "{filter}");
        if status == 200 {
            assert_eq!(texts(&list).len(), count, "{filter}");
        }
    }
}

#[sqlx::test]
async fn parts_of_a_list_by_day_continue_each_other(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    for day in ["2026-01-03", "2026-01-01", "2026-01-02", "2026-01-01"] {
        let due = json!({ "description": day, "due_date": day });
        assert_eq!(phone.post("add_todo", due).await.status, 201);
    }
    let mut query = json!({ "filter": "today", "limit": 1 });
    let mut days = Vec::new();
    loop {
        let part = phone.get("todo_list", query.clone()).await;
        days.extend(texts(&part).into_iter().map(ToOwned::to_owned));
        assert!(days.len() <= 4, "{days:?}");
        query["cursor"] = part.json["next_cursor"].clone();
        if query["cursor"].is_null() {
            break;
        }
    }
    assert_eq!(
        days,
        ["2026-01-01", "2026-01-01", "2026-01-02", "2026-01-03"]
    );
    let of_another = json!({ "filter": "open", "cursor": "2026-01-01.540.1.0.0199a0c2-7d1e-7c3a-9f10-2b6f0e5c8a11" });
    let refused = phone.get("todo_list", of_another).await;
    assert_refused(&refused, 422, "invalid_input");
}
