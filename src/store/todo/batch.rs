//! Statements on several to-dos of a user at once. Their rows come as JSON, so that the text is constant; each row
//! is found by its key.

use serde::Serialize;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    super::{rows_to_json, to_database},
    Row,
};
use crate::database::Connection;
use crate::domain::{
    error::Error,
    todo::{Description, Notes, Recurrence, Todo, TodoId},
    user::UserId,
};

#[derive(Serialize)]
pub(in crate::store) struct Key {
    id: String,
}

impl From<TodoId> for Key {
    fn from(id: TodoId) -> Self {
        Self { id: key(id) }
    }
}

/// A to-do as a row of JSON; what is null in the table is left out.
#[derive(Serialize)]
struct TodoRow<'a> {
    id: String,
    description: &'a str,
    isdone: u8,
    created_date: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    done_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    removed_date: Option<String>,
    rev: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    moved_date: Option<String>,
    moved_fraction: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    original_description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    field_revs: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notes: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_time: Option<String>,
    priority: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    repeat_rule: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_done_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    folded: Option<String>,
}

impl<'a> From<&'a Todo> for TodoRow<'a> {
    fn from(todo: &'a Todo) -> Self {
        Self {
            id: key(todo.id),
            description: todo.description.as_str(),
            isdone: u8::from(todo.is_done),
            created_date: date_text(todo.created_date),
            done_date: todo.done_date.map(date_text),
            removed_date: todo.removed_date.map(date_text),
            rev: todo.rev,
            moved_date: todo.moved_to().map(|it| date_text(it.date)),
            moved_fraction: todo.moved_to().map_or(0, |it| it.fraction),
            original_description: todo.added_as.as_ref().map(Description::as_str),
            field_revs: todo.revs.to_stored().map(|bytes| hex(&bytes)),
            notes: todo.plan.notes.as_ref().map(Notes::as_str),
            due_date: todo.plan.due_date.map(|date| date.to_string()),
            due_time: todo.plan.due_time.map(|time| time.to_string()),
            priority: todo.plan.priority.code(),
            repeat_rule: todo.plan.recurrence.map(Recurrence::to_stored),
            last_done_date: todo.plan.last_done_date.map(date_text),
            folded: todo.folded(),
        }
    }
}

pub(super) fn date_text(date: OffsetDateTime) -> String {
    let utc = to_database(date);
    let (hour, minute, second, microsecond) = utc.as_hms_micro();
    format!(
        "{} {hour:02}:{minute:02}:{second:02}.{microsecond:06}",
        utc.date()
    )
}

pub(in crate::store) fn key(id: TodoId) -> String {
    id.0.simple().to_string()
}

pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes all");
        text
    })
}

/// Those of the user's to-dos that have one of these ids, tombstones among them.
pub async fn find_all(
    connection: &mut Connection,
    user: UserId,
    ids: impl IntoIterator<Item = TodoId>,
) -> Result<Vec<Todo>, Error> {
    let keys: Vec<_> = ids.into_iter().map(Key::from).collect();
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT todos.id AS "id: Uuid", description, isdone AS "isdone: bool", created_date,
                  list_date AS "list_date!", moved_fraction, done_date, removed_date, rev, original_description,
                  field_revs, notes, due_date, due_time, priority, repeat_rule, last_done_date, indexed_rev
           FROM JSON_TABLE(?, '$[*]' COLUMNS (id VARCHAR(32) PATH '$.id')) AS named
           STRAIGHT_JOIN todos ON todos.user_id = ? AND todos.id = UNHEX(named.id)"#,
        rows_to_json(&keys)?,
        user.0,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(Todo::from).collect())
}

/// Adds to-dos whose ids the user has not used.
pub async fn insert_all(
    connection: &mut Connection,
    user: UserId,
    todos: &[Todo],
) -> Result<(), Error> {
    let rows: Vec<_> = todos.iter().map(TodoRow::from).collect();
    sqlx::query!(
        "INSERT INTO todos (user_id, id, description, isdone, created_date, done_date, removed_date, rev,
                            original_description, field_revs, notes, due_date, due_time, priority, repeat_rule,
                            last_done_date, folded, indexed_rev)
         SELECT ?, UNHEX(added.id), added.description, added.isdone, added.created_date, added.done_date,
                added.removed_date, added.rev, added.original_description, UNHEX(added.field_revs), added.notes,
                added.due_date, added.due_time, added.priority, added.repeat_rule, added.last_done_date,
                added.folded, added.rev
         FROM JSON_TABLE(?, '$[*]' COLUMNS (
             id VARCHAR(32) PATH '$.id', description VARCHAR(200) CHARACTER SET utf8mb4 PATH '$.description',
             isdone TINYINT PATH '$.isdone', created_date DATETIME(6) PATH '$.created_date',
             done_date DATETIME(6) PATH '$.done_date', removed_date DATETIME(6) PATH '$.removed_date',
             rev BIGINT UNSIGNED PATH '$.rev',
             original_description VARCHAR(200) CHARACTER SET utf8mb4 PATH '$.original_description',
             field_revs VARCHAR(510) PATH '$.field_revs', notes VARCHAR(5000) CHARACTER SET utf8mb4 PATH '$.notes',
             due_date DATE PATH '$.due_date', due_time TIME PATH '$.due_time', priority TINYINT PATH '$.priority',
             repeat_rule VARCHAR(100) PATH '$.repeat_rule',
             last_done_date DATETIME(6) PATH '$.last_done_date', folded TEXT CHARACTER SET utf8mb4 PATH '$.folded')) AS added",
        user.0,
        rows_to_json(&rows)?,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Writes all mutable columns of to-dos.
pub async fn update_all(
    connection: &mut Connection,
    user: UserId,
    todos: &[Todo],
) -> Result<(), Error> {
    let rows: Vec<_> = todos.iter().map(TodoRow::from).collect();
    sqlx::query!(
        "UPDATE JSON_TABLE(?, '$[*]' COLUMNS (
             id VARCHAR(32) PATH '$.id', description VARCHAR(200) CHARACTER SET utf8mb4 PATH '$.description',
             isdone TINYINT PATH '$.isdone', done_date DATETIME(6) PATH '$.done_date',
             removed_date DATETIME(6) PATH '$.removed_date', rev BIGINT UNSIGNED PATH '$.rev',
             moved_date DATETIME(6) PATH '$.moved_date', moved_fraction BIGINT UNSIGNED PATH '$.moved_fraction',
             original_description VARCHAR(200) CHARACTER SET utf8mb4 PATH '$.original_description',
             field_revs VARCHAR(510) PATH '$.field_revs', notes VARCHAR(5000) CHARACTER SET utf8mb4 PATH '$.notes',
             due_date DATE PATH '$.due_date', due_time TIME PATH '$.due_time', priority TINYINT PATH '$.priority',
             repeat_rule VARCHAR(100) PATH '$.repeat_rule',
             last_done_date DATETIME(6) PATH '$.last_done_date', folded TEXT CHARACTER SET utf8mb4 PATH '$.folded')) AS changed
         STRAIGHT_JOIN todos ON todos.user_id = ? AND todos.id = UNHEX(changed.id)
         SET todos.description = changed.description, todos.isdone = changed.isdone,
             todos.done_date = changed.done_date, todos.removed_date = changed.removed_date, todos.rev = changed.rev,
             todos.moved_date = changed.moved_date, todos.moved_fraction = changed.moved_fraction,
             todos.original_description = changed.original_description,
             todos.field_revs = UNHEX(changed.field_revs), todos.notes = changed.notes,
             todos.due_date = changed.due_date, todos.due_time = changed.due_time,
             todos.priority = changed.priority, todos.repeat_rule = changed.repeat_rule,
             todos.last_done_date = changed.last_done_date, todos.folded = changed.folded,
             todos.indexed_rev = changed.rev",
        rows_to_json(&rows)?,
        user.0,
    )
    .execute(connection)
    .await?;
    Ok(())
}
