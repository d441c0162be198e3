//! The statements of Tickbox's src/store, word for word.

use sqlx::{Connection as _, FromRow, MySqlConnection, Result};
use time::PrimitiveDateTime;
use uuid::Uuid;

#[derive(FromRow)]
pub(crate) struct Session {
    pub(crate) secret_hash: Vec<u8>,
    pub(crate) expires_date: PrimitiveDateTime,
    pub(crate) user_id: u64,
    pub(crate) public_id: Uuid,
    pub(crate) firstname: String,
    pub(crate) rev: u64,
    pub(crate) open_count: i32,
    pub(crate) todo_count: i32,
}

#[derive(FromRow)]
pub(crate) struct Todo {
    pub(crate) id: Uuid,
    pub(crate) description: String,
    pub(crate) isdone: bool,
    pub(crate) created_date: PrimitiveDateTime,
    pub(crate) done_date: Option<PrimitiveDateTime>,
    pub(crate) rev: u64,
}

const SESSION: &str =
    "SELECT sessions.secret_hash, sessions.created_date, sessions.seen_date, sessions.expires_date,
                  users.id AS user_id, users.public_id, users.firstname,
                  users.rev, users.open_count, users.todo_count
           FROM sessions JOIN users ON users.id = sessions.user_id
           WHERE sessions.id = ? AND sessions.kind = ?";
const LIST: &str = "SELECT id, description, isdone, created_date, done_date, removed_date, rev,
                  original_description
           FROM todos WHERE user_id = ? AND removed_date IS NULL
           ORDER BY isdone, created_date DESC, id DESC LIMIT ?";
const NEXT_REV: &str = "UPDATE users SET rev = LAST_INSERT_ID(rev + 1), open_count = open_count + ?, todo_count = todo_count + ?
         WHERE id = ?";
const INSERT: &str = "INSERT INTO todos (user_id, id, description, isdone, created_date, rev) VALUES (?, ?, ?, FALSE, ?, ?)";

pub(crate) async fn session(
    connection: &mut MySqlConnection,
    id: Uuid,
    kind: &str,
) -> Result<Option<Session>> {
    let query = sqlx::query_as(SESSION).bind(id).bind(kind);
    query.fetch_optional(connection).await
}

pub(crate) async fn list(
    connection: &mut MySqlConnection,
    user: u64,
    limit: u32,
) -> Result<Vec<Todo>> {
    let query = sqlx::query_as(LIST).bind(user).bind(limit);
    query.fetch_all(connection).await
}

/// Gives the user's new revision.
pub(crate) async fn add(
    connection: &mut MySqlConnection,
    user: u64,
    id: Uuid,
    description: &str,
    created: PrimitiveDateTime,
) -> Result<u64> {
    let mut transaction = connection.begin().await?;
    let raised = sqlx::query(NEXT_REV).bind(1).bind(1).bind(user);
    let rev = raised.execute(&mut *transaction).await?.last_insert_id();
    let insert = sqlx::query(INSERT).bind(user).bind(id).bind(description);
    insert
        .bind(created)
        .bind(rev)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(rev)
}
