//! Phones keep an answer by its `ETag`, which has to change when the answer's fields do: else a phone that
//! has an answer of the release before gets 304, and never sees a new field.

use sqlx::MySqlPool;
use std::{collections::BTreeSet, fs};

use serde_json::{Value, json};

use super::openapi::{Document, members};
use crate::support::{api_client::Phone, test_server::Site};

/// Each field of the answers that have an `ETag`, behind the version in which it came or last changed.
const FIELDS: &str = "tests/integration/api/schema_version.txt";

#[sqlx::test]
async fn changing_the_fields_behind_an_etag_raises_its_version(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    site.browser("ona").await;
    let phone = Phone::log_in(&site, "ona").await;
    let list = phone.get("todo_list", json!({})).await;
    let tag = list.answer.header("etag");
    let version = tag.trim_end_matches('"').rsplit('-').next();
    let version: u32 = version.and_then(|text| text.parse().ok()).expect(tag);

    let listed = fs::read_to_string(format!("{}/{FIELDS}", env!("CARGO_MANIFEST_DIR")));
    let listed = listed.expect("the list of fields");
    let listed = listed.lines().filter_map(|line| line.split_once(' '));
    let newest = listed
        .clone()
        .filter_map(|(version, _)| version.parse().ok())
        .max();
    let listed: BTreeSet<_> = listed.map(|(_, field)| field.to_owned()).collect();
    let fields = fields_with_an_etag(&Document::committed());
    let new: Vec<_> = fields.difference(&listed).collect();
    let gone: Vec<_> = listed.difference(&fields).collect();
    assert!(
        new.is_empty() && gone.is_empty(),
        "phones would go on with answers as they were: raise the version in src/api/etag.rs to {}, and in \
         {FIELDS} write behind that number {new:#?} in place of {gone:#?}",
        version + 1
    );
    assert_eq!(
        newest,
        Some(version),
        "{FIELDS} and src/api/etag.rs name another version"
    );
}

/// The fields of all schemas in those answers, each with all that a client reads of it.
fn fields_with_an_etag(document: &Document) -> BTreeSet<String> {
    let operations = document.operations();
    let answers = operations
        .iter()
        .map(|operation| &operation.body["responses"]["200"]);
    let answers = answers.filter(|answer| answer["headers"].get("ETag").is_some());
    let schemas = answers.map(|answer| &answer["content"]["application/json"]["schema"]);
    let mut waiting: Vec<_> = schemas.filter_map(name).collect();
    let (mut seen, mut fields) = (BTreeSet::new(), BTreeSet::new());
    while let Some(name_of_schema) = waiting.pop() {
        if !seen.insert(name_of_schema.clone()) {
            continue;
        }
        let schema = &document.0["components"]["schemas"][&name_of_schema];
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        for (field, property) in members(&schema["properties"]) {
            let parts = [property, &property["items"], &property["allOf"][0]];
            waiting.extend(parts.into_iter().find_map(name));
            let mut read = property.clone();
            read.as_object_mut()
                .expect("a schema")
                .remove("description");
            read.sort_all_objects();
            let need = if required.contains(&json!(field)) {
                ""
            } else {
                "?"
            };
            fields.insert(format!("{name_of_schema}.{field}{need} {read}"));
        }
    }
    fields
}

/// The name of the schema that another one refers to.
fn name(schema: &Value) -> Option<String> {
    let name = schema["$ref"].as_str()?.rsplit('/').next()?;
    Some(name.to_owned())
}
