//! The document as clients see it: what it says of each operation, and whether an answer keeps to it.

use std::fs;

use jsonschema::Validator;
use serde_json::{Map, Value, json};

pub(crate) struct Document(pub(crate) Value);

pub(crate) struct Operation {
    pub(crate) id: String,
    pub(crate) path: String,
    pub(crate) method: String,
    pub(crate) body: Value,
}

impl Document {
    pub(crate) fn committed() -> Self {
        Self::read("openapi/openapi.json")
    }

    pub(crate) fn read(path: &str) -> Self {
        let path = format!("{}/{path}", env!("CARGO_MANIFEST_DIR"));
        let text = fs::read_to_string(path).expect("committed");
        Self(serde_json::from_str(&text).expect("JSON"))
    }

    pub(crate) fn operations(&self) -> Vec<Operation> {
        let mut operations = vec![];
        for (path, methods) in members(&self.0["paths"]) {
            for (method, body) in members(methods) {
                operations.push(Operation {
                    id: body["operationId"].as_str().expect("an id").into(),
                    path: path.clone(),
                    method: method.clone(),
                    body: body.clone(),
                });
            }
        }
        operations
    }

    pub(crate) fn operation(&self, id: &str) -> Operation {
        let mut operations = self.operations().into_iter();
        operations
            .find(|operation| operation.id == id)
            .expect("it is in the document")
    }

    /// What is wrong with an answer by the schema of its media type. Stricter than the document: a
    /// field that it does not name is wrong too.
    pub(crate) fn complaints(&self, schema: &Value, answer: &Value) -> Vec<String> {
        let mut components = self.0["components"].clone();
        for (_, schema) in components["schemas"].as_object_mut().expect("schemas") {
            schema["additionalProperties"] = json!(schema.get("properties").is_none());
        }
        let mut whole = schema.clone();
        whole["components"] = components;
        as_json_schema(&mut whole);
        let validator: Validator = jsonschema::options()
            .should_validate_formats(true)
            .build(&whole)
            .expect("a schema");
        let errors = validator.iter_errors(answer);
        errors.map(|error| error.to_string()).collect()
    }
}

impl Operation {
    /// What the document says of answers with that status and media type.
    pub(crate) fn answer(&self, status: u16, media_type: &str) -> &Value {
        &self.body["responses"][status.to_string()]["content"][media_type]
    }

    /// The examples of its answers with that status, in their order.
    pub(crate) fn answer_examples(&self, status: u16) -> Vec<Value> {
        let described = self.answer(status, "application/json");
        let one = described.get("example").cloned();
        let several = members(&described["examples"]).map(|(_, example)| example["value"].clone());
        one.into_iter().chain(several).collect()
    }

    /// The codes of its failures, each with its example.
    pub(crate) fn failures(&self) -> Vec<(String, Value)> {
        let mut failures = vec![];
        for (_, response) in members(&self.body["responses"]) {
            let examples = &response["content"]["application/problem+json"]["examples"];
            for (code, example) in members(examples) {
                failures.push((code.clone(), example["value"].clone()));
            }
        }
        failures
    }
}

/// The members of an object; nothing when it is none.
pub(crate) fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

/// OpenAPI 3.0 says `nullable` where JSON Schema has one more type.
fn as_json_schema(value: &mut Value) {
    match value {
        Value::Object(object) => {
            let may_be_null = object.remove("nullable") == Some(json!(true));
            if may_be_null && object.contains_key("allOf") {
                let schema = json!({ "allOf": object["allOf"] });
                *object = Map::from_iter([("anyOf".into(), json!([schema, { "type": "null" }]))]);
            } else if may_be_null {
                let kind = object["type"].clone();
                object.insert("type".into(), json!([kind, "null"]));
            }
            object.values_mut().for_each(as_json_schema);
        }
        Value::Array(items) => items.iter_mut().for_each(as_json_schema),
        _ => {}
    }
}
