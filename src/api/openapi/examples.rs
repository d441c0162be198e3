//! Examples for every request and every response. The tests send the requests, in the order in which
//! they stand here, and compare the answers.

use serde_json::{Value, json};

use super::operation_id;
use crate::domain::{
    error::{FieldCode, FieldError},
    session::{DeviceName, SessionId},
    todo::{Description, Filter, Limit, TodoId},
    user::{Username, wrong_password},
};

/// The to-do of the examples.
pub(super) const ID: &str = "0199a0c2-7d1e-7c3a-9f10-2b6f0e5c8a11";
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
            content["example"] = response(&id);
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
        "refresh_token" => json!({ "refresh_token": REFRESH_TOKEN }),
        "change_password" => json!({
            "current_password": "seven green bottles",
            "new_password": "eight blue kettles",
            "new_password_again": "eight blue kettles",
        }),
        "end_session" => json!({ "session_id": SESSION_ID }),
        "add_todo" => json!({ "id": ID, "description": "Buy milk" }),
        "update_todo_status" => json!({ "id": ID, "is_done": true }),
        "update_todo" => json!({
            "id": ID,
            "description": "Buy oat milk",
            "is_done": false,
            "expected_rev": 2,
        }),
        "remove_todo" | "restore_todo" => json!({ "id": ID }),
        _ => return None,
    })
}

fn response(id: &str) -> Value {
    let added = || todo("Buy milk", Value::Null, 1);
    match id {
        "register_user" | "me" => json!({
            "public_id": "2f1d6b8e-7a43-4c59-9d0e-5b7c1a2f3e4d",
            "first_name": "Ona",
            "last_name": "Petraitė",
            "user_name": "ona.petraite",
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
        "add_todo" => added(),
        "todo_list" => json!({ "todos": [added()], "next_cursor": null, "rev": 1 }),
        "update_todo_status" => todo("Buy milk", json!("2026-11-22T18:30:00.654321Z"), 2),
        "update_todo" => todo("Buy oat milk", Value::Null, 3),
        "remove_todo" => {
            let mut todo = todo("Buy oat milk", Value::Null, 4);
            todo["removed"] = json!(true);
            todo
        }
        "todo_changes" => json!({
            "todos": [{ "id": ID, "rev": 4, "removed": true }],
            "next": "2f1d6b8e.4",
            "has_more": false,
            "full": false,
        }),
        "restore_todo" => todo("Buy oat milk", Value::Null, 5),
        id => unreachable!("{id} has no example yet"),
    }
}

fn todo(description: &str, done_date: Value, rev: u64) -> Value {
    json!({
        "id": ID,
        "description": description,
        "is_done": !done_date.is_null(),
        "created_date": "2026-11-22T15:04:05.123456Z",
        "done_date": done_date,
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
        "todo_list" => Filter::parse("late").err(),
        "todo_changes" => Limit::parse("0").err(),
        "update_todo" | "update_todo_status" | "remove_todo" | "restore_todo" => {
            TodoId::parse("17").err()
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
