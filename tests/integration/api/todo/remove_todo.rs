//! `POST /api/v1/remove_todo`

use serde_json::json;
use sqlx::MySqlPool;
use uuid::Uuid;

use crate::{
    api::sync::{add, assert_refused, list, remove},
    support::{api_client::Phone, test_server::Site},
};

#[sqlx::test]
async fn a_removed_to_do_leaves_the_list(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let id = add(&phone, "Milk").await;
    for _ in 0..2 {
        let removed = remove(&phone, &id).await;
        assert_eq!(
            (&removed["removed"], &removed["rev"]),
            (&json!(true), &json!(2))
        );
        assert!(list(&phone).await.is_empty());
    }
    let edited = phone.post("update_todo", json!({ "id": id, "is_done": true }));
    assert_refused(&edited.await, 409, "todo_removed");
}

#[sqlx::test]
async fn only_the_owner_can_remove_a_to_do(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let ona = Phone::log_in(&site, "ona").await;
    let jonas = Phone::log_in(&site, "jonas").await;
    let id = add(&ona, "Milk").await;
    for other in [json!(id), json!(Uuid::new_v4())] {
        let refused = jonas.post("remove_todo", json!({ "id": other })).await;
        assert_refused(&refused, 404, "todo_not_found");
    }
    let stranger = Phone::stranger(&site);
    let refused = stranger.post("remove_todo", json!({ "id": id })).await;
    assert_refused(&refused, 401, "unauthenticated");
    assert_eq!(list(&ona).await.len(), 1);
}
