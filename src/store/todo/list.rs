//! The statements of the lists (keyset pagination). Each returns the counts and the revision of the user with the
//! rows: one statement reads all of it consistently.
//!
//! Each names its index: for a handmade cursor MariaDB (seen with 10.11.14) otherwise scans every to-do before
//! it. The order is written out, since for the row form `(a, b) > (?, ?)` MySQL reads the whole range.

use time::{Date, PrimitiveDateTime, Time};
use uuid::Uuid;

use super::{super::to_database, plan, position};
use crate::database::Connection;
use crate::domain::{
    error::Error,
    todo::{
        Cursor, Description, DoneCursor, DueCursor, FieldRevs, Filter, ListQuery, OrderCursor,
        Todo, TodoCounts, TodoId,
    },
    user::UserId,
};

/// A page of a list, and the counts and revision at that moment.
#[derive(Debug)]
pub struct Part {
    /// In order.
    pub todos: Vec<Todo>,
    /// The user's revision and counts; none where there are no to-dos, which bring them.
    pub counts: Option<TodoCounts>,
}

/// A to-do, or the user alone where there is none.
pub(super) struct Row {
    pub(super) id: Option<Uuid>,
    pub(super) description: Option<String>,
    pub(super) isdone: Option<bool>,
    pub(super) created_date: Option<PrimitiveDateTime>,
    pub(super) list_date: Option<PrimitiveDateTime>,
    pub(super) moved_fraction: Option<u64>,
    pub(super) done_date: Option<PrimitiveDateTime>,
    pub(super) rev: Option<u64>,
    pub(super) original_description: Option<String>,
    pub(super) notes: Option<String>,
    pub(super) due_date: Option<Date>,
    pub(super) due_time: Option<Time>,
    pub(super) priority: Option<u8>,
    pub(super) repeat_rule: Option<String>,
    pub(super) last_done_date: Option<PrimitiveDateTime>,
    pub(super) user_rev: u64,
    pub(super) open_count: i32,
    pub(super) todo_count: i32,
}

/// A query for to-dos of a user that are not removed: by which index, which of them, in which order. The rows bring the
/// user's counts; where there are none, the caller knows them or asks for them.
macro_rules! query_rows {
    ($index:literal, $conditions:literal, $order:literal, $($argument:expr),+ $(,)?) => {
        query_rows!(
            @ "", ["JOIN todos FORCE INDEX (" + $index + ") ON todos.user_id = users.id"], $conditions, $order, "",
            $($argument),+
        )
    };
    (@ $open:literal, [$($join:tt)+], $conditions:literal, $order:literal, $end:literal, $($argument:expr),+) => {
        sqlx::query_as!(
            Row,
            $open + r#"SELECT todos.id AS "id?: Uuid", description AS "description?", todos.isdone AS "isdone?: bool",
                  todos.created_date AS "created_date?", todos.list_date AS "list_date?",
                  todos.moved_fraction AS "moved_fraction?", todos.done_date AS "done_date?", todos.rev AS "rev?",
                  original_description AS "original_description?", notes AS "notes?", todos.due_date AS "due_date?",
                  due_time AS "due_time?", priority AS "priority?: u8", repeat_rule AS "repeat_rule?",
                  last_done_date AS "last_done_date?", users.rev AS "user_rev!", open_count AS "open_count!",
                  todo_count AS "todo_count!"
           FROM users "# + $($join)+ + r#"
           WHERE users.id = ? AND removed_date IS NULL "# + $conditions + r#"
           ORDER BY "# + $order + " LIMIT ?" + $end,
            $($argument),+
        )
    };
}

/// The same, with the user alone as the last row: how many there should be is stored nowhere. Not a left join, for which
/// MySQL (seen with 9.7) and MariaDB (10.11) read and sort all rows.
macro_rules! query_rows_and_user {
    ($index:literal, $conditions:literal, $order:literal, $($argument:expr),+ $(,)?) => {
        query_rows_and_user!(
            @ ["JOIN todos FORCE INDEX (" + $index + ") ON todos.user_id = users.id"], $conditions, $order,
            $($argument),+
        )
    };
    (@ [$($join:tt)+], $conditions:literal, $order:literal, $($argument:expr),+ $(,)?) => {
        query_rows!(
            @ "(", [$($join)+], $conditions, $order,
            ")
           UNION ALL SELECT NULL, NULL, NULL, NULL, NULL, CAST(NULL AS UNSIGNED), NULL, CAST(NULL AS UNSIGNED), NULL, NULL,
                  NULL, NULL, CAST(NULL AS UNSIGNED), NULL, NULL, rev, open_count, todo_count
           FROM users WHERE id = ?",
            $($argument),+
        )
    };
}

pub(super) use {query_rows, query_rows_and_user};

impl Row {
    fn counts(&self) -> TodoCounts {
        TodoCounts {
            rev: self.user_rev,
            open: self.open_count,
            all: self.todo_count,
        }
    }

    fn into_todo(self) -> Option<Todo> {
        Some(Todo {
            id: TodoId(self.id?),
            description: Description::from_stored(self.description?),
            is_done: self.isdone?,
            created_date: self.created_date?.assume_utc(),
            position: position(self.list_date?, self.moved_fraction?),
            done_date: self.done_date.map(PrimitiveDateTime::assume_utc),
            removed_date: None,
            rev: self.rev?,
            added_as: self.original_description.map(Description::from_stored),
            plan: plan(
                self.notes,
                (self.due_date, self.due_time),
                self.priority?,
                self.repeat_rule.as_deref(),
                self.last_done_date,
            ),
            revs: FieldRevs::at(self.rev?),
            is_indexed: true,
        })
    }
}

impl From<Vec<Row>> for Part {
    fn from(rows: Vec<Row>) -> Self {
        let counts = rows.first().map(Row::counts);
        let todos = rows.into_iter().filter_map(Row::into_todo).collect();
        Self { todos, counts }
    }
}

/// A part of a list: one to-do more than its limit, which tells whether there is a next one.
pub async fn list(
    connection: &mut Connection,
    user: UserId,
    query: ListQuery,
) -> Result<Part, Error> {
    let (today, limit) = (query.today, query.limit.get() + 1);
    match (query.filter, query.after) {
        (Filter::All, None) => all(connection, user, limit).await,
        (Filter::All, Some(Cursor::Order(after))) => {
            all_after(connection, user, after, limit).await
        }
        (Filter::Open, None) => open(connection, user, limit).await,
        (Filter::Open, Some(Cursor::Order(after))) => {
            open_after(connection, user, after, limit).await
        }
        (Filter::Today, None) => due(connection, user, today, limit).await,
        (Filter::Today, Some(Cursor::Due(after))) => {
            due_after(connection, user, today, after, limit).await
        }
        (Filter::Upcoming, None) => upcoming(connection, user, today, limit).await,
        (Filter::Upcoming, Some(Cursor::Due(after))) => {
            upcoming_after(connection, user, today, after, limit).await
        }
        (Filter::Done, None) => done(connection, user, limit).await,
        (Filter::Done, Some(Cursor::Done(after))) => {
            done_after(connection, user, after, limit).await
        }
        (_, Some(_)) => Err(Error::internal("a cursor of another filter")),
    }
}

/// The first page of the whole list in the user's own order, at most `limit` to-dos.
async fn all(connection: &mut Connection, user: UserId, limit: u32) -> Result<Part, Error> {
    let rows = query_rows!(
        "todos_order",
        "",
        "isdone, list_date DESC, moved_fraction DESC, todos.id DESC",
        user.0,
        limit,
    );
    Ok(rows.fetch_all(connection).await?.into())
}

/// The whole list after a place, at most `limit` to-dos.
async fn all_after(
    connection: &mut Connection,
    user: UserId,
    after: OrderCursor,
    limit: u32,
) -> Result<Part, Error> {
    let (date, fraction) = (to_database(after.position.date), after.position.fraction);
    let rows = query_rows!(
        "todos_order",
        "AND (isdone > ? OR (isdone = ? AND (list_date < ? OR (list_date = ?
              AND (moved_fraction < ? OR (moved_fraction = ? AND todos.id < ?))))))",
        "isdone, list_date DESC, moved_fraction DESC, todos.id DESC",
        user.0,
        after.is_done,
        after.is_done,
        date,
        date,
        fraction,
        fraction,
        after.id.0,
        limit,
    );
    Ok(rows.fetch_all(connection).await?.into())
}

/// The first page of the open to-dos in the user's own order, at most `limit`.
async fn open(connection: &mut Connection, user: UserId, limit: u32) -> Result<Part, Error> {
    let rows = query_rows!(
        "todos_order",
        "AND isdone = FALSE",
        "list_date DESC, moved_fraction DESC, todos.id DESC",
        user.0,
        limit,
    );
    Ok(rows.fetch_all(connection).await?.into())
}

/// The open to-dos after a place, at most `limit`.
async fn open_after(
    connection: &mut Connection,
    user: UserId,
    after: OrderCursor,
    limit: u32,
) -> Result<Part, Error> {
    let (date, fraction) = (to_database(after.position.date), after.position.fraction);
    let rows = query_rows!(
        "todos_order",
        "AND isdone = FALSE AND (list_date < ? OR (list_date = ?
             AND (moved_fraction < ? OR (moved_fraction = ? AND todos.id < ?))))",
        "list_date DESC, moved_fraction DESC, todos.id DESC",
        user.0,
        date,
        date,
        fraction,
        fraction,
        after.id.0,
        limit,
    );
    Ok(rows.fetch_all(connection).await?.into())
}

/// The first page of the open to-dos that are due by a day, at most `limit`.
async fn due(
    connection: &mut Connection,
    user: UserId,
    by: Date,
    limit: u32,
) -> Result<Part, Error> {
    let rows = query_rows_and_user!(
        "todos_due",
        "AND isdone = FALSE AND due_date <= ?",
        "due_date, due_minute, list_date DESC, moved_fraction DESC, todos.id DESC",
        user.0,
        by,
        limit,
        user.0,
    );
    Ok(rows.fetch_all(connection).await?.into())
}

/// The open to-dos after a place that are due by a day, at most `limit`.
async fn due_after(
    connection: &mut Connection,
    user: UserId,
    by: Date,
    after: DueCursor,
    limit: u32,
) -> Result<Part, Error> {
    let (day, minute) = (after.due_date.date(), after.due_minute);
    let (date, fraction) = (to_database(after.position.date), after.position.fraction);
    let rows = query_rows_and_user!(
        "todos_due",
        "AND isdone = FALSE AND due_date <= ? AND (due_date > ? OR (due_date = ?
             AND (due_minute > ? OR (due_minute = ? AND (list_date < ? OR (list_date = ?
             AND (moved_fraction < ? OR (moved_fraction = ? AND todos.id < ?))))))))",
        "due_date, due_minute, list_date DESC, moved_fraction DESC, todos.id DESC",
        user.0,
        by,
        day,
        day,
        minute,
        minute,
        date,
        date,
        fraction,
        fraction,
        after.id.0,
        limit,
        user.0,
    );
    Ok(rows.fetch_all(connection).await?.into())
}

/// The first page of the open to-dos that are due after a day, at most `limit`.
async fn upcoming(
    connection: &mut Connection,
    user: UserId,
    today: Date,
    limit: u32,
) -> Result<Part, Error> {
    let rows = query_rows_and_user!(
        "todos_due",
        "AND isdone = FALSE AND due_date > ?",
        "due_date, due_minute, list_date DESC, moved_fraction DESC, todos.id DESC",
        user.0,
        today,
        limit,
        user.0,
    );
    Ok(rows.fetch_all(connection).await?.into())
}

/// The open to-dos after a place that are due after a day, at most `limit`.
async fn upcoming_after(
    connection: &mut Connection,
    user: UserId,
    today: Date,
    after: DueCursor,
    limit: u32,
) -> Result<Part, Error> {
    let (day, minute) = (after.due_date.date(), after.due_minute);
    let (date, fraction) = (to_database(after.position.date), after.position.fraction);
    let rows = query_rows_and_user!(
        "todos_due",
        "AND isdone = FALSE AND due_date > ? AND (due_date > ? OR (due_date = ?
             AND (due_minute > ? OR (due_minute = ? AND (list_date < ? OR (list_date = ?
             AND (moved_fraction < ? OR (moved_fraction = ? AND todos.id < ?))))))))",
        "due_date, due_minute, list_date DESC, moved_fraction DESC, todos.id DESC",
        user.0,
        today,
        day,
        day,
        minute,
        minute,
        date,
        date,
        fraction,
        fraction,
        after.id.0,
        limit,
        user.0,
    );
    Ok(rows.fetch_all(connection).await?.into())
}

/// The first page of the done to-dos, the last done first, at most `limit`.
async fn done(connection: &mut Connection, user: UserId, limit: u32) -> Result<Part, Error> {
    let rows = query_rows!(
        "todos_done",
        "AND isdone = TRUE",
        "done_date DESC, todos.id DESC",
        user.0,
        limit,
    );
    Ok(rows.fetch_all(connection).await?.into())
}

/// The done to-dos after a place, at most `limit`.
async fn done_after(
    connection: &mut Connection,
    user: UserId,
    after: DoneCursor,
    limit: u32,
) -> Result<Part, Error> {
    let done_date = to_database(after.done_date);
    let rows = query_rows!(
        "todos_done",
        "AND isdone = TRUE AND (done_date < ? OR (done_date = ? AND todos.id < ?))",
        "done_date DESC, todos.id DESC",
        user.0,
        done_date,
        done_date,
        after.id.0,
        limit,
    );
    Ok(rows.fetch_all(connection).await?.into())
}
