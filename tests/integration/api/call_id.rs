//! Writes that are named by their clients: a repetition has the first one's answer, and undoes nothing.

use serde_json::{Value, json};
use sqlx::MySqlPool;
use time::Duration;
use uuid::Uuid;

use super::sync::{add, assert_refused, done, edit, remove};
use crate::support::{api_client::Phone, test_server::Site};

fn named(mut body: Value) -> Value {
    body["call_id"] = json!(Uuid::new_v4());
    body
}

async fn remembered(site: &Site) -> (i64, i64) {
    let both =
        "SELECT CAST(call_count AS SIGNED), (SELECT COUNT(*) FROM calls WHERE user_id = users.id)
        FROM users WHERE id = ?";
    let both = sqlx::query_as(both).bind(site.world.ona.user_id.0);
    both.fetch_one(&mut site.world.connect().await)
        .await
        .expect("counted")
}

#[sqlx::test]
async fn a_repeated_tick_does_not_undo_what_another_phone_did(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let (a, b) = (
        Phone::log_in(&site, "ona").await,
        Phone::log_in(&site, "ona").await,
    );
    let id = add(&a, "milk").await;
    let tick = named(json!({"id": id, "is_done": true}));
    assert_eq!(
        done(&a, "update_todo_status", tick.clone()).await["is_done"],
        true
    );
    done(
        &b,
        "update_todo_status",
        json!({"id": id, "is_done": false}),
    )
    .await;
    let again = done(&a, "update_todo_status", tick).await;
    assert_eq!(
        (&again["is_done"], &again["rev"]),
        (&json!(false), &json!(3))
    );
    // The same with what is removed, restored and removed.
    let (gone, back) = (named(json!({"id": id})), named(json!({"id": id})));
    done(&a, "remove_todo", gone.clone()).await;
    done(&b, "restore_todo", back.clone()).await;
    assert_eq!(done(&a, "remove_todo", gone).await.get("removed"), None);
    remove(&a, &id).await;
    assert_eq!(done(&b, "restore_todo", back).await["removed"], true);
    let text = named(json!({"id": id, "description": "oat"}));
    done(&a, "restore_todo", json!({"id": id})).await;
    done(&a, "update_todo", text.clone()).await;
    edit(&b, &id, "soy").await;
    assert_eq!(done(&a, "update_todo", text).await["description"], "soy");
}

#[sqlx::test]
async fn what_changed_nothing_is_remembered_too(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let (a, b) = (
        Phone::log_in(&site, "ona").await,
        Phone::log_in(&site, "ona").await,
    );
    let id = add(&a, "milk").await;
    done(&b, "update_todo_status", json!({"id": id})).await;
    let tick = named(json!({"id": id, "is_done": true}));
    assert_eq!(done(&a, "update_todo_status", tick.clone()).await["rev"], 2);
    done(
        &b,
        "update_todo_status",
        json!({"id": id, "is_done": false}),
    )
    .await;
    assert_eq!(done(&a, "update_todo_status", tick).await["rev"], 3);
}

#[sqlx::test]
async fn an_add_without_an_id_is_made_once(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let body = named(json!({"description": "milk"}));
    let first = phone.post("add_todo", body.clone()).await;
    let again = phone.post("add_todo", body).await;
    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!(first.json, again.json);
    assert_eq!(remembered(&site).await, (1, 1));
}

/// Else it would be done when it arrives once more, late, after the person has decided otherwise.
#[sqlx::test]
async fn a_call_that_was_refused_stays_refused(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let id = add(&phone, "milk").await;
    remove(&phone, &id).await;
    let text = named(json!({"id": id, "description": "oat"}));
    assert_refused(
        &phone.post("update_todo", text.clone()).await,
        409,
        "todo_removed",
    );
    assert_eq!(remembered(&site).await, (1, 1));
    done(&phone, "restore_todo", json!({"id": id})).await;
    let again = phone.post("update_todo", text.clone()).await;
    assert_refused(&again, 409, "rev_conflict");
    assert_eq!(again.json["current"]["description"], "milk");
    // So does one whose to-do was not there yet, on whichever device it had been added.
    let late = "6f1f2f0e-2c0b-4e55-9d0a-0f6f3c2b1c98";
    let tick = named(json!({"id": late}));
    let unknown = phone.post("update_todo_status", tick.clone()).await;
    assert_refused(&unknown, 404, "todo_not_found");
    let new = json!({"id": late, "description": "rice"});
    assert_eq!(phone.post("add_todo", new).await.status, 201);
    let again = phone.post("update_todo_status", tick).await;
    assert_refused(&again, 409, "rev_conflict");
    let mut decided = text;
    decided["call_id"] = json!("6f1f2f0e-2c0b-4e55-9d0a-0f6f3c2b1c99");
    assert_eq!(
        done(&phone, "update_todo", decided).await["description"],
        "oat"
    );
}

#[sqlx::test]
async fn a_name_that_was_used_for_another_call_is_refused(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let id = add(&phone, "milk").await;
    let text = named(json!({"id": id, "description": "oat"}));
    done(&phone, "update_todo", text.clone()).await;
    let mut other = text.clone();
    other["description"] = json!("soy");
    let refused = phone.post("update_todo", other).await;
    assert_refused(&refused, 409, "call_id_reused");
    assert_eq!(refused.json["errors"][0]["field"], "call_id");
    let mut removal = json!({"id": id});
    removal["call_id"] = text["call_id"].clone();
    assert_refused(
        &phone.post("remove_todo", removal).await,
        409,
        "call_id_reused",
    );
    // Nor is a removal the restoration of the same to-do.
    let gone = named(json!({"id": id}));
    done(&phone, "remove_todo", gone.clone()).await;
    let back = phone.post("restore_todo", gone).await;
    assert_refused(&back, 409, "call_id_reused");
    done(&phone, "restore_todo", json!({"id": id})).await;
    // Another revision is no other call: the phone may have learned it meanwhile.
    let mut learned = text.clone();
    learned["expected_rev"] = json!(2);
    let again = done(&phone, "update_todo", learned).await;
    assert_eq!(
        (&again["description"], &again["rev"]),
        (&json!("oat"), &json!(4))
    );
    // Nor is it that of somebody else.
    let mut stranger = text;
    stranger["id"] = json!(add(&Phone::log_in(&site, "jonas").await, "milk").await);
    done(
        &Phone::log_in(&site, "jonas").await,
        "update_todo",
        stranger,
    )
    .await;
}

#[sqlx::test]
async fn calls_of_an_outbox_are_in_no_conflict_with_each_other(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let (a, b) = (
        Phone::log_in(&site, "ona").await,
        Phone::log_in(&site, "ona").await,
    );
    let id = add(&a, "milk").await;
    for text in ["oat", "rice"] {
        done(
            &a,
            "update_todo",
            named(json!({"id": id, "description": text, "expected_rev": 1})),
        )
        .await;
    }
    done(
        &a,
        "update_todo_status",
        named(json!({"id": id, "expected_rev": 1})),
    )
    .await;
    // What another phone has written is one, also behind a call of its own that it did not refuse.
    edit(&b, &id, "soy").await;
    let tick = json!({"id": id, "is_done": false, "expected_rev": 1});
    done(&a, "update_todo_status", named(tick)).await;
    let late = named(json!({"id": id, "description": "hemp", "expected_rev": 1}));
    let refused = a.post("update_todo", late).await;
    assert_refused(&refused, 409, "rev_conflict");
    assert_eq!(refused.json["current"]["description"], "soy");
    // Without a name a call stands for itself, as in a program that shares one session.
    edit(&a, &id, "hemp").await;
    let unnamed = json!({"id": id, "description": "pea", "expected_rev": 6});
    assert_refused(&a.post("update_todo", unnamed).await, 409, "rev_conflict");
}

#[sqlx::test]
async fn calls_are_forgotten_after_two_days(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let mut phone = Phone::log_in(&site, "ona").await;
    let id = add(&phone, "milk").await;
    for _ in 0..250 {
        done(&phone, "update_todo_status", named(json!({"id": id}))).await;
    }
    assert_eq!(remembered(&site).await, (250, 250));
    site.world.clock.advance(Duration::hours(47));
    phone.refresh().await;
    done(&phone, "update_todo_status", named(json!({"id": id}))).await;
    let purge = async || site.world.service.purge_if_due().await.expect("no fault");
    assert_eq!(purge().await.expect("due").calls, 0);
    site.world.clock.advance(Duration::hours(24));
    assert_eq!(purge().await.expect("due").calls, 250);
    assert_eq!(remembered(&site).await, (1, 1));
}

#[sqlx::test]
async fn of_very_many_calls_the_oldest_are_forgotten(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let id = add(&phone, "milk").await;
    let first = named(json!({"id": id}));
    done(&phone, "update_todo_status", first).await;
    let many = "INSERT INTO calls (user_id, id, todo_id, fingerprint, outcome, created_date)
        SELECT user_id, UNHEX(LEFT(SHA2(n, 256), 32)), todo_id, fingerprint, FALSE,
               TIMESTAMPADD(SECOND, n - 30000, created_date)
        FROM calls, (SELECT a.d + 10 * b.d + 100 * c.d + 1000 * e.d + 10000 * f.d AS n
                     FROM digits a, digits b, digits c, digits e, digits f) AS numbers
        WHERE n < 20000";
    let mut connection = site.world.connect().await;
    let digits = "CREATE TABLE digits AS SELECT 0 AS d UNION SELECT 1 UNION SELECT 2 UNION SELECT 3
        UNION SELECT 4 UNION SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9";
    for statement in [
        digits,
        many,
        "UPDATE users SET call_count = 20001 WHERE username = 'ona'",
    ] {
        sqlx::raw_sql(statement)
            .execute(&mut connection)
            .await
            .expect("written");
    }
    done(&phone, "update_todo_status", named(json!({"id": id}))).await;
    assert_eq!(remembered(&site).await, (19_802, 19_802));
}
