//! Statements on `sessions`.

mod active;
mod replay;

use time::{OffsetDateTime, PrimitiveDateTime};
use uuid::Uuid;

pub use self::{
    active::{LockedSession, beyond_newest, delete_others, delete_own, list, lock_own},
    replay::{LastChange, StartedSession, begun_by, last_change, note_password_change},
};
use super::to_database;
use crate::database::Connection;
use crate::domain::{
    error::Error,
    session::{RotationState, SecretHash, SessionId, SessionKind, SuccessorKey},
    todo::TodoCounts,
    user::{Account, TimeZone, UserId},
};

/// A session about to be stored.
#[derive(Clone)]
pub struct NewSession {
    /// The new session's key.
    pub id: SessionId,
    /// The user who logged in.
    pub user: UserId,
    /// Web or API.
    pub kind: SessionKind,
    /// Hash of its secret.
    pub hash: SecretHash,
    /// When it starts.
    pub created: OffsetDateTime,
    /// When it expires unless it is used again.
    pub expires: OffsetDateTime,
    /// The client's description of itself.
    pub user_agent: String,
    /// Computes its next secrets.
    pub successor_key: SuccessorKey,
    /// Hash of the idempotency key of the login, if it has one.
    pub call_hash: Option<[u8; 32]>,
}

/// Stores a session.
pub async fn insert(connection: &mut Connection, session: &NewSession) -> Result<(), Error> {
    let created = to_database(session.created);
    sqlx::query!(
        "INSERT INTO sessions (id, user_id, kind, secret_hash, created_date, seen_date, expires_date, user_agent, successor_key,
                               call_hash)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        session.id.0,
        session.user.0,
        session.kind.as_str(),
        session.hash.0.as_slice(),
        created,
        created,
        to_database(session.expires),
        session.user_agent,
        session.successor_key.0.as_slice(),
        session.call_hash.map(Vec::from),
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A stored session with its user.
pub struct StoredSession {
    /// The user it authenticates.
    pub account: Account,
    /// Hash of its secret.
    pub hash: SecretHash,
    /// When it started.
    pub created: OffsetDateTime,
    /// The stored time of last use.
    pub seen: OffsetDateTime,
    /// When it expires unless it is used again.
    pub expires: OffsetDateTime,
}

/// A session of that kind with its user's revision and counts: the one query that authenticates every request.
pub async fn find(
    connection: &mut Connection,
    kind: SessionKind,
    id: SessionId,
) -> Result<Option<StoredSession>, Error> {
    let row = sqlx::query!(
        r#"SELECT sessions.secret_hash, sessions.created_date, sessions.seen_date, sessions.expires_date,
                  users.id AS user_id, users.public_id AS "public_id: Uuid", users.firstname,
                  users.rev, users.open_count, users.todo_count, users.time_zone
           FROM sessions JOIN users ON users.id = sessions.user_id
           WHERE sessions.id = ? AND sessions.kind = ?"#,
        id.0,
        kind.as_str(),
    )
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(StoredSession {
        account: Account {
            user_id: UserId(row.user_id),
            public_id: row.public_id,
            first_name: row.firstname,
            session_id: id,
            counts: TodoCounts {
                rev: row.rev,
                open: row.open_count,
                all: row.todo_count,
            },
            has_time_zone: row.time_zone.is_some(),
            time_zone: TimeZone::from_stored(row.time_zone.as_deref()),
        },
        hash: SecretHash(bytes(row.secret_hash)?),
        created: row.created_date.assume_utc(),
        seen: row.seen_date.assume_utc(),
        expires: row.expires_date.assume_utc(),
    }))
}

/// Writes the time of last use. Never revives a session that was ended meanwhile.
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
pub async fn delete(connection: &mut Connection, id: SessionId) -> Result<(), Error> {
    sqlx::query!("DELETE FROM sessions WHERE id = ?", id.0)
        .execute(connection)
        .await?;
    Ok(())
}

/// A session of the API, as needed to exchange its refresh token.
pub struct RefreshSession {
    /// For the access token.
    pub public_id: Uuid,
    /// Computes successor tokens.
    pub key: SuccessorKey,
    /// The valid tokens.
    pub rotation: RotationState,
    /// When the session started.
    pub created: OffsetDateTime,
    /// When it expires unless it is used again.
    pub expires: OffsetDateTime,
}

/// The key of a session's refresh tokens; none when there is no such session of the API. Takes no lock and waits
/// for none.
pub async fn successor_key(
    connection: &mut Connection,
    id: SessionId,
) -> Result<Option<SuccessorKey>, Error> {
    let key = sqlx::query_scalar!(
        "SELECT successor_key FROM sessions WHERE id = ? AND kind = 'api'",
        id.0,
    )
    .fetch_optional(connection)
    .await?;
    let key = key.flatten().map(bytes).transpose()?;
    Ok(key.map(SuccessorKey))
}

/// A session of the API, locked until the transaction ends: of two concurrent exchanges of a token, one waits for
/// the other.
pub async fn lock(
    connection: &mut Connection,
    id: SessionId,
) -> Result<Option<RefreshSession>, Error> {
    let row = sqlx::query!(
        "SELECT user_id, secret_hash, previous_hash, rotated_date, successor_key, created_date, expires_date
         FROM sessions WHERE id = ? AND kind = 'api' FOR UPDATE",
        id.0,
    )
    .fetch_optional(&mut *connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let user = sqlx::query!(
        r#"SELECT public_id AS "public_id: Uuid" FROM users WHERE id = ?"#,
        row.user_id,
    )
    .fetch_one(connection)
    .await?;
    let key = row
        .successor_key
        .ok_or_else(|| Error::internal("a session of the API has no key for its refresh tokens"))?;
    Ok(Some(RefreshSession {
        public_id: user.public_id,
        key: SuccessorKey(bytes(key)?),
        rotation: rotation(row.secret_hash, row.previous_hash, row.rotated_date)?,
        created: row.created_date.assume_utc(),
        expires: row.expires_date.assume_utc(),
    }))
}

/// Stores the rotation of a token or a cookie, and the time of last use.
pub async fn rotate(
    connection: &mut Connection,
    id: SessionId,
    rotation: &RotationState,
    seen: OffsetDateTime,
    expires: OffsetDateTime,
) -> Result<(), Error> {
    sqlx::query!(
        "UPDATE sessions SET secret_hash = ?, previous_hash = ?, rotated_date = ?, seen_date = ?, expires_date = ?
         WHERE id = ?",
        rotation.current.0.as_slice(),
        rotation.previous.map(|hash| hash.0.to_vec()),
        rotation.rotated.map(to_database),
        to_database(seen),
        to_database(expires),
        id.0,
    )
    .execute(connection)
    .await?;
    Ok(())
}

fn rotation(
    current: Vec<u8>,
    previous: Option<Vec<u8>>,
    rotated: Option<PrimitiveDateTime>,
) -> Result<RotationState, Error> {
    let previous = previous.map(bytes).transpose()?;
    Ok(RotationState {
        current: SecretHash(bytes(current)?),
        previous: previous.map(SecretHash),
        rotated: rotated.map(PrimitiveDateTime::assume_utc),
    })
}

fn bytes(stored: Vec<u8>) -> Result<[u8; 32], Error> {
    let bytes = stored.try_into();
    bytes.map_err(|_| Error::internal("a stored hash or key is not 32 bytes long"))
}
