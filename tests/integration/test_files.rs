//! Where a reader finds the tests of a route or a call: in a file of its name.

use std::path::Path;

use crate::api::openapi::Document;

/// Whether `tests/integration/FACE/NOUN/NAME.rs` exists for some noun.
fn has_file(face: &str, name: &str) -> bool {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/integration"));
    ["session", "todo", "user"]
        .iter()
        .any(|noun| root.join(face).join(noun).join(name).is_file())
}

#[test]
fn every_call_has_a_test_file() {
    let calls = Document::committed().operations().into_iter();
    let missing: Vec<_> = calls
        .map(|call| format!("{}.rs", call.id))
        .filter(|name| !has_file("api", name))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_page_has_a_test_file() {
    let pages = tickbox::web::pages().into_iter();
    let missing: Vec<_> = pages
        .map(|page| match page.path {
            "/" => "list.rs".into(),
            path => format!("{}.rs", path[1..].replace('-', "_")),
        })
        .filter(|name| !has_file("web", name))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}
