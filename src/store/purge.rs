//! Statements of the purge: what nobody needs any more.

use time::OffsetDateTime;

use super::{Connection, to_database};
use crate::domain::{error::Error, user::UserId};

/// Takes the job for this instance if its last run was before `due`, or behind `latest`, noted by a clock
/// that was ahead. Of several instances that ask at once, one finds the row as it expects it.
///
/// # Errors
/// Those of the database.
pub async fn claim(
    connection: &mut Connection,
    job: &str,
    now: OffsetDateTime,
    due: OffsetDateTime,
    latest: OffsetDateTime,
) -> Result<bool, Error> {
    let claimed = sqlx::query!(
        "UPDATE jobs SET run_date = ? WHERE name = ? AND (run_date <= ? OR run_date > ?)",
        to_database(now),
        job,
        to_database(due),
        to_database(latest),
    )
    .execute(connection)
    .await?;
    Ok(claimed.rows_affected() > 0)
}

/// A user, and whether there are tombstones to delete.
pub struct Candidate {
    /// Whose they are.
    pub user: UserId,
    /// Whether there are any.
    pub has_tombstones: bool,
}

/// The next users behind `after`, at most `limit`. Reads all of their to-dos, which once a day costs
/// less than one more index that every change would have to keep.
///
/// # Errors
/// Those of the database.
pub async fn candidates(
    connection: &mut Connection,
    after: UserId,
    removed_before: OffsetDateTime,
    limit: u32,
) -> Result<Vec<Candidate>, Error> {
    let rows = sqlx::query!(
        r#"SELECT id AS "id!", (SELECT MAX(rev) FROM todos WHERE user_id = users.id AND removed_date < ?) AS rev
           FROM users WHERE id > ? ORDER BY id LIMIT ?"#,
        to_database(removed_before),
        after.0,
        limit,
    )
    .fetch_all(connection)
    .await?;
    let candidates = rows.into_iter().map(|row| Candidate {
        user: UserId(row.id),
        has_tombstones: row.rev.is_some(),
    });
    Ok(candidates.collect())
}

/// Notes up to which revision tombstones are being deleted: what a client saw before, it can no longer
/// bring up to date. Locks the user, so that nothing is restored meanwhile. The second statement names
/// the user twice: of `user_id = users.id` the server reads the whole list, and locks it.
///
/// # Errors
/// Those of the database.
pub async fn note_revision(
    connection: &mut Connection,
    user: UserId,
    removed_before: OffsetDateTime,
) -> Result<(), Error> {
    sqlx::query!("SELECT rev FROM users WHERE id = ? FOR UPDATE", user.0)
        .fetch_optional(&mut *connection)
        .await?;
    sqlx::query!(
        "UPDATE users
         SET purged_rev = GREATEST(purged_rev,
             COALESCE((SELECT MAX(rev) FROM todos WHERE user_id = ? AND removed_date < ?), 0))
         WHERE id = ?",
        user.0,
        to_database(removed_before),
        user.0,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Deletes at most `limit` old tombstones of a user and says how many.
///
/// # Errors
/// Those of the database.
pub async fn delete_tombstones(
    connection: &mut Connection,
    user: UserId,
    removed_before: OffsetDateTime,
    limit: u32,
) -> Result<u64, Error> {
    let deleted = sqlx::query!(
        "DELETE FROM todos WHERE user_id = ? AND removed_date < ? ORDER BY removed_date LIMIT ?",
        user.0,
        to_database(removed_before),
        limit,
    )
    .execute(connection)
    .await?;
    Ok(deleted.rows_affected())
}

/// Deletes the sessions that have ended by themselves of the users behind `after` up to `last`, and
/// says how many.
///
/// # Errors
/// Those of the database.
pub async fn delete_sessions(
    connection: &mut Connection,
    after: UserId,
    last: UserId,
    now: OffsetDateTime,
) -> Result<u64, Error> {
    let deleted = sqlx::query!(
        "DELETE FROM sessions WHERE user_id > ? AND user_id <= ? AND expires_date <= ?",
        after.0,
        last.0,
        to_database(now),
    )
    .execute(connection)
    .await?;
    Ok(deleted.rows_affected())
}
