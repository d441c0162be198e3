//! `sync`: a phone's outbox and what has changed, in one request.

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::MySqlPool;
use uuid::Uuid;

use crate::api::sync::{add, assert_refused, done, edit, list, remove};
use crate::support::{api_client::Phone, browser::Answer, test_server::Site};

fn call(verb: &str, mut body: Value) -> Value {
    body["call"] = json!(verb);
    body["call_id"] = json!(Uuid::new_v4());
    body
}

fn new_id() -> String {
    Uuid::new_v4().to_string()
}

async fn sync(phone: &Phone<'_>, calls: &[Value], since: &Value) -> Value {
    let reply = phone
        .post("sync", json!({"since": since, "calls": calls}))
        .await;
    assert_eq!(reply.status, 200, "{}", reply.answer.body);
    assert_eq!(
        reply.json["answers"].as_array().map(Vec::len),
        Some(calls.len())
    );
    reply.json
}

fn statuses(answer: &Value) -> Vec<u64> {
    let answers = answer["answers"].as_array().expect("a list");
    answers
        .iter()
        .map(|it| it["status"].as_u64().expect("a number"))
        .collect()
}

#[sqlx::test]
async fn every_call_is_answered_as_it_would_be_by_itself(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let (milk, bread, unknown) = (new_id(), new_id(), new_id());
    let calls = [
        call(
            "add_todo",
            json!({"id": milk, "description": "milk", "is_done": true}),
        ),
        call("add_todo", json!({"description": "eggs"})),
        call("add_todo", json!({"id": milk, "description": "another"})),
        call(
            "update_todo",
            json!({"id": milk, "description": "oat", "is_done": false}),
        ),
        call("update_todo_status", json!({"id": milk})),
        call("update_todo", json!({"id": unknown, "description": "oat"})),
        call("add_todo", json!({"id": bread, "description": "bread"})),
        call("remove_todo", json!({"id": bread})),
        call("update_todo_status", json!({"id": bread})),
        call("restore_todo", json!({"id": bread})),
        call("restore_todo", json!({"id": unknown})),
    ];
    let answer = sync(&phone, &calls, &Value::Null).await;
    assert_eq!(
        statuses(&answer),
        [201, 201, 409, 200, 200, 404, 201, 200, 409, 200, 404]
    );
    for (index, code) in [(2, "id_reused"), (5, "todo_not_found"), (8, "todo_removed")] {
        let problem = &answer["answers"][index]["problem"];
        assert_eq!(
            (&problem["code"], problem.get("todo")),
            (&json!(code), None)
        );
    }
    for (call, answer) in calls
        .iter()
        .zip(answer["answers"].as_array().expect("a list"))
    {
        assert_eq!(answer["call_id"], call["call_id"]);
        assert_ne!(
            answer.get("todo").is_some(),
            answer.get("problem").is_some()
        );
    }
    // One revision each, as if they had come by themselves, and all of it is stored.
    assert_eq!(answer["answers"][9]["todo"]["rev"], 7);
    let listed = list(&phone).await;
    assert_eq!(listed[&milk], answer["answers"][4]["todo"]);
    assert_eq!(listed[&bread], answer["answers"][9]["todo"]);
    assert_eq!(listed.len(), 3);
    let changes = &answer["changes"];
    assert_eq!(
        (&changes["full"], changes["todos"].as_array().map(Vec::len)),
        (&json!(true), Some(3))
    );
    let (open, all): (i32, i32) =
        sqlx::query_as("SELECT open_count, todo_count FROM users WHERE username = 'ona'")
            .fetch_one(&mut site.world.connect().await)
            .await
            .expect("read");
    assert_eq!((open, all), (2, 3));
}

#[sqlx::test]
async fn a_batch_or_any_part_of_it_can_be_sent_again(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let (a, b) = (
        Phone::log_in(&site, "ona").await,
        Phone::log_in(&site, "ona").await,
    );
    let id = add(&a, "milk").await;
    let calls = [
        call("update_todo_status", json!({"id": id, "is_done": true})),
        call(
            "update_todo",
            json!({"id": id, "description": "oat", "expected_rev": 1}),
        ),
        call("add_todo", json!({"description": "eggs"})),
    ];
    let first = sync(&a, &calls, &Value::Null).await;
    done(
        &b,
        "update_todo_status",
        json!({"id": id, "is_done": false}),
    )
    .await;
    edit(&b, &id, "soy").await;
    for part in [&calls[..], &calls[1..], &calls[..1], &calls[2..]] {
        let again = sync(&a, part, &Value::Null).await;
        let offset = calls.len() - part.len();
        let before = if part.len() == 1 && part[0] == calls[0] {
            0
        } else {
            offset
        };
        assert_eq!(
            statuses(&again),
            statuses(&first)[before..before + part.len()]
        );
    }
    let stored = a.get("get_todo", json!({"id": id})).await.json;
    assert_eq!(
        (&stored["description"], &stored["is_done"]),
        (&json!("soy"), &json!(false))
    );
    assert_eq!(list(&a).await.len(), 2);
}

#[sqlx::test]
async fn the_same_call_twice_in_a_batch_is_done_once(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let twice = call("add_todo", json!({"description": "eggs"}));
    let answer = sync(&phone, &[twice.clone(), twice], &Value::Null).await;
    assert_eq!(statuses(&answer), [201, 201]);
    assert_eq!(answer["answers"][0], answer["answers"][1]);
    assert_eq!(list(&phone).await.len(), 1);
}

#[sqlx::test]
async fn a_call_that_cannot_be_read_keeps_none_from_being_done(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let mut without_name = call("add_todo", json!({"description": "eggs"}));
    without_name
        .as_object_mut()
        .expect("an object")
        .remove("call_id");
    let calls = [
        json!(17),
        without_name,
        call("add_todo", json!({"description": 17})),
        call("add_todo", json!({"description": " "})),
        call("add_todo", json!({"description": "eggs", "colour": "red"})),
        call(
            "add_todo",
            json!({"description": "eggs", "expected_rev": 1}),
        ),
        call("remove_todo", json!({"id": "17", "is_done": true})),
        call("move_todo", json!({"id": new_id()})),
        call(
            "add_todo",
            json!({"description": "milk", "id": null, "is_done": null}),
        ),
    ];
    let answer = sync(&phone, &calls, &Value::Null).await;
    assert_eq!(
        statuses(&answer),
        [400, 422, 422, 422, 422, 422, 422, 422, 201]
    );
    let code = |index: usize| answer["answers"][index]["problem"]["errors"][0]["code"].as_str();
    assert_eq!(
        (code(4), code(5), code(6)),
        (
            Some("unknown_field"),
            Some("unknown_field"),
            Some("unknown_field")
        )
    );
    assert_eq!(answer["answers"][3]["call_id"], calls[3]["call_id"]);
    assert_eq!(answer["answers"][1].get("call_id"), None);
    assert_eq!(list(&phone).await.len(), 1);
}

#[sqlx::test]
async fn deleted_and_living_to_dos_come_in_lists_of_their_own(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let (a, b) = (
        Phone::log_in(&site, "ona").await,
        Phone::log_in(&site, "ona").await,
    );
    let (milk, bread) = (add(&b, "milk").await, add(&b, "bread").await);
    let first = sync(&a, &[], &Value::Null).await;
    let changes = &first["changes"];
    assert_eq!(
        (&changes["full"], &changes["removed"]),
        (&json!(true), &json!([]))
    );
    edit(&b, &milk, "oat").await;
    remove(&b, &bread).await;
    let second = sync(&a, &[], &changes["next"]).await;
    let changes = &second["changes"];
    assert_eq!(changes["todos"][0]["description"], "oat");
    assert_eq!(changes["removed"], json!([{"id": bread, "rev": 4}]));
    assert_eq!(
        (&changes["full"], changes.get("snapshot")),
        (&json!(false), None)
    );
    // What a phone sends comes back among the changes, of the same moment as the answers.
    let calls = [call("restore_todo", json!({"id": bread}))];
    let third = sync(&a, &calls, &changes["next"]).await;
    assert_eq!(
        third["changes"]["todos"],
        json!([third["answers"][0]["todo"]])
    );
    let last = sync(&a, &[], &third["changes"]["next"]).await;
    assert_eq!(last["changes"]["todos"], json!([]));
}

#[sqlx::test]
async fn a_token_that_has_expired_or_is_damaged_begins_a_copy(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    for since in ["00000000.1", "abc", &"x".repeat(500)] {
        let calls = [call("add_todo", json!({"description": "milk"}))];
        let answer = sync(&phone, &calls, &json!(since)).await;
        assert_eq!(
            (statuses(&answer), &answer["changes"]["full"]),
            (vec![201], &json!(true))
        );
        // Asked for by itself it has the same remedy.
        let alone = phone.get("todo_changes", json!({"since": since})).await;
        assert_refused(&alone, 410, "sync_token_expired");
    }
}

#[sqlx::test]
async fn the_parts_of_a_copy_have_one_name(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let ids: Vec<_> = (0..5).map(|_| new_id()).collect();
    let adds = ids
        .iter()
        .map(|id| call("add_todo", json!({"id": id, "description": "milk"})));
    let adds: Vec<_> = adds.collect();
    sync(&phone, &adds, &Value::Null).await;
    let part = async |since: &Value| {
        let body = json!({"since": since, "limit": 2});
        phone.post("sync", body).await.json["changes"].clone()
    };
    let (mut since, mut names) = (Value::Null, vec![]);
    loop {
        let changes = part(&since).await;
        names.push(changes["snapshot"].as_str().expect("a name").to_owned());
        since = changes["next"].clone();
        if changes["has_more"] == false {
            break;
        }
        // Changes of others meanwhile belong to the same copy.
        edit(&phone, &ids[0], &format!("edit {}", names.len())).await;
    }
    names.dedup();
    assert_eq!(names.len(), 1, "{names:?}");
    let another = part(&Value::Null).await;
    assert_ne!(another["snapshot"], names[0]);
    let alone = phone.get("todo_changes", json!({"limit": 2})).await.json;
    assert_eq!(alone["snapshot"], another["snapshot"]);
}

#[sqlx::test]
async fn a_hundred_calls_of_the_longest_texts_fit_and_no_more(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    // Twelve bytes a character, as some clients escape it.
    let text = "\\ud83e\\udd5b".repeat(200);
    let add = |_| {
        format!(
            r#"{{"call_id":"{}","call":"add_todo","id":"{}","description":"{text}","is_done":false,"created_date":"2026-11-22T15:04:05.123456Z"}}"#,
            Uuid::new_v4(),
            Uuid::new_v4()
        )
    };
    let send = async |count: usize, path: &str| {
        let calls: Vec<_> = (0..count).map(add).collect();
        let request = site
            .request(Method::POST, path)
            .bearer_auth(&phone.token)
            .header("content-type", "application/json")
            .body(format!(r#"{{"calls":[{}]}}"#, calls.join(",")));
        Answer::to(request).await
    };
    assert_eq!(send(100, "/api/v1/sync").await.status, 200);
    assert_eq!(list(&phone).await.len(), 100);
    let more = send(101, "/api/v1/sync/").await;
    assert_eq!(more.status, 422, "{}", more.body);
    assert_eq!(send(150, "/api/v1/sync").await.status, 413);
    assert_eq!(
        send(30, "/api/v1/add_todo").await.status,
        413,
        "only a batch is so large"
    );
}

#[sqlx::test]
async fn a_batch_stops_at_the_quota_and_keeps_the_rest_in_order(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let id = add(&phone, "milk").await;
    let mut connection = site.world.connect().await;
    let full = "UPDATE users SET todo_count = 199999 WHERE username = 'ona'";
    sqlx::raw_sql(full)
        .execute(&mut connection)
        .await
        .expect("written");
    let calls = [
        call("add_todo", json!({"description": "the last"})),
        call("add_todo", json!({"description": "one too many"})),
        call("remove_todo", json!({"id": id})),
        call("add_todo", json!({"description": "there is room again"})),
        call("restore_todo", json!({"id": id})),
    ];
    let answer = sync(&phone, &calls, &Value::Null).await;
    assert_eq!(statuses(&answer), [201, 409, 200, 201, 409]);
    assert_eq!(
        answer["answers"][1]["problem"]["code"],
        "todo_quota_reached"
    );
}

#[sqlx::test]
async fn a_batch_counts_for_the_allowance_as_its_calls_do(pool: MySqlPool) {
    use std::{num::NonZeroU32, time::Duration};
    use tickbox::domain::rate_limit::{Allowance, RequestQuota};
    let requests = RequestQuota {
        burst: NonZeroU32::new(1_000).expect("more than none"),
        replenish: Duration::from_millis(1),
    };
    let work = Allowance {
        at_once: 5_000,
        each: Duration::from_hours(1),
    };
    let site = Site::frugal(&pool, requests, work).await;
    let phone = Phone::log_in(&site, "ona").await;
    let calls: Vec<_> = (0..50)
        .map(|_| call("add_todo", json!({"description": "milk"})))
        .collect();
    let batch = json!({"calls": calls});
    let first = phone.post("sync", batch).await;
    // What was done is told, although it has cost all that there was.
    assert_eq!(first.status, 200, "{}", first.answer.body);
    assert_eq!(phone.post("sync", json!({})).await.status, 429);
    assert_eq!(phone.get("todo_list", json!({})).await.status, 429);
}
