//! A database that was set back to a backup.

use serde_json::{Value, json};
use sqlx::MySqlPool;

use super::{Replica, add, add_many, assert_refused, list, remove};
use crate::{
    command,
    support::{api_client::Phone, fixture::options, test_server::Site},
};

#[sqlx::test]
async fn after_the_restored_command_every_phone_copies_anew(pool: MySqlPool) {
    let options = options(&pool);
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let ids = add_many(&phone, 5).await;
    remove(&phone, &ids[4]).await;
    let mut connection = site.world.connect().await;
    sqlx::raw_sql(
        "CREATE TABLE backup AS
         SELECT user_id, id, description, isdone, created_date, removed_date, rev FROM todos",
    )
    .execute(&mut connection)
    .await
    .expect("backed up");
    add_many(&phone, 3).await;
    let mut ahead = Replica::default();
    ahead.sync(&phone, 100).await;
    let mut middle = Replica::default();
    middle.part(&phone, 2).await;
    let tag = phone.get("todo_list", Value::Null).await;
    let tag = tag.answer.header("etag").to_owned();

    sqlx::raw_sql(
        "DELETE FROM todos; 
         INSERT INTO todos (user_id, id, description, isdone, created_date, removed_date, rev) SELECT * FROM backup;
         UPDATE users SET rev = 6, open_count = 4, todo_count = 4 WHERE username = 'ona'",
    )
    .execute(&mut connection)
    .await
    .expect("set back");
    command::restored(&options);
    // As many changes as were lost: by its number alone, the revision would look known.
    for text in ["other", "changes", "meanwhile"] {
        add(&phone, text).await;
    }

    let headers = [("if-none-match", tag.as_str())];
    let listed = phone
        .call(reqwest::Method::GET, "todo_list", Value::Null, &headers)
        .await;
    assert_eq!(listed.status, 200);
    for old in [ahead, middle] {
        let refused = phone.get("todo_changes", old.request(100)).await;
        assert_refused(&refused, 410, "sync_token_expired");
    }
    for limit in [2, 100] {
        let mut anew = Replica::default();
        anew.sync(&phone, limit).await;
        assert_eq!(anew.todos, list(&phone).await);
        add(&phone, "one more").await;
        anew.sync(&phone, limit).await;
        assert_eq!(anew.todos, list(&phone).await);
    }
    let restored = phone.post("restore_todo", json!({"id": ids[4]})).await;
    assert_eq!(restored.status, 200, "its tombstone is still there");
}
