//! Every example of the document is sent to a running server, and what comes back is compared with the
//! example of the answer and with its schema.

use std::{collections::BTreeSet, num::NonZeroU32};

use reqwest::Method;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use sqlx::{Executor as _, MySqlPool};
use tickbox::{
    database::Database,
    domain::{clock::Clock, rate_limit::RequestQuota, session::SessionId},
    http::origin::TrustedProxies,
    service::{Hasher, Service},
};
use time::Duration;
use uuid::Uuid;

use super::openapi::Operation;
use crate::support::{
    browser::Answer,
    document_client::{Client, ORDER, Sent},
    fixture::{CHEAP, options, signer},
    test_server::Site,
};

#[sqlx::test]
async fn each_request_example_gets_its_documented_response(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let mut client = Client::of(&site);
    let known: BTreeSet<_> = ORDER.map(String::from).into();
    let operations = client.document.operations().into_iter();
    let documented: BTreeSet<_> = operations.map(|operation| operation.id).collect();
    assert_eq!(known, documented);
    client.follow("logout").await;
}

/// Tools fill parameters in with their examples, which only those have that are needed, and with their defaults.
#[sqlx::test]
async fn each_parameter_default_is_accepted(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let mut client = Client::of(&site);
    client.follow("add_todo").await;
    for operation in client.document.operations() {
        for parameter in operation.body["parameters"]
            .as_array()
            .into_iter()
            .flatten()
        {
            let name = parameter["name"].as_str().expect("a name");
            let is_needed = parameter["required"] == true;
            assert_eq!(parameter.get("example").is_some(), is_needed, "{name}");
            if is_needed {
                continue; // each call is sent with it
            }
            let default = match &parameter["schema"]["default"] {
                Value::String(text) => text.clone(),
                Value::Null if name == "If-None-Match" || parameter["required"] == true => continue,
                number => number.to_string(),
            };
            let mut sent = client.example(&operation);
            sent.query = vec![(name.to_owned(), default)];
            let (answer, json) = client.send(&operation, sent).await;
            assert_eq!(answer.status, 200, "{} {name}", operation.id);
            if operation.id != "tag_list" {
                assert_eq!(json["todos"][0]["description"], "Buy milk", "{name}");
            }
        }
    }
}

/// Codes that come only after something has happened to the world; a test each, and that of the
/// slow body stands in `server::deadlines`.
const LATER: [&str; 12] = [
    "request_timeout",
    "token_expired",
    "session_ended",
    "todo_gone",
    "todo_removed",
    "call_id_reused",
    "todo_quota_reached",
    "neighbour_state",
    "no_room",
    "rate_limited",
    "internal",
    "unavailable",
];

#[sqlx::test]
async fn each_error_example_is_what_the_server_sends(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let mut client = Client::of(&site);
    client.follow("update_todo").await;
    for operation in client.document.operations() {
        for (code, example) in operation.failures() {
            let id = operation.id.as_str();
            let Some(sent) = provoked(&client, &operation, &code) else {
                if ["restore_todo", "move_todo"].contains(&id) && code == "rev_conflict" {
                    continue;
                }
                assert!(LATER.contains(&code.as_str()), "{id} {code} is not tried");
                continue;
            };
            client.fails(&operation, sent, &example).await;
        }
    }
}

#[sqlx::test]
async fn expired_tokens_and_ended_sessions_match_their_examples(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let mut client = Client::of(&site);
    client.follow("update_todo").await;
    site.world.clock.advance(Duration::minutes(11));
    client.all_fail_with("token_expired").await;
    client.log_in().await;
    let mut connection = site.world.connect().await;
    let delete = connection.execute("DELETE FROM sessions").await;
    delete.expect("deleted");
    client.all_fail_with("session_ended").await;
}

#[sqlx::test]
async fn a_to_do_removed_30_days_ago_matches_the_gone_example(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let mut client = Client::of(&site);
    client.follow("remove_todo").await;
    site.world.clock.advance(Duration::days(30));
    client.log_in().await;
    client.all_fail_with("todo_gone").await;
}

#[sqlx::test]
async fn a_removed_to_do_matches_its_example(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let mut client = Client::of(&site);
    client.follow("remove_todo").await;
    client.all_fail_with("todo_removed").await;
    let restore = client.document.operation("restore_todo");
    let failures = restore.failures();
    let (_, example) = failures
        .iter()
        .find(|it| it.0 == "rev_conflict")
        .expect("one");
    let mut sent = client.example(&restore);
    let body = json!({ "id": "0199a0c2-7d1e-7c3a-9f10-2b6f0e5c8a11", "expected_rev": 3 });
    sent.body = Some(body.to_string());
    client.fails(&restore, sent, example).await;
}

#[sqlx::test]
async fn refused_moves_match_their_examples(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let mut client = Client::of(&site);
    client.follow("move_todo").await;
    let operation = client.document.operation("move_todo");
    let failures = operation.failures();
    let example = |wanted| &failures.iter().find(|it| it.0 == wanted).expect("one").1;
    let sent = |client: &Client<'_>, body: Value| Sent {
        body: Some(body.to_string()),
        ..client.example(&operation)
    };
    let [milk, bread] = [
        "0199a0c2-7d1e-7c3a-9f10-2b6f0e5c8a11",
        "0199a0c2-9b3f-7d51-8c22-6a1f0e9d4b37",
    ];
    let unseen = json!({ "id": milk, "before_id": bread, "expected_rev": 5 });
    let unseen = sent(&client, unseen);
    client
        .fails(&operation, unseen, example("rev_conflict"))
        .await;
    let mut connection = site.world.connect().await;
    let equal = "UPDATE todos SET moved_date = '1970-01-01', moved_fraction = 0";
    connection.execute(equal).await.expect("set");
    let beside = || json!({ "id": milk, "after_id": bread });
    let full = sent(&client, json!({ "id": bread, "after_id": milk }));
    client.fails(&operation, full, example("no_room")).await;
    let complete = client.document.operation("update_todo_status");
    let done = sent(&client, json!({ "id": bread }));
    client.send(&complete, done).await;
    let other = sent(&client, beside());
    client
        .fails(&operation, other, example("neighbour_state"))
        .await;
}

#[sqlx::test]
async fn a_reused_call_id_matches_its_example(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let mut client = Client::of(&site);
    client.follow("update_todo").await;
    let call_id = "6f1f2f0e-2c0b-4e55-9d0a-0f6f3c2b1a09";
    let other = "0199a0c2-9b3f-7d51-8c22-6a1f0e9d4b38";
    let named = json!({ "id": other, "description": "Buy bread", "call_id": call_id });
    let add = client.document.operation("add_todo");
    let mut sent = client.example(&add);
    sent.body = Some(named.to_string());
    client.send(&add, sent).await;
    for operation in client.document.operations() {
        for (_, example) in operation
            .failures()
            .iter()
            .filter(|it| it.0 == "call_id_reused")
        {
            let mut sent = client.example(&operation);
            let body = sent.body.expect("a body");
            let mut body: Value = serde_json::from_str(&body).expect("JSON");
            body["call_id"] = json!(call_id);
            sent.body = Some(body.to_string());
            client.fails(&operation, sent, example).await;
        }
    }
}

#[sqlx::test]
async fn a_full_list_matches_its_example(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let mut client = Client::of(&site);
    client.follow("remove_todo").await;
    let mut connection = site.world.connect().await;
    // One that is stored already is answered, and no refusal of a new one.
    for statement in ["DELETE FROM todos", "UPDATE users SET todo_count = 200000"] {
        connection.execute(statement).await.expect("written");
    }
    let add = client.document.operation("add_todo");
    let failures = add.failures().into_iter();
    for (_, example) in failures.filter(|(code, _)| code == "todo_quota_reached") {
        client.fails(&add, client.example(&add), &example).await;
    }
}

#[sqlx::test]
async fn too_many_requests_match_their_examples(pool: MySqlPool) {
    let quota = RequestQuota {
        burst: NonZeroU32::MIN,
        replenish: std::time::Duration::from_hours(1),
    };
    let site = Site::limited(&pool, TrustedProxies(0), quota).await;
    Answer::to(site.request(Method::GET, "/login")).await;
    let client = Client::of(&site);
    client.all_fail_with("rate_limited").await;
}

#[sqlx::test]
async fn an_internal_error_matches_its_example(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let mut client = Client::of(&site);
    client.follow("update_todo").await;
    let mut connection = site.world.connect().await;
    for statement in [
        "SET FOREIGN_KEY_CHECKS = 0",
        "DROP TABLE users, todos, sessions, calls",
    ] {
        connection.execute(statement).await.expect("dropped");
    }
    client.all_fail_with("internal").await;
}

#[sqlx::test]
async fn an_unavailable_database_matches_its_example(pool: MySqlPool) {
    let options = options(&pool);
    let nowhere = Database::new(options.clone().port(1), 1);
    let hasher = Hasher::new(CHEAP).expect("argon2 can do that");
    let service = Service::new(nowhere, Clock::default(), hasher, signer());
    let site = Site::open(&pool).await.serve(service).await;
    let mut client = Client::of(&site);
    let (user, session) = (Uuid::nil(), SessionId(Uuid::nil()));
    let token = signer().sign(user, session, site.world.clock.now());
    client.token = token.expect("signed").expose_secret().into();
    let login = client.document.operation("login");
    let tokens = &login.answer(200, "application/json")["example"];
    client.refresh_token = tokens["refresh_token"].as_str().expect("a text").into();
    client.since = "00000000.1".into();
    client.all_fail_with("unavailable").await;
}

/// What makes a call fail in this way; none when the world has to change first.
fn provoked(client: &Client<'_>, operation: &Operation, code: &str) -> Option<Sent> {
    let id = operation.id.as_str();
    let example = || client.example(operation);
    let with = |body: Value| Sent {
        body: Some(body.to_string()),
        ..example()
    };
    Some(match (id, code) {
        (_, "invalid_input") => invalid(client, operation),
        (_, "malformed_body") => with(json!([])),
        (_, "unsupported_media_type") => Sent {
            kind: Some("text/plain"),
            ..example()
        },
        (_, "too_large") => Sent {
            body: Some(" ".repeat(300_000)),
            ..example()
        },
        (_, "uri_too_long") => Sent {
            query: vec![("since".into(), "x".repeat(5_000))],
            ..example()
        },
        (_, "headers_too_large") => Sent {
            etag: Some("x".repeat(20_000)),
            ..example()
        },
        // With a refresh token it needs no access token.
        ("logout", "unauthenticated") => Sent {
            token: None,
            body: None,
            ..example()
        },
        ("logout", "invalid_token") => Sent {
            token: Some("x.y.z".into()),
            body: None,
            ..example()
        },
        (_, "unauthenticated") => Sent {
            token: None,
            ..example()
        },
        (_, "invalid_token") => Sent {
            token: Some("x.y.z".into()),
            ..example()
        },
        ("refresh_token", "session_ended") => with(json!({ "refresh_token": "old" })),
        // The example itself is what was sent before, and would be answered as that was.
        ("register_user", "username_taken") => {
            let mut sent = example();
            let body = sent.body.expect("a body");
            sent.body = Some(body.replace("\"Ona\"", "\"Jonas\""));
            sent
        }
        ("login", "wrong_credentials") => {
            with(json!({ "username": "ona.petraite", "password": "seven blue bottles" }))
        }
        _ => return provoked_by_a_to_do(client, operation, code),
    })
}

fn provoked_by_a_to_do(client: &Client<'_>, operation: &Operation, code: &str) -> Option<Sent> {
    let example = || client.example(operation);
    let with = |body: Value| Sent {
        body: Some(body.to_string()),
        ..example()
    };
    let todo = "0199a0c2-7d1e-7c3a-9f10-2b6f0e5c8a11";
    let unknown = "0199a0c2-0000-7c3a-9f10-2b6f0e5c8a11";
    Some(match (operation.id.as_str(), code) {
        ("add_todo", "id_reused") => with(json!({ "id": todo, "description": "Buy bread" })),
        ("update_todo", "rev_conflict") => {
            with(json!({ "id": todo, "description": "Buy bread", "expected_rev": 1 }))
        }
        ("update_todo_status", "rev_conflict") => {
            with(json!({ "id": todo, "is_done": true, "expected_rev": 0 }))
        }
        ("remove_todo", "rev_conflict") => with(json!({ "id": todo, "expected_rev": 1 })),
        ("get_todo", "todo_not_found") => Sent {
            query: vec![("id".into(), unknown.into())],
            ..example()
        },
        ("move_todo", "neighbour_gone") => example(),
        ("move_todo", "todo_not_found") => with(json!({ "id": unknown, "before_id": todo })),
        (_, "todo_not_found") => with(json!({ "id": unknown })),
        ("todo_changes", "sync_token_expired") => Sent {
            query: vec![("since".into(), "00000000.1".into())],
            ..example()
        },
        _ => return None,
    })
}

fn invalid(client: &Client<'_>, operation: &Operation) -> Sent {
    let mut sent = client.example(operation);
    let (field, value) = match operation.id.as_str() {
        "register_user" => ("username", json!("o p")),
        "login" => ("device_name", json!(" ")),
        "refresh_token" => ("refresh_token", json!("")),
        "add_todo" => ("description", json!(" ")),
        "update_me" => ("time_zone", json!("Vilnius")),
        "todo_list" => ("filter", json!("late")),
        "todo_changes" | "tag_list" => ("limit", json!("0")),
        "sync" => ("limit", json!(0)),
        "logout" => ("refresh_token", json!("old")),
        "change_password" => ("current_password", json!("seven blue bottles")),
        "end_session" => ("session_id", json!("17")),
        "me" | "session_list" | "end_other_sessions" => ("filter", json!("open")),
        _ => ("id", json!("17")),
    };
    if let Some(body) = sent.body {
        let mut body: Value = serde_json::from_str(&body).expect("JSON");
        body[field] = value;
        sent.body = Some(body.to_string());
    } else {
        let value = value.as_str().expect("a text").to_owned();
        sent.query = vec![(field.to_owned(), value)];
    }
    sent
}
