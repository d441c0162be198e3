//! Statements of the purge of old tombstones and expired sessions. Each reads and deletes a bounded number of rows,
//! along `todos_list` or `sessions_expiry`, whatever a user owns.

use time::{OffsetDateTime, PrimitiveDateTime};
use uuid::Uuid;

use super::to_database;
use crate::database::Connection;
use crate::domain::{error::Error, user::UserId};

/// A user who may have something to purge.
pub struct PurgeCandidate {
    /// The user's key.
    pub user: UserId,
    /// For the log.
    pub public_id: Uuid,
    /// Date of the newest tombstone, if there are any.
    pub newest_tombstone: Option<OffsetDateTime>,
    /// Date at which the first session expires, if there are any.
    pub first_end: Option<OffsetDateTime>,
    /// Date of the oldest call that is remembered, if there are any.
    pub oldest_call: Option<OffsetDateTime>,
}

/// The next users after `after`, at most `limit`. Reads one entry of an index for each of the three, as long as
/// the order begins with the user: without that MySQL sorts all to-dos of a list, and with a date to compare
/// with it reads them before the first tombstone.
pub async fn candidates(
    connection: &mut Connection,
    after: UserId,
    limit: u32,
) -> Result<Vec<PurgeCandidate>, Error> {
    let rows = sqlx::query!(
        r#"SELECT id, public_id AS "public_id: Uuid",
                  (SELECT removed_date FROM todos WHERE user_id = users.id
                   ORDER BY user_id DESC, removed_date DESC LIMIT 1) AS newest_tombstone,
                  (SELECT expires_date FROM sessions WHERE user_id = users.id
                   ORDER BY user_id, expires_date LIMIT 1) AS first_end,
                  (SELECT created_date FROM calls WHERE user_id = users.id
                   ORDER BY user_id, created_date LIMIT 1) AS oldest_call
           FROM users WHERE id > ? ORDER BY id LIMIT ?"#,
        after.0,
        limit,
    )
    .fetch_all(connection)
    .await?;
    let candidates = rows.into_iter().map(|row| PurgeCandidate {
        user: UserId(row.id),
        public_id: row.public_id,
        newest_tombstone: row.newest_tombstone.map(PrimitiveDateTime::assume_utc),
        first_end: row.first_end.map(PrimitiveDateTime::assume_utc),
        oldest_call: row.oldest_call.map(PrimitiveDateTime::assume_utc),
    });
    Ok(candidates.collect())
}

/// Whether the user has tombstones from before that date.
pub async fn has_tombstones(
    connection: &mut Connection,
    user: UserId,
    removed_before: OffsetDateTime,
) -> Result<bool, Error> {
    let found = sqlx::query_scalar!(
        "SELECT 1 FROM todos WHERE user_id = ? AND removed_date < ? LIMIT 1",
        user.0,
        to_database(removed_before),
    )
    .fetch_optional(connection)
    .await?;
    Ok(found.is_some())
}

/// What is counted of a user who is locked.
pub struct Counted {
    /// Tombstones.
    pub tombstones: i32,
    /// Calls that are remembered.
    pub calls: i32,
}

/// Locks a user and returns what is counted of them; none when the user was deleted. That user's to-dos cannot be
/// changed until the transaction ends, so that none is restored that is about to be deleted.
pub async fn lock(connection: &mut Connection, user: UserId) -> Result<Option<Counted>, Error> {
    let counted = sqlx::query_as!(
        Counted,
        "SELECT removed_count AS tombstones, call_count AS calls FROM users WHERE id = ? FOR UPDATE",
        user.0
    )
    .fetch_optional(connection)
    .await?;
    Ok(counted)
}

/// Some tombstones of one user.
pub struct Batch {
    /// Their number.
    pub number: u64,
    /// The last of their revisions, if there are any.
    pub last_rev: Option<u64>,
}

/// The oldest tombstones of a user from before that date, at most `limit`: those that
/// [`delete_tombstones`] deletes, since it goes by the same order, in which no two are equal.
pub async fn oldest_tombstones(
    connection: &mut Connection,
    user: UserId,
    removed_before: OffsetDateTime,
    limit: u32,
) -> Result<Batch, Error> {
    let row = sqlx::query!(
        r#"SELECT COUNT(*) AS "number!", MAX(rev) AS last_rev
           FROM (SELECT rev FROM todos WHERE user_id = ? AND removed_date < ?
                 ORDER BY removed_date, isdone, created_date DESC, id DESC LIMIT ?) AS oldest"#,
        user.0,
        to_database(removed_before),
        limit,
    )
    .fetch_one(connection)
    .await?;
    Ok(Batch {
        number: u64::try_from(row.number).unwrap_or_default(),
        last_rev: row.last_rev,
    })
}

/// Deletes the oldest tombstones of a user from before that date, at most `limit`; returns their number. As a
/// join: of `DELETE ... ORDER BY ... LIMIT` MySQL reads and sorts all of them, and locks them.
pub async fn delete_tombstones(
    connection: &mut Connection,
    user: UserId,
    removed_before: OffsetDateTime,
    limit: u32,
) -> Result<u64, Error> {
    let deleted = sqlx::query!(
        "DELETE todos FROM todos
         JOIN (SELECT id FROM todos WHERE user_id = ? AND removed_date < ?
               ORDER BY removed_date, isdone, created_date DESC, id DESC LIMIT ?) AS oldest
           ON oldest.id = todos.id
         WHERE todos.user_id = ?",
        user.0,
        to_database(removed_before),
        limit,
        user.0,
    )
    .execute(connection)
    .await?;
    Ok(deleted.rows_affected())
}

/// Records the revision up to which tombstones have been deleted, which invalidates older sync tokens, and the
/// number of those left.
pub async fn advance_purged_rev(
    connection: &mut Connection,
    user: UserId,
    last_rev: u64,
    left: i32,
) -> Result<(), Error> {
    sqlx::query!(
        "UPDATE users SET purged_rev = GREATEST(purged_rev, ?), removed_count = ? WHERE id = ?",
        last_rev,
        left,
        user.0,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Number of a user's tombstones; `most` when there are more.
pub async fn count_tombstones(
    connection: &mut Connection,
    user: UserId,
    most: u32,
) -> Result<i32, Error> {
    let count = sqlx::query_scalar!(
        r#"SELECT COUNT(*) AS "count!"
           FROM (SELECT 1 FROM todos WHERE user_id = ? AND removed_date IS NOT NULL LIMIT ?) AS removed"#,
        user.0,
        most,
    )
    .fetch_one(connection)
    .await?;
    i32::try_from(count).map_err(Error::internal)
}

/// Deletes expired sessions of a user, at most `limit`; returns their number.
pub async fn delete_sessions(
    connection: &mut Connection,
    user: UserId,
    now: OffsetDateTime,
    limit: u32,
) -> Result<u64, Error> {
    let deleted = sqlx::query!(
        "DELETE FROM sessions WHERE user_id = ? AND expires_date <= ? ORDER BY expires_date LIMIT ?",
        user.0,
        to_database(now),
        limit,
    )
    .execute(connection)
    .await?;
    Ok(deleted.rows_affected())
}
