//! Statements on `todos`. Each names the user: no to-do can be reached by its id alone.

mod batch;
mod changes;
mod list;
mod order;
mod removed;
mod search;
mod tagged;

use time::{Date, PrimitiveDateTime, Time};
use uuid::Uuid;

pub(super) use self::batch::{Key, key};
pub use self::{
    batch::{find_all, insert_all, update_all},
    changes::{Changes, changes},
    list::{Part, list},
    order::{Neighbour, below, respace, tied},
    removed::{removed_at, removed_between},
    search::candidates,
    tagged::tagged,
};
use super::to_database;
use crate::database::Connection;
use crate::domain::{
    error::Error,
    todo::{
        Description, DueDate, DueTime, FieldRevs, Notes, Plan, Position, Priority, Recurrence,
        Todo, TodoId,
    },
    user::UserId,
};

struct Row {
    id: Uuid,
    description: String,
    isdone: bool,
    created_date: PrimitiveDateTime,
    list_date: PrimitiveDateTime,
    moved_fraction: u64,
    done_date: Option<PrimitiveDateTime>,
    removed_date: Option<PrimitiveDateTime>,
    rev: u64,
    original_description: Option<String>,
    field_revs: Option<Vec<u8>>,
    notes: Option<String>,
    due_date: Option<Date>,
    due_time: Option<Time>,
    priority: u8,
    repeat_rule: Option<String>,
    last_done_date: Option<PrimitiveDateTime>,
    indexed_rev: Option<u64>,
}

impl From<Row> for Todo {
    fn from(row: Row) -> Self {
        Self {
            id: TodoId(row.id),
            description: Description::from_stored(row.description),
            is_done: row.isdone,
            created_date: row.created_date.assume_utc(),
            position: position(row.list_date, row.moved_fraction),
            done_date: row.done_date.map(PrimitiveDateTime::assume_utc),
            removed_date: row.removed_date.map(PrimitiveDateTime::assume_utc),
            rev: row.rev,
            added_as: row.original_description.map(Description::from_stored),
            plan: plan(
                row.notes,
                (row.due_date, row.due_time),
                row.priority,
                row.repeat_rule.as_deref(),
                row.last_done_date,
            ),
            revs: FieldRevs::from_stored(row.field_revs.as_deref(), row.rev),
            is_indexed: row.indexed_rev == Some(row.rev),
        }
    }
}

fn position(list_date: PrimitiveDateTime, moved_fraction: u64) -> Position {
    Position {
        date: list_date.assume_utc(),
        fraction: moved_fraction,
    }
}

/// The plan of a row.
fn plan(
    notes: Option<String>,
    (due_date, due_time): (Option<Date>, Option<Time>),
    priority: u8,
    repeat_rule: Option<&str>,
    last_done_date: Option<PrimitiveDateTime>,
) -> Plan {
    Plan {
        notes: notes.map(Notes::from_stored),
        due_date: due_date.map(DueDate::from_stored),
        due_time: due_time.map(DueTime::from_stored),
        priority: Priority::from_code(priority),
        recurrence: repeat_rule.and_then(Recurrence::from_stored),
        last_done_date: last_done_date.map(PrimitiveDateTime::assume_utc),
    }
}

/// Adds a to-do; `false` when the user already has one with this id, removed or not.
pub async fn insert(connection: &mut Connection, user: UserId, todo: &Todo) -> Result<bool, Error> {
    let inserted = sqlx::query!(
        "INSERT INTO todos (user_id, id, description, isdone, created_date, done_date, rev, notes, due_date, due_time,
                            priority, repeat_rule, last_done_date, folded, indexed_rev)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        user.0,
        todo.id.0,
        todo.description.as_str(),
        todo.is_done,
        to_database(todo.created_date),
        todo.done_date.map(to_database),
        todo.rev,
        todo.plan.notes.as_ref().map(Notes::as_str),
        todo.plan.due_date.map(DueDate::date),
        todo.plan.due_time.map(DueTime::time),
        todo.plan.priority.code(),
        todo.plan.recurrence.map(Recurrence::to_stored),
        todo.plan.last_done_date.map(to_database),
        todo.folded(),
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
pub async fn find(
    connection: &mut Connection,
    user: UserId,
    id: TodoId,
) -> Result<Option<Todo>, Error> {
    let row = sqlx::query_as!(
        Row,
        r#"SELECT id AS "id: Uuid", description, isdone AS "isdone: bool", created_date, list_date AS "list_date!",
                  moved_fraction, done_date, removed_date, rev, original_description, field_revs, notes, due_date,
                  due_time, priority, repeat_rule, last_done_date, indexed_rev
           FROM todos WHERE user_id = ? AND id = ?"#,
        user.0,
        id.0,
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(Todo::from))
}

/// Writes all mutable columns of a to-do.
pub async fn update(connection: &mut Connection, user: UserId, todo: &Todo) -> Result<(), Error> {
    sqlx::query!(
        "UPDATE todos SET description = ?, isdone = ?, done_date = ?, removed_date = ?, rev = ?,
                          moved_date = ?, moved_fraction = ?, original_description = ?, field_revs = ?, notes = ?,
                          due_date = ?, due_time = ?, priority = ?, repeat_rule = ?, last_done_date = ?, folded = ?,
                          indexed_rev = ?
         WHERE user_id = ? AND id = ?",
        todo.description.as_str(),
        todo.is_done,
        todo.done_date.map(to_database),
        todo.removed_date.map(to_database),
        todo.rev,
        todo.moved_to().map(|it| to_database(it.date)),
        todo.moved_to().map_or(0, |it| it.fraction),
        todo.added_as.as_ref().map(Description::as_str),
        todo.revs.to_stored(),
        todo.plan.notes.as_ref().map(Notes::as_str),
        todo.plan.due_date.map(DueDate::date),
        todo.plan.due_time.map(DueTime::time),
        todo.plan.priority.code(),
        todo.plan.recurrence.map(Recurrence::to_stored),
        todo.plan.last_done_date.map(to_database),
        todo.folded(),
        todo.rev,
        user.0,
        todo.id.0,
    )
    .execute(connection)
    .await?;
    Ok(())
}
