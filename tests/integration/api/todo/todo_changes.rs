//! `GET /api/v1/todo_changes`: first copies and deltas, whole and in parts, also while the list changes.

use serde_json::{Value, json};
use sqlx::{Connection as _, MySqlPool};
use uuid::Uuid;

use crate::api::sync::{
    FIELDS, Replica, add, add_many, done, edit, fields, id, list, remove, todos,
};
use crate::support::{api_client::Phone, fixture::World, test_server::Site};

#[sqlx::test]
async fn a_first_copy_has_every_to_do_and_no_tombstones(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let ids = add_many(&phone, 4).await;
    remove(&phone, &ids[1]).await;
    done(&phone, "update_todo_status", json!({"id": ids[2]})).await;
    let copy = phone.get("todo_changes", Value::Null).await.json;
    assert_eq!(
        fields(&copy),
        ["full", "has_more", "next", "snapshot", "todos"],
        "{copy}"
    );
    assert_eq!(
        (&copy["full"], &copy["has_more"]),
        (&json!(true), &json!(false))
    );
    let copied: Vec<_> = todos(&copy).iter().map(id).collect();
    assert_eq!(
        copied,
        [&ids[0], &ids[3], &ids[2]],
        "in the order of changes"
    );
    let listed = list(&phone).await;
    for todo in todos(&copy) {
        assert_eq!(fields(todo), FIELDS);
        assert_eq!(listed.get(id(todo)), Some(todo));
    }
}

#[sqlx::test]
async fn a_delta_has_changes_and_tombstones_only(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let ids = add_many(&phone, 4).await;
    let mut replica = Replica::default();
    replica.sync(&phone, 100).await;
    done(&phone, "update_todo_status", json!({"id": ids[2]})).await;
    remove(&phone, &ids[0]).await;
    let new = add(&phone, "new").await;
    let query = json!({"since": replica.since});
    let delta = phone.get("todo_changes", query).await.json;
    assert_eq!(
        (&delta["full"], &delta["has_more"]),
        (&json!(false), &json!(false))
    );
    let listed = list(&phone).await;
    let tombstone = json!({"id": ids[0], "rev": 6, "removed": true});
    let expected = [&listed[&ids[2]], &tombstone, &listed[&new]];
    assert_eq!(todos(&delta).iter().collect::<Vec<_>>(), expected);
    assert_eq!(fields(&todos(&delta)[2]), FIELDS);
    assert_eq!(todos(&delta)[2]["done_date"], Value::Null);
}

#[sqlx::test]
async fn next_stays_the_same_while_nothing_changes(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let other = Phone::log_in(&site, "jonas").await;
    let mut replica = Replica::default();
    assert_eq!(replica.sync(&phone, 10).await, [] as [Value; 0]);
    for ids in [vec![], add_many(&phone, 2).await] {
        replica.sync(&phone, 10).await;
        let before = replica.since.clone();
        add(&other, "somebody else's").await;
        for (id, number) in ids.iter().zip(1..) {
            edit(&phone, id, &format!("Number {number}")).await;
            done(&phone, "restore_todo", json!({"id": id})).await;
        }
        for limit in [1, 2, 10] {
            assert_eq!(replica.sync(&phone, limit).await, [] as [Value; 0]);
            assert_eq!(replica.since, before);
        }
    }
}

#[sqlx::test]
async fn parts_of_any_size_deliver_everything_once(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let ids = add_many(&phone, 9).await;
    let mut start = Replica::default();
    start.sync(&phone, 100).await;
    for (index, id) in ids.iter().enumerate() {
        match index % 3 {
            0 => edit(&phone, id, "edited").await,
            1 => remove(&phone, id).await,
            _ => Value::Null,
        };
    }
    add(&phone, "new").await;
    for limit in 1..=11 {
        let mut delta = start.clone();
        assert_eq!(delta.sync(&phone, limit).await.len(), 7, "delta by {limit}");
        assert_eq!(delta.todos, list(&phone).await, "delta by {limit}");
        let mut first = Replica::default();
        assert_eq!(first.sync(&phone, limit).await.len(), 7, "first by {limit}");
        assert_eq!(first.todos, list(&phone).await, "first by {limit}");
        assert_eq!(first.since, delta.since);
    }
}

#[sqlx::test]
async fn changes_between_parts_are_in_the_final_copy(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    for limit in 1..=3 {
        for cut in 1..=6_usize.div_ceil(limit) {
            for is_first in [true, false] {
                clear(&phone).await;
                let mut replica = Replica::default();
                if !is_first {
                    replica.sync(&phone, 10).await;
                }
                add_many(&phone, 6).await;
                let mut delivered = Vec::new();
                for _ in 0..cut {
                    let part = replica.part(&phone, limit).await;
                    delivered.extend(todos(&part).iter().map(|it| id(it).to_owned()));
                }
                disturb(&phone, &delivered).await;
                replica.sync(&phone, limit).await;
                let told = format!("by {limit}, disturbed after part {cut}, first {is_first}");
                assert_eq!(replica.todos, list(&phone).await, "{told}");
            }
        }
    }
}

/// Removes everything.
async fn clear(phone: &Phone<'_>) {
    for id in list(phone).await.keys() {
        remove(phone, id).await;
    }
}

/// Edits one, removes one and removes and restores one of those that were delivered, and does the same
/// to those that were not; and adds one.
async fn disturb(phone: &Phone<'_>, delivered: &[String]) {
    let (old, new): (Vec<_>, Vec<_>) = list(phone)
        .await
        .into_keys()
        .partition(|id| delivered.contains(id));
    for ids in [old, new] {
        for (id, what) in ids.iter().zip(0..3) {
            match what {
                0 => edit(phone, id, "edited meanwhile").await,
                1 => remove(phone, id).await,
                _ => {
                    remove(phone, id).await;
                    done(phone, "restore_todo", json!({"id": id})).await
                }
            };
        }
    }
    add(phone, "added meanwhile").await;
}

/// No call does that today, but one that changes many to-dos at once would.
#[sqlx::test]
async fn one_revision_may_be_split_over_several_parts(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let ids = add_many(&phone, 10).await;
    let mut start = Replica::default();
    start.sync(&phone, 100).await;
    change_at_once(&site.world, &ids[..2], &ids[2..4]).await;
    change_at_once(&site.world, &ids[4..7], &[]).await;
    change_at_once(&site.world, &[], &ids[7..]).await;
    let listed = list(&phone).await;
    assert_eq!(listed.len(), 5);
    for limit in 1..=11 {
        let mut delta = start.clone();
        assert_eq!(
            delta.sync(&phone, limit).await.len(),
            10,
            "delta by {limit}"
        );
        assert_eq!(delta.todos, listed, "delta by {limit}");
        let mut first = Replica::default();
        assert_eq!(first.sync(&phone, limit).await.len(), 5, "first by {limit}");
        assert_eq!(first.todos, listed, "first by {limit}");
    }
}

#[sqlx::test]
async fn bulk_changes_between_parts_are_in_the_final_copy(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    for (limit, cut) in [(1, 1), (1, 3), (1, 5), (2, 1), (2, 2), (3, 1)] {
        for is_first in [true, false] {
            clear(&phone).await;
            let mut replica = Replica::default();
            if !is_first {
                replica.sync(&phone, 10).await;
            }
            let ids = add_many(&phone, 6).await;
            for _ in 0..cut {
                replica.part(&phone, limit).await;
            }
            change_at_once(&site.world, &ids[..4], &ids[4..]).await;
            replica.part(&phone, limit).await;
            change_at_once(&site.world, &[], &ids[..2]).await;
            replica.sync(&phone, limit).await;
            assert_eq!(
                replica.todos,
                list(&phone).await,
                "by {limit}, cut at {cut}"
            );
        }
    }
}

/// Stamps many of Ona's to-dos with one revision.
async fn change_at_once(world: &World, removed: &[String], restored: &[String]) {
    let mut connection = world.connect().await;
    let mut transaction = connection.begin().await.expect("begun");
    let user = world.ona.user_id.0;
    sqlx::query("UPDATE users SET rev = rev + 1 WHERE id = ?")
        .bind(user)
        .execute(&mut *transaction)
        .await
        .expect("raised");
    let now = world.clock.now();
    for (ids, date) in [(removed, Some(now)), (restored, None)] {
        for id in ids {
            sqlx::query(
                "UPDATE todos JOIN users ON users.id = user_id SET removed_date = ?, todos.rev = users.rev
                 WHERE user_id = ? AND todos.id = ?",
            )
            .bind(date)
            .bind(user)
            .bind(Uuid::parse_str(id).expect("a UUID"))
            .execute(&mut *transaction)
            .await
            .expect("stamped");
        }
    }
    transaction.commit().await.expect("committed");
}
