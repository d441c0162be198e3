//! v1 only grows. `openapi/v1.json` is what has been promised; the document of today must keep all of
//! it: every call, field and code, and no new demands. `./ops/generate v1` adds what is new to it.

mod changes;

use std::collections::BTreeSet;

use proptest::{
    strategy::{Strategy as _, ValueTree as _},
    string::string_regex,
    test_runner::TestRunner,
};
use serde_json::{Value, json};

use self::changes::{breakages, demands};
use super::openapi::{Document, members};

#[test]
fn the_document_breaks_nothing_of_v1() {
    let broken = broken(&Document::read("openapi/v1.json"), &Document::committed());
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn v1_records_all_of_the_document() {
    // Whatever is missing in the promise could be taken away without this test noticing.
    let missing = broken(&Document::committed(), &Document::read("openapi/v1.json"));
    assert!(
        missing.is_empty(),
        "run ./ops/generate v1\n{}",
        missing.join("\n")
    );
}

/// What a client of `old` would trip over in `new`.
fn broken(old: &Document, new: &Document) -> Vec<String> {
    let mut broken = vec![];
    for (path, methods) in members(&old.0["paths"]) {
        for (method, was) in members(methods) {
            let place = format!("{} {path}", method.to_uppercase());
            match new.0["paths"][path].get(method) {
                Some(is) => operation(&place, was, is, &mut broken),
                None => broken.push(format!("{place} is gone")),
            }
        }
    }
    let requests = requests(old);
    for (name, was) in members(&old.0["components"]["schemas"]) {
        match new.0["components"]["schemas"].get(name) {
            Some(is) => schema(name, was, is, requests.contains(name), &mut broken),
            None => broken.push(format!("the schema {name} is gone")),
        }
    }
    broken
}

/// The names of the schemas that calls take, and of the items of lists in them.
fn requests(document: &Document) -> BTreeSet<String> {
    let bodies = document.operations().into_iter().filter_map(|operation| {
        let content = &operation.body["requestBody"]["content"]["application/json"];
        referenced(&content["schema"])
    });
    let mut names: BTreeSet<_> = bodies.collect();
    for name in names.clone() {
        let properties = &document.0["components"]["schemas"][name]["properties"];
        names
            .extend(members(properties).filter_map(|(_, property)| referenced(&property["items"])));
    }
    names
}

fn referenced(schema: &Value) -> Option<String> {
    let name = schema["$ref"].as_str()?.rsplit('/').next()?;
    Some(name.to_owned())
}

fn operation(place: &str, was: &Value, is: &Value, broken: &mut Vec<String>) {
    let mut same = |what: &str, was: &Value, is: &Value| {
        if was != is {
            broken.push(format!("{place}: {what} was {was} and is {is}"));
        }
    };
    same("the operation id", &was["operationId"], &is["operationId"]);
    // Another way in may be added, none may go.
    for entry in was["security"].as_array().into_iter().flatten() {
        let entries = is["security"].as_array();
        let kept = entries.is_some_and(|entries| entries.contains(entry));
        same("a way in", entry, if kept { entry } else { &Value::Null });
    }
    let may_be_open = |operation: &Value| operation["security"] == json!([]);
    same(
        "open to all",
        &json!(may_be_open(was)),
        &json!(may_be_open(is)),
    );
    let body = "/requestBody/content/application~1json/schema";
    // A call without a body may come to take one, which nobody has to send.
    if was.get("requestBody").is_some() || is["requestBody"]["required"] == true {
        same("the body", pointed(was, body), pointed(is, body));
    }
    for status in ["200", "201", "204", "304"] {
        let answer = format!("/responses/{status}");
        let schema = format!("{answer}/content/application~1json/schema");
        same(
            status,
            &json!(was.pointer(&answer).is_some()),
            &json!(is.pointer(&answer).is_some()),
        );
        same("the answer", pointed(was, &schema), pointed(is, &schema));
    }
    for (status, codes) in failures(was) {
        let now = failures(is);
        let now = now.iter().find(|(found, _)| *found == status);
        for code in codes {
            if !now.is_some_and(|(_, codes)| codes.contains(&code)) {
                broken.push(format!("{place}: {status} {code} is gone"));
            }
        }
    }
    parameters(place, was, is, broken);
}

fn failures(operation: &Value) -> Vec<(String, BTreeSet<String>)> {
    let answers = members(&operation["responses"]);
    let failures = answers.filter_map(|(status, answer)| {
        let examples = answer.pointer("/content/application~1problem+json/examples")?;
        let codes = members(examples).map(|(code, _)| code.clone());
        Some((status.clone(), codes.collect()))
    });
    failures.collect()
}

fn parameters(place: &str, was: &Value, is: &Value, broken: &mut Vec<String>) {
    let list = |operation: &Value| {
        operation["parameters"]
            .as_array()
            .cloned()
            .unwrap_or_default()
    };
    let (was, is) = (list(was), list(is));
    let named = |list: &[Value], name: &Value| {
        list.iter()
            .find(|parameter| parameter["name"] == *name)
            .cloned()
    };
    for parameter in &was {
        let name = &parameter["name"];
        match named(&is, name) {
            Some(now) if now["in"] == parameter["in"] => {
                schema(
                    &format!("{place} {name}"),
                    &parameter["schema"],
                    &now["schema"],
                    true,
                    broken,
                );
            }
            _ => broken.push(format!("{place}: the parameter {name} is gone")),
        }
    }
    for parameter in is.iter().filter(|parameter| parameter["required"] == true) {
        let name = &parameter["name"];
        if !named(&was, name).is_some_and(|was| was["required"] == true) {
            broken.push(format!("{place}: the parameter {name} is needed now"));
        }
    }
}

/// `taken`: clients send it, so that it may not ask for more; otherwise they read it, and it may not
/// give less.
fn schema(place: &str, was: &Value, is: &Value, taken: bool, broken: &mut Vec<String>) {
    for property in ["type", "format", "$ref", "allOf"] {
        if was.get(property) != is.get(property) {
            broken.push(format!("{place}: another {property}"));
        }
    }
    let may_be_null = |schema: &Value| schema["nullable"] == true;
    match (may_be_null(was), may_be_null(is)) {
        (true, false) if taken => broken.push(format!("{place}: null is refused now")),
        (false, true) if !taken => broken.push(format!("{place}: may be null now")),
        _ => {}
    }
    if was.get("pattern") != is.get("pattern") && !(taken && is_wider(was, is)) {
        broken.push(format!("{place}: another pattern"));
    }
    values(place, was, is, taken, broken);
    if taken {
        limits(place, was, is, broken);
    }
    for (name, was) in members(&was["properties"]) {
        let place = format!("{place}.{name}");
        match is["properties"].get(name) {
            Some(is) => schema(&place, was, is, taken, broken),
            None => broken.push(format!("{place} is gone")),
        }
    }
    if let (Some(was), Some(is)) = (was.get("items"), is.get("items")) {
        schema(place, was, is, taken, broken);
    }
    required(place, was, is, taken, broken);
}

/// A list of values that is closed may become open where clients read it; of neither may one go, and to a closed
/// one that clients read none may be added: what they have generated from it cannot read another.
fn values(place: &str, was: &Value, is: &Value, taken: bool, broken: &mut Vec<String>) {
    let list = |schema: &Value, name: &str| schema[name].as_array().cloned();
    let (closed, open) = (list(is, "enum"), list(is, "x-extensible-enum"));
    let known = closed.clone().or(open).unwrap_or_default();
    let was_closed = list(was, "enum");
    let before = was_closed
        .clone()
        .or_else(|| list(was, "x-extensible-enum"));
    for value in before.clone().unwrap_or_default() {
        if !known.contains(&value) {
            broken.push(format!("{place}: {value} is gone"));
        }
    }
    let may_take_more = closed.is_none() && was_closed.is_some();
    if taken && was_closed.is_none() && closed.is_some() && before.is_none() {
        broken.push(format!("{place}: only some values are taken now"));
    }
    if !taken && !may_take_more {
        for value in closed.unwrap_or_default() {
            if !before
                .as_ref()
                .is_some_and(|before| before.contains(&value))
            {
                broken.push(format!("{place}: {value} is new in a closed list"));
            }
        }
    }
}

/// Whether whatever was taken by its pattern still is, as far as a thousand examples tell.
fn is_wider(was: &Value, is: &Value) -> bool {
    let Some(is) = is["pattern"].as_str() else {
        return true;
    };
    let Some(pattern) = was["pattern"].as_str() else {
        return false;
    };
    let is = regex::Regex::new(is).expect("an expression");
    let whole = pattern.trim_start_matches('^').trim_end_matches('$');
    let texts = string_regex(whole).expect("an expression");
    let mut runner = TestRunner::deterministic();
    let (min, max) = (was["minLength"].as_u64(), was["maxLength"].as_u64());
    (0..1_000).all(|_| {
        let text = texts.new_tree(&mut runner).expect("a text").current();
        let length = text.chars().count() as u64;
        let was_taken = min.is_none_or(|min| length >= min) && max.is_none_or(|max| length <= max);
        !was_taken || is.is_match(&text)
    })
}

fn limits(place: &str, was: &Value, is: &Value, broken: &mut Vec<String>) {
    let number = |schema: &Value, name: &str| schema[name].as_i64();
    for name in ["minLength", "minimum"] {
        if number(is, name).unwrap_or(i64::MIN) > number(was, name).unwrap_or(i64::MIN) {
            broken.push(format!("{place}: a higher {name}"));
        }
    }
    for name in ["maxLength", "maximum"] {
        if number(is, name).unwrap_or(i64::MAX) < number(was, name).unwrap_or(i64::MAX) {
            broken.push(format!("{place}: a lower {name}"));
        }
    }
}

fn required(place: &str, was: &Value, is: &Value, taken: bool, broken: &mut Vec<String>) {
    let names = |schema: &Value| -> BTreeSet<String> {
        let names = schema["required"].as_array().into_iter().flatten();
        names
            .filter_map(|name| name.as_str().map(str::to_owned))
            .collect()
    };
    let (was, is) = (names(was), names(is));
    if taken {
        for name in is.difference(&was) {
            broken.push(format!("{place}: {name} is needed now"));
        }
    } else {
        for name in was.difference(&is) {
            broken.push(format!("{place}: {name} may be missing now"));
        }
    }
}

fn pointed<'a>(value: &'a Value, place: &str) -> &'a Value {
    value.pointer(place).unwrap_or(&Value::Null)
}

#[test]
fn each_breaking_change_is_found() {
    for (place, value) in breakages().into_iter().chain(demands()) {
        let old = Document::committed();
        let mut new = Document::committed();
        let changed = new.0.pointer_mut(&place).expect("it is in the document");
        if value.is_null() {
            let (parent, member) = place.rsplit_once('/').expect("a place");
            let parent = new.0.pointer_mut(parent).and_then(Value::as_object_mut);
            parent.expect("an object").remove(member);
        } else {
            *changed = value;
        }
        assert_ne!(broken(&old, &new), [""; 0], "{place}");
    }
}

#[test]
fn additions_are_not_breaking_changes() {
    let old = Document::committed();
    let mut new = Document::committed();
    new.0["paths"]["/new_call"] = json!({ "get": { "operationId": "new_call" } });
    let schemas = &mut new.0["components"]["schemas"];
    schemas["Todo"]["properties"]["new_field"] = json!({ "type": "string" });
    schemas["AddTodo"]["properties"]["new_field"] = json!({ "type": "string" });
    schemas["AddTodo"]["properties"]["description"]["maxLength"] = json!(500);
    schemas["AddTodo"]["properties"]["description"]["nullable"] = json!(true);
    schemas["RegisterUser"]["properties"]["username"]["pattern"] = json!("^[^!]{3,}$");
    let codes = schemas["Code"]["x-extensible-enum"].as_array_mut();
    codes.expect("a list").push(json!("new_code"));
    let logout = &mut new.0["paths"]["/logout"]["post"]["security"];
    let ways = logout.as_array_mut().expect("ways in");
    ways.push(json!({ "another": [] }));
    assert_eq!(broken(&old, &new), [""; 0]);
}
