//! `GET /api/v1/todo_list`; its `ETag` is tested beside that of `todo_changes`, in `sync/token.rs`.

use serde_json::{Value, json};
use sqlx::MySqlPool;

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
