//! Problem documents: every refusal is one, and tells nothing of the inside.

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::MySqlPool;

use crate::support::{browser::Answer, snapshot, test_server::Site};

pub(super) fn body() -> Value {
    json!({
        "first_name": "Rūta", "last_name": "Rūtaitė", "username": "Ruta",
        "password": "planted-password-teapot", "password_again": "planted-password-teapot",
    })
}

pub(super) async fn post(
    site: &Site,
    path: &str,
    kind: &str,
    body: impl ToString,
) -> (Answer, Value) {
    let request = site
        .request(Method::POST, path)
        .header("content-type", kind)
        .body(body.to_string());
    let answer = Answer::to(request).await;
    let json = serde_json::from_str(&answer.body).unwrap_or_default();
    (answer, json)
}

pub(super) async fn register(site: &Site, body: &Value) -> (Answer, Value) {
    post(site, "/api/v1/register_user", "application/json", body).await
}

#[sqlx::test]
async fn every_failure_is_a_problem_document(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let json = "application/json";
    let call = "/api/v1/register_user";
    let mut unknown_field = body();
    unknown_field["is_admin"] = json!(true);
    let mut wrong_type = body();
    wrong_type["username"] = json!(["ona"]);
    let mut taken = body();
    taken["username"] = json!("ona");
    let long = format!("\"{}\"", "x".repeat(16 * 1024));
    let mut problems = Vec::new();
    for (path, kind, body) in [
        (call, json, "{".to_owned()),
        (call, json, "[]".to_owned()),
        (call, json, unknown_field.to_string()),
        (call, json, wrong_type.to_string()),
        (call, "text/plain", body().to_string()),
        (call, json, long),
        (call, json, taken.to_string()),
        ("/api/v1/nothing", json, "{}".to_owned()),
        ("/api/nothing", json, "{}".to_owned()),
        ("/api/openapi.json", json, "{}".to_owned()),
    ] {
        let sent: String = body.chars().take(20).collect();
        let (answer, _) = post(&site, path, kind, body).await;
        for inside in ["RegisterUser", "poem", "serde", "expected", "SQL"] {
            assert!(!answer.body.contains(inside), "{inside} in {}", answer.body);
        }
        let problem = snapshot::json(&answer);
        problems.push(format!("POST {path} {kind} {sent}\n{problem}"));
    }
    insta::assert_snapshot!(problems.join("\n\n"));
    let get = Answer::to(site.request(Method::GET, call)).await;
    assert_eq!((get.status, get.header("allow")), (405, "POST"));
}

#[sqlx::test]
async fn a_long_unknown_field_name_is_shortened_in_the_problem(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let name = "x".repeat(10_000);
    let unknown = json!({ &name: 1 });
    let (answer, problem) = register(&site, &unknown).await;
    assert_eq!(problem["errors"][0]["code"], "unknown_field");
    assert!(answer.body.len() < 500, "{} bytes", answer.body.len());
}
