//! Copies of a list that phones keep: first copies, what changed since, and what may get lost on the
//! way.

use serde_json::{Value, json};
use sqlx::mysql::{MySqlConnectOptions, MySqlPoolOptions};

use super::phone::Phone;
use crate::web::site::Site;

#[sqlx::test]
async fn a_first_copy_has_every_to_do_and_no_tombstone(
    _: MySqlPoolOptions,
    options: MySqlConnectOptions,
) {
    let site = Site::open(options).await;
    let mut phone = Phone::log_in(&site, "ona").await;
    phone.refresh().await;
    for text in ["one", "two", "three"] {
        let added = phone.post("add_todo", json!({"description": text})).await;
        assert_eq!(added.status, 201, "{}", added.answer.body);
    }
    let listed = phone.get("todo_list", Value::Null).await.json;
    let id = &listed["todos"][1]["id"];
    let removed = phone.post("remove_todo", json!({"id": id})).await;
    assert_eq!(removed.status, 200);
    let copy = phone.get("todo_changes", json!({"limit": 10})).await;
    assert_eq!((copy.status, &copy.json["full"]), (200, &json!(true)));
    let texts: Vec<_> = copy.json["todos"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|it| &it["description"])
        .collect();
    assert_eq!(texts, ["one", "three"]);
}
