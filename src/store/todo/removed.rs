//! The statements of the list of removed to-dos, the last removed first, those of one moment in the order of the list
//! (keyset pagination along `todos_list`).

use time::{OffsetDateTime, PrimitiveDateTime};
use uuid::Uuid;

use super::super::to_database;
use crate::database::Connection;
use crate::domain::{
    error::Error,
    todo::{Description, FieldRevs, RemovedCursor, Todo, TodoId},
    user::UserId,
};

struct Row {
    id: Uuid,
    description: String,
    isdone: bool,
    created_date: PrimitiveDateTime,
    done_date: Option<PrimitiveDateTime>,
    removed_date: Option<PrimitiveDateTime>,
    rev: u64,
    original_description: Option<String>,
}

impl From<Row> for Todo {
    fn from(row: Row) -> Self {
        Self {
            id: TodoId(row.id),
            description: Description::from_stored(row.description),
            is_done: row.isdone,
            created_date: row.created_date.assume_utc(),
            done_date: row.done_date.map(PrimitiveDateTime::assume_utc),
            removed_date: row.removed_date.map(PrimitiveDateTime::assume_utc),
            rev: row.rev,
            added_as: row.original_description.map(Description::from_stored),
            revs: FieldRevs::at(row.rev),
        }
    }
}

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
        r#"SELECT id AS "id: Uuid", description, isdone AS "isdone: bool", created_date, done_date, removed_date,
                  rev, original_description
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

/// Those that were removed at one moment, behind a position and in the order of the list, at most `limit`.
pub async fn removed_at(
    connection: &mut Connection,
    user: UserId,
    position: RemovedCursor,
    limit: u32,
) -> Result<Vec<Todo>, Error> {
    let RemovedCursor {
        removed_date,
        listed,
    } = position;
    let created = to_database(listed.created_date);
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT id AS "id: Uuid", description, isdone AS "isdone: bool", created_date, done_date, removed_date,
                  rev, original_description
           FROM todos FORCE INDEX (todos_list)
           WHERE user_id = ? AND removed_date = ?
             AND (isdone > ? OR (isdone = ?
                  AND (created_date < ? OR (created_date = ? AND id < ?))))
           ORDER BY isdone, created_date DESC, id DESC LIMIT ?"#,
        user.0,
        to_database(removed_date),
        listed.is_done,
        listed.is_done,
        created,
        created,
        listed.id.0,
        limit,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(Todo::from).collect())
}
