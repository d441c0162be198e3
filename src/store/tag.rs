//! Statements on `todo_tags` and `tags`. Those that write are for a user who is locked.

use serde::Serialize;

use super::{
    rows_to_json,
    todo::{Key, key},
};
use crate::database::Connection;
use crate::domain::{
    error::Error,
    todo::{TagChange, TagCount, TagEntry, TagKey, Tagging, TodoId},
    user::UserId,
};

#[derive(Serialize)]
struct EntryRow {
    id: String,
    tag: String,
}

#[derive(Serialize)]
struct ChangeRow<'a> {
    tag: &'a str,
    name: &'a str,
    open: i32,
    all: i32,
}

impl<'a> From<&'a TagChange> for ChangeRow<'a> {
    fn from(change: &'a TagChange) -> Self {
        Self {
            tag: change.key.as_str(),
            name: change.name.as_deref().unwrap_or_default(),
            open: change.open,
            all: change.all,
        }
    }
}

/// The tags of to-dos, as they are stored.
pub async fn entries(
    connection: &mut Connection,
    user: UserId,
    ids: impl IntoIterator<Item = TodoId>,
) -> Result<Vec<TagEntry>, Error> {
    let keys: Vec<_> = ids.into_iter().map(Key::from).collect();
    let rows = sqlx::query!(
        r#"SELECT todo_tags.tag, todo_tags.isdone AS "isdone: bool"
           FROM JSON_TABLE(?, '$[*]' COLUMNS (id VARCHAR(32) PATH '$.id')) AS named
           STRAIGHT_JOIN todo_tags ON todo_tags.user_id = ? AND todo_tags.todo_id = UNHEX(named.id)"#,
        rows_to_json(&keys)?,
        user.0,
    )
    .fetch_all(connection)
    .await?;
    let entries = rows.into_iter().map(|row| TagEntry {
        key: TagKey::from_stored(row.tag),
        is_open: !row.isdone,
    });
    Ok(entries.collect())
}

/// Deletes the tags of to-dos.
pub async fn delete(
    connection: &mut Connection,
    user: UserId,
    ids: impl IntoIterator<Item = TodoId>,
) -> Result<(), Error> {
    let keys: Vec<_> = ids.into_iter().map(Key::from).collect();
    sqlx::query!(
        "DELETE todo_tags
         FROM JSON_TABLE(?, '$[*]' COLUMNS (id VARCHAR(32) PATH '$.id')) AS named
         STRAIGHT_JOIN todo_tags ON todo_tags.user_id = ? AND todo_tags.todo_id = UNHEX(named.id)",
        rows_to_json(&keys)?,
        user.0,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Stores the tags of to-dos that are stored and have none yet. What the views are ordered by comes from their rows.
pub async fn insert(
    connection: &mut Connection,
    user: UserId,
    taggings: &[Tagging],
) -> Result<(), Error> {
    let rows = taggings.iter().flat_map(|tagging| {
        tagging.tags.iter().map(|tag| EntryRow {
            id: key(tagging.id),
            tag: tag.key().as_str().to_owned(),
        })
    });
    let rows: Vec<_> = rows.collect();
    sqlx::query!(
        "INSERT INTO todo_tags (user_id, todo_id, tag, isdone, list_date, moved_fraction, due_date, due_minute,
                                done_date)
         SELECT todos.user_id, todos.id, added.tag, todos.isdone, todos.list_date, todos.moved_fraction, todos.due_date,
                todos.due_minute, todos.done_date
         FROM JSON_TABLE(?, '$[*]' COLUMNS (id VARCHAR(32) PATH '$.id', tag VARCHAR(100) CHARACTER SET utf8mb4 PATH '$.tag')) AS added
         STRAIGHT_JOIN todos ON todos.user_id = ? AND todos.id = UNHEX(added.id)",
        rows_to_json(&rows)?,
        user.0,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Gives the tags of the to-dos of a revision the positions of these.
pub async fn reposition(connection: &mut Connection, user: UserId, rev: u64) -> Result<(), Error> {
    sqlx::query!(
        "UPDATE todos FORCE INDEX (todos_rev)
         STRAIGHT_JOIN todo_tags ON todo_tags.user_id = todos.user_id AND todo_tags.todo_id = todos.id
         SET todo_tags.list_date = todos.list_date, todo_tags.moved_fraction = todos.moved_fraction
         WHERE todos.user_id = ? AND todos.rev = ?",
        user.0,
        rev,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Applies changes in the numbers of to-dos that have a tag.
pub async fn count(
    connection: &mut Connection,
    user: UserId,
    changes: &[TagChange],
) -> Result<(), Error> {
    let rows: Vec<_> = changes.iter().map(ChangeRow::from).collect();
    sqlx::query!(
        "INSERT INTO tags (user_id, tag, name, open_count, all_count)
         SELECT ?, changed.tag, changed.name, changed.open_change, changed.all_change
         FROM JSON_TABLE(?, '$[*]' COLUMNS (
             tag VARCHAR(100) CHARACTER SET utf8mb4 PATH '$.tag', name VARCHAR(50) CHARACTER SET utf8mb4 PATH '$.name', open_change INT PATH '$.open',
             all_change INT PATH '$.all')) AS changed
         ON DUPLICATE KEY UPDATE open_count = tags.open_count + changed.open_change,
                                 all_count = tags.all_count + changed.all_change",
        user.0,
        rows_to_json(&rows)?,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Deletes those of the tags that no to-do has any more.
pub async fn delete_unused(
    connection: &mut Connection,
    user: UserId,
    changes: &[TagChange],
) -> Result<(), Error> {
    let rows: Vec<_> = changes.iter().map(ChangeRow::from).collect();
    sqlx::query!(
        "DELETE tags
         FROM JSON_TABLE(?, '$[*]' COLUMNS (tag VARCHAR(100) CHARACTER SET utf8mb4 PATH '$.tag')) AS changed
         STRAIGHT_JOIN tags ON tags.user_id = ? AND tags.tag = changed.tag COLLATE utf8mb4_bin
         WHERE tags.all_count <= 0",
        rows_to_json(&rows)?,
        user.0,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The tags of a user after one, or from the first for an empty text, at most `limit`.
pub async fn list(
    connection: &mut Connection,
    user: UserId,
    after: &str,
    limit: u32,
) -> Result<Vec<TagCount>, Error> {
    let rows = sqlx::query!(
        "SELECT tag, name, open_count, all_count FROM tags WHERE user_id = ? AND tag > ? ORDER BY tag LIMIT ?",
        user.0,
        after,
        limit,
    )
    .fetch_all(connection)
    .await?;
    let tags = rows.into_iter().map(|row| TagCount {
        key: TagKey::from_stored(row.tag),
        name: row.name,
        open: row.open_count,
        all: row.all_count,
    });
    Ok(tags.collect())
}
