//! Calls that are sent twice, since their first answer was late or got lost.

use sqlx::MySqlPool;
use std::collections::BTreeSet;

use serde_json::{Value, json};
use time::Duration;

use super::openapi::Document;
use crate::support::{
    api_client::{Phone, Reply},
    fixture::PASSWORD,
    log,
    test_server::Site,
};

const NEW: &str = "planted amber kettle 8";
const CALL: &str = "0199a0c2-7d1e-7c3a-9f10-2b6f0e5c8a11";

const OTHER: &str = "0199a0c2-7d1e-7c3a-9f10-2b6f0e5c8a12";

/// Status and body, less what is made anew for each answer.
fn seen(reply: &Reply) -> (u16, Value) {
    let mut json = reply.json.clone();
    if let Some(fields) = json.as_object_mut() {
        for field in ["token", "refresh_token"] {
            if let Some(token) = fields.get(field).and_then(Value::as_str) {
                log::register_secret(token);
            }
        }
        fields.remove("token");
        fields.remove("refresh_expires_in");
    }
    (reply.status, json)
}

async fn to_do(phone: &Phone<'_>, description: &str) -> Value {
    let reply = phone
        .post("add_todo", json!({ "description": description }))
        .await;
    reply.json["id"].clone()
}

/// Every call that changes something, with what it is sent.
async fn calls(phone: &Phone<'_>, site: &Site) -> Vec<(&'static str, Value)> {
    let (open, gone) = (
        to_do(phone, "Buy milk").await,
        to_do(phone, "Buy bread").await,
    );
    phone.post("remove_todo", json!({ "id": gone })).await;
    let (last, moved) = (
        to_do(phone, "Buy salt").await,
        to_do(phone, "Buy rice").await,
    );
    let session = site.session_of("ona", "another phone").await;
    let edit = json!({ "id": open, "description": "Buy oat milk", "expected_rev": 1 });
    let person = json!({
        "first_name": "Ruta", "last_name": "Rutaite", "username": "ruta", "password": PASSWORD,
    });
    vec![
        ("register_user", person),
        (
            "login",
            json!({ "username": "ona", "password": PASSWORD, "call_id": CALL }),
        ),
        (
            "refresh_token",
            json!({ "refresh_token": phone.refresh_token }),
        ),
        ("update_me", json!({ "time_zone": "Europe/Vilnius" })),
        ("add_todo", json!({ "id": CALL, "description": "Buy tea" })),
        ("update_todo", edit),
        ("update_todo_status", json!({ "id": open })),
        ("move_todo", json!({ "id": moved, "after_id": last })),
        ("remove_todo", json!({ "id": open })),
        ("restore_todo", json!({ "id": gone })),
        (
            "sync",
            json!({ "calls": [
                { "call_id": CALL, "call": "add_todo", "description": "Buy eggs" },
                { "call_id": OTHER, "call": "update_todo", "id": gone, "description": "Buy rye" },
            ]}),
        ),
        ("end_session", json!({ "session_id": session })),
        ("end_other_sessions", Value::Null),
        (
            "change_password",
            json!({ "current_password": PASSWORD, "new_password": NEW }),
        ),
        ("logout", Value::Null),
    ]
}

#[sqlx::test]
async fn every_call_sent_twice_gets_the_same_response(pool: MySqlPool) {
    log::register_secret(NEW);
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let calls = calls(&phone, &site).await;
    let operations = Document::committed().operations().into_iter();
    let posts = operations.filter(|operation| operation.method == "post");
    let posts: BTreeSet<_> = posts.map(|operation| operation.id).collect();
    assert_eq!(
        posts,
        calls.iter().map(|(call, _)| (*call).to_owned()).collect()
    );
    for (call, body) in calls {
        let press = || phone.post(call, body.clone());
        let (one, two) = tokio::join!(press(), press());
        let answers = [seen(&one), seen(&two), seen(&press().await)];
        for (status, json) in &answers {
            assert!((200..300).contains(status), "{call} {json}");
            assert_eq!(json, &answers[0].1, "{call}");
        }
        let statuses: Vec<_> = answers.iter().map(|(status, _)| *status).collect();
        let created = statuses.iter().filter(|status| **status == 201).count();
        match call {
            // 201 says that it is new; what is there already is 200.
            "add_todo" => assert_eq!((created, statuses[2]), (1, 200)),
            "register_user" => assert_eq!(created, 3, "{statuses:?}"),
            _ => assert_eq!(created, 0, "{call}"),
        }
    }
    let me = phone.get("me", Value::Null).await;
    assert_eq!(me.json["code"], "session_ended", "the last call logged out");
}

#[sqlx::test]
async fn only_an_unexpired_token_of_ours_is_told_it_is_logged_out(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    for _ in 0..2 {
        assert_eq!(phone.post("logout", Value::Null).await.status, 204);
    }
    let mut forged = phone.clone();
    forged.token = forged.token.replacen("eyJ", "eyK", 1);
    let refused = forged.post("logout", Value::Null).await;
    assert_eq!(refused.json["code"], "invalid_token");
    let mut nobody = phone.clone();
    nobody.token.clear();
    let refused = nobody.post("logout", Value::Null).await;
    assert_eq!(refused.json["code"], "unauthenticated");
    site.world.clock.advance(Duration::minutes(11));
    let refused = phone.post("logout", Value::Null).await;
    assert_eq!(refused.json["code"], "token_expired");
}

#[sqlx::test]
async fn logging_out_an_already_ended_session_succeeds(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let (here, there) = (
        Phone::log_in(&site, "ona").await,
        Phone::log_in(&site, "ona").await,
    );
    here.post("end_other_sessions", Value::Null).await;
    assert_eq!(there.post("logout", Value::Null).await.status, 204);
    assert_eq!(
        here.get("me", Value::Null).await.status,
        200,
        "nobody else's"
    );
}

#[sqlx::test]
async fn the_call_id_of_a_login_is_a_uuid_or_omitted(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let login = async |call_id: &str| {
        let body = json!({ "username": "ona", "password": PASSWORD, "call_id": call_id });
        phone.post("login", body).await
    };
    for wrong in ["", "17", "0199a0c27d1e7c3a9f102b6f0e5c8a11"] {
        let refused = login(wrong).await;
        assert_eq!(refused.status, 422);
        assert_eq!(refused.json["errors"][0]["field"], "call_id");
        assert_eq!(refused.json["errors"][0]["code"], "invalid_id");
    }
    let (one, two) = (login(CALL).await, login(&CALL.to_uppercase()).await);
    assert_eq!(seen(&one), seen(&two));
}
