//! Statements on `sessions`.

use time::OffsetDateTime;
use uuid::Uuid;

use super::{Connection, to_database};
use crate::domain::{
    error::Error,
    session::{SecretHash, SessionId},
    todo::Tally,
    user::{Account, UserId},
};

/// A session about to be stored.
#[derive(Clone)]
pub struct NewSession {
    /// Its key.
    pub id: SessionId,
    /// Whose it is.
    pub user: UserId,
    /// Proves the holder.
    pub hash: SecretHash,
    /// When it begins.
    pub created: OffsetDateTime,
    /// When it ends if it is not used again.
    pub expires: OffsetDateTime,
    /// What the browser says it is.
    pub user_agent: String,
}

/// Stores a session of a browser.
///
/// # Errors
/// Those of the database.
pub async fn insert_web(connection: &mut Connection, session: &NewSession) -> Result<(), Error> {
    let created = to_database(session.created);
    sqlx::query!(
        "INSERT INTO sessions (id, user_id, kind, secret_hash, created_date, seen_date, expires_date, user_agent)
         VALUES (?, ?, 'web', ?, ?, ?, ?, ?)",
        session.id.0,
        session.user.0,
        session.hash.0.as_slice(),
        created,
        created,
        to_database(session.expires),
        session.user_agent,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A stored session of a browser with its user.
pub struct StoredSession {
    /// For whom it acts.
    pub account: Account,
    /// Proves the holder.
    pub hash: SecretHash,
    /// When it began.
    pub created: OffsetDateTime,
    /// When the time of last use was last written.
    pub seen: OffsetDateTime,
    /// When it ends if it is not used again.
    pub expires: OffsetDateTime,
}

/// The browser's session with its user's revision and counts: the one read that every page begins
/// with.
///
/// # Errors
/// Those of the database.
pub async fn find_web(
    connection: &mut Connection,
    id: SessionId,
) -> Result<Option<StoredSession>, Error> {
    let row = sqlx::query!(
        r#"SELECT sessions.secret_hash, sessions.created_date, sessions.seen_date, sessions.expires_date,
                  users.id AS user_id, users.public_id AS "public_id: Uuid", users.firstname,
                  users.rev, users.open_count, users.todo_count
           FROM sessions JOIN users ON users.id = sessions.user_id
           WHERE sessions.id = ? AND sessions.kind = 'web'"#,
        id.0,
    )
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let hash = row.secret_hash.try_into().map(SecretHash);
    Ok(Some(StoredSession {
        account: Account {
            user_id: UserId(row.user_id),
            public_id: row.public_id,
            first_name: row.firstname,
            session_id: id,
            tally: Tally {
                rev: row.rev,
                open: row.open_count,
                all: row.todo_count,
            },
        },
        hash: hash.map_err(|_| Error::internal("a stored hash is not 32 bytes long"))?,
        created: row.created_date.assume_utc(),
        seen: row.seen_date.assume_utc(),
        expires: row.expires_date.assume_utc(),
    }))
}

/// Notes that a session was used. Never revives one that was ended meanwhile.
///
/// # Errors
/// Those of the database.
pub async fn touch(
    connection: &mut Connection,
    id: SessionId,
    seen: OffsetDateTime,
    expires: OffsetDateTime,
) -> Result<(), Error> {
    sqlx::query!(
        "UPDATE sessions SET seen_date = ?, expires_date = ? WHERE id = ?",
        to_database(seen),
        to_database(expires),
        id.0,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Ends a session.
///
/// # Errors
/// Those of the database.
pub async fn delete(connection: &mut Connection, id: SessionId) -> Result<(), Error> {
    sqlx::query!("DELETE FROM sessions WHERE id = ?", id.0)
        .execute(connection)
        .await?;
    Ok(())
}

/// Sweeps a user's sessions that have ended by themselves.
///
/// # Errors
/// Those of the database.
pub async fn delete_expired(
    connection: &mut Connection,
    user: UserId,
    now: OffsetDateTime,
) -> Result<(), Error> {
    sqlx::query!(
        "DELETE FROM sessions WHERE user_id = ? AND expires_date <= ?",
        user.0,
        to_database(now),
    )
    .execute(connection)
    .await?;
    Ok(())
}
