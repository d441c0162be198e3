//! Statements on the active sessions of a user.

use time::OffsetDateTime;
use uuid::Uuid;

use super::{super::to_database, bytes};
use crate::{
    database::Connection,
    domain::{
        error::Error,
        session::{SecretHash, Session, SessionId, SessionKind, SuccessorKey},
        user::UserId,
    },
};

/// The active sessions of a user, the one used last first, at most `limit`; `current` is that of the request.
pub async fn list(
    connection: &mut Connection,
    user: UserId,
    current: SessionId,
    now: OffsetDateTime,
    limit: u32,
) -> Result<Vec<Session>, Error> {
    let rows = sqlx::query!(
        r#"SELECT id AS "id: Uuid", kind, user_agent, created_date, seen_date FROM sessions
           WHERE user_id = ? AND expires_date > ?
           ORDER BY seen_date DESC, created_date DESC, id LIMIT ?"#,
        user.0,
        to_database(now),
        limit,
    )
    .fetch_all(connection)
    .await?;
    let sessions = rows.into_iter().map(|row| {
        let kind = SessionKind::from_stored(&row.kind);
        Ok(Session {
            id: SessionId(row.id),
            kind: kind.ok_or_else(|| Error::internal("a stored session is of no known kind"))?,
            client: row.user_agent,
            created: row.created_date.assume_utc(),
            seen: row.seen_date.assume_utc(),
            is_current: row.id == current.0,
        })
    });
    sessions.collect()
}

/// The active sessions of a user beyond the `keep` used last, at most a hundred of them. Takes no lock: a caller
/// that must not miss one holds the user's row.
pub async fn beyond_newest(
    connection: &mut Connection,
    user: UserId,
    now: OffsetDateTime,
    keep: u32,
) -> Result<Vec<SessionId>, Error> {
    let ids = sqlx::query_scalar!(
        r#"SELECT id AS "id: Uuid" FROM sessions WHERE user_id = ? AND expires_date > ?
           ORDER BY seen_date DESC, created_date DESC, id LIMIT 100 OFFSET ?"#,
        user.0,
        to_database(now),
        keep,
    )
    .fetch_all(connection)
    .await?;
    Ok(ids.into_iter().map(SessionId).collect())
}

/// A locked session.
pub struct LockedSession {
    /// Hash of its secret.
    pub hash: SecretHash,
    /// Computes its next secrets; an old session of a browser has none.
    pub key: Option<SuccessorKey>,
    /// When it started.
    pub created: OffsetDateTime,
}

/// A session of that user and kind, locked until the transaction ends.
pub async fn lock_own(
    connection: &mut Connection,
    user: UserId,
    kind: SessionKind,
    id: SessionId,
) -> Result<Option<LockedSession>, Error> {
    let row = sqlx::query!(
        "SELECT secret_hash, successor_key, created_date FROM sessions
         WHERE id = ? AND user_id = ? AND kind = ? FOR UPDATE",
        id.0,
        user.0,
        kind.as_str(),
    )
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let key = row.successor_key.map(bytes).transpose()?;
    Ok(Some(LockedSession {
        hash: SecretHash(bytes(row.secret_hash)?),
        key: key.map(SuccessorKey),
        created: row.created_date.assume_utc(),
    }))
}

/// Ends a session of that user; returns whether there was one.
pub async fn delete_own(
    connection: &mut Connection,
    user: UserId,
    id: SessionId,
) -> Result<bool, Error> {
    let deleted = sqlx::query!(
        "DELETE FROM sessions WHERE id = ? AND user_id = ?",
        id.0,
        user.0,
    )
    .execute(connection)
    .await?;
    Ok(deleted.rows_affected() > 0)
}

/// Ends all sessions of a user but one; returns their number. It locks the gaps too: within a transaction nothing
/// is inserted after it.
pub async fn delete_others(
    connection: &mut Connection,
    user: UserId,
    keep: SessionId,
) -> Result<u64, Error> {
    let deleted = sqlx::query!(
        "DELETE FROM sessions WHERE user_id = ? AND id <> ?",
        user.0,
        keep.0,
    )
    .execute(connection)
    .await?;
    Ok(deleted.rows_affected())
}
