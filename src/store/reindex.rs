//! Statements of the job that makes anew what to-dos are found by.

use serde::Serialize;
use uuid::Uuid;

use super::{rows_to_json, todo::key};
use crate::database::Connection;
use crate::domain::{
    error::Error,
    todo::{Todo, TodoId},
    user::UserId,
};

/// A place among all to-dos.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The owner.
    pub user: UserId,
    /// The to-do.
    pub id: TodoId,
}

impl Place {
    /// Before all of them.
    pub const START: Self = Self {
        user: UserId(0),
        id: TodoId(Uuid::nil()),
    };
}

/// A to-do that was looked at.
pub struct Scanned {
    /// Where it is.
    pub place: Place,
    /// Whether a version that indexes nothing has written it.
    pub is_stale: bool,
}

/// The next to-dos after a place, user by user, at most `limit`. Along the primary key, which is named, since MariaDB
/// (seen with 10.11.14) otherwise begins a range of two keys at its start.
pub async fn scan(
    connection: &mut Connection,
    after: Place,
    limit: u32,
) -> Result<Vec<Scanned>, Error> {
    let rows = sqlx::query!(
        r#"SELECT user_id, id AS "id: Uuid", rev, indexed_rev
           FROM todos FORCE INDEX (PRIMARY)
           WHERE user_id > ? OR (user_id = ? AND id > ?)
           ORDER BY user_id, id LIMIT ?"#,
        after.user.0,
        after.user.0,
        after.id.0,
        limit,
    )
    .fetch_all(connection)
    .await?;
    let scanned = rows.into_iter().map(|row| Scanned {
        place: Place {
            user: UserId(row.user_id),
            id: TodoId(row.id),
        },
        is_stale: row.indexed_rev != Some(row.rev),
    });
    Ok(scanned.collect())
}

#[derive(Serialize)]
struct FoldedRow {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    folded: Option<String>,
}

/// Stores the folded texts of to-dos, which are indexed then as of their revisions. Nothing else of them changes.
pub async fn update(
    connection: &mut Connection,
    user: UserId,
    todos: &[Todo],
) -> Result<(), Error> {
    let rows = todos.iter().map(|todo| FoldedRow {
        id: key(todo.id),
        folded: todo.folded(),
    });
    let rows: Vec<_> = rows.collect();
    sqlx::query!(
        "UPDATE JSON_TABLE(?, '$[*]' COLUMNS (id VARCHAR(32) PATH '$.id', folded TEXT CHARACTER SET utf8mb4 PATH '$.folded')) AS indexed
         STRAIGHT_JOIN todos ON todos.user_id = ? AND todos.id = UNHEX(indexed.id)
         SET todos.folded = indexed.folded, todos.indexed_rev = todos.rev",
        rows_to_json(&rows)?,
        user.0,
    )
    .execute(connection)
    .await?;
    Ok(())
}
