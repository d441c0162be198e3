//! `POST /api/v1/update_todo_status`

use serde_json::json;
use sqlx::MySqlPool;
use uuid::Uuid;

use crate::{
    api::sync::{add, assert_refused, done, list},
    support::{api_client::Phone, test_server::Site},
};

#[sqlx::test]
async fn a_status_is_set_and_never_toggled(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let id = add(&phone, "Milk").await;
    for (is_done, expected, rev) in [
        (json!(null), true, 2),
        (json!(true), true, 2),
        (json!(false), false, 3),
        (json!(false), false, 3),
    ] {
        let body = json!({ "id": id, "is_done": is_done });
        let todo = done(&phone, "update_todo_status", body).await;
        assert_eq!(todo["is_done"], expected, "{is_done}");
        assert_eq!(todo["done_date"].is_null(), !expected, "{is_done}");
        assert_eq!(todo["rev"], rev, "{is_done}");
        assert_eq!(list(&phone).await[&id], todo);
    }
}

#[sqlx::test]
async fn only_the_owner_can_set_the_status_of_a_to_do(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let ona = Phone::log_in(&site, "ona").await;
    let jonas = Phone::log_in(&site, "jonas").await;
    let id = add(&ona, "Milk").await;
    for other in [json!(id), json!(Uuid::new_v4())] {
        let refused = jonas
            .post("update_todo_status", json!({ "id": other }))
            .await;
        assert_refused(&refused, 404, "todo_not_found");
    }
    let stranger = Phone::stranger(&site);
    let refused = stranger
        .post("update_todo_status", json!({ "id": id }))
        .await;
    assert_refused(&refused, 401, "unauthenticated");
    assert_eq!(list(&ona).await[&id]["is_done"], false);
}
