//! Batches of writes, in one transaction. What can be made in memory is made together; a move is made by itself, since
//! only the database knows its neighbours.

use std::collections::HashSet;

use time::OffsetDateTime;

use super::{
    super::purge::delete_oldest,
    order::{FoundPlace, find_place},
    tag::store_tags,
};
use crate::{
    database::{Connection, TxOutcome},
    domain::{
        error::Error,
        todo::{
            Batch, BatchChanges, CALLS_MAX, CALLS_SURPLUS, Circumstances, CountsDelta,
            TOMBSTONES_MAX, TOMBSTONES_SURPLUS, Write, WriteOutcome, Writer,
        },
        user::{Account, UserId},
    },
    store::{self, todo::Neighbour, user::LockedUser},
};

/// What a batch has done.
pub(super) struct Done {
    /// What became of each write.
    pub(super) outcomes: Vec<WriteOutcome>,
    /// The number of to-dos that made way for others.
    pub(super) respaced: usize,
}

/// Makes writes one after the other.
pub(super) async fn batch(
    connection: &mut Connection,
    account: &Account,
    writes: &[Write],
    now: OffsetDateTime,
) -> Result<TxOutcome<Done>, Error> {
    let mut done = Done {
        outcomes: Vec::with_capacity(writes.len()),
        respaced: 0,
    };
    let mut changes = false;
    for part in writes.chunk_by(|one, next| one.place().is_none() && next.place().is_none()) {
        changes |= make(connection, account, part, now, &mut done).await?;
    }
    Ok(if changes {
        TxOutcome::Commit(done)
    } else {
        TxOutcome::Rollback(done)
    })
}

/// Reads all that the writes name, makes them in memory, and stores what has become of it; whether that is anything. They
/// are one move, or any number of others.
async fn make(
    connection: &mut Connection,
    account: &Account,
    writes: &[Write],
    now: OffsetDateTime,
    done: &mut Done,
) -> Result<bool, Error> {
    let user = account.user_id;
    let locked = store::user::lock(connection, user).await?;
    let call_ids = writes.iter().filter_map(|write| write.call_id);
    let calls = store::call::find_all(connection, user, call_ids).await?;
    let ids = writes.iter().map(|write| write.id);
    let ids = ids.chain(calls.iter().map(|call| call.todo_id));
    let ids: HashSet<_> = ids.collect();
    let todos = store::todo::find_all(connection, user, ids).await?;
    let by = circumstances(account, &locked, now);
    let mut batch = Batch::new(by, locked.counts, todos, calls);
    let mut respaced = Vec::new();
    for write in writes {
        let found = match (write.place(), batch.to_be_moved(write)) {
            (Some(place), Some(todo)) => {
                Some(find_place(connection, user, todo, place, now).await?)
            }
            _ => None,
        };
        done.outcomes.push(match found {
            Some(FoundPlace {
                position,
                respaced: others,
            }) => {
                respaced = others;
                batch.apply_move(write, position)
            }
            None => batch.apply(write),
        });
    }
    let changes = batch.finish();
    if changes.calls.is_empty() && changes.revs == 0 {
        return Ok(false);
    }
    store_changes(connection, user, &locked, &changes, now).await?;
    if !respaced.is_empty() && changes.revs > 0 {
        done.respaced += respaced.len();
        respace(connection, user, respaced, locked.counts.rev + changes.revs).await?;
    }
    Ok(true)
}

/// Of the revision of the to-do that they make way for, so that deltas bring them with it.
async fn respace(
    connection: &mut Connection,
    user: UserId,
    mut todos: Vec<Neighbour>,
    rev: u64,
) -> Result<(), Error> {
    for todo in &mut todos {
        todo.revs.stamp_respaced(rev);
    }
    store::todo::respace(connection, user, &todos, rev).await?;
    store::tag::reposition(connection, user, rev).await
}

async fn store_changes(
    connection: &mut Connection,
    user: UserId,
    locked: &LockedUser,
    changes: &BatchChanges,
    now: OffsetDateTime,
) -> Result<(), Error> {
    let BatchChanges {
        inserted,
        updated,
        calls,
        revs,
        change,
        taggings,
    } = changes;
    let mut count = locked.calls + i32::try_from(calls.len()).map_err(Error::internal)?;
    if count > CALLS_MAX {
        let forgotten = store::call::delete_oldest(connection, user, now, CALLS_SURPLUS).await?;
        count -= i32::try_from(forgotten).map_err(Error::internal)?;
    }
    store::user::advance(connection, user, *revs, *change, count).await?;
    if !inserted.is_empty() {
        store::todo::insert_all(connection, user, inserted).await?;
    }
    if !updated.is_empty() {
        store::todo::update_all(connection, user, updated).await?;
    }
    store_tags(connection, user, taggings).await?;
    if !calls.is_empty() {
        store::call::insert_all(connection, user, calls, now).await?;
    }
    delete_surplus(connection, user, now, locked.tombstones, *change).await
}

pub(super) fn circumstances(
    account: &Account,
    user: &LockedUser,
    now: OffsetDateTime,
) -> Circumstances {
    Circumstances {
        writer: Writer::of(account.session_id),
        rev: user.counts.rev,
        now,
        today: account.time_zone.date(now),
        has_purged: user.purged_rev > 0,
    }
}

/// Deletes the oldest tombstones of a user who has too many.
pub(super) async fn delete_surplus(
    connection: &mut Connection,
    user: UserId,
    now: OffsetDateTime,
    before: i32,
    change: CountsDelta,
) -> Result<(), Error> {
    let tombstones = before + change.removed;
    if change.removed > 0 && tombstones > TOMBSTONES_MAX {
        delete_oldest(connection, user, now, TOMBSTONES_SURPLUS, tombstones).await?;
    }
    Ok(())
}
