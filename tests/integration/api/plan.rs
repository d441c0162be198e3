//! The plan of a to-do by the API: notes, due date, priority, tags and repeat.

use serde_json::{Value, json};
use sqlx::MySqlPool;
use uuid::Uuid;

use crate::{
    api::sync::{add, assert_refused, done, list},
    support::{
        api_client::{Phone, Reply},
        test_server::Site,
    },
};

/// A plan with all fields, and what is told of it.
fn plan() -> Value {
    json!({
        "notes": "two bottles\r\n\r\nno glass ",
        "due_date": "2027-01-31",
        "due_time": "17:00",
        "priority": "high",
        "repeat": { "every": "month" },
    })
}

fn told() -> Value {
    json!({
        "notes": "two bottles\n\nno glass",
        "due_date": "2027-01-31",
        "due_time": "17:00",
        "priority": "high",
        "repeat": { "every": "month", "interval": 1, "weekdays": [], "from": "due", "until": null },
    })
}

fn nothing() -> Value {
    json!({ "notes": null, "due_date": null, "due_time": null, "priority": "none", "repeat": null })
}

fn with(body: Value, more: &Value) -> Value {
    let mut body = body;
    for (field, value) in more.as_object().expect("an object") {
        body[field] = value.clone();
    }
    body
}

#[track_caller]
fn assert_plan(todo: &Value, plan: &Value) {
    for (field, value) in plan.as_object().expect("an object") {
        assert_eq!(&todo[field], value, "{field} of {todo}");
    }
}

#[track_caller]
fn assert_field(refused: &Reply, field: &str, code: &str) {
    assert_refused(refused, 422, "invalid_input");
    let error = &refused.json["errors"][0];
    assert_eq!(
        (&error["field"], &error["code"]),
        (&json!(field), &json!(code)),
        "{error}"
    );
}

#[sqlx::test]
async fn a_plan_is_stored_with_an_added_to_do(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let id = Uuid::new_v4().to_string();
    let body = with(json!({ "id": id, "description": "Milk #Home" }), &plan());
    let added = phone.post("add_todo", body).await;
    assert_eq!(added.status, 201, "{}", added.answer.body);
    assert_plan(&added.json, &told());
    assert_eq!(added.json["tags"], json!(["Home"]));
    assert_eq!(list(&phone).await[&id], added.json);
    let got = phone.get("get_todo", json!({ "id": id })).await;
    assert_eq!(got.json, added.json);
    let changes = phone.get("todo_changes", json!({})).await;
    assert_eq!(changes.json["todos"][0], added.json);
    let plain = add(&phone, "Bread").await;
    assert_plan(&list(&phone).await[&plain], &nothing());
}

#[sqlx::test]
async fn an_update_leaves_sets_or_clears_each_field(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let id = add(&phone, "Milk").await;
    let set = done(&phone, "update_todo", with(json!({ "id": id }), &plan())).await;
    assert_plan(&set, &told());
    let renamed = done(
        &phone,
        "update_todo",
        json!({ "id": id, "description": "Bread" }),
    )
    .await;
    assert_plan(&renamed, &told());
    for field in ["notes", "priority", "repeat", "due_time", "due_date"] {
        let cleared = done(&phone, "update_todo", json!({ "id": id, field: null })).await;
        assert_eq!(cleared[field], nothing()[field], "{field}");
    }
    let stored = list(&phone).await;
    assert_plan(&stored[&id], &nothing());
    assert_eq!(stored[&id]["rev"], 8);
}

#[sqlx::test]
async fn a_batch_sets_and_clears_a_plan_too(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let id = Uuid::new_v4().to_string();
    let call = |call: &str, more: &Value| {
        let named = json!({ "call_id": Uuid::new_v4(), "call": call, "id": id });
        json!({ "calls": [with(named, more)] })
    };
    let add = with(json!({ "description": "Milk" }), &plan());
    let added = done(&phone, "sync", call("add_todo", &add)).await;
    assert_plan(&added["answers"][0]["todo"], &told());
    assert_plan(&added["changes"]["todos"][0], &told());
    let clear = json!({ "notes": null, "due_date": null, "priority": null });
    let cleared = done(&phone, "sync", call("update_todo", &clear)).await;
    assert_plan(&cleared["answers"][0]["todo"], &nothing());
    assert_plan(&list(&phone).await[&id], &nothing());
    let status = call("update_todo_status", &json!({ "notes": "no" }));
    let refused = done(&phone, "sync", status).await;
    assert_eq!(
        refused["answers"][0]["problem"]["errors"][0]["code"],
        "unknown_field"
    );
}

#[sqlx::test]
async fn a_bad_field_of_a_plan_is_refused_by_name(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let id = add(&phone, "Milk").await;
    for (field, value, code) in [
        ("due_date", json!("2027-02-31"), "invalid_value"),
        ("due_date", json!("20270-02-01"), "invalid_value"),
        ("due_date", json!("2200-01-01"), "out_of_range"),
        ("due_date", json!(20_270_201), "wrong_type"),
        ("due_time", json!("25:00"), "invalid_value"),
        ("due_time", json!("17:00"), "needs_due_date"),
        ("priority", json!("urgent"), "invalid_value"),
        ("notes", json!("a\tb"), "control_characters"),
        ("notes", json!("a".repeat(5_001)), "too_long"),
        ("repeat", json!({ "every": "day" }), "needs_due_date"),
        ("repeat", json!({ "every": "hour" }), "invalid_value"),
        (
            "repeat",
            json!({ "every": "day", "interval": 0 }),
            "out_of_range",
        ),
        (
            "repeat",
            json!({ "every": "day", "weekdays": ["mo"] }),
            "invalid_value",
        ),
        (
            "repeat",
            json!({ "every": "week", "until": "2027-02-31" }),
            "invalid_value",
        ),
        (
            "repeat.interval",
            json!({ "every": "day", "interval": "2" }),
            "wrong_type",
        ),
        (
            "repeat.often",
            json!({ "every": "day", "often": true }),
            "unknown_field",
        ),
    ] {
        let name = field.split('.').next().expect("a name");
        for (call, body) in [
            ("update_todo", json!({ "id": id, name: value })),
            ("add_todo", json!({ "description": "Bread", name: value })),
        ] {
            assert_field(&phone.post(call, body).await, field, code);
        }
    }
    assert_eq!(list(&phone).await.len(), 1);
}

#[sqlx::test]
async fn a_cleared_due_date_ends_the_time_and_the_repeat(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let id = add(&phone, "Milk").await;
    done(&phone, "update_todo", with(json!({ "id": id }), &plan())).await;
    let cleared = done(&phone, "update_todo", json!({ "id": id, "due_date": null })).await;
    let kept = with(
        nothing(),
        &json!({ "notes": told()["notes"], "priority": "high" }),
    );
    assert_plan(&cleared, &kept);
    let both = json!({ "id": id, "due_date": null, "due_time": "08:00" });
    assert_field(
        &phone.post("update_todo", both).await,
        "due_time",
        "needs_due_date",
    );
}

#[sqlx::test]
async fn completing_a_repeated_to_do_moves_it_on(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let id = Uuid::new_v4().to_string();
    let body = with(
        json!({ "id": id, "description": "Rent" }),
        &json!({
            "due_date": "2100-01-31", "repeat": { "every": "month", "until": "2100-02-28" },
        }),
    );
    done_or_added(&phone, body).await;
    let complete = |call_id: Uuid| {
        let body = json!({ "id": id, "is_done": true, "call_id": call_id });
        async { done(&phone, "update_todo_status", body).await }
    };
    let call = Uuid::new_v4();
    let moved = complete(call).await;
    assert_eq!(
        (&moved["is_done"], &moved["due_date"]),
        (&json!(false), &json!("2100-02-28"))
    );
    assert!(moved["last_done_date"].is_string() && moved["done_date"].is_null());
    assert_eq!(complete(call).await, moved, "sent twice, done once");
    let last = complete(Uuid::new_v4()).await;
    assert_eq!(
        (&last["is_done"], &last["due_date"]),
        (&json!(true), &json!("2100-02-28"))
    );
}

#[sqlx::test]
async fn without_a_name_a_second_completion_is_a_repetition(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let id = Uuid::new_v4().to_string();
    let body = json!({
        "id": id, "description": "Plants", "due_date": "2100-01-31", "repeat": { "every": "day" },
    });
    done_or_added(&phone, body).await;
    let complete = || async { done(&phone, "update_todo_status", json!({ "id": id })).await };
    let moved = complete().await;
    assert_eq!(moved["due_date"], "2100-02-01");
    assert_eq!(complete().await, moved);
    assert_eq!(list(&phone).await[&id], moved);
    let ended = done(&phone, "update_todo", json!({ "id": id, "repeat": null })).await;
    assert_eq!(ended["is_done"], false);
    assert_eq!(complete().await["is_done"], true, "it repeats no longer");
}

#[sqlx::test]
async fn phones_that_change_other_fields_do_not_conflict(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let id = add(&phone, "Milk").await;
    let set = |fields: Value| {
        phone.post(
            "update_todo",
            with(json!({ "id": id, "expected_rev": 1 }), &fields),
        )
    };
    for fields in [
        json!({ "notes": "two" }),
        json!({ "due_date": "2027-01-31" }),
        json!({ "priority": "low" }),
    ] {
        assert_eq!(set(fields).await.status, 200);
    }
    let conflict = set(json!({ "notes": "three" })).await;
    assert_refused(&conflict, 409, "rev_conflict");
    assert_eq!(conflict.json["current"]["notes"], "two");
    assert_refused(&set(json!({ "due_date": null })).await, 409, "rev_conflict");
}

#[sqlx::test]
async fn the_longest_notes_fit_into_each_call(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let longest = "🥜".repeat(5_000);
    let id = Uuid::new_v4().to_string();
    let body = json!({ "id": id, "description": "Milk", "notes": longest });
    assert_eq!(done_or_added(&phone, body).await["notes"], longest);
    let other = "🧀".repeat(5_000);
    let body = json!({ "id": id, "notes": other });
    assert_eq!(done(&phone, "update_todo", body).await["notes"], other);
}

#[sqlx::test]
async fn long_notes_make_a_list_come_in_several_parts(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    for index in 0..2 {
        let notes = "🥜".repeat(5_000);
        let adds = (0..30).map(|number| {
            let description = format!("Milk {index} {number}");
            json!({ "call_id": Uuid::new_v4(), "call": "add_todo", "description": description, "notes": notes })
        });
        let adds: Vec<_> = adds.collect();
        for calls in adds.chunks(10) {
            done(&phone, "sync", json!({ "calls": calls })).await;
        }
    }
    assert_eq!(list(&phone).await.len(), 60);
    let part = phone.get("todo_list", json!({})).await.json;
    let length = part["todos"].as_array().expect("a list").len();
    assert_eq!(length, 1024 * 1024 / 20_000);
    assert!(part["next_cursor"].is_string());
    let part = phone.get("todo_changes", json!({})).await.json;
    assert_eq!(part["todos"].as_array().expect("a list").len(), length);
    assert_eq!(part["has_more"], true);
}

async fn done_or_added(phone: &Phone<'_>, body: Value) -> Value {
    let added = phone.post("add_todo", body).await;
    assert_eq!(added.status, 201, "{}", added.answer.body);
    added.json
}
