//! Constraints of the schemas: limits, patterns and formats, taken from the types that enforce them. Declared
//! with poem-openapi's own attributes, they would be enforced a second time, one by one and with its messages.

use serde_json::{Value, json};

use super::{values, values_of};
use crate::domain::{
    error::FieldCode,
    session::DeviceName,
    text::VISIBLE_LINE,
    todo::{Description, Filter, Limit, TodoId},
    user::{NAME_MAX, Password, Username},
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
    for (schema, field, limits) in limits() {
        let properties = &mut document["components"]["schemas"][schema]["properties"];
        assert!(
            properties[field].is_object(),
            "{schema} has no field {field}"
        );
        extend(&mut properties[field], &limits);
    }
    for (schema, field) in [("Todo", "done_date"), ("TodoList", "next_cursor")] {
        let required = &mut document["components"]["schemas"][schema]["required"];
        let required = required.as_array_mut().expect("a list of names");
        required.push(json!(field));
    }
}

/// The names of the schemas of request bodies.
fn request_schemas(document: &mut Value) -> Vec<String> {
    let paths = values(&mut document["paths"]);
    let operations = paths.flat_map(values);
    let references = operations.filter_map(|operation| {
        let reference = operation.pointer("/requestBody/content/application~1json/schema/$ref")?;
        let name = reference.as_str()?.rsplit('/').next()?;
        Some(name.to_owned())
    });
    references.collect()
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

/// Adds the schemas of the parameters of an operation. None has an example: tools fill parameters in with their
/// examples, and would send a cursor or an `ETag` that nobody was given. They send a default just as well.
pub(super) fn apply_to_parameters(operation: &mut Value) {
    for parameter in values_of(operation, "parameters") {
        let name = parameter["name"].as_str().unwrap_or_default().to_owned();
        parameter["schema"] = match name.as_str() {
            "filter" => json!({ "type": "string", "enum": Filter::NAMES, "default": "all" }),
            "limit" => {
                json!({ "type": "integer", "format": "int32", "minimum": 1, "maximum": Limit::MAX, "default": Limit::MAX })
            }
            // Empty is none.
            "cursor" => json!({ "type": "string", "maxLength": 80, "default": "" }),
            "since" => json!({ "type": "string", "maxLength": 120, "default": "" }),
            "If-None-Match" => json!({ "type": "string" }),
            name => unreachable!("{name} has no schema yet"),
        };
    }
}

/// `uint64` and its like are in no registry of formats; generators know `int64` and `int32`.
fn set_integer_format(schema: &mut Value) {
    let format = match schema["format"].as_str() {
        Some("uint64") => "int64",
        Some("uint16") => "int32",
        _ => return,
    };
    extend(schema, &json!({ "format": format, "minimum": 0 }));
}

fn extend(schema: &mut Value, with: &Value) {
    let with = with.as_object().cloned().expect("an object");
    let schema = schema.as_object_mut().expect("a field of the schema");
    schema.extend(with);
}

fn limits() -> Vec<(&'static str, &'static str, Value)> {
    let line = |max: usize| json!({ "minLength": 1, "maxLength": max, "pattern": VISIBLE_LINE });
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
        ("Session", "kind", json!({ "enum": ["web", "api"] })),
        ("SessionReference", "session_id", id.clone()),
        ("AddTodo", "description", line(Description::MAX)),
        ("AddTodo", "id", id.clone()),
        ("UpdateTodo", "id", id.clone()),
        ("UpdateTodo", "description", line(Description::MAX)),
        ("UpdateTodoStatus", "id", id.clone()),
        ("UpdateTodoStatus", "is_done", json!({ "default": true })),
        ("TodoReference", "id", id),
        ("Todo", "done_date", nullable.clone()),
        ("Todo", "removed", removed.clone()),
        ("TodoChange", "done_date", nullable.clone()),
        ("TodoChange", "removed", removed),
        ("TodoList", "next_cursor", nullable),
        ("FieldProblem", "code", json!({ "enum": codes })),
        ("Problem", "type", json!({ "enum": ["about:blank"] })),
    ]
}
