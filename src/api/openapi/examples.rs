//! Examples for every request and every response. The tests send the requests, in the order in which
//! they stand here, and compare the answers.

use serde_json::{Value, json};

use super::{operation_id, values};
use crate::domain::{
    error::{FieldCode, FieldError},
    session::{DeviceName, SessionId},
    todo::{Description, Limit, Shown, TodoId},
    user::{TimeZone, Username, wrong_password},
};

/// The to-do of the examples.
pub(super) const ID: &str = "0199a0c2-7d1e-7c3a-9f10-2b6f0e5c8a11";
const OTHER_ID: &str = "0199a0c2-9b3f-7d51-8c22-6a1f0e9d4b37";
const CALL_IDS: [&str; 3] = [
    "6f1f2f0e-2c0b-4e55-9d0a-0f6f3c2b1a01",
    "6f1f2f0e-2c0b-4e55-9d0a-0f6f3c2b1a02",
    "6f1f2f0e-2c0b-4e55-9d0a-0f6f3c2b1a03",
];
/// When it was added, in nanoseconds since 1970.
pub(super) const CREATED: i128 = 1_795_359_845_123_456_000;

/// Adds the examples of an operation.
pub(super) fn add(operation: &mut Value) {
    let id = operation_id(operation);
    if let Some(example) = request(&id) {
        operation["requestBody"]["content"]["application/json"]["example"] = example;
    }
    for status in ["200", "201"] {
        let content = format!("/responses/{status}/content/application~1json");
        if let Some(content) = operation.pointer_mut(&content) {
            match id.as_str() {
                "todo_changes" => content["examples"] = changes(),
                id => content["example"] = response(id),
            }
        }
    }
}

/// Gives the properties of the schemas of requests the values of the requests' examples, for tools that build a body
/// from its schema.
pub(super) fn add_to_properties(document: &mut Value) {
    let paths = values(&mut document["paths"]);
    let contents = paths.flat_map(values).filter_map(|operation| {
        let content = operation.pointer("/requestBody/content/application~1json")?;
        Some((content["schema"].clone(), content["example"].clone()))
    });
    for (schema, example) in contents.collect::<Vec<_>>() {
        add_to_schema(&mut document["components"]["schemas"], &schema, &example);
    }
}

fn add_to_schema(schemas: &mut Value, schema: &Value, example: &Value) {
    let Some(name) = schema["$ref"].as_str().and_then(|it| it.rsplit('/').next()) else {
        return;
    };
    for (field, value) in example.as_object().into_iter().flatten() {
        let property = &mut schemas[name]["properties"][field];
        match value {
            Value::Array(items) => {
                let of_items = property["items"].clone();
                for item in items {
                    add_to_schema(schemas, &of_items, item);
                }
            }
            value if property.get("example").is_none() => property["example"] = value.clone(),
            _ => {}
        }
    }
}

fn request(id: &str) -> Option<Value> {
    Some(match id {
        "register_user" => json!({
            "first_name": "Ona",
            "last_name": "Petraitė",
            "username": "ona.petraite",
            "password": "seven green bottles",
            "password_again": "seven green bottles",
        }),
        "login" => json!({
            "username": "ona.petraite",
            "password": "seven green bottles",
            "device_name": "Ona's phone",
        }),
        "refresh_token" | "logout" => json!({ "refresh_token": REFRESH_TOKEN }),
        "change_password" => json!({
            "current_password": "seven green bottles",
            "new_password": "eight blue kettles",
            "new_password_again": "eight blue kettles",
        }),
        "end_session" => json!({ "session_id": SESSION_ID }),
        "update_me" => json!({ "time_zone": "Europe/Vilnius" }),
        "add_todo" => json!({ "id": ID, "description": "Buy milk" }),
        "update_todo_status" => json!({ "id": ID, "is_done": true }),
        "update_todo" => json!({
            "id": ID,
            "description": "Buy oat milk",
            "expected_rev": 1,
        }),
        "remove_todo" | "restore_todo" => json!({ "id": ID }),
        "move_todo" => json!({ "id": ID, "after_id": OTHER_ID }),
        "sync" => json!({
            "calls": [
                {
                    "call_id": CALL_IDS[0],
                    "call": "add_todo",
                    "id": OTHER_ID,
                    "description": "Buy bread",
                },
                {
                    "call_id": CALL_IDS[1],
                    "call": "update_todo_status",
                    "id": ID,
                    "is_done": false,
                    "expected_rev": 5,
                },
                {
                    "call_id": CALL_IDS[2],
                    "call": "move_todo",
                    "id": OTHER_ID,
                    "after_id": ID,
                },
            ],
        }),
        _ => return None,
    })
}

fn response(id: &str) -> Value {
    let added = || todo("Buy milk", Value::Null, 1);
    match id {
        "register_user" | "me" | "update_me" => json!({
            "public_id": "2f1d6b8e-7a43-4c59-9d0e-5b7c1a2f3e4d",
            "first_name": "Ona",
            "last_name": "Petraitė",
            "user_name": "ona.petraite",
            "time_zone": if id == "update_me" { "Europe/Vilnius" } else { "UTC" },
        }),
        "login" | "refresh_token" => json!({
            "token": ACCESS_TOKEN,
            "token_type": "Bearer",
            "expires_in": 600,
            "refresh_token": REFRESH_TOKEN,
            "refresh_expires_in": 2_592_000,
            "session_id": SESSION_ID,
        }),
        "session_list" => json!({ "sessions": [{
            "session_id": SESSION_ID,
            "kind": "api",
            "device": "Ona's phone",
            "created_date": "2026-11-22T15:04:05.123456Z",
            "last_seen_date": "2026-11-22T18:20:00.654321Z",
            "is_current": true,
        }]}),
        "add_todo" | "get_todo" => added(),
        "todo_list" => json!({ "todos": [added()], "next_cursor": null, "rev": 1 }),
        "tag_list" => json!({ "tags": [], "next_cursor": null, "rev": 1 }),
        "update_todo" => todo("Buy oat milk", Value::Null, 2),
        "update_todo_status" => done(3),
        "remove_todo" => {
            let mut todo = done(4);
            todo["removed"] = json!(true);
            todo
        }
        "restore_todo" => done(5),
        "move_todo" => todo("Buy oat milk", Value::Null, 9),
        "sync" => synced(),
        id => unreachable!("{id} has no example yet"),
    }
}

/// What a new phone gets comes first: a mock answers with it.
fn changes() -> Value {
    let answer = |todo, rev: u64, full: bool| json!({ "todos": [todo], "next": format!("2f1d6b8e.{rev}"), "has_more": false, "full": full });
    let mut full_copy = answer(todo("Buy milk", Value::Null, 1), 1, true);
    full_copy["snapshot"] = json!("2f1d6b8e.1");
    json!({
        "full_copy": {
            "summary": "Without `since`: all that there is",
            "value": full_copy,
        },
        "changes": {
            "summary": "With `since`: what has changed, here by a removal",
            "value": answer(json!({ "id": ID, "rev": 4, "removed": true }), 4, false),
        },
    })
}

/// The to-do that is added beside the first one.
fn other(rev: u64) -> Value {
    let mut todo = todo("Buy bread", Value::Null, rev);
    todo["id"] = json!(OTHER_ID);
    todo
}

fn synced() -> Value {
    let open = todo("Buy oat milk", Value::Null, 7);
    json!({
        "answers": [
            { "call_id": CALL_IDS[0], "status": 201, "todo": other(6) },
            { "call_id": CALL_IDS[1], "status": 200, "todo": open },
            { "call_id": CALL_IDS[2], "status": 200, "todo": other(8) },
        ],
        "changes": {
            "todos": [open, other(8)],
            "removed": [],
            "next": "2f1d6b8e.8",
            "has_more": false,
            "full": true,
            "snapshot": "2f1d6b8e.8",
        },
    })
}

fn done(rev: u64) -> Value {
    todo("Buy oat milk", json!("2026-11-22T18:30:00.654321Z"), rev)
}

fn todo(description: &str, done_date: Value, rev: u64) -> Value {
    json!({
        "id": ID,
        "description": description,
        "is_done": !done_date.is_null(),
        "created_date": "2026-11-22T15:04:05.123456Z",
        "position": "000660dec9d00580",
        "done_date": done_date,
        "notes": null,
        "due_date": null,
        "due_time": null,
        "priority": "none",
        "tags": [],
        "repeat": null,
        "last_done_date": null,
        "rev": rev,
    })
}

/// The error of one invalid field of a call.
pub(super) fn invalid(id: &str) -> FieldError {
    let error = match id {
        "register_user" => Username::parse("o p").err(),
        "login" => DeviceName::parse(" ").err(),
        "change_password" => Some(wrong_password()),
        "end_session" => SessionId::parse("17").err(),
        "add_todo" => Description::parse(" ").err(),
        "update_me" => TimeZone::parse("Vilnius").err(),
        "todo_list" => Shown::parse("late").err(),
        "todo_changes" | "tag_list" | "sync" => Limit::parse("0").err(),
        "get_todo" | "update_todo" | "update_todo_status" | "move_todo" | "remove_todo"
        | "restore_todo" => TodoId::parse("17").err(),
        "logout" => {
            let words = "This is no refresh token. Send that of the last answer";
            Some(FieldError::new(
                "refresh_token",
                FieldCode::InvalidToken,
                words,
            ))
        }
        "refresh_token" => {
            let words = "Send the refresh token of the last answer";
            Some(FieldError::new("refresh_token", FieldCode::Required, words))
        }
        _ => {
            let words = "This call has no parameter filter. Leave it out";
            Some(FieldError::new("filter", FieldCode::UnknownField, words))
        }
    };
    error.expect("it breaks a rule")
}

const SESSION_ID: &str = "c5d3f2a0-6b1e-4f8a-8a77-0d9e4b3c2f16";
const ACCESS_TOKEN: &str = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiIsImtpZCI6IjVjMGUyZDdiOWE0ZjYxODMifQ.eyJpc3MiOiJ0aWNrYm94IiwiYXVkIjoidGlja2JveC1hcGkiLCJzdWIiOiIyZjFkNmI4ZS03YTQzLTRjNTktOWQwZS01YjdjMWEyZjNlNGQifQ.c2lnbmF0dXJl";
const REFRESH_TOKEN: &str = "xdPyoGseT4qKdw2eSzwvFgswVXqfxOkOM1h9osfsETZbgKXK7xQ5XoOozfIXPGGGq9D1Gj9kia7T-B1CZ4yx1vsgRWqPtNn-I0htkrfcASY";
