//! What a client leaves out, it may also send as null: every optional field of every call, as the
//! document lists them.

use serde_json::{Map, Value, json};
use sqlx::MySqlPool;

use super::openapi::{Document, Operation, members};
use crate::support::{api_client::Phone, test_server::Site};

/// The body of a call as the document has it.
struct Body<'a> {
    operation: &'a Operation,
    example: Value,
    required: Vec<String>,
    optional: Vec<String>,
}

impl<'a> Body<'a> {
    fn of(document: &Document, operation: &'a Operation) -> Option<Self> {
        let content = &operation.body["requestBody"]["content"]["application/json"];
        let reference = content["schema"]["$ref"].as_str()?;
        let name = reference.rsplit('/').next().expect("a name");
        let schema = &document.0["components"]["schemas"][name];
        let (mut required, mut optional) = (vec![], vec![]);
        for (field, property) in members(&schema["properties"]) {
            let names = schema["required"].as_array();
            let is_required = names.is_some_and(|names| names.contains(&json!(field)));
            let may_be_null = property["nullable"] == true;
            assert_ne!(is_required, may_be_null, "{name}.{field}");
            let fields = if is_required {
                &mut required
            } else {
                &mut optional
            };
            fields.push(field.clone());
        }
        Some(Self {
            operation,
            example: content["example"].clone(),
            required,
            optional,
        })
    }
}

/// Somebody who has one to-do, which is done in revision 2.
async fn newcomer<'a>(site: &'a Site, document: &Document, username: &str) -> Phone<'a> {
    let mut phone = Phone::stranger(site);
    for id in ["register_user", "login", "add_todo", "update_todo_status"] {
        let operation = document.operation(id);
        let body = Body::of(document, &operation).expect("it takes one");
        let reply = phone.post(id, with_name(&body.example, username)).await;
        assert!(reply.status < 300, "{id} {}", reply.answer.body);
        if id == "login" {
            phone.keep(&reply);
        }
    }
    phone
}

/// The example, for that user, whose to-do is in revision 2.
fn with_name(example: &Value, username: &str) -> Value {
    let mut body = example.clone();
    if body.get("expected_rev").is_some() {
        body["expected_rev"] = json!(2);
    }
    if body.get("username").is_some() {
        body["username"] = json!(username);
    }
    body
}

/// What the call answered, and what can be seen after it; without what differs each time.
async fn seen(phone: &Phone<'_>, operation: &Operation, body: Value) -> Value {
    let reply = phone.post(&operation.id, body).await;
    let list = phone.get("todo_list", json!({})).await;
    let sessions = phone.get("session_list", json!({})).await;
    json!([
        reply.status,
        masked(reply.json),
        masked(list.json),
        masked(sessions.json)
    ])
}

fn masked(value: Value) -> Value {
    let differs = |name: &str| {
        name.ends_with("id")
            || name.ends_with("_date")
            || name.ends_with("token")
            || ["user_name", "next", "snapshot", "position"].contains(&name)
    };
    match value {
        Value::Object(object) => {
            let members = object.into_iter().map(|(name, value)| {
                let value = if differs(&name) && !value.is_null() {
                    json!("masked")
                } else {
                    masked(value)
                };
                (name, value)
            });
            Value::Object(members.collect())
        }
        Value::Array(items) => items.into_iter().map(masked).collect(),
        value => value,
    }
}

/// The example without these fields, or with null in them.
fn without(example: &Value, fields: &[String], with_null: bool) -> Value {
    let mut body: Map<String, Value> = example.as_object().expect("an object").clone();
    for field in fields {
        body.remove(field);
        if with_null {
            body.insert(field.clone(), Value::Null);
        }
    }
    Value::Object(body)
}

#[sqlx::test]
async fn null_in_an_optional_field_equals_omitting_it(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let document = Document::committed();
    let mut people = 0;
    let mut tried = vec![];
    for operation in document.operations() {
        let Some(body) = Body::of(&document, &operation) else {
            continue;
        };
        let alone = body.optional.iter().map(std::slice::from_ref);
        for fields in alone.chain([body.optional.as_slice()]) {
            // Of these one is needed.
            let is_needed = operation.id == "move_todo" && fields.iter().any(|it| it == "after_id");
            if fields.is_empty() || is_needed {
                continue;
            }
            let place = format!("{} {}", body.operation.id, fields.join(", "));
            let mut answers = vec![];
            for with_null in [false, true] {
                people += 1;
                let phone = newcomer(&site, &document, &format!("person{people}")).await;
                if operation.id == "move_todo" {
                    let other = json!({ "id": body.example["after_id"], "description": "Bread", "is_done": true });
                    phone.post("add_todo", other).await;
                }
                let sent = without(&body.example, fields, with_null);
                // Of a name that is free where the call makes an account, of the same person elsewhere.
                let of = if operation.id == "register_user" {
                    "new"
                } else {
                    "person"
                };
                let sent = with_name(&sent, &format!("{of}{people}"));
                answers.push(seen(&phone, &operation, sent).await);
            }
            let status = answers[0][0].as_u64().expect("a status");
            assert!(status < 300, "{place}: {}", answers[0]);
            assert_eq!(answers[0], answers[1], "{place}");
            tried.push(place);
        }
    }
    assert!(tried.len() >= 8, "{tried:?}");
}

#[sqlx::test]
async fn null_in_a_required_field_is_refused_by_name(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let document = Document::committed();
    let phone = newcomer(&site, &document, "somebody").await;
    for operation in document.operations() {
        let Some(body) = Body::of(&document, &operation) else {
            continue;
        };
        let needs_nothing = ["sync", "logout", "update_me"].contains(&operation.id.as_str());
        assert_eq!(body.required.is_empty(), needs_nothing, "{}", operation.id);
        for field in &body.required {
            let sent = without(&body.example, std::slice::from_ref(field), true);
            let reply = phone.post(&operation.id, sent).await;
            assert_eq!(reply.status, 422, "{} {field}", operation.id);
            let error = &reply.json["errors"][0];
            assert_eq!(error["field"], json!(field), "{}", operation.id);
            assert_eq!(error["code"], "wrong_type", "{}", operation.id);
        }
    }
}
