//! Constraints of the schemas: limits, patterns and formats, taken from the types that enforce them. Declared
//! with poem-openapi's own attributes, they would be enforced a second time, one by one and with its messages.

use serde_json::{Value, json};

use super::{values, values_of};
use crate::api::todo::sync;
use crate::domain::{
    error::FieldCode,
    session::DeviceName,
    text::VISIBLE_LINE,
    todo::{
        Description, DueDate, DueTime, Limit, Notes, Priority, Repeat, Search, Shown, Tag, TodoId,
        repeat::{Every, From, Weekdays},
    },
    user::{NAME_MAX, Password, TimeZone, Username},
};

/// Adds the constraints to the components.
pub(super) fn apply(document: &mut Value) {
    for name in request_schemas(document) {
        let schema = &mut document["components"]["schemas"][name];
        // Unknown fields are refused: see `deny_unknown_fields` of each.
        schema["additionalProperties"] = json!(false);
        take_null_as_absent(schema);
    }
    for schema in values(&mut document["components"]["schemas"]) {
        for property in values_of(schema, "properties") {
            set_integer_format(property);
            // poem-openapi says the description twice.
            if let Some(parts) = property.get_mut("allOf").and_then(Value::as_array_mut) {
                parts.truncate(1);
            }
        }
    }
    open_codes(&mut document["components"]["schemas"]["Code"]);
    let all = [limits(), write_limits(), plan_limits()];
    for (schema, field, limits) in all.into_iter().flatten() {
        let properties = &mut document["components"]["schemas"][schema]["properties"];
        assert!(
            properties[field].is_object(),
            "{schema} has no field {field}"
        );
        extend(&mut properties[field], &limits);
    }
    // In OpenAPI 3.0 only what has a type can be null, and what it refers to must be able to be.
    for schema in ["Repeat", "SetRepeat"] {
        document["components"]["schemas"][schema]["nullable"] = json!(true);
    }
    for schema in values(&mut document["components"]["schemas"]) {
        for property in values_of(schema, "properties") {
            if property.get("nullable").is_some() && property.get("allOf").is_some() {
                property["type"] = json!("object");
            }
        }
    }
    let always = PLAN.map(|field| ("Todo", field));
    let always = always.into_iter().chain([
        ("Todo", "done_date"),
        ("TodoList", "next_cursor"),
        ("TagList", "next_cursor"),
        ("Repeat", "until"),
    ]);
    for (schema, field) in always {
        let required = &mut document["components"]["schemas"][schema]["required"];
        let required = required.as_array_mut().expect("a list of names");
        required.push(json!(field));
    }
}

/// The names of the schemas of request bodies, and of the objects in them.
fn request_schemas(document: &mut Value) -> Vec<String> {
    let paths = values(&mut document["paths"]);
    let operations = paths.flat_map(values);
    let references = operations.filter_map(|operation| {
        let schema = operation.pointer("/requestBody/content/application~1json/schema")?;
        referenced(schema)
    });
    let (mut waiting, mut names): (Vec<_>, Vec<_>) = (references.collect(), vec![]);
    while let Some(name) = waiting.pop() {
        let schema = &mut document["components"]["schemas"][&name];
        if names.contains(&name) || schema["type"] != "object" {
            continue;
        }
        names.push(name);
        waiting.extend(values_of(schema, "properties").filter_map(|property| {
            let parts = [property, &property["items"], &property["allOf"][0]];
            parts.into_iter().find_map(referenced)
        }));
    }
    names
}

/// The name of the schema that this one refers to.
fn referenced(schema: &Value) -> Option<String> {
    let name = schema["$ref"].as_str()?.rsplit('/').next()?;
    Some(name.to_owned())
}

/// Optional fields may be null, which some generated clients send for absent ones.
fn take_null_as_absent(schema: &mut Value) {
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let properties = schema["properties"].as_object_mut().into_iter().flatten();
    for (name, property) in properties {
        if !required.contains(&json!(name)) {
            property["nullable"] = json!(true);
        }
    }
}

/// Adds the schemas of the parameters of an operation. Only one that is needed has an example: tools fill parameters in
/// with these, and would send a cursor or an `ETag` that nobody was given. They send a default just as well.
pub(super) fn apply_to_parameters(operation: &mut Value) {
    for parameter in values_of(operation, "parameters") {
        let name = parameter["name"].as_str().unwrap_or_default().to_owned();
        parameter["schema"] = match name.as_str() {
            "filter" => json!({ "type": "string", "enum": Shown::NAMES, "default": "all" }),
            "limit" => {
                json!({ "type": "integer", "format": "int32", "minimum": 1, "maximum": Limit::MAX, "default": Limit::MAX })
            }
            "id" => {
                let example = super::examples::ID;
                parameter["example"] = json!(example);
                json!({ "type": "string", "format": "uuid", "pattern": TodoId::PATTERN, "example": example })
            }
            // Empty is none.
            "cursor" => json!({ "type": "string", "maxLength": 100, "default": "" }),
            "tag" => json!({ "type": "string", "maxLength": Tag::MAX + 1, "default": "" }),
            "q" => json!({ "type": "string", "maxLength": Search::MAX, "default": "" }),
            "since" => json!({ "type": "string", "maxLength": 120, "default": "" }),
            "If-None-Match" => json!({ "type": "string" }),
            name => unreachable!("{name} has no schema yet"),
        };
    }
}

/// The known values of a text to which others are added within a version: a list that generators close would
/// make an answer unreadable that holds a new one.
fn open_list(values: &[&str]) -> Value {
    json!({ "x-extensible-enum": values })
}

/// The pattern of a word that may also be null: an `enum` would have to list null, of which generators make a word.
fn one_of(words: &[&str]) -> String {
    format!("^({})$", words.join("|"))
}

/// Makes a list of the codes that is open, and says them in words for readers of the document.
fn open_codes(schema: &mut Value) {
    let members = schema.as_object_mut().expect("a schema");
    let codes = members.remove("enum").expect("the codes");
    let names: Vec<_> = codes
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let words = schema["description"].as_str().unwrap_or_default();
    let words = format!("{words} Known today: `{}`.", names.join("`, `"));
    extend(
        schema,
        &json!({ "description": words, "x-extensible-enum": names }),
    );
}

/// `uint64` and its like are in no registry of formats; generators know `int64` and `int32`.
fn set_integer_format(schema: &mut Value) {
    let format = match schema["format"].as_str() {
        Some("uint64") => "int64",
        Some("uint16" | "uint32") => "int32",
        _ => return,
    };
    extend(schema, &json!({ "format": format, "minimum": 0 }));
}

fn extend(schema: &mut Value, with: &Value) {
    let with = with.as_object().cloned().expect("an object");
    let schema = schema.as_object_mut().expect("a field of the schema");
    schema.extend(with);
}

fn line(max: usize) -> Value {
    json!({ "minLength": 1, "maxLength": max, "pattern": VISIBLE_LINE })
}

fn limits() -> Vec<(&'static str, &'static str, Value)> {
    // The pattern bounds the length, since surrounding whitespace does not count.
    let username = json!({ "minLength": Username::MIN, "pattern": Username::pattern() });
    // In any Unicode normalization form; the length in NFKC cannot be expressed in a schema.
    let password = json!({ "minLength": Password::MIN, "maxLength": Password::SENT_MAX, "format": "password" });
    // A login does not disclose the rules for choosing a password.
    let given = json!({ "minLength": 1 });
    let id = json!({ "format": "uuid", "pattern": TodoId::PATTERN });
    let codes: Vec<_> = FieldCode::ALL.iter().map(|code| code.as_str()).collect();
    let removed = json!({ "enum": [true] });
    let nullable = json!({ "nullable": true });
    vec![
        ("RegisterUser", "first_name", line(NAME_MAX)),
        ("RegisterUser", "last_name", line(NAME_MAX)),
        ("RegisterUser", "username", username),
        ("RegisterUser", "password", password.clone()),
        ("RegisterUser", "password_again", password.clone()),
        ("Login", "username", given.clone()),
        (
            "Login",
            "password",
            json!({ "minLength": 1, "format": "password" }),
        ),
        ("Login", "device_name", line(DeviceName::MAX)),
        ("Login", "call_id", id.clone()),
        ("Refresh", "refresh_token", given),
        ("Logout", "refresh_token", json!({ "minLength": 1 })),
        ("Tokens", "token_type", json!({ "enum": ["Bearer"] })),
        ("Tokens", "expires_in", json!({ "minimum": 1 })),
        ("Tokens", "refresh_expires_in", json!({ "minimum": 0 })),
        (
            "ChangePassword",
            "current_password",
            json!({ "minLength": 1, "format": "password" }),
        ),
        ("ChangePassword", "new_password", password.clone()),
        ("ChangePassword", "new_password_again", password),
        ("Session", "kind", open_list(&["web", "api"])),
        ("SessionReference", "session_id", id),
        ("Todo", "done_date", nullable.clone()),
        ("Todo", "removed", removed.clone()),
        ("TodoChange", "done_date", nullable.clone()),
        ("TodoChange", "removed", removed),
        ("TodoList", "next_cursor", nullable.clone()),
        ("TagList", "next_cursor", nullable),
        ("FieldProblem", "code", open_list(&codes)),
        ("Problem", "type", json!({ "enum": ["about:blank"] })),
    ]
}

/// Those of writes on to-dos, by themselves and in a batch.
fn write_limits() -> Vec<(&'static str, &'static str, Value)> {
    let id = json!({ "format": "uuid", "pattern": TodoId::PATTERN });
    vec![
        ("AddTodo", "description", line(Description::MAX)),
        ("AddTodo", "id", id.clone()),
        ("AddTodo", "created_date", json!({ "format": "date-time" })),
        ("AddTodo", "call_id", id.clone()),
        ("UpdateTodo", "id", id.clone()),
        ("UpdateTodo", "description", line(Description::MAX)),
        ("UpdateTodo", "call_id", id.clone()),
        ("UpdateTodoStatus", "id", id.clone()),
        ("UpdateTodoStatus", "call_id", id.clone()),
        ("MoveTodo", "id", id.clone()),
        ("MoveTodo", "before_id", id.clone()),
        ("MoveTodo", "after_id", id.clone()),
        ("MoveTodo", "call_id", id.clone()),
        ("SyncCall", "before_id", id.clone()),
        ("SyncCall", "after_id", id.clone()),
        ("TodoReference", "id", id.clone()),
        ("TodoReference", "call_id", id.clone()),
        (
            "SyncBatch",
            "limit",
            // No default: generators for TypeScript would make it a field that is needed.
            json!({ "minimum": 1, "maximum": Limit::MAX, "example": Limit::MAX }),
        ),
        ("SyncBatch", "calls", json!({ "maxItems": sync::CALLS_MAX })),
        ("SyncCall", "call_id", id.clone()),
        ("SyncCall", "id", id),
        ("SyncCall", "description", line(Description::MAX)),
        ("SyncCall", "created_date", json!({ "format": "date-time" })),
    ]
}

/// Fields of a to-do's plan that may be null in an answer, and are always there.
const PLAN: [&str; 5] = ["notes", "due_date", "due_time", "repeat", "last_done_date"];

/// Those of the plan of a to-do, in answers and in requests.
fn plan_limits() -> Vec<(&'static str, &'static str, Value)> {
    // No `format: date`: the client that openapi-generator (7.26.0, `swift6`) makes reads such a day as midnight in UTC,
    // and sends it back with a time.
    let due_date = json!({ "pattern": DueDate::PATTERN, "example": "2026-12-24" });
    let due_time = json!({ "pattern": DueTime::PATTERN, "example": "17:00" });
    let notes =
        json!({ "maxLength": Notes::MAX, "pattern": Notes::PATTERN, "example": "Two bottles" });
    let priority = json!({ "pattern": one_of(&Priority::NAMES), "example": "high" });
    let nullable = json!({ "nullable": true });
    let mut limits = Vec::new();
    for schema in ["AddTodo", "UpdateTodo", "SyncCall"] {
        limits.extend([
            (schema, "notes", notes.clone()),
            (schema, "due_date", due_date.clone()),
            (schema, "due_time", due_time.clone()),
            (schema, "priority", priority.clone()),
            (schema, "repeat", json!({ "example": { "every": "month" } })),
        ]);
    }
    for schema in ["Todo", "TodoChange"] {
        limits.extend(PLAN.map(|field| (schema, field, nullable.clone())));
        limits.push((schema, "due_date", json!({ "pattern": DueDate::PATTERN })));
        limits.push((schema, "due_time", json!({ "pattern": DueTime::PATTERN })));
        limits.push((schema, "priority", open_list(&Priority::NAMES)));
    }
    let interval = json!({ "minimum": 1, "maximum": Repeat::INTERVAL_MAX });
    let items = json!({ "items": { "type": "string", "enum": Weekdays::NAMES } });
    limits.extend([
        ("Repeat", "every", open_list(&Every::NAMES)),
        ("Repeat", "from", open_list(&From::NAMES)),
        ("Repeat", "until", nullable),
        ("SetRepeat", "every", json!({ "enum": Every::NAMES })),
        ("SetRepeat", "interval", interval),
        ("SetRepeat", "weekdays", items),
        (
            "SetRepeat",
            "from",
            json!({ "pattern": one_of(&From::NAMES) }),
        ),
        ("SetRepeat", "until", due_date),
        (
            "UpdateMe",
            "time_zone",
            json!({ "minLength": 1, "maxLength": TimeZone::MAX }),
        ),
    ]);
    limits
}
