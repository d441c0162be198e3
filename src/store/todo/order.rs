//! The statements of moves, along `todos_order`. Only open or only done to-dos, and none that are removed.
//!
//! Each names its index and compares column by column, as those of the list do.

use serde::Serialize;
use time::PrimitiveDateTime;
use uuid::Uuid;

use super::{
    super::{rows_to_json, to_database},
    batch::{date_text, hex, key},
    position,
};
use crate::database::Connection;
use crate::domain::{
    error::Error,
    todo::{FieldRevs, Position, TodoId},
    user::UserId,
};

/// As much of a to-do as it takes to move another one beside it.
#[derive(Clone, Debug)]
pub struct Neighbour {
    /// The to-do.
    pub id: TodoId,
    /// Where it stands.
    pub position: Position,
    /// When each of its fields last changed.
    pub revs: FieldRevs,
}

struct Row {
    id: Uuid,
    list_date: PrimitiveDateTime,
    moved_fraction: u64,
    rev: u64,
    field_revs: Option<Vec<u8>>,
}

impl From<Row> for Neighbour {
    fn from(row: Row) -> Self {
        Self {
            id: TodoId(row.id),
            position: position(row.list_date, row.moved_fraction),
            revs: FieldRevs::from_stored(row.field_revs.as_deref(), row.rev),
        }
    }
}

/// Of the to-dos at the same position as another one, those that stand above it, since their ids are higher: at most
/// `limit`.
pub async fn tied(
    connection: &mut Connection,
    user: UserId,
    is_done: bool,
    (place, id): (Position, TodoId),
    limit: u32,
) -> Result<Vec<TodoId>, Error> {
    let ids = sqlx::query_scalar!(
        r#"SELECT id AS "id: Uuid" FROM todos FORCE INDEX (todos_order)
           WHERE user_id = ? AND removed_date IS NULL AND isdone = ? AND list_date = ? AND moved_fraction = ? AND id > ?
           LIMIT ?"#,
        user.0,
        is_done,
        to_database(place.date),
        place.fraction,
        id.0,
        limit,
    )
    .fetch_all(connection)
    .await?;
    Ok(ids.into_iter().map(TodoId).collect())
}

/// The to-dos below a place, the nearest first, at most `limit`.
pub async fn below(
    connection: &mut Connection,
    user: UserId,
    is_done: bool,
    (place, id): (Position, TodoId),
    limit: u32,
) -> Result<Vec<Neighbour>, Error> {
    let date = to_database(place.date);
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT id AS "id: Uuid", list_date AS "list_date!", moved_fraction, rev, field_revs
           FROM todos FORCE INDEX (todos_order)
           WHERE user_id = ? AND removed_date IS NULL AND isdone = ?
             AND (list_date < ? OR (list_date = ?
                  AND (moved_fraction < ? OR (moved_fraction = ? AND id < ?))))
           ORDER BY list_date DESC, moved_fraction DESC, id DESC LIMIT ?"#,
        user.0,
        is_done,
        date,
        date,
        place.fraction,
        place.fraction,
        id.0,
        limit,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(Neighbour::from).collect())
}

#[derive(Serialize)]
struct NeighbourRow {
    id: String,
    moved_date: String,
    moved_fraction: u64,
    field_revs: Option<String>,
}

/// Writes the positions of to-dos, which all get the same revision.
pub async fn respace(
    connection: &mut Connection,
    user: UserId,
    todos: &[Neighbour],
    rev: u64,
) -> Result<(), Error> {
    let rows = todos.iter().map(|todo| NeighbourRow {
        id: key(todo.id),
        moved_date: date_text(todo.position.date),
        moved_fraction: todo.position.fraction,
        field_revs: todo.revs.to_stored().map(|bytes| hex(&bytes)),
    });
    let rows: Vec<_> = rows.collect();
    sqlx::query!(
        "UPDATE JSON_TABLE(?, '$[*]' COLUMNS (
             id VARCHAR(32) PATH '$.id', moved_date DATETIME(6) PATH '$.moved_date',
             moved_fraction BIGINT UNSIGNED PATH '$.moved_fraction',
             field_revs VARCHAR(510) PATH '$.field_revs')) AS respaced
         STRAIGHT_JOIN todos ON todos.user_id = ? AND todos.id = UNHEX(respaced.id)
         SET todos.moved_date = respaced.moved_date, todos.moved_fraction = respaced.moved_fraction,
             todos.field_revs = UNHEX(respaced.field_revs),
             todos.indexed_rev = IF(todos.indexed_rev = todos.rev, ?, todos.indexed_rev), todos.rev = ?",
        rows_to_json(&rows)?,
        user.0,
        rev,
        rev,
    )
    .execute(connection)
    .await?;
    Ok(())
}
