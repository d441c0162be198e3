//! Phones that copy a list while it changes.

use sqlx::MySqlPool;
use std::sync::atomic::{AtomicUsize, Ordering};

use fastrand::Rng;
use futures_util::future::join_all;
use serde_json::json;

use super::{Replica, add, id, list};
use crate::support::{api_client::Phone, test_server::Site};

const ROUNDS: usize = 4;
const WRITERS: usize = 3;
/// Of each writer in each round.
const WRITES: usize = 40;

#[sqlx::test]
async fn a_phone_syncing_beside_writers_ends_with_their_list(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let mut old = Replica::default();
    for round in 0..ROUNDS {
        let mut new = Replica::default();
        let writing = AtomicUsize::new(WRITERS);
        let writers = join_all((0..WRITERS).map(|number| write(&phone, &writing, number)));
        let (old_copy, new_copy) = (&mut old, &mut new);
        let readers = join_all([
            follow(&phone, &writing, old_copy),
            follow(&phone, &writing, new_copy),
        ]);
        let (_, parts) = futures_util::future::join(writers, readers).await;
        assert!(
            parts.iter().all(|parts| *parts > 5),
            "they did not meet: {parts:?}"
        );
        let listed = list(&phone).await;
        assert_eq!(old.todos, listed, "round {round}, deltas");
        assert_eq!(new.todos, listed, "round {round}, a first copy");
        assert_eq!(old.since, new.since);
    }
}

/// Copies until the writers have ended, then once more; and says in how many parts.
async fn follow(phone: &Phone<'_>, writing: &AtomicUsize, replica: &mut Replica) -> usize {
    let mut parts = 0;
    loop {
        let was_writing = writing.load(Ordering::SeqCst) > 0;
        let has_more = replica.part(phone, 3).await["has_more"] == true;
        parts += 1;
        if !was_writing && !has_more {
            return parts;
        }
    }
}

/// Adds, and changes or removes some of what it added, as fast as it can.
async fn write(phone: &Phone<'_>, writing: &AtomicUsize, number: usize) {
    let mut random = Rng::new();
    let mut ids = Vec::new();
    for write in 0..WRITES {
        if ids.is_empty() || random.bool() {
            ids.push(add(phone, &format!("Number {write} by {number}")).await);
            continue;
        }
        let place = random.usize(..ids.len());
        let operation = match random.u8(..3) {
            0 => "remove_todo",
            1 => "restore_todo",
            _ => "update_todo_status",
        };
        let reply = phone.post(operation, json!({"id": ids[place]})).await;
        match reply.status {
            200 => assert_eq!(id(&reply.json), ids[place]),
            // It was removed: that cannot be done.
            status => assert_eq!((status, operation), (409, "update_todo_status")),
        }
    }
    writing.fetch_sub(1, Ordering::SeqCst);
}
