//! The error responses of each call, with an example for each code.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{examples, operation_id};
use crate::{
    api::problem::{ApiError, CONTENT_TYPE, Code},
    domain::{
        error::{Conflict, Error},
        todo::{Description, Todo, TodoId, WriteRefusal},
    },
};

/// Adds every error response of an operation, with an example for each code.
pub(super) fn add(operation: &mut Value) {
    let id = operation_id(operation);
    let mut by_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for code in codes(&id, operation) {
        by_status
            .entry(code.status().as_u16())
            .or_default()
            .push(code);
    }
    // poem-openapi put it first.
    let responses = operation["responses"].as_object_mut();
    responses.expect("an object").shift_remove("500");
    for (status, codes) in by_status {
        operation["responses"][status.to_string()] = response(&id, &codes);
    }
}

fn codes(id: &str, operation: &Value) -> Vec<Code> {
    let mut codes = vec![
        Code::InvalidInput,
        Code::TooLarge,
        Code::UriTooLong,
        Code::HeadersTooLarge,
        Code::RequestTimeout,
        Code::RateLimited,
        Code::Internal,
        Code::Unavailable,
    ];
    if operation.get("requestBody").is_some() {
        codes.extend([Code::MalformedBody, Code::UnsupportedMediaType]);
    }
    if operation["security"] != json!([]) {
        // The first is what a mock answers, and what a client meets every ten minutes.
        codes.extend([
            Code::TokenExpired,
            Code::InvalidToken,
            Code::Unauthenticated,
        ]);
        // Logging out is idempotent.
        if id != "logout" {
            codes.push(Code::SessionEnded);
        }
    }
    codes.extend_from_slice(match id {
        "register_user" => &[Code::UsernameTaken],
        "login" => &[Code::WrongCredentials],
        "refresh_token" => &[Code::SessionEnded],
        "add_todo" => &[Code::IdReused, Code::CallIdReused, Code::TodoQuotaReached],
        "get_todo" => &[Code::TodoNotFound],
        "todo_changes" => &[Code::SyncTokenExpired],
        "update_todo" | "update_todo_status" => &[
            Code::TodoNotFound,
            Code::RevConflict,
            Code::TodoRemoved,
            Code::CallIdReused,
        ],
        "move_todo" => &[
            Code::TodoNotFound,
            Code::NeighbourGone,
            Code::NeighbourState,
            Code::RevConflict,
            Code::TodoRemoved,
            Code::NoRoom,
            Code::CallIdReused,
        ],
        "remove_todo" => &[Code::TodoNotFound, Code::RevConflict, Code::CallIdReused],
        "restore_todo" => &[
            Code::TodoNotFound,
            Code::TodoGone,
            Code::RevConflict,
            Code::CallIdReused,
            Code::TodoQuotaReached,
        ],
        _ => &[],
    });
    codes
}

fn response(id: &str, codes: &[Code]) -> Value {
    let names: Vec<_> = codes
        .iter()
        .map(|code| format!("`{}`", name(*code)))
        .collect();
    let examples = codes.iter().map(|code| {
        let problem = serde_json::to_value(example(id, *code).problem).expect("JSON");
        let summary = problem["detail"].clone();
        (name(*code), json!({ "summary": summary, "value": problem }))
    });
    let examples: Map<_, _> = examples.collect();
    let mut response = json!({
        "description": names.join(", "),
        "content": { CONTENT_TYPE: {
            "schema": { "$ref": "#/components/schemas/Problem" },
            "examples": examples,
        }},
    });
    let header = match codes[0].status().as_u16() {
        401 => Some((
            "WWW-Authenticate",
            json!({ "description": "The scheme, and what is wrong with the token", "schema": { "type": "string" } }),
        )),
        429 | 503 => Some((
            "Retry-After",
            json!({ "description": "Seconds to wait", "schema": { "type": "integer", "format": "int32" } }),
        )),
        _ => None,
    };
    if let Some((name, header)) = header {
        response["headers"][name] = header;
    }
    response
}

/// The error as the call answers it to the example of its request, or to a request that leads to the code.
fn example(id: &str, code: Code) -> ApiError {
    match code {
        Code::InvalidInput => examples::invalid(id).into(),
        Code::UsernameTaken => Error::Conflict(Conflict::UsernameTaken).into(),
        Code::IdReused => WriteRefusal::IdReused(Box::new(current(id, code))).into(),
        Code::CallIdReused => WriteRefusal::CallIdReused.into(),
        Code::HeadersTooLarge => ApiError::head_too_large(
            "more than 16 KiB of cookies and other headers, most of it the header if-none-match",
        ),
        Code::RevConflict => WriteRefusal::Changed(Box::new(current(id, code))).into(),
        Code::TodoRemoved => WriteRefusal::Removed(Box::new(current(id, code))).into(),
        code => ApiError::new(code),
    }
}

/// The to-do of the examples as it is stored when the call fails.
fn current(call: &str, code: Code) -> Todo {
    let id = TodoId(Uuid::try_parse(examples::ID).expect("a UUID"));
    let description = Description::from_stored("Buy oat milk".into());
    let date = OffsetDateTime::from_unix_timestamp_nanos(examples::CREATED).expect("in range");
    let todo = Todo::new(id, description, date);
    if code == Code::TodoRemoved || call == "restore_todo" {
        Todo {
            rev: 4,
            ..todo.completed(date, date.date()).removed(date)
        }
    } else if call == "move_todo" {
        Todo { rev: 9, ..todo }
    } else {
        Todo { rev: 2, ..todo }
    }
}

fn name(code: Code) -> String {
    let name = serde_json::to_value(code).expect("a text");
    name.as_str().unwrap_or_default().to_owned()
}
