//! `POST /api/v1/move_todo`, and moves within `sync`

use fastrand::Rng;
use serde_json::{Value, json};
use sqlx::MySqlPool;
use uuid::Uuid;

use crate::{
    api::sync::{add_many, assert_refused, done, remove, todos},
    support::{
        api_client::{Phone, Reply},
        test_server::Site,
    },
};

/// The ids in the order of the list.
async fn order(phone: &Phone<'_>) -> Vec<String> {
    let listed = phone.get("todo_list", Value::Null).await.json;
    let todos = todos(&listed);
    // Clients sort by these alone.
    let sorted = todos.is_sorted_by_key(|todo| {
        let text = |field: &str| todo[field].as_str().expect("a text").to_owned();
        let is_done = todo["is_done"] == true;
        (is_done, std::cmp::Reverse((text("position"), text("id"))))
    });
    assert!(sorted, "{listed}");
    let ids = todos.iter().map(|todo| todo["id"].as_str());
    ids.map(|id| id.expect("a text").to_owned()).collect()
}

#[sqlx::test]
async fn a_move_puts_a_to_do_beside_another(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let ids = add_many(&phone, 3).await;
    let [a, b, c] = [0, 1, 2].map(|index| ids[index].clone());
    let moved = done(&phone, "move_todo", json!({ "id": a, "before_id": c })).await;
    assert_eq!((&moved["id"], &moved["rev"]), (&json!(a), &json!(4)));
    assert_eq!(order(&phone).await, [&*a, &*c, &*b]);
    let again = done(&phone, "move_todo", json!({ "id": a, "before_id": c })).await;
    assert_eq!(again, moved);
    done(
        &phone,
        "move_todo",
        json!({ "id": c, "after_id": b, "before_id": null }),
    )
    .await;
    assert_eq!(order(&phone).await, [&*a, &*b, &*c]);
}

#[sqlx::test]
async fn a_place_that_cannot_be_read_is_refused_in_words(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let ids = add_many(&phone, 2).await;
    for (body, field, code) in [
        (json!({}), "before_id", "required"),
        (json!({ "after_id": "" }), "after_id", "required"),
        (json!({ "before_id": "milk" }), "before_id", "invalid_id"),
        (json!({ "after_id": ids[0] }), "after_id", "invalid_value"),
        (
            json!({ "before_id": ids[1], "after_id": ids[1] }),
            "after_id",
            "invalid_value",
        ),
        (json!({ "above": ids[1] }), "above", "unknown_field"),
    ] {
        let mut body = body;
        body["id"] = json!(ids[0]);
        let refused = phone.post("move_todo", body.clone()).await;
        assert_refused(&refused, 422, "invalid_input");
        let error = &refused.json["errors"][0];
        assert_eq!(
            (&error["field"], &error["code"]),
            (&json!(field), &json!(code)),
            "{body}"
        );
    }
}

#[sqlx::test]
async fn a_move_beside_what_is_gone_has_a_code_of_its_own(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let ona = Phone::log_in(&site, "ona").await;
    let jonas = Phone::log_in(&site, "jonas").await;
    let ids = add_many(&ona, 2).await;
    let theirs = add_many(&jonas, 1).await;
    remove(&ona, &ids[1]).await;
    for neighbour in [&*ids[1], &*theirs[0], &*Uuid::new_v4().to_string()] {
        let body = json!({ "id": ids[0], "after_id": neighbour });
        assert_refused(&ona.post("move_todo", body).await, 409, "neighbour_gone");
    }
    let body = json!({ "id": ids[1], "after_id": ids[0] });
    assert_refused(&ona.post("move_todo", body).await, 409, "todo_removed");
    for id in [&*theirs[0], &*Uuid::new_v4().to_string()] {
        let body = json!({ "id": id, "after_id": ids[0] });
        assert_refused(&ona.post("move_todo", body).await, 404, "todo_not_found");
    }
    done(&ona, "restore_todo", json!({ "id": ids[1] })).await;
    done(&ona, "update_todo_status", json!({ "id": ids[1] })).await;
    let body = json!({ "id": ids[0], "after_id": ids[1] });
    assert_refused(&ona.post("move_todo", body).await, 409, "neighbour_state");
    let stranger = Phone::stranger(&site);
    let body = json!({ "id": ids[0], "after_id": ids[1] });
    assert_refused(
        &stranger.post("move_todo", body).await,
        401,
        "unauthenticated",
    );
}

#[sqlx::test]
async fn a_move_is_in_conflict_with_another_move_alone(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let ids = add_many(&phone, 4).await;
    done(
        &phone,
        "update_todo",
        json!({ "id": ids[0], "description": "Edited" }),
    )
    .await;
    let seen = json!({ "id": ids[0], "before_id": ids[3], "expected_rev": 4 });
    let moved = done(&phone, "move_todo", seen).await;
    let text = json!({ "id": ids[0], "description": "Once more", "expected_rev": 5 });
    done(&phone, "update_todo", text).await;
    let late = json!({ "id": ids[0], "after_id": ids[1], "expected_rev": 5 });
    let refused = phone.post("move_todo", late).await;
    assert_refused(&refused, 409, "rev_conflict");
    assert_eq!(refused.json["current"]["position"], moved["position"]);
    // Its place is nothing that is lost with it.
    let removal = json!({ "id": ids[0], "expected_rev": 7 });
    done(
        &phone,
        "move_todo",
        json!({ "id": ids[0], "after_id": ids[1] }),
    )
    .await;
    done(&phone, "remove_todo", removal).await;
}

#[sqlx::test]
async fn a_named_move_that_comes_late_is_not_made_again(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let ids = add_many(&phone, 3).await;
    let named = json!({ "id": ids[0], "before_id": ids[2], "call_id": Uuid::new_v4() });
    let moved = done(&phone, "move_todo", named.clone()).await;
    assert_eq!(done(&phone, "move_todo", named.clone()).await, moved);
    let back = done(
        &phone,
        "move_todo",
        json!({ "id": ids[0], "after_id": ids[1] }),
    )
    .await;
    assert_eq!(done(&phone, "move_todo", named.clone()).await, back);
    assert_eq!(order(&phone).await, [&*ids[2], &*ids[1], &*ids[0]]);
    let mut other = named;
    other["before_id"] = json!(ids[1]);
    assert_refused(&phone.post("move_todo", other).await, 409, "call_id_reused");
    // What was refused stays so when its neighbour has come back.
    remove(&phone, &ids[1]).await;
    let refused = json!({ "id": ids[2], "after_id": ids[1], "call_id": Uuid::new_v4() });
    let answer = phone.post("move_todo", refused.clone()).await;
    assert_refused(&answer, 409, "neighbour_gone");
    done(&phone, "restore_todo", json!({ "id": ids[1] })).await;
    assert_eq!(phone.post("move_todo", refused).await.status, 409);
    assert_eq!(order(&phone).await, [&*ids[2], &*ids[1], &*ids[0]]);
}

fn statuses(reply: &Reply) -> Vec<(u64, Option<&str>)> {
    let answers = reply.json["answers"].as_array().expect("a list");
    let answers = answers.iter().map(|answer| {
        let code = answer["problem"]["code"].as_str();
        (answer["status"].as_u64().expect("a number"), code)
    });
    answers.collect()
}

#[sqlx::test]
async fn a_batch_moves_what_it_has_added_before(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let ids = add_many(&phone, 2).await;
    let new = Uuid::new_v4().to_string();
    let call = |call: &str, rest: Value| {
        let mut whole = json!({ "call_id": Uuid::new_v4(), "call": call });
        let whole_fields = whole.as_object_mut().expect("an object");
        whole_fields.extend(rest.as_object().expect("an object").clone());
        whole
    };
    let batch = json!({ "calls": [
        call("add_todo", json!({ "id": new, "description": "Salt" })),
        call("move_todo", json!({ "id": new, "after_id": ids[0] })),
        call("move_todo", json!({ "id": ids[0], "before_id": ids[1] })),
        call("remove_todo", json!({ "id": ids[1] })),
        call("move_todo", json!({ "id": new, "before_id": ids[1] })),
        call("move_todo", json!({ "id": new, "is_done": true })),
        call("update_todo", json!({ "id": new, "description": "Sea salt" })),
        call("move_todo", json!({ "id": ids[0], "after_id": new })),
    ]});
    let reply = phone.post("sync", batch.clone()).await;
    let expected = [
        (201, None),
        (200, None),
        (200, None),
        (200, None),
        (409, Some("neighbour_gone")),
        (422, Some("invalid_input")),
        (200, None),
        (200, None),
    ];
    assert_eq!(statuses(&reply), expected, "{}", reply.answer.body);
    assert_eq!(order(&phone).await, [&*new, &*ids[0]]);
    let changes = &reply.json["changes"];
    assert_eq!(changes["removed"], json!([]), "a first copy");
    assert_eq!(changes["todos"].as_array().map(Vec::len), Some(2));
    // Sent again after the person has moved it: nothing is done twice.
    done(
        &phone,
        "move_todo",
        json!({ "id": ids[0], "before_id": new }),
    )
    .await;
    let again = phone.post("sync", batch).await;
    let mut repeated = expected;
    // By what is stored now: it is there, and was not moved.
    repeated[4] = (409, Some("rev_conflict"));
    assert_eq!(statuses(&again), repeated, "{}", again.answer.body);
    assert_eq!(order(&phone).await, [&*ids[0], &*new]);
}

#[sqlx::test]
async fn positions_of_a_batch_come_with_the_changes(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let (a, b) = (
        Phone::log_in(&site, "ona").await,
        Phone::log_in(&site, "ona").await,
    );
    let add = |number: usize| {
        json!({
            "call_id": Uuid::new_v4(), "call": "add_todo", "id": Uuid::new_v4(),
            "description": format!("Number {number}"), "created_date": "2026-11-01T08:00:00Z",
        })
    };
    let calls: Vec<_> = (0..100).map(add).collect();
    let first = b.post("sync", json!({ "calls": calls })).await;
    let since = &first.json["changes"]["next"];
    let before = order(&a).await;
    let body = json!({ "id": before[90], "before_id": before[10] });
    done(&a, "move_todo", body).await;
    let mut copy = todos(&first.json["changes"]).to_vec();
    let changes = b.post("sync", json!({ "since": since })).await.json["changes"].clone();
    let changed = todos(&changes);
    copy.retain(|todo| changed.iter().all(|it| it["id"] != todo["id"]));
    copy.extend(changed.iter().cloned());
    let key = |todo: &Value| {
        let text = |field: &str| todo[field].as_str().expect("a text").to_owned();
        (text("position"), text("id"))
    };
    copy.sort_by_key(|todo| std::cmp::Reverse(key(todo)));
    let ids: Vec<_> = copy
        .iter()
        .map(|todo| todo["id"].as_str().expect("a text"))
        .collect();
    assert_eq!(ids, order(&a).await);
    assert_eq!(ids[10], before[90]);
}

/// Whatever two phones have moved, added and removed since.
#[sqlx::test]
async fn late_copies_of_moves_change_nothing(pool: MySqlPool) {
    let seed = fastrand::u64(..);
    let mut random = Rng::with_seed(seed);
    let site = Site::open(&pool).await;
    let phones = [
        Phone::log_in(&site, "ona").await,
        Phone::log_in(&site, "ona").await,
    ];
    let mut plain = add_many(&phones[0], 6).await;
    plain.reverse();
    let mut held = Vec::new();
    for step in 0..100 {
        let told = format!("seed {seed}, step {step}");
        let mut calls = Vec::new();
        for index in 0..random.usize(1..5) {
            let call = match random.u8(..8) {
                // One of a batch, since those of one moment stand by their ids.
                0 if index == 0 => {
                    plain.insert(0, Uuid::new_v4().to_string());
                    json!({ "call": "add_todo", "id": plain[0], "description": "New" })
                }
                1 if plain.len() > 4 => {
                    let id = plain.remove(random.usize(..plain.len()));
                    json!({ "call": "remove_todo", "id": id })
                }
                _ => {
                    let id = plain.remove(random.usize(..plain.len()));
                    let index = random.usize(..plain.len());
                    let (field, below) = [("before_id", 0), ("after_id", 1)][random.usize(..2)];
                    let call = json!({ "call": "move_todo", "id": id, field: plain[index] });
                    plain.insert(index + below, id);
                    call
                }
            };
            let mut call = call;
            call["call_id"] = json!(Uuid::new_v4());
            calls.push(call);
        }
        let phone = &phones[random.usize(..2)];
        let reply = phone.post("sync", json!({ "calls": calls })).await;
        let done = statuses(&reply);
        assert!(done.iter().all(|it| it.0 < 300), "{told}: {done:?}");
        assert_eq!(order(phone).await, plain, "{told}");
        held.push(calls);
        if random.u8(..3) == 0 {
            let late = &held[random.usize(..held.len())];
            let before = phone.get("todo_list", Value::Null).await.json;
            phone.post("sync", json!({ "calls": late })).await;
            let after = phone.get("todo_list", Value::Null).await.json;
            assert_eq!(before, after, "{told}");
        }
    }
}
