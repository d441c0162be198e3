//! Changes of the document that clients of v1 would trip over.

use serde_json::{Value, json};

/// What one could do to the document; null takes the place away.
pub(super) fn breakages() -> Vec<(String, Value)> {
    let add = "/paths/~1add_todo/post";
    let schemas = "/components/schemas";
    vec![
        ("/paths/~1me".to_owned(), json!({})),
        (format!("{add}/operationId"), json!("create_todo")),
        (format!("{add}/security"), json!([])),
        (format!("{add}/responses/201"), Value::Null),
        (format!("{add}/responses/409/content"), json!({})),
        ("/paths/~1todo_list/get/parameters".into(), json!([])),
        (
            "/paths/~1todo_list/get/parameters/0/required".into(),
            json!(true),
        ),
        (
            "/paths/~1todo_list/get/parameters/1/schema/maximum".into(),
            json!(10),
        ),
        (
            format!("{schemas}/Code/x-extensible-enum"),
            json!(["internal"]),
        ),
        (
            format!("{schemas}/Todo/properties/removed/enum"),
            json!([true, false]),
        ),
        (format!("{schemas}/Todo/properties"), json!({})),
        (
            format!("{schemas}/Todo/properties/rev/type"),
            json!("string"),
        ),
        (format!("{schemas}/Todo/properties/id/format"), json!("uri")),
        (format!("{schemas}/Todo/required"), json!(["id"])),
        (
            format!("{schemas}/TodoList/properties/todos/items/$ref"),
            json!("#/other"),
        ),
        (
            format!("{schemas}/Todo/properties/description"),
            json!({ "type": "string", "nullable": true }),
        ),
    ]
}

/// What one could ask of those who call.
pub(super) fn demands() -> Vec<(String, Value)> {
    let schemas = "/components/schemas";
    vec![
        (
            format!("{schemas}/AddTodo/required"),
            json!(["description", "id"]),
        ),
        (
            format!("{schemas}/AddTodo/properties/description/maxLength"),
            json!(100),
        ),
        (
            format!("{schemas}/AddTodo/properties/description/minLength"),
            json!(2),
        ),
        (
            format!("{schemas}/AddTodo/properties/description/pattern"),
            json!("^a$"),
        ),
        (
            format!("{schemas}/AddTodo/properties/id"),
            json!({ "type": "integer" }),
        ),
        (
            format!("{schemas}/AddTodo/properties/id/nullable"),
            Value::Null,
        ),
        (
            format!("{schemas}/RegisterUser/properties/username/pattern"),
            json!("^[A-Za-z0-9._-]{4,}$"),
        ),
    ]
}
