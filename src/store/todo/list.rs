//! The statements of the list (keyset pagination). Each returns the counts and the revision of the user with the
//! rows: one statement reads all of it consistently.
//!
//! Each names its index: for a handmade cursor MariaDB (seen with 10.11.14) otherwise scans every to-do before
//! it.

use time::{Date, PrimitiveDateTime, Time};
use uuid::Uuid;

use super::{super::to_database, plan};
use crate::database::Connection;
use crate::domain::{
    error::Error,
    todo::{Cursor, Description, FieldRevs, Todo, TodoCounts, TodoId},
    user::UserId,
};

/// A page of a list, and the counts and revision at that moment.
pub struct Part {
    /// In order.
    pub todos: Vec<Todo>,
    /// The user's revision and counts; none where there are no to-dos, which bring them.
    pub counts: Option<TodoCounts>,
}

struct Row {
    id: Uuid,
    description: String,
    isdone: bool,
    created_date: PrimitiveDateTime,
    done_date: Option<PrimitiveDateTime>,
    rev: u64,
    original_description: Option<String>,
    notes: Option<String>,
    due_date: Option<Date>,
    due_time: Option<Time>,
    priority: u8,
    repeat_rule: Option<String>,
    last_done_date: Option<PrimitiveDateTime>,
    user_rev: u64,
    open_count: i32,
    todo_count: i32,
}

/// A query for to-dos of a user that are not removed, with `$conditions` appended: the columns of [`Row`] once.
macro_rules! query_rows {
    ($conditions:tt, $($argument:expr),+ $(,)?) => {
        sqlx::query_as!(
            Row,
            r#"SELECT todos.id AS "id: Uuid", description, isdone AS "isdone: bool", todos.created_date, done_date,
                  todos.rev, original_description, notes, due_date, due_time, priority, repeat_rule, last_done_date,
                  users.rev AS user_rev, open_count, todo_count
           FROM users JOIN todos FORCE INDEX (todos_list) ON todos.user_id = users.id
           WHERE users.id = ? AND removed_date IS NULL"# + $conditions,
            $($argument),+
        )
    };
}

impl From<Row> for Todo {
    fn from(row: Row) -> Self {
        Self {
            id: TodoId(row.id),
            description: Description::from_stored(row.description),
            is_done: row.isdone,
            created_date: row.created_date.assume_utc(),
            done_date: row.done_date.map(PrimitiveDateTime::assume_utc),
            removed_date: None,
            rev: row.rev,
            added_as: row.original_description.map(Description::from_stored),
            plan: plan(
                row.notes,
                (row.due_date, row.due_time),
                row.priority,
                row.repeat_rule.as_deref(),
                row.last_done_date,
            ),
            revs: FieldRevs::at(row.rev),
        }
    }
}

impl From<Vec<Row>> for Part {
    fn from(rows: Vec<Row>) -> Self {
        let counts = rows.first().map(|row| TodoCounts {
            rev: row.user_rev,
            open: row.open_count,
            all: row.todo_count,
        });
        Self {
            todos: rows.into_iter().map(Todo::from).collect(),
            counts,
        }
    }
}

/// The first page of the list, at most `limit` to-dos.
pub async fn list(connection: &mut Connection, user: UserId, limit: u32) -> Result<Part, Error> {
    let rows = query_rows!(
        r#"
           ORDER BY isdone, todos.created_date DESC, todos.id DESC LIMIT ?"#,
        user.0,
        limit,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into())
}

/// The list after a position, at most `limit` to-dos. Written out: for the row form `(a, b) > (?, ?)` MySQL reads
/// the whole range.
pub async fn list_after(
    connection: &mut Connection,
    user: UserId,
    after: Cursor,
    limit: u32,
) -> Result<Part, Error> {
    let created = to_database(after.created_date);
    let rows = query_rows!(
        r#"
             AND (isdone > ? OR (isdone = ?
                  AND (todos.created_date < ? OR (todos.created_date = ? AND todos.id < ?))))
           ORDER BY isdone, todos.created_date DESC, todos.id DESC LIMIT ?"#,
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
    Ok(rows.into())
}

/// The first page of the open or of the done to-dos, at most `limit`.
pub async fn list_by_done(
    connection: &mut Connection,
    user: UserId,
    is_done: bool,
    limit: u32,
) -> Result<Part, Error> {
    let rows = query_rows!(
        r#" AND isdone = ?
           ORDER BY todos.created_date DESC, todos.id DESC LIMIT ?"#,
        user.0,
        is_done,
        limit,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into())
}

/// The open or the done to-dos after a position, at most `limit`.
pub async fn list_by_done_after(
    connection: &mut Connection,
    user: UserId,
    is_done: bool,
    after: Cursor,
    limit: u32,
) -> Result<Part, Error> {
    let created = to_database(after.created_date);
    let rows = query_rows!(
        r#" AND isdone = ?
             AND (todos.created_date < ? OR (todos.created_date = ? AND todos.id < ?))
           ORDER BY todos.created_date DESC, todos.id DESC LIMIT ?"#,
        user.0,
        is_done,
        created,
        created,
        after.id.0,
        limit,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into())
}
