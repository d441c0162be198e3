//! `POST /api/v1/add_todo`: also sent once more after its answer got lost.

use futures_util::future::join_all;
use serde_json::{Value, json};
use sqlx::MySqlPool;
use uuid::Uuid;

use crate::api::sync::{assert_refused, done, edit, list, remove};
use crate::support::{
    api_client::{Phone, Reply},
    test_server::Site,
};

async fn send(phone: &Phone<'_>, id: &str, text: &str) -> Reply {
    let body = json!({"id": id, "description": text});
    phone.post("add_todo", body).await
}

fn new_id() -> String {
    Uuid::new_v4().to_string()
}

/// Open, all, and the revision, as they are kept with the user.
async fn counts(site: &Site) -> (i32, i32, u64) {
    let row = sqlx::query_as("SELECT open_count, todo_count, rev FROM users WHERE id = ?");
    let row = row.bind(site.world.ona.user_id.0);
    let mut connection = site.world.connect().await;
    row.fetch_one(&mut connection).await.expect("read")
}

#[sqlx::test]
async fn a_repeated_add_returns_the_stored_to_do(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let id = new_id();
    let first = send(&phone, &id, "Milk").await;
    assert_eq!(first.status, 201);
    let again = send(&phone, &id, "Milk").await;
    assert_eq!((again.status, &again.json), (200, &first.json));
    let trimmed = send(&phone, &id.to_uppercase(), "  Milk ").await;
    assert_eq!((trimmed.status, &trimmed.json), (200, &first.json));
    let done = done(&phone, "update_todo_status", json!({"id": id})).await;
    let after = send(&phone, &id, "Milk").await;
    assert_eq!((after.status, after.json), (200, done));
    assert_eq!(counts(&site).await, (0, 1, 2));
}

#[sqlx::test]
async fn a_repeated_add_after_edits_matches_the_original_text(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let id = new_id();
    send(&phone, &id, "Milk").await;
    for text in ["Bread", "Butter", "Milk", "Eggs"] {
        let edited = edit(&phone, &id, text).await;
        let again = send(&phone, &id, "Milk").await;
        assert_eq!((again.status, again.json), (200, edited), "{text}");
    }
    assert_eq!(counts(&site).await, (1, 1, 5));
}

#[sqlx::test]
async fn a_reused_id_with_another_text_is_refused(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let id = new_id();
    send(&phone, &id, "Milk").await;
    assert_refused(&send(&phone, &id, "Bread").await, 409, "id_reused");
    let edited = edit(&phone, &id, "Butter").await;
    assert_refused(&send(&phone, &id, "Bread").await, 409, "id_reused");
    assert_eq!(list(&phone).await[&id], edited);
    remove(&phone, &id).await;
    assert_refused(&send(&phone, &id, "Bread").await, 409, "id_reused");
    assert_eq!(counts(&site).await, (0, 0, 3));
    // To somebody else it names nothing.
    let other = Phone::log_in(&site, "jonas").await;
    assert_eq!(send(&other, &id, "Bread").await.status, 201);
}

#[sqlx::test]
async fn a_repeated_add_does_not_restore_a_removed_to_do(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let id = new_id();
    send(&phone, &id, "Milk").await;
    for text in ["Milk", "Bread"] {
        edit(&phone, &id, text).await;
        let removed = remove(&phone, &id).await;
        assert_eq!(removed["removed"], true);
        let again = send(&phone, &id, "Milk").await;
        assert_eq!((again.status, again.json), (200, removed));
        assert!(list(&phone).await.is_empty());
        assert_eq!(counts(&site).await.1, 0);
        let restored = done(&phone, "restore_todo", json!({"id": id})).await;
        assert_eq!(
            (&restored["description"], &restored["removed"]),
            (&json!(text), &Value::Null)
        );
    }
}

#[sqlx::test]
async fn one_of_twenty_concurrent_adds_with_one_id_adds(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    for count in 1..=5 {
        let id = new_id();
        let replies = join_all((0..20).map(|_| send(&phone, &id, "Milk"))).await;
        let with = |status| replies.iter().filter(|it| it.status == status).count();
        assert_eq!((with(201), with(200)), (1, 19));
        assert!(replies.iter().all(|it| it.json == replies[0].json));
        assert_eq!(list(&phone).await.len(), count);
        let number = i32::try_from(count).expect("few");
        assert_eq!(counts(&site).await, (number, number, count as u64));
    }
}
