//! Quick add by the API: with `parse`, words of the description set other fields.

use serde_json::{Value, json};
use sqlx::MySqlPool;
use time::{Date, Duration, Time};
use uuid::Uuid;

use crate::{
    api::sync::{assert_refused, done, list},
    support::{
        api_client::{Phone, Reply},
        test_server::Site,
    },
};

fn new_id() -> String {
    Uuid::new_v4().to_string()
}

/// The call by itself, and in a batch, which has its answer.
async fn both_ways(phone: &Phone<'_>, mut body: Value) -> [(u64, Value); 2] {
    body["id"] = json!(new_id());
    let alone = phone.post("add_todo", body.clone()).await;
    body["id"] = json!(new_id());
    body["call"] = json!("add_todo");
    body["call_id"] = json!(new_id());
    let batch = done(phone, "sync", json!({ "calls": [body] })).await;
    let answer = &batch["answers"][0];
    let told = if answer["todo"].is_null() {
        &answer["problem"]
    } else {
        &answer["todo"]
    };
    [
        (alone.status.into(), alone.json),
        (answer["status"].as_u64().expect("a number"), told.clone()),
    ]
}

async fn today(site: &Site, phone: &Phone<'_>, zone: &str) -> Date {
    done(phone, "update_me", json!({ "time_zone": zone })).await;
    let zone = tickbox::domain::user::TimeZone::parse(zone).expect("a zone");
    zone.date(site.world.clock.now())
}

#[sqlx::test]
async fn words_of_the_description_set_the_plan_with_parse(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let text = r"Pay \!high rent #home due:2027-01-31 at:9:05 every:2months !high due:x";
    let body = json!({ "description": text, "parse": true, "notes": "by bank" });
    for (status, todo) in both_ways(&phone, body).await {
        assert_eq!(status, 201, "{todo}");
        assert_eq!(todo["description"], "Pay !high rent #home due:x");
        assert_eq!(todo["due_date"], "2027-01-31");
        assert_eq!(todo["due_time"], "09:05");
        assert_eq!(todo["priority"], "high");
        assert_eq!(todo["notes"], "by bank");
        assert_eq!(todo["tags"], json!(["home"]));
        let repeat = &todo["repeat"];
        assert_eq!(
            (&repeat["every"], &repeat["interval"]),
            (&json!("month"), &json!(2))
        );
    }
    for parse in [json!(false), Value::Null] {
        let body = json!({ "description": "Milk due:fri !high", "parse": parse });
        for (status, todo) in both_ways(&phone, body).await {
            assert_eq!(
                (status, &todo["description"]),
                (201, &json!("Milk due:fri !high"))
            );
            assert_eq!(
                (&todo["due_date"], &todo["priority"]),
                (&Value::Null, &json!("none"))
            );
        }
    }
    assert_eq!(list(&phone).await.len(), 6);
}

#[sqlx::test]
async fn words_count_days_from_the_users_own_today(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    for zone in ["Pacific/Kiritimati", "Pacific/Pago_Pago"] {
        let tomorrow = today(&site, &phone, zone).await + Duration::DAY;
        let body = json!({ "description": "Milk due:tomorrow", "parse": true });
        for (_, todo) in both_ways(&phone, body).await {
            assert_eq!(todo["due_date"], tomorrow.to_string(), "{zone}");
        }
    }
}

#[sqlx::test]
async fn a_field_is_set_by_a_word_or_by_itself(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    for (field, value) in [
        ("due_date", json!("2027-01-31")),
        ("due_time", json!("10:00")),
        ("priority", json!("none")),
        ("repeat", json!({ "every": "day" })),
    ] {
        let text = "Milk due:fri at:9:00 every:week !low";
        let body = json!({ "description": text, "parse": true, field: value });
        for (status, refused) in both_ways(&phone, body).await {
            assert_eq!(status, 422, "{field}");
            let errors = refused["errors"].as_array().expect("errors");
            assert_eq!(errors.len(), 1, "{refused}");
            assert_eq!(errors[0]["field"], field);
            assert_eq!(errors[0]["code"], "duplicate_field");
        }
    }
    let body = json!({ "description": "Milk due:2027-01-31", "due_time": "10:00", "parse": true });
    for (status, todo) in both_ways(&phone, body).await {
        assert_eq!((status, &todo["due_time"]), (201, &json!("10:00")));
    }
}

#[sqlx::test]
async fn words_alone_are_refused_with_what_is_missing(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let body = json!({ "description": "!high due:fri", "parse": true });
    for (status, refused) in both_ways(&phone, body).await {
        assert_eq!(status, 422);
        let error = &refused["errors"][0];
        assert_eq!(
            (&error["field"], &error["code"]),
            (&json!("description"), &json!("required"))
        );
        assert!(
            error["message"]
                .to_string()
                .contains("these words only say")
        );
    }
    let call = json!({ "call": "update_todo", "call_id": new_id(), "id": new_id(), "parse": true });
    let batch = done(&phone, "sync", json!({ "calls": [call] })).await;
    let error = &batch["answers"][0]["problem"]["errors"][0];
    assert_eq!(
        (&error["field"], &error["code"]),
        (&json!("parse"), &json!("unknown_field"))
    );
    assert!(list(&phone).await.is_empty());
}

/// Sends it once more.
async fn again(phone: &Phone<'_>, call: &str, body: &Value) -> Reply {
    phone.post(call, body.clone()).await
}

#[sqlx::test]
async fn the_same_words_after_midnight_are_the_same_add(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let clock = &site.world.clock;
    let midnight = (clock.now() + Duration::days(2)).replace_time(Time::MIDNIGHT);
    clock.advance(midnight - clock.now() - Duration::minutes(1));
    let phone = Phone::log_in(&site, "ona").await;
    let text = "Milk due:tomorrow";
    let by_id = json!({ "id": new_id(), "description": text, "parse": true });
    let named = json!({ "call_id": new_id(), "description": text, "parse": true });
    let batch = json!({ "calls": [{
        "call": "add_todo", "call_id": new_id(), "id": new_id(), "description": text, "parse": true,
    }] });
    let calls = [("add_todo", by_id), ("add_todo", named), ("sync", batch)];
    let mut first = Vec::new();
    for (call, body) in &calls {
        first.push(again(&phone, call, body).await);
    }
    clock.advance(Duration::minutes(5));
    let token = Phone::log_in(&site, "ona").await;
    for ((call, body), first) in calls.iter().zip(first) {
        let repeated = again(&token, call, body).await;
        let todo = |reply: &Reply| match *call {
            "sync" => reply.json["answers"][0]["todo"].clone(),
            _ => reply.json.clone(),
        };
        assert_eq!(todo(&repeated), todo(&first), "{body}");
        assert!(todo(&first)["due_date"].is_string());
    }
    assert_eq!(list(&token).await.len(), 3);
    // Other words under the name are another call.
    let mut other = calls[1].1.clone();
    other["description"] = json!("Milk due:today");
    let refused = again(&token, "add_todo", &other).await;
    assert_refused(&refused, 409, "call_id_reused");
    other["description"] = json!(text);
    other["parse"] = json!(false);
    let refused = again(&token, "add_todo", &other).await;
    assert_refused(&refused, 409, "call_id_reused");
}
