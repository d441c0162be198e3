//! `GET /api/v1/tag_list`, and `todo_list` with `tag` and `q`.

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::MySqlPool;

use crate::{
    api::sync::{add, assert_refused, done, edit, remove, todos},
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
async fn tags_are_listed_with_their_counts(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let milk = add(&phone, "Milk #Žąsis #home").await;
    add(&phone, "Bread #HOME").await;
    done(&phone, "update_todo_status", json!({ "id": milk })).await;
    let listed = phone.get("tag_list", Value::Null).await;
    let tag = |name, open, count| json!({ "name": name, "open_count": open, "count": count });
    let expected = json!([tag("home", 1, 2), tag("Žąsis", 0, 1)]);
    assert_eq!(listed.json["tags"], expected);
    assert_eq!(listed.json["next_cursor"], Value::Null);
    assert_eq!(listed.json["rev"], 3);
    edit(&phone, &milk, "Milk #shop").await;
    let listed = phone.get("tag_list", Value::Null).await;
    let expected = json!([tag("home", 1, 1), tag("shop", 0, 1)]);
    assert_eq!(listed.json["tags"], expected);
    remove(&phone, &milk).await;
    let listed = phone.get("tag_list", Value::Null).await;
    assert_eq!(listed.json["tags"], json!([tag("home", 1, 1)]));
    let jonas = Phone::log_in(&site, "jonas").await;
    let of_jonas = jonas.get("tag_list", Value::Null).await;
    assert_eq!(of_jonas.json["tags"], json!([]));
    let stranger = Phone::stranger(&site).get("tag_list", Value::Null).await;
    assert_refused(&stranger, 401, "unauthenticated");
}

#[sqlx::test]
async fn the_list_of_tags_is_paginated_and_has_an_etag(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    for text in ["#c #a", "#b", "#ä-1"] {
        add(&phone, text).await;
    }
    let (mut names, mut cursor) = (Vec::new(), Value::Null);
    loop {
        let mut query = json!({ "limit": 2 });
        if !cursor.is_null() {
            query["cursor"] = cursor;
        }
        let part = phone.get("tag_list", query).await;
        let tags = part.json["tags"].as_array().expect("a list").clone();
        names.extend(tags.into_iter().map(|tag| tag["name"].clone()));
        cursor = part.json["next_cursor"].clone();
        if cursor.is_null() {
            break;
        }
    }
    assert_eq!(names, ["a", "ä-1", "b", "c"]);
    let first = phone.get("tag_list", json!({})).await;
    let known = [("if-none-match", first.answer.header("etag"))];
    let again = phone.call(Method::GET, "tag_list", json!({}), &known).await;
    assert_eq!(again.status, 304);
    add(&phone, "#d").await;
    let again = phone.call(Method::GET, "tag_list", json!({}), &known).await;
    assert_eq!(again.status, 200);
    for query in [json!({ "cursor": " " }), json!({ "limit": 0 })] {
        assert_refused(&phone.get("tag_list", query).await, 422, "invalid_input");
    }
}

#[sqlx::test]
async fn a_list_is_narrowed_by_tag_and_by_words(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let goose = add(&phone, "Keptas žąsis #Home").await;
    add(&phone, "100% a_b #home").await;
    add(&phone, "1000 axb").await;
    let noted = json!({ "id": goose, "notes": "su obuoliais" });
    done(&phone, "update_todo", noted).await;
    for (query, expected) in [
        (json!({ "q": "zasis" }), vec!["Keptas žąsis #Home"]),
        (json!({ "q": "OBUOL kept" }), vec!["Keptas žąsis #Home"]),
        (json!({ "q": "100%" }), vec!["100% a_b #home"]),
        (json!({ "q": "a_b" }), vec!["100% a_b #home"]),
        (
            json!({ "tag": "HOME" }),
            vec!["100% a_b #home", "Keptas žąsis #Home"],
        ),
        (
            json!({ "tag": "#home", "q": "zas" }),
            vec!["Keptas žąsis #Home"],
        ),
        (json!({ "tag": "home", "filter": "done" }), vec![]),
        (
            json!({ "tag": "", "q": "" }),
            vec!["1000 axb", "100% a_b #home", "Keptas žąsis #Home"],
        ),
    ] {
        let found = phone.get("todo_list", query.clone()).await;
        assert_eq!(texts(&found), expected, "{query}");
    }
    let part = json!({ "tag": "home", "limit": 1 });
    let first = phone.get("todo_list", part).await;
    let next = json!({ "tag": "home", "limit": 1, "cursor": first.json["next_cursor"] });
    assert_eq!(
        texts(&phone.get("todo_list", next).await),
        ["Keptas žąsis #Home"]
    );
    for query in [
        json!({ "q": "a\0b" }),
        json!({ "q": "x".repeat(101) }),
        json!({ "tag": "two words" }),
        json!({ "tag": "home", "filter": "removed" }),
    ] {
        let refused = phone.get("todo_list", query).await;
        assert_refused(&refused, 422, "invalid_input");
    }
    let jonas = Phone::log_in(&site, "jonas").await;
    for query in [json!({ "q": "zasis" }), json!({ "tag": "home" })] {
        assert!(texts(&jonas.get("todo_list", query).await).is_empty());
    }
}
