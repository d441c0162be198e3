//! Statements on `todos`. Each names the user: nobody's to-dos can be reached by id alone.

mod changes;

use time::PrimitiveDateTime;
use uuid::Uuid;

pub use self::changes::{Changes, changes};
use super::{Connection, to_database};
use crate::domain::{
    error::Error,
    todo::{Cursor, Description, Todo, TodoId},
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
            description: Description::stored(row.description),
            is_done: row.isdone,
            created_date: row.created_date.assume_utc(),
            done_date: row.done_date.map(PrimitiveDateTime::assume_utc),
            removed_date: row.removed_date.map(PrimitiveDateTime::assume_utc),
            rev: row.rev,
            added_as: row.original_description.map(Description::stored),
        }
    }
}

fn todos(rows: Vec<Row>) -> Vec<Todo> {
    rows.into_iter().map(Todo::from).collect()
}

/// Adds a to-do; `false` when the user already has one with this id, removed or not.
///
/// # Errors
/// Those of the database.
pub async fn insert(connection: &mut Connection, user: UserId, todo: &Todo) -> Result<bool, Error> {
    let inserted = sqlx::query!(
        "INSERT INTO todos (user_id, id, description, isdone, created_date, rev) VALUES (?, ?, ?, FALSE, ?, ?)",
        user.0,
        todo.id.0,
        todo.description.as_str(),
        to_database(todo.created_date),
        todo.rev,
    )
    .execute(connection)
    .await;
    match inserted {
        Ok(_) => Ok(true),
        Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// One to-do of the user, or its tombstone.
///
/// # Errors
/// Those of the database.
pub async fn find(
    connection: &mut Connection,
    user: UserId,
    id: TodoId,
) -> Result<Option<Todo>, Error> {
    let row = sqlx::query_as!(
        Row,
        r#"SELECT id AS "id: Uuid", description, isdone AS "isdone: bool", created_date, done_date, removed_date, rev,
                  original_description
           FROM todos WHERE user_id = ? AND id = ?"#,
        user.0,
        id.0,
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(Todo::from))
}

/// Writes everything of a to-do that can change.
///
/// # Errors
/// Those of the database.
pub async fn update(connection: &mut Connection, user: UserId, todo: &Todo) -> Result<(), Error> {
    sqlx::query!(
        "UPDATE todos SET description = ?, isdone = ?, done_date = ?, removed_date = ?, rev = ?,
                          original_description = ?
         WHERE user_id = ? AND id = ?",
        todo.description.as_str(),
        todo.is_done,
        todo.done_date.map(to_database),
        todo.removed_date.map(to_database),
        todo.rev,
        todo.added_as.as_ref().map(Description::as_str),
        user.0,
        todo.id.0,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The beginning of the list, at most `limit` to-dos.
///
/// # Errors
/// Those of the database.
pub async fn list(
    connection: &mut Connection,
    user: UserId,
    limit: u32,
) -> Result<Vec<Todo>, Error> {
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT id AS "id: Uuid", description, isdone AS "isdone: bool", created_date, done_date, removed_date, rev,
                  original_description
           FROM todos WHERE user_id = ? AND removed_date IS NULL
           ORDER BY isdone, created_date DESC, id DESC LIMIT ?"#,
        user.0,
        limit,
    )
    .fetch_all(connection)
    .await?;
    Ok(todos(rows))
}

/// The list behind a position, at most `limit` to-dos. Written out: of the row form
/// `(a, b) > (?, ?)` MySQL reads the whole range.
///
/// # Errors
/// Those of the database.
pub async fn list_after(
    connection: &mut Connection,
    user: UserId,
    after: Cursor,
    limit: u32,
) -> Result<Vec<Todo>, Error> {
    let created = to_database(after.created_date);
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT id AS "id: Uuid", description, isdone AS "isdone: bool", created_date, done_date, removed_date, rev,
                  original_description
           FROM todos WHERE user_id = ? AND removed_date IS NULL
             AND (isdone > ? OR (isdone = ? AND (created_date < ? OR (created_date = ? AND id < ?))))
           ORDER BY isdone, created_date DESC, id DESC LIMIT ?"#,
        user.0,
        after.is_done,
        after.is_done,
        created,
        created,
        after.id.0,
        limit,
    )
    .fetch_all(connection)
    .await?;
    Ok(todos(rows))
}

/// The beginning of the open or of the done to-dos, at most `limit`.
///
/// # Errors
/// Those of the database.
pub async fn list_where(
    connection: &mut Connection,
    user: UserId,
    is_done: bool,
    limit: u32,
) -> Result<Vec<Todo>, Error> {
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT id AS "id: Uuid", description, isdone AS "isdone: bool", created_date, done_date, removed_date, rev,
                  original_description
           FROM todos WHERE user_id = ? AND removed_date IS NULL AND isdone = ?
           ORDER BY created_date DESC, id DESC LIMIT ?"#,
        user.0,
        is_done,
        limit,
    )
    .fetch_all(connection)
    .await?;
    Ok(todos(rows))
}

/// The open or the done to-dos behind a position, at most `limit`.
///
/// # Errors
/// Those of the database.
pub async fn list_where_after(
    connection: &mut Connection,
    user: UserId,
    is_done: bool,
    after: Cursor,
    limit: u32,
) -> Result<Vec<Todo>, Error> {
    let created = to_database(after.created_date);
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT id AS "id: Uuid", description, isdone AS "isdone: bool", created_date, done_date, removed_date, rev,
                  original_description
           FROM todos WHERE user_id = ? AND removed_date IS NULL AND isdone = ?
             AND (created_date < ? OR (created_date = ? AND id < ?))
           ORDER BY created_date DESC, id DESC LIMIT ?"#,
        user.0,
        is_done,
        created,
        created,
        after.id.0,
        limit,
    )
    .fetch_all(connection)
    .await?;
    Ok(todos(rows))
}
