//! `POST /api/v1/update_todo`

use serde_json::{Value, json};
use sqlx::MySqlPool;
use uuid::Uuid;

use crate::{
    api::sync::{add, assert_refused, done, list},
    support::{api_client::Phone, test_server::Site},
};

#[sqlx::test]
async fn an_update_sets_the_fields_it_names(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let id = add(&phone, "Milk").await;
    let body = json!({ "id": id, "description": " Bread " });
    let renamed = done(&phone, "update_todo", body).await;
    assert_eq!(renamed["description"], "Bread");
    assert_eq!(
        (&renamed["is_done"], &renamed["rev"]),
        (&json!(false), &json!(2))
    );
    let completed = done(&phone, "update_todo", json!({ "id": id, "is_done": true })).await;
    assert_eq!(completed["description"], "Bread");
    assert_eq!(completed["is_done"], true);
    assert_eq!(list(&phone).await[&id], completed);
    let unchanged = done(&phone, "update_todo", json!({ "id": id })).await;
    assert_eq!(unchanged, completed);
}

#[sqlx::test]
async fn an_update_of_an_older_revision_is_a_conflict(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let id = add(&phone, "Milk").await;
    let edit = |text: &str| {
        let body = json!({ "id": id, "description": text, "expected_rev": 1 });
        phone.post("update_todo", body)
    };
    assert_eq!(edit("Bread").await.status, 200);
    let conflict = edit("Butter").await;
    assert_refused(&conflict, 409, "rev_conflict");
    assert_eq!(conflict.json["current"]["description"], "Bread");
    assert_eq!(edit("Bread").await.status, 200, "it is stored already");
}

#[sqlx::test]
async fn only_the_owner_can_update_a_to_do(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let ona = Phone::log_in(&site, "ona").await;
    let jonas = Phone::log_in(&site, "jonas").await;
    let id = json!(add(&ona, "Milk").await);
    for id in [&id, &json!(Uuid::new_v4())] {
        let body = json!({ "id": id, "description": "Bread" });
        let refused = jonas.post("update_todo", body).await;
        assert_refused(&refused, 404, "todo_not_found");
    }
    let stranger = Phone::stranger(&site);
    let refused = stranger.post("update_todo", json!({ "id": id })).await;
    assert_refused(&refused, 401, "unauthenticated");
    let kept = ona.get("todo_list", Value::Null).await;
    assert_eq!(kept.json["todos"][0]["description"], "Milk");
}
