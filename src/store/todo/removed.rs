//! The statements of the list of removed to-dos, the last removed first, those of one moment open before done,
//! then newest first (keyset pagination along `todos_list`).

use time::OffsetDateTime;
use uuid::Uuid;

use super::{super::to_database, Row};
use crate::database::Connection;
use crate::domain::{
    error::Error,
    todo::{RemovedCursor, Todo},
    user::UserId,
};

/// Those that were removed after a moment and before another one, the last removed first, at most `limit`. Those
/// of one moment come in no order that counts: MySQL (seen with 9.7) sorts all rows for one, since it reads no range
/// of an index backwards by all of its columns when they have different directions.
pub async fn removed_between(
    connection: &mut Connection,
    user: UserId,
    after: OffsetDateTime,
    before: OffsetDateTime,
    limit: u32,
) -> Result<Vec<Todo>, Error> {
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT id AS "id: Uuid", description, isdone AS "isdone: bool", created_date,
                  list_date AS "list_date!", moved_fraction, done_date, removed_date, rev, original_description,
                  field_revs, notes, due_date, due_time, priority, repeat_rule, last_done_date, indexed_rev
           FROM todos FORCE INDEX (todos_list)
           WHERE user_id = ? AND removed_date > ? AND removed_date < ?
           ORDER BY removed_date DESC LIMIT ?"#,
        user.0,
        to_database(after),
        to_database(before),
        limit,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(Todo::from).collect())
}

/// Those that were removed at one moment, behind a place and in the order of their list, at most `limit`.
pub async fn removed_at(
    connection: &mut Connection,
    user: UserId,
    position: RemovedCursor,
    limit: u32,
) -> Result<Vec<Todo>, Error> {
    let RemovedCursor {
        removed_date,
        is_done,
        created_date,
        id,
    } = position;
    let created = to_database(created_date);
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT id AS "id: Uuid", description, isdone AS "isdone: bool", created_date,
                  list_date AS "list_date!", moved_fraction, done_date, removed_date, rev, original_description,
                  field_revs, notes, due_date, due_time, priority, repeat_rule, last_done_date, indexed_rev
           FROM todos FORCE INDEX (todos_list)
           WHERE user_id = ? AND removed_date = ?
             AND (isdone > ? OR (isdone = ?
                  AND (created_date < ? OR (created_date = ? AND id < ?))))
           ORDER BY isdone, created_date DESC, id DESC LIMIT ?"#,
        user.0,
        to_database(removed_date),
        is_done,
        is_done,
        created,
        created,
        id.0,
        limit,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(Todo::from).collect())
}
