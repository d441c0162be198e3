//! `get_todo`: one to-do, also when it was removed and can be restored.

use serde_json::json;
use sqlx::MySqlPool;
use time::Duration;

use crate::api::sync::{add, assert_refused, edit, remove};
use crate::support::{api_client::Phone, test_server::Site};

#[sqlx::test]
async fn one_to_do_is_answered_as_long_as_it_can_be_restored(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let mut phone = Phone::log_in(&site, "ona").await;
    let id = add(&phone, "milk").await;
    let edited = edit(&phone, &id, "oat").await;
    assert_eq!(phone.get("get_todo", json!({"id": id})).await.json, edited);
    let removed = remove(&phone, &id).await;
    assert_eq!(phone.get("get_todo", json!({"id": id})).await.json, removed);
    site.world.clock.advance(Duration::days(29));
    phone.refresh().await;
    assert_eq!(phone.get("get_todo", json!({"id": id})).await.status, 200);
    site.world.clock.advance(Duration::days(1));
    phone.refresh().await;
    let lost = phone.get("get_todo", json!({"id": id})).await;
    assert_refused(&lost, 404, "todo_not_found");
}

#[sqlx::test]
async fn a_strangers_to_do_is_one_that_never_was(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let id = add(&Phone::log_in(&site, "jonas").await, "milk").await;
    let phone = Phone::log_in(&site, "ona").await;
    let theirs = phone.get("get_todo", json!({"id": id})).await;
    assert_refused(&theirs, 404, "todo_not_found");
    let unknown = json!({"id": "0199a0c2-0000-7c3a-9f10-2b6f0e5c8a11"});
    assert_eq!(
        phone.get("get_todo", unknown).await.answer.body,
        theirs.answer.body
    );
}

#[sqlx::test]
async fn a_to_do_that_is_known_is_not_sent_again(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let id = add(&phone, "milk").await;
    let first = phone.get("get_todo", json!({"id": id})).await;
    let etag = first.answer.header("etag").to_owned();
    let again = async || {
        let known = [("if-none-match", etag.as_str())];
        let query = json!({"id": id});
        phone
            .call(reqwest::Method::GET, "get_todo", query, &known)
            .await
            .status
    };
    assert_eq!(again().await, 304);
    edit(&phone, &id, "oat").await;
    assert_eq!(again().await, 200);
}

#[sqlx::test]
async fn a_to_do_that_is_lost_is_not_known(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let query = json!({"id": "0199a0c2-0000-7c3a-9f10-2b6f0e5c8a11"});
    let known = [("if-none-match", "*")];
    let unknown = phone.call(reqwest::Method::GET, "get_todo", query, &known);
    assert_refused(&unknown.await, 404, "todo_not_found");
}

#[sqlx::test]
async fn a_missing_id_is_named(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let refused = phone.get("get_todo", json!({})).await;
    assert_refused(&refused, 422, "invalid_input");
    assert_eq!(refused.json["errors"][0]["field"], "id");
    assert_eq!(refused.json["errors"][0]["code"], "required");
}
