//! Statements on `calls`: what was done under the id that a client gave to its call. Each names the user.

use serde::Serialize;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{rows_to_json, to_database};
use crate::database::Connection;
use crate::domain::{
    error::Error,
    session::CallId,
    todo::{CallOutcome, RememberedCall, TodoId},
    user::UserId,
};

#[derive(Serialize)]
struct Key {
    id: String,
}

#[derive(Serialize)]
struct CallRow {
    id: String,
    todo_id: String,
    fingerprint: String,
    outcome: u8,
}

struct Row {
    id: Uuid,
    todo_id: Uuid,
    fingerprint: Vec<u8>,
    outcome: u8,
}

/// Those of the user's calls that have one of these ids.
pub async fn find_all(
    connection: &mut Connection,
    user: UserId,
    ids: impl IntoIterator<Item = CallId>,
) -> Result<Vec<RememberedCall>, Error> {
    let simple = |id: CallId| id.0.simple().to_string();
    let keys: Vec<_> = ids.into_iter().map(|id| Key { id: simple(id) }).collect();
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT calls.id AS "id: Uuid", calls.todo_id AS "todo_id: Uuid", calls.fingerprint,
                  calls.outcome
           FROM JSON_TABLE(?, '$[*]' COLUMNS (id VARCHAR(32) PATH '$.id')) AS named
           STRAIGHT_JOIN calls ON calls.user_id = ? AND calls.id = UNHEX(named.id)"#,
        rows_to_json(&keys)?,
        user.0,
    )
    .fetch_all(connection)
    .await?;
    let calls = rows.into_iter().map(|row| {
        Ok(RememberedCall {
            id: CallId(row.id),
            todo_id: TodoId(row.todo_id),
            fingerprint: row
                .fingerprint
                .try_into()
                .map_err(|_| Error::internal("a fingerprint of another length"))?,
            outcome: CallOutcome::from_code(row.outcome)
                .ok_or_else(|| Error::internal("an outcome of another kind"))?,
        })
    });
    calls.collect()
}

/// Remembers calls.
pub async fn insert_all(
    connection: &mut Connection,
    user: UserId,
    calls: &[RememberedCall],
    now: OffsetDateTime,
) -> Result<(), Error> {
    let rows = calls.iter().map(|call| CallRow {
        id: call.id.0.simple().to_string(),
        todo_id: call.todo_id.0.simple().to_string(),
        fingerprint: format!("{:016x}", u64::from_be_bytes(call.fingerprint)),
        outcome: call.outcome.code(),
    });
    let rows: Vec<_> = rows.collect();
    sqlx::query!(
        "INSERT INTO calls (user_id, id, todo_id, fingerprint, outcome, created_date)
         SELECT ?, UNHEX(done.id), UNHEX(done.todo_id), UNHEX(done.fingerprint), done.outcome, ?
         FROM JSON_TABLE(?, '$[*]' COLUMNS (
             id VARCHAR(32) PATH '$.id', todo_id VARCHAR(32) PATH '$.todo_id',
             fingerprint VARCHAR(16) PATH '$.fingerprint', outcome TINYINT UNSIGNED PATH '$.outcome')) AS done",
        user.0,
        to_database(now),
        rows_to_json(&rows)?,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Forgets the oldest calls of a user from before that date, at most `limit`; returns their number. As a join: of
/// `DELETE ... ORDER BY ... LIMIT` MySQL may read and sort all of them.
pub async fn delete_oldest(
    connection: &mut Connection,
    user: UserId,
    before: OffsetDateTime,
    limit: u32,
) -> Result<u64, Error> {
    let deleted = sqlx::query!(
        "DELETE calls FROM calls
         JOIN (SELECT id FROM calls WHERE user_id = ? AND created_date < ?
               ORDER BY created_date, id LIMIT ?) AS oldest
           ON oldest.id = calls.id
         WHERE calls.user_id = ?",
        user.0,
        to_database(before),
        limit,
        user.0,
    )
    .execute(connection)
    .await?;
    Ok(deleted.rows_affected())
}

/// Sets the number of remembered calls of a locked user.
pub async fn set_count(connection: &mut Connection, user: UserId, count: i32) -> Result<(), Error> {
    sqlx::query!(
        "UPDATE users SET call_count = ? WHERE id = ?",
        count,
        user.0
    )
    .execute(connection)
    .await?;
    Ok(())
}
