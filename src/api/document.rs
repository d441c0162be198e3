//! The OpenAPI document: what poem-openapi makes of the handlers, and what it leaves out.

use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use super::calls;
use crate::domain::user::{Password, Username};

/// The document as `GET /api/openapi.json` answers it and as `openapi/openapi.json` keeps it.
#[must_use]
pub fn document() -> String {
    let mut document = generated();
    complete(&mut document);
    let mut text = format!("{document:#}");
    text.push('\n');
    text
}

/// The methods of a call, for the `Allow` header.
pub(super) fn methods(path: &str) -> String {
    let document = &*CALLS;
    let call = path.strip_prefix("/api/v1").unwrap_or_default();
    let methods = document["paths"][call].as_object().map(Map::keys);
    let methods: Vec<_> = methods
        .into_iter()
        .flatten()
        .map(|method| method.to_ascii_uppercase())
        .collect();
    if methods.is_empty() {
        "GET".into()
    } else {
        methods.join(", ")
    }
}

static CALLS: LazyLock<Value> = LazyLock::new(generated);

fn generated() -> Value {
    serde_json::from_str(&calls().spec()).expect("poem-openapi makes JSON")
}

/// Sets what poem-openapi cannot say: it writes 3.0.0, a parameter into media types, nothing for a
/// call that needs no login, and no limits without checking them itself, which it does one at a time
/// and in its own words.
fn complete(document: &mut Value) {
    document["openapi"] = json!("3.0.3");
    document["info"]["description"] = json!("Tickbox keeps to-do lists.");
    document["info"]["license"] = json!({ "name": "MIT" });
    plain_media_types(document);
    for path in members(&mut document["paths"]) {
        for operation in members(path) {
            let operation = operation.as_object_mut().expect("an operation");
            operation.entry("security").or_insert_with(|| json!([]));
        }
    }
    limit(
        document,
        "username",
        &json!({ "minLength": Username::MIN, "maxLength": Username::MAX, "pattern": Username::PATTERN }),
    );
    for field in ["password", "password_again"] {
        limit(
            document,
            field,
            &json!({ "minLength": Password::MIN, "maxLength": Password::MAX, "format": "password" }),
        );
    }
}

fn limit(document: &mut Value, field: &str, limits: &Value) {
    let field = &mut document["components"]["schemas"]["RegisterUser"]["properties"][field];
    let (field, limits) = (field.as_object_mut(), limits.as_object().cloned());
    field
        .expect("a field of the call")
        .extend(limits.expect("an object"));
}

fn plain_media_types(value: &mut Value) {
    if let Some(content) = value.get_mut("content").and_then(Value::as_object_mut) {
        *content = std::mem::take(content)
            .into_iter()
            .map(|(name, body)| (name.replace("; charset=utf-8", ""), body))
            .collect();
    }
    for member in members(value) {
        plain_media_types(member);
    }
}

fn members(value: &mut Value) -> Box<dyn Iterator<Item = &mut Value> + '_> {
    match value {
        Value::Object(object) => Box::new(object.values_mut()),
        Value::Array(array) => Box::new(array.iter_mut()),
        _ => Box::new(std::iter::empty()),
    }
}
