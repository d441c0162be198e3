//! `todo_list` with `filter=removed`: what can be restored, with its text, so that another phone can undo.

use serde_json::{Value, json};
use sqlx::MySqlPool;
use time::Duration;

use super::sync::{add, add_many, assert_refused, done, id, remove, todos};
use crate::support::{api_client::Phone, test_server::Site};

async fn texts(phone: &Phone<'_>, limit: usize) -> Vec<String> {
    let (mut texts, mut query) = (vec![], json!({"filter": "removed", "limit": limit}));
    loop {
        let part = phone.get("todo_list", query.clone()).await;
        assert_eq!(part.status, 200, "{}", part.answer.body);
        assert!(todos(&part.json).len() <= limit);
        for todo in todos(&part.json) {
            assert_eq!(todo["removed"], true);
            texts.push(todo["description"].as_str().expect("a text").to_owned());
        }
        match &part.json["next_cursor"] {
            Value::Null => return texts,
            cursor => query["cursor"] = cursor.clone(),
        }
    }
}

#[sqlx::test]
async fn what_one_phone_removed_another_one_finds_and_restores(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let (a, b) = (
        Phone::log_in(&site, "ona").await,
        Phone::log_in(&site, "ona").await,
    );
    let (milk, bread) = (add(&a, "milk").await, add(&a, "bread").await);
    add(&a, "butter").await;
    remove(&a, &milk).await;
    remove(&a, &bread).await;
    let found = b.get("todo_list", json!({"filter": "removed"})).await;
    let found = todos(&found.json);
    assert_eq!(found.iter().map(id).collect::<Vec<_>>(), [&bread, &milk]);
    assert_eq!(found[1]["description"], "milk");
    done(&b, "restore_todo", json!({"id": milk})).await;
    assert_eq!(texts(&b, 10).await, ["bread"]);
    assert!(
        texts(&Phone::log_in(&site, "jonas").await, 10)
            .await
            .is_empty()
    );
}

#[sqlx::test]
async fn the_last_removed_come_first_and_each_of_them_once(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let ids = add_many(&phone, 23).await;
    for id in &ids[..10] {
        done(&phone, "update_todo_status", json!({"id": id})).await;
    }
    // Some at one moment: then the rest of the order decides.
    for id in &ids {
        remove(&phone, id).await;
    }
    let moment = "UPDATE todos SET removed_date = (SELECT * FROM (SELECT MIN(removed_date) FROM todos) AS first)
        WHERE rev < 46";
    let mut connection = site.world.connect().await;
    sqlx::raw_sql(moment)
        .execute(&mut connection)
        .await
        .expect("written");
    let all = texts(&phone, 100).await;
    assert_eq!(all.len(), 23);
    assert_eq!(all[0], "Number 23");
    for limit in [1, 4, 22, 23] {
        assert_eq!(texts(&phone, limit).await, all, "{limit} at once");
    }
}

#[sqlx::test]
async fn what_cannot_be_restored_any_more_is_not_shown(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let mut phone = Phone::log_in(&site, "ona").await;
    let milk = add(&phone, "milk").await;
    remove(&phone, &milk).await;
    let known = phone.get("todo_list", json!({"filter": "removed"})).await;
    let etag = known.answer.header("etag").to_owned();
    site.world.clock.advance(Duration::days(30));
    phone = Phone::log_in(&site, "ona").await;
    // Not purged yet, and nothing has changed: still it is gone, also for one that knows the answer of before.
    let headers = [("if-none-match", etag.as_str())];
    let query = json!({"filter": "removed"});
    let later = phone
        .call(reqwest::Method::GET, "todo_list", query, &headers)
        .await;
    assert_eq!((later.status, todos(&later.json).len()), (200, 0));
}

#[sqlx::test]
async fn a_cursor_of_another_list_is_refused(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    for (filter, cursor) in [
        (
            "removed",
            "0.1795359845123456.0199a0c2-7d1e-7c3a-9f10-2b6f0e5c8a11",
        ),
        (
            "open",
            "1795359845123456.0.1795359845123456.0199a0c2-7d1e-7c3a-9f10-2b6f0e5c8a11",
        ),
        ("removed", "x"),
    ] {
        let reply = phone
            .get("todo_list", json!({"filter": filter, "cursor": cursor}))
            .await;
        assert_refused(&reply, 422, "invalid_input");
        assert_eq!(reply.json["errors"][0]["code"], "invalid_cursor");
    }
}
