//! Statements that find the result of an idempotent call, for a retry.

use time::OffsetDateTime;
use uuid::Uuid;

use super::{super::to_database, bytes, rotation};
use crate::{
    database::Connection,
    domain::{
        error::Error,
        session::{RotationState, SecretHash, SessionId, SessionKind, SuccessorKey},
        user::{UserId, Username},
    },
};

/// A session started by a login with an idempotency key.
pub struct StartedSession {
    /// The session's key.
    pub id: SessionId,
    /// Computes its secrets.
    pub key: SuccessorKey,
    /// The valid secrets.
    pub rotation: RotationState,
    /// When it started.
    pub created: OffsetDateTime,
    /// When it ends if it is not used again.
    pub expires: OffsetDateTime,
}

/// The newest session started by a login with this hash of its idempotency key. Takes no lock: a caller that must
/// not miss one holds the user's row.
pub async fn begun_by(
    connection: &mut Connection,
    user: UserId,
    kind: SessionKind,
    call_hash: [u8; 32],
) -> Result<Option<StartedSession>, Error> {
    let row = sqlx::query!(
        r#"SELECT id AS "id: Uuid", secret_hash, previous_hash, rotated_date, successor_key, created_date, expires_date
           FROM sessions WHERE user_id = ? AND kind = ? AND call_hash = ? ORDER BY created_date DESC LIMIT 1"#,
        user.0,
        kind.as_str(),
        call_hash.as_slice(),
    )
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let key = row
        .successor_key
        .ok_or_else(|| Error::internal("a session of a named call has no key"))?;
    Ok(Some(StartedSession {
        id: SessionId(row.id),
        key: SuccessorKey(bytes(key)?),
        rotation: rotation(row.secret_hash, row.previous_hash, row.rotated_date)?,
        created: row.created_date.assume_utc(),
        expires: row.expires_date.assume_utc(),
    }))
}

/// A session that has changed its user's password, with that user.
pub struct LastChange {
    /// The user's key.
    pub user: UserId,
    /// The username.
    pub username: Username,
    /// PHC string of the current password.
    pub password: String,
    /// Hash of the session's secret.
    pub hash: SecretHash,
    /// Computes its next secrets; an old session of a browser has none.
    pub key: Option<SuccessorKey>,
    /// When the password was changed.
    pub date: OffsetDateTime,
    /// When the session ends if it is not used again.
    pub expires: OffsetDateTime,
}

/// A session of that kind, if it ever changed the password.
pub async fn last_change(
    connection: &mut Connection,
    kind: SessionKind,
    id: SessionId,
) -> Result<Option<LastChange>, Error> {
    let row = sqlx::query!(
        r#"SELECT sessions.user_id, sessions.secret_hash, sessions.successor_key, sessions.expires_date,
                  sessions.password_date AS "password_date!", users.username, users.password
           FROM sessions JOIN users ON users.id = sessions.user_id
           WHERE sessions.id = ? AND sessions.kind = ? AND sessions.password_date IS NOT NULL"#,
        id.0,
        kind.as_str(),
    )
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let key = row.successor_key.map(bytes).transpose()?;
    Ok(Some(LastChange {
        user: UserId(row.user_id),
        username: Username::from_stored(row.username),
        password: row.password,
        hash: SecretHash(bytes(row.secret_hash)?),
        key: key.map(SuccessorKey),
        date: row.password_date.assume_utc(),
        expires: row.expires_date.assume_utc(),
    }))
}

/// Records that a session has changed the password.
pub async fn note_password_change(
    connection: &mut Connection,
    id: SessionId,
    date: OffsetDateTime,
) -> Result<(), Error> {
    sqlx::query!(
        "UPDATE sessions SET password_date = ? WHERE id = ?",
        to_database(date),
        id.0,
    )
    .execute(connection)
    .await?;
    Ok(())
}
