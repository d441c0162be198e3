//! `expected_rev` is judged by field, and taken by every write: what a person has not seen is a conflict where the
//! call would overwrite it, and nowhere else.

use serde_json::{Value, json};
use sqlx::MySqlPool;
use uuid::Uuid;

use super::sync::{add, assert_refused, done, edit, remove};
use crate::support::{
    api_client::{Phone, Reply},
    test_server::Site,
};

/// Two phones of Ona's, and a to-do at revision 1.
async fn phones(site: &Site) -> (Phone<'_>, Phone<'_>, String) {
    let (a, b) = (
        Phone::log_in(site, "ona").await,
        Phone::log_in(site, "ona").await,
    );
    let id = add(&a, "milk").await;
    (a, b, id)
}

fn assert_conflict(reply: &Reply, field: &str, value: impl Into<Value>) {
    assert_refused(reply, 409, "rev_conflict");
    assert_eq!(reply.json["current"][field], value.into());
}

#[sqlx::test]
async fn a_tick_on_another_phone_does_not_refuse_a_text(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let (a, b, id) = phones(&site).await;
    done(&b, "update_todo_status", json!({"id": id})).await;
    let edited = json!({"id": id, "description": "rice", "expected_rev": 1});
    let todo = done(&a, "update_todo", edited).await;
    assert_eq!(
        (&todo["description"], &todo["is_done"]),
        (&json!("rice"), &json!(true))
    );
    // Nor does the text refuse another tick.
    let opened = json!({"id": id, "is_done": false, "expected_rev": 2});
    assert_eq!(done(&b, "update_todo", opened).await["rev"], 4);
}

#[sqlx::test]
async fn a_text_on_another_phone_refuses_a_text_that_is_another(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let (a, b, id) = phones(&site).await;
    edit(&b, &id, "oat").await;
    let both = json!({"id": id, "description": "rice", "is_done": true, "expected_rev": 1});
    assert_conflict(&a.post("update_todo", both).await, "description", "oat");
    let same = json!({"id": id, "description": "oat", "expected_rev": 1});
    assert_eq!(
        done(&a, "update_todo", same).await["rev"],
        2,
        "it is stored already"
    );
    let seen = json!({"id": id, "description": "rice", "expected_rev": 2});
    assert_eq!(done(&a, "update_todo", seen).await["rev"], 3);
    // What was removed and restored has the text that was seen.
    remove(&b, &id).await;
    done(&b, "restore_todo", json!({"id": id})).await;
    let seen = json!({"id": id, "description": "soy", "expected_rev": 3});
    assert_eq!(done(&a, "update_todo", seen).await["rev"], 6);
}

#[sqlx::test]
async fn a_tick_refuses_one_that_was_made_before_it(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let (a, b, id) = phones(&site).await;
    done(&b, "update_todo_status", json!({"id": id})).await;
    done(
        &b,
        "update_todo_status",
        json!({"id": id, "is_done": false}),
    )
    .await;
    let late = json!({"id": id, "is_done": true, "expected_rev": 1});
    assert_conflict(&a.post("update_todo_status", late).await, "is_done", false);
    edit(&b, &id, "oat").await;
    let seen = json!({"id": id, "is_done": true, "expected_rev": 3});
    assert_eq!(done(&a, "update_todo_status", seen).await["rev"], 5);
}

#[sqlx::test]
async fn no_text_is_removed_unseen(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let (a, b, id) = phones(&site).await;
    edit(&b, &id, "IMPORTANT").await;
    let unseen = json!({"id": id, "expected_rev": 1});
    let refused = a.post("remove_todo", unseen.clone()).await;
    assert_conflict(&refused, "description", "IMPORTANT");
    remove(&b, &id).await;
    let again = done(&a, "remove_todo", unseen).await;
    assert_eq!(
        (&again["removed"], &again["rev"]),
        (&json!(true), &json!(3))
    );
}

#[sqlx::test]
async fn what_was_removed_once_more_is_not_restored_by_an_older_wish(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let (a, b, id) = phones(&site).await;
    remove(&a, &id).await;
    done(&b, "restore_todo", json!({"id": id})).await;
    remove(&b, &id).await;
    let late = json!({"id": id, "expected_rev": 2});
    assert_conflict(&a.post("restore_todo", late).await, "removed", true);
    let seen = json!({"id": id, "expected_rev": 4});
    assert_eq!(done(&a, "restore_todo", seen).await["rev"], 5);
}

#[sqlx::test]
async fn a_change_of_what_was_removed_says_so_and_brings_the_text(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let (a, b, id) = phones(&site).await;
    remove(&b, &id).await;
    for (call, body) in [
        ("update_todo", json!({"id": id, "description": "rice"})),
        ("update_todo_status", json!({"id": id, "expected_rev": 1})),
    ] {
        let refused = a.post(call, body).await;
        assert_refused(&refused, 409, "todo_removed");
        let current = &refused.json["current"];
        assert_eq!(
            (&current["description"], &current["removed"]),
            (&json!("milk"), &json!(true))
        );
    }
    done(&a, "restore_todo", json!({"id": id})).await;
    assert_eq!(edit(&a, &id, "rice").await["description"], "rice");
    let unknown = json!({"id": "0199a0c2-0000-7c3a-9f10-2b6f0e5c8a11", "description": "rice"});
    assert_refused(&a.post("update_todo", unknown).await, 404, "todo_not_found");
}

#[sqlx::test]
async fn an_id_that_was_used_comes_with_its_to_do(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let (a, b, id) = phones(&site).await;
    edit(&b, &id, "oat").await;
    let merged = json!({"id": id, "description": "oat milk"});
    let refused = a.post("add_todo", merged).await;
    assert_refused(&refused, 409, "id_reused");
    assert_eq!(refused.json["current"]["description"], "oat");
}

/// A version that knows nothing of the revisions of fields writes all other columns.
#[sqlx::test]
async fn after_an_older_version_any_field_counts_as_changed(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let (a, _, id) = phones(&site).await;
    done(&a, "update_todo_status", json!({"id": id})).await;
    let mut connection = site.world.connect().await;
    let older = "UPDATE todos SET description = 'oat', rev = 3";
    sqlx::raw_sql(older)
        .execute(&mut connection)
        .await
        .expect("written");
    let advance = "UPDATE users SET rev = 3 WHERE username = 'ona'";
    sqlx::raw_sql(advance)
        .execute(&mut connection)
        .await
        .expect("written");
    let late = json!({"id": id, "description": "rice", "expected_rev": 2});
    assert_conflict(&a.post("update_todo", late).await, "description", "oat");
    let seen = json!({"id": id, "description": "rice", "expected_rev": 3});
    assert_eq!(done(&a, "update_todo", seen).await["rev"], 4);
}

#[sqlx::test]
async fn a_revision_that_is_to_come_has_been_seen_by_nobody(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let (a, _, id) = phones(&site).await;
    let forged = json!({"id": id, "description": "rice", "expected_rev": 99});
    assert_conflict(&a.post("update_todo", forged).await, "description", "milk");
}

/// A request that was refused may arrive once more, late: after its sender has stored what the person decided.
#[sqlx::test]
async fn a_refused_call_that_arrives_again_overwrites_nothing(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let (a, b, id) = phones(&site).await;
    edit(&b, &id, "oat").await;
    let named = |body: Value, number: u8| {
        let mut body = body;
        body["call_id"] = json!(format!("6f1f2f0e-2c0b-4e55-9d0a-0f6f3c2b1c0{number}"));
        body
    };
    let old = named(
        json!({"id": id, "description": "rice", "expected_rev": 1}),
        1,
    );
    assert_conflict(
        &a.post("update_todo", old.clone()).await,
        "description",
        "oat",
    );
    let removal = named(json!({"id": id, "expected_rev": 1}), 2);
    assert_conflict(
        &a.post("remove_todo", removal.clone()).await,
        "description",
        "oat",
    );
    let merged = named(
        json!({"id": id, "description": "oat and rice", "expected_rev": 2}),
        3,
    );
    done(&a, "update_todo", merged).await;
    for (call, body) in [("update_todo", old), ("remove_todo", removal)] {
        assert_conflict(&a.post(call, body).await, "description", "oat and rice");
    }
}

#[sqlx::test]
async fn after_a_new_login_a_change_on_top_of_an_older_one_is_a_conflict_that_shows_it(
    pool: MySqlPool,
) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let id = add(&phone, "milk").await;
    // Two changes without a network, of which the session sends only the first.
    let change = |description: &str, expected_rev: u64| {
        json!({"id": id, "description": description, "expected_rev": expected_rev,
            "call_id": Uuid::new_v4()})
    };
    let (first, second) = (change("oat", 1), change("rice", 1));
    assert_eq!(done(&phone, "update_todo", first.clone()).await["rev"], 2);
    let again = Phone::log_in(&site, "ona").await;
    // A call is known by its id, however old its session is; a change on top of it is not.
    assert_eq!(done(&again, "update_todo", first).await["rev"], 2);
    let refused = again.post("update_todo", second.clone()).await;
    assert_conflict(&refused, "description", "oat");
    assert_refused(
        &phone.post("update_todo", second).await,
        409,
        "rev_conflict",
    );
    // It is what the phone has sent itself, so it need not ask the person.
    let rev = refused.json["current"]["rev"].as_u64().expect("a number");
    let mine = done(&again, "update_todo", change("rice", rev)).await;
    assert_eq!(
        (&mine["rev"], &mine["description"]),
        (&json!(3), &json!("rice"))
    );
    // The same session needs no answer in between.
    assert_eq!(
        done(&again, "update_todo", change("soy", rev)).await["rev"],
        4
    );
}
