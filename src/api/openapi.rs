//! The OpenAPI document: generated from the handlers by poem-openapi, with the constraints and examples
//! that it cannot express.

mod constraints;
mod error_responses;
mod examples;

use std::{collections::BTreeMap, sync::LazyLock};

use poem::http::Method;
use serde_json::{Value, json};

use super::{SERVER, calls};

/// The document, as `GET /api/openapi.json` answers it and as `openapi/openapi.json` keeps it.
#[must_use]
pub fn document() -> String {
    let mut document = generated();
    apply_constraints(&mut document);
    let mut text = format!("{document:#}");
    text.push('\n');
    text
}

/// The document before and after the origin of its server, which is empty in the committed one.
pub(super) fn around_origin(document: &str) -> (&str, &str) {
    let server = format!("\"url\": \"{SERVER}\"");
    let place = document
        .find(&server)
        .map(|place| place + "\"url\": \"".len());
    document.split_at(place.expect("it has a server"))
}

/// The path of the call that answers a request to `path`, for logs; none when there is no such call.
pub(super) fn route(path: &str) -> Option<&str> {
    operations(path)?;
    Some(path.strip_suffix('/').unwrap_or(path))
}

/// The methods of a call, for the `Allow` header.
pub(super) fn methods(path: &str) -> String {
    let methods = operations(path).map(|operations| {
        let methods: Vec<_> = operations.keys().map(String::as_str).collect();
        methods.join(", ").replace("GET", "GET, HEAD")
    });
    methods.unwrap_or_else(|| "GET, HEAD".into())
}

/// The names of the parameters that a call takes in its query; none when there is no such call.
pub(super) fn parameters(path: &str, method: &Method) -> Option<&'static [String]> {
    // HEAD takes the parameters of GET.
    let method = if method == Method::HEAD {
        &Method::GET
    } else {
        method
    };
    operations(path)?.get(method.as_str()).map(Vec::as_slice)
}

type Operations = BTreeMap<String, Vec<String>>;

fn operations(path: &str) -> Option<&'static Operations> {
    let call = path.strip_prefix(SERVER)?;
    CALLS.get(call.strip_suffix('/').unwrap_or(call))
}

/// By path the methods of each call, and by method its query parameters.
static CALLS: LazyLock<BTreeMap<String, Operations>> = LazyLock::new(|| {
    let mut document = generated();
    let mut calls = BTreeMap::new();
    for (path, operations) in entries(&mut document["paths"]) {
        let operations = entries(operations).map(|(method, operation)| {
            let parameters = values_of(operation, "parameters");
            let names = parameters
                .filter(|parameter| parameter["in"] == "query")
                .filter_map(|parameter| parameter["name"].as_str().map(str::to_owned));
            (method.to_ascii_uppercase(), names.collect())
        });
        calls.insert(path.clone(), operations.collect());
    }
    calls
});

fn generated() -> Value {
    serde_json::from_str(&calls().spec()).expect("poem-openapi makes JSON")
}

/// Adds what poem-openapi cannot express.
fn apply_constraints(document: &mut Value) {
    document["openapi"] = json!("3.0.3");
    document["info"]["description"] = json!(DESCRIPTION);
    document["info"]["license"] =
        json!({ "name": "MIT", "url": "https://opensource.org/license/mit" });
    document["info"]["contact"] = json!({ "name": "Tickbox" });
    document["components"]["headers"]["X-Request-Id"] = json!({
        "description": "Names this request in the server's log",
        "schema": { "type": "string" },
    });
    constraints::apply(document);
    for (_, operations) in entries(&mut document["paths"]) {
        for operation in values(operations) {
            let members = operation.as_object_mut().expect("an operation");
            // An empty list says that the call needs no login.
            members.entry("security").or_insert_with(|| json!([]));
            constraints::apply_to_parameters(operation);
            error_responses::add(operation);
            examples::add(operation);
            for response in values_of(operation, "responses") {
                response["headers"]["X-Request-Id"] =
                    json!({ "$ref": "#/components/headers/X-Request-Id" });
            }
        }
    }
    examples::add_to_properties(document);
}

const DESCRIPTION: &str = "\
Tickbox keeps to-do lists. Each call is named by what it does; its path, its operation id and its name \
in a generated client are the same word.

- **Retries.** Whatever gets no answer, or a 429, 500 or 503, may be sent again as it is: adding goes by an \
`id` that the client makes (with neither that nor a `call_id`, a second to-do may appear), everything else sets what \
it is sent. A write with a `call_id` is known by it for two days (unless 20,000 more are named): a repetition of one \
that was done is answered as the first one was, with the to-do as it is now, and undoes nothing that another client \
did meanwhile; one that was refused with `rev_conflict`, `todo_removed` or `todo_not_found` stays refused, so give it \
a new `call_id` when the person has decided. All other refusals, such as `todo_quota_reached`, are not remembered: the \
same call is judged anew. What cannot be told from a second wish is known as a repetition for a minute: `register_user`, \
`change_password` and, with a `call_id`, `login` then answer as they did the first time; later they say \
`username_taken`, `wrong_password`, or begin another session. Wait for `Retry-After` where there is one.
- **Errors** are problem documents (RFC 9457) with a `code` for programs and, where fields are at fault, \
`errors` with a code and a message each. Codes are added, never renamed.
- **Conflicts.** `expected_rev` is the `rev` of the to-do that the person had seen. It is judged by field: only \
what another client has changed since in the fields that the call sets is a conflict, and what is stored already is \
none. Removing sets all of a to-do. Between calls that have a `call_id`, a session is never in conflict with itself, \
so that an outbox sends each call as it was made.
- **Limits.** What an account reads and writes is limited by what it costs: 300,000 to-dos in answers at once, \
and then 10,000 a second; a change counts as 100, also in a batch. Beyond it the answer is 429 with `Retry-After`. A client that sends \
`If-None-Match`, and takes `todo_changes` instead of whole lists, never meets it: a 304 costs nothing.
- **Unknown fields and parameters** are refused. A field that may be left out may be null, which means the \
same. Expect new fields in answers.
- **Texts** are counted in characters (Unicode code points), not bytes; passwords in Unicode's form NFKC, in \
which composed and decomposed letters are one.
- **Bodies** have at most 16 KiB, those of `add_todo` and `update_todo` 64 KiB, those of `sync` 288 KiB.";

/// The members of an object; nothing when it is none.
fn entries(value: &mut Value) -> impl Iterator<Item = (&String, &mut Value)> {
    value.as_object_mut().into_iter().flatten()
}

/// The members of an object or the items of a list; nothing when it is neither.
fn values(value: &mut Value) -> Box<dyn Iterator<Item = &mut Value> + '_> {
    match value {
        Value::Object(object) => Box::new(object.values_mut()),
        Value::Array(array) => Box::new(array.iter_mut()),
        _ => Box::new(std::iter::empty()),
    }
}

/// The children of a member; nothing when there is no such member.
fn values_of<'a>(
    value: &'a mut Value,
    member: &str,
) -> Box<dyn Iterator<Item = &'a mut Value> + 'a> {
    match value.get_mut(member) {
        Some(value) => values(value),
        None => Box::new(std::iter::empty()),
    }
}

fn operation_id(operation: &Value) -> String {
    let id = operation["operationId"].as_str();
    id.expect("every operation has its id").to_owned()
}
