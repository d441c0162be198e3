//! `POST /api/v1/restore_todo`

use serde_json::json;
use sqlx::MySqlPool;
use uuid::Uuid;

use crate::{
    api::sync::{add, assert_refused, done, list, remove},
    support::{api_client::Phone, test_server::Site},
};

#[sqlx::test]
async fn a_restored_to_do_is_in_the_list_as_before(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let id = add(&phone, "Milk").await;
    let before = done(&phone, "update_todo_status", json!({ "id": id })).await;
    remove(&phone, &id).await;
    for _ in 0..2 {
        let restored = done(&phone, "restore_todo", json!({ "id": id })).await;
        assert_eq!(restored["description"], before["description"]);
        assert_eq!(restored["done_date"], before["done_date"]);
        assert_eq!(restored["rev"], 4);
        assert_eq!(list(&phone).await[&id], restored);
    }
}

#[sqlx::test]
async fn only_the_owner_can_restore_a_to_do(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let ona = Phone::log_in(&site, "ona").await;
    let jonas = Phone::log_in(&site, "jonas").await;
    let id = add(&ona, "Milk").await;
    remove(&ona, &id).await;
    for other in [json!(id), json!(Uuid::new_v4())] {
        let refused = jonas.post("restore_todo", json!({ "id": other })).await;
        assert_refused(&refused, 404, "todo_not_found");
    }
    let stranger = Phone::stranger(&site);
    let refused = stranger.post("restore_todo", json!({ "id": id })).await;
    assert_refused(&refused, 401, "unauthenticated");
    assert!(list(&ona).await.is_empty());
}
