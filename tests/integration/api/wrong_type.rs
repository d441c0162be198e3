//! Values of another type than the document says: in every field of every call, by itself and in a batch.

use serde_json::{Value, json};
use sqlx::MySqlPool;
use uuid::Uuid;

use super::openapi::{Document, members};
use crate::support::{api_client::Phone, test_server::Site};

/// The schema, without the reference to a shared one.
fn resolved<'a>(document: &'a Document, schema: &'a Value) -> &'a Value {
    let reference = schema["$ref"]
        .as_str()
        .or(schema["allOf"][0]["$ref"].as_str());
    reference.map_or(schema, |reference| {
        let name = reference.rsplit('/').next().expect("a name");
        &document.0["components"]["schemas"][name]
    })
}

/// Values of every other type, and what the field must be in words.
fn wrong_values(kind: &str) -> (Vec<Value>, &'static str) {
    let (own, words): (&[usize], _) = match kind {
        "string" => (&[0], "text"),
        "boolean" => (&[1], "true or false"),
        "integer" => (&[2], "a whole number that is not negative"),
        "array" => (&[3, 4], "a list"),
        _ => (&[5, 6, 7], "an object"),
    };
    let values = [
        json!("add_todo"),
        json!(true),
        json!(7),
        json!([]),
        json!(["add_todo"]),
        json!({}),
        json!({"add_todo": null}),
        json!({"add_todo": {}}),
        json!(1.5),
        json!(-1),
    ];
    let others = values.into_iter().enumerate();
    let others = others.filter(|(index, _)| !own.contains(index));
    (others.map(|(_, value)| value).collect(), words)
}

fn assert_wrong_type(problem: &Value, field: &str, words: &str, place: &str) {
    let error = &problem["errors"][0];
    assert_eq!(error["code"], "wrong_type", "{place}: {problem}");
    assert_eq!(error["field"], field, "{place}: {problem}");
    let message = format!("The field {field} must be {words}");
    assert_eq!(error["message"], message, "{place}");
}

#[sqlx::test]
async fn a_value_of_another_type_is_refused_by_name_in_every_field(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let document = Document::committed();
    let phone = Phone::log_in(&site, "ona").await;
    let mut tried = 0;
    for operation in document.operations() {
        let content = &operation.body["requestBody"]["content"]["application/json"];
        let schema = resolved(&document, &content["schema"]);
        for (field, property) in members(&schema["properties"]) {
            let kind = resolved(&document, property)["type"].as_str();
            let (values, words) = wrong_values(kind.expect("a type"));
            for value in values {
                let place = format!("{} {field} {value}", operation.id);
                let mut body = content["example"].clone();
                body[field] = value;
                let reply = phone.post(&operation.id, body).await;
                assert_eq!(reply.status, 422, "{place}: {}", reply.answer.body);
                assert_wrong_type(&reply.json, field, words, &place);
                tried += 1;
            }
        }
    }
    assert!(tried > 200, "{tried}");
}

#[sqlx::test]
async fn so_it_is_in_every_field_of_a_call_in_a_batch(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let document = Document::committed();
    let phone = Phone::log_in(&site, "ona").await;
    let schema = &document.0["components"]["schemas"]["SyncCall"];
    for (field, property) in members(&schema["properties"]) {
        let kind = resolved(&document, property)["type"].as_str();
        let (mut values, words) = wrong_values(kind.expect("a type"));
        if property["nullable"] != true {
            values.push(Value::Null);
        }
        let calls = values.iter().map(|value| {
            let mut call =
                json!({"call_id": Uuid::new_v4(), "call": "add_todo", "description": "milk"});
            call[field] = value.clone();
            call
        });
        let calls: Vec<_> = calls.collect();
        let reply = phone.post("sync", json!({"calls": calls})).await;
        assert_eq!(reply.status, 200, "{}", reply.answer.body);
        for (index, value) in values.iter().enumerate() {
            let (answer, place) = (&reply.json["answers"][index], format!("{field} {value}"));
            assert_eq!(answer["status"], 422, "{place}: {answer}");
            assert_wrong_type(&answer["problem"], field, words, &place);
        }
        assert_eq!(
            reply.json["changes"]["todos"],
            json!([]),
            "nothing is added"
        );
    }
}

#[sqlx::test]
async fn a_call_that_is_missing_or_unknown_is_refused_in_words(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let id = Uuid::new_v4();
    let calls = [
        json!({"call_id": id}),
        json!({"call": "add_todo"}),
        json!({"call_id": id, "call": "AddTodo"}),
        json!({"call_id": id, "call": ""}),
    ];
    let reply = phone.post("sync", json!({"calls": calls})).await;
    let names =
        "one of add_todo, update_todo, update_todo_status, remove_todo, restore_todo, move_todo";
    let unknown = format!("The field call must be {names}");
    for (index, (field, code, message)) in [
        ("call", "required", "The field call is missing"),
        ("call_id", "required", "The field call_id is missing"),
        ("call", "invalid_value", unknown.as_str()),
        ("call", "invalid_value", unknown.as_str()),
    ]
    .into_iter()
    .enumerate()
    {
        let errors = &reply.json["answers"][index]["problem"]["errors"];
        let expected = json!([{"field": field, "code": code, "message": message}]);
        assert_eq!(errors, &expected);
    }
}

#[sqlx::test]
async fn a_limit_beyond_all_numbers_is_refused_for_its_size(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let reply = phone
        .post("sync", json!({"limit": 5_000_000_000_u64}))
        .await;
    let error = &reply.json["errors"][0];
    assert_eq!(error["code"], "out_of_range");
    assert_eq!(
        error["message"],
        "The limit must be a whole number from 1 to 1000"
    );
}
