//! The statement of delta sync.

use time::PrimitiveDateTime;
use uuid::Uuid;

use super::{super::user::user_deleted, plan, position};
use crate::database::Connection;
use crate::domain::{
    error::Error,
    todo::{Description, FieldRevs, SyncToken, Todo, TodoId},
    user::UserId,
};

/// The changes after a sync token, and the user's revision.
pub struct Changes {
    /// The user's revision.
    pub rev: u64,
    /// The last revision whose tombstones were deleted.
    pub purged_rev: u64,
    /// In the order of revisions; tombstones among them, whose texts are left out.
    pub todos: Vec<Todo>,
}

/// The to-dos that changed after a position, at most `limit`, and the user's revision, in one statement and
/// therefore consistent: a revision ahead of the to-dos would lose changes permanently.
///
/// Every row read is returned: unneeded tombstones are left to the caller to drop, or a token could make the
/// server scan all that a user ever removed. The index is named, since MariaDB
/// (seen with 10.11.14) otherwise begins a range of two keys at its start.
///
/// # Errors
/// [`AuthError::SessionEnded`](crate::domain::error::Denied::SessionEnded) when the user was deleted.
pub async fn changes(
    connection: &mut Connection,
    user: UserId,
    since: SyncToken,
    limit: u32,
) -> Result<Changes, Error> {
    let rows = sqlx::query!(
        r#"SELECT users.rev AS user_rev, users.purged_rev, changed.id AS "id?: Uuid",
                  changed.description AS "description?", changed.isdone AS "isdone?: bool",
                  changed.created_date, changed.list_date, changed.moved_fraction AS "moved_fraction?", changed.done_date, changed.removed_date, changed.rev,
                  changed.original_description AS "original_description?", changed.notes AS "notes?",
                  changed.due_date, changed.due_time, changed.priority AS "priority?", changed.repeat_rule,
                  changed.last_done_date
           FROM users
           LEFT JOIN (
               SELECT user_id, id, isdone, created_date, list_date, moved_fraction, done_date, removed_date, rev,
                      due_date, due_time, priority, repeat_rule, last_done_date,
                      CASE WHEN removed_date IS NULL THEN notes END AS notes,
                      CASE WHEN removed_date IS NULL THEN description ELSE '' END AS description,
                      CASE WHEN removed_date IS NULL THEN original_description END AS original_description
               FROM todos FORCE INDEX (todos_rev)
               WHERE user_id = ? AND (rev > ? OR (rev = ? AND id > ?))
               ORDER BY rev, id LIMIT ?
           ) AS changed ON changed.user_id = users.id
           WHERE users.id = ?
           ORDER BY changed.rev, changed.id"#,
        user.0,
        since.rev,
        since.rev,
        since.id.0,
        limit,
        user.0,
    )
    .fetch_all(connection)
    .await?;
    let first = rows.first().ok_or_else(user_deleted)?;
    let (rev, purged_rev) = (first.user_rev, first.purged_rev);
    let todos = rows.into_iter().filter_map(|row| {
        Some(Todo {
            id: TodoId(row.id?),
            description: Description::from_stored(row.description?),
            is_done: row.isdone?,
            created_date: row.created_date?.assume_utc(),
            position: position(row.list_date?, row.moved_fraction?),
            done_date: row.done_date.map(PrimitiveDateTime::assume_utc),
            removed_date: row.removed_date.map(PrimitiveDateTime::assume_utc),
            rev: row.rev?,
            added_as: row.original_description.map(Description::from_stored),
            plan: plan(
                row.notes,
                (row.due_date, row.due_time),
                row.priority?,
                row.repeat_rule.as_deref(),
                row.last_done_date,
            ),
            revs: FieldRevs::at(row.rev?),
            is_indexed: true,
        })
    });
    Ok(Changes {
        rev,
        purged_rev,
        todos: todos.collect(),
    })
}
