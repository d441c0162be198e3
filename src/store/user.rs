//! Statements on `users`.

use uuid::Uuid;

use super::to_database;
use crate::database::Connection;
use crate::domain::{
    error::{AuthError, Conflict, Error},
    todo::{CountsDelta, TodoCounts},
    user::{TimeZone, User, UserId, Username},
};

/// Adds a user.
///
/// # Errors
/// [`Conflict::UsernameTaken`]: the database decides it, so that of two concurrent calls only one succeeds.
pub async fn insert(connection: &mut Connection, user: &User, hash: &str) -> Result<(), Error> {
    let inserted = sqlx::query!(
        "INSERT INTO users (public_id, firstname, lastname, username, password, created_date)
         VALUES (?, ?, ?, ?, ?, ?)",
        user.public_id,
        user.first_name,
        user.last_name,
        user.username,
        hash,
        to_database(user.created_date),
    )
    .execute(connection)
    .await;
    match inserted {
        Ok(_) => Ok(()),
        Err(sqlx::Error::Database(error))
            if error.is_unique_violation() && error.message().contains("users_username") =>
        {
            Err(Error::Conflict(Conflict::UsernameTaken))
        }
        Err(error) => Err(error.into()),
    }
}

/// The public data of a user.
///
/// # Errors
/// [`AuthError::SessionEnded`] when the user was deleted.
pub async fn find(connection: &mut Connection, user: UserId) -> Result<User, Error> {
    let row = sqlx::query!(
        r#"SELECT public_id AS "public_id: Uuid", firstname, lastname, username, created_date, time_zone
           FROM users WHERE id = ?"#,
        user.0,
    )
    .fetch_optional(connection)
    .await?;
    let row = row.ok_or_else(user_deleted)?;
    Ok(User {
        public_id: row.public_id,
        first_name: row.firstname,
        last_name: row.lastname,
        username: row.username,
        created_date: row.created_date.assume_utc(),
        time_zone: TimeZone::from_stored(row.time_zone.as_deref()),
    })
}

/// A user, as needed to log in.
pub struct LoginRecord {
    /// The user's key.
    pub user_id: UserId,
    /// For the log.
    pub public_id: Uuid,
    /// PHC string.
    pub password: String,
}

/// The user with that name, for a login.
pub async fn find_by_username(
    connection: &mut Connection,
    username: &Username,
) -> Result<Option<LoginRecord>, Error> {
    let row = sqlx::query!(
        r#"SELECT id, public_id AS "public_id: Uuid", password FROM users WHERE username = ?"#,
        username.as_str(),
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| LoginRecord {
        user_id: UserId(row.id),
        public_id: row.public_id,
        password: row.password,
    }))
}

/// The user with that name, and the hash of the password, for a repeated registration.
pub async fn find_registered(
    connection: &mut Connection,
    username: &str,
) -> Result<Option<(User, String)>, Error> {
    let row = sqlx::query!(
        r#"SELECT public_id AS "public_id: Uuid", firstname, lastname, username, created_date, time_zone,
                  password
           FROM users WHERE username = ?"#,
        username,
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| {
        let user = User {
            public_id: row.public_id,
            first_name: row.firstname,
            last_name: row.lastname,
            username: row.username,
            created_date: row.created_date.assume_utc(),
            time_zone: TimeZone::from_stored(row.time_zone.as_deref()),
        };
        (user, row.password)
    }))
}

/// The username and the hash of the password.
///
/// # Errors
/// [`AuthError::SessionEnded`] when the user was deleted.
pub async fn password(
    connection: &mut Connection,
    user: UserId,
) -> Result<(Username, String), Error> {
    let row = sqlx::query!("SELECT username, password FROM users WHERE id = ?", user.0)
        .fetch_optional(connection)
        .await?;
    row.map(|row| (Username::from_stored(row.username), row.password))
        .ok_or_else(user_deleted)
}

/// Locks a user and returns the hash of the password: until the transaction ends the password cannot be changed and
/// no session of that user starts.
///
/// # Errors
/// [`AuthError::SessionEnded`] when the user was deleted.
pub async fn lock_password(connection: &mut Connection, user: UserId) -> Result<String, Error> {
    let row = sqlx::query!("SELECT password FROM users WHERE id = ? FOR UPDATE", user.0)
        .fetch_optional(connection)
        .await?;
    row.map(|row| row.password).ok_or_else(user_deleted)
}

/// Replaces a password's hash.
pub async fn set_password(
    connection: &mut Connection,
    user: UserId,
    hash: &str,
) -> Result<(), Error> {
    sqlx::query!("UPDATE users SET password = ? WHERE id = ?", hash, user.0)
        .execute(connection)
        .await?;
    Ok(())
}

/// Sets the time zone.
pub async fn set_time_zone(
    connection: &mut Connection,
    user: UserId,
    time_zone: &TimeZone,
) -> Result<(), Error> {
    let name = time_zone.as_str();
    sqlx::query!("UPDATE users SET time_zone = ? WHERE id = ?", name, user.0)
        .execute(connection)
        .await?;
    Ok(())
}

/// Sets the time zone, unless there is one.
pub async fn set_first_time_zone(
    connection: &mut Connection,
    user: UserId,
    time_zone: &TimeZone,
) -> Result<(), Error> {
    let name = time_zone.as_str();
    sqlx::query!(
        "UPDATE users SET time_zone = ? WHERE id = ? AND time_zone IS NULL",
        name,
        user.0,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Increments the user's revision, applies the change in counts, and returns the new revision. Every transaction on
/// to-dos starts with this or with [`lock`]: the row lock makes the order of commits that of
/// revisions.
///
/// # Errors
/// [`AuthError::SessionEnded`] when the user was deleted.
pub async fn next_rev(
    connection: &mut Connection,
    user: UserId,
    change: CountsDelta,
) -> Result<u64, Error> {
    let updated = sqlx::query!(
        "UPDATE users SET rev = LAST_INSERT_ID(rev + 1), open_count = open_count + ?, todo_count = todo_count + ?,
                          removed_count = removed_count + ?
         WHERE id = ?",
        change.open,
        change.all,
        change.removed,
        user.0,
    )
    .execute(connection)
    .await?;
    if updated.rows_affected() == 0 {
        return Err(user_deleted());
    }
    Ok(updated.last_insert_id())
}

/// A user who is locked: their to-dos cannot be changed until the transaction ends.
#[derive(Clone, Copy, Debug)]
pub struct LockedUser {
    /// The revision and the counts.
    pub counts: TodoCounts,
    /// Number of tombstones.
    pub tombstones: i32,
    /// The last revision whose tombstones were deleted.
    pub purged_rev: u64,
    /// Number of calls that are remembered.
    pub calls: i32,
}

/// Locks a user and returns what a write on to-dos has to know.
///
/// # Errors
/// [`AuthError::SessionEnded`] when the user was deleted.
pub async fn lock(connection: &mut Connection, user: UserId) -> Result<LockedUser, Error> {
    let row = sqlx::query!(
        "SELECT rev, purged_rev, open_count, todo_count, removed_count, call_count
         FROM users WHERE id = ? FOR UPDATE",
        user.0,
    )
    .fetch_optional(connection)
    .await?;
    let row = row.ok_or_else(user_deleted)?;
    let counts = TodoCounts {
        rev: row.rev,
        open: row.open_count,
        all: row.todo_count,
    };
    Ok(LockedUser {
        counts,
        tombstones: row.removed_count,
        purged_rev: row.purged_rev,
        calls: row.call_count,
    })
}

/// Moves a locked user's revision on by `revs`, applies the change in counts, and sets the number of remembered
/// calls.
pub async fn advance(
    connection: &mut Connection,
    user: UserId,
    revs: u64,
    change: CountsDelta,
    calls: i32,
) -> Result<(), Error> {
    sqlx::query!(
        "UPDATE users SET rev = rev + ?, open_count = open_count + ?, todo_count = todo_count + ?,
                          removed_count = removed_count + ?, call_count = ?
         WHERE id = ?",
        revs,
        change.open,
        change.all,
        change.removed,
        calls,
        user.0,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The user's revision and counts.
pub async fn counts(connection: &mut Connection, user: UserId) -> Result<TodoCounts, Error> {
    let row = sqlx::query!(
        "SELECT rev, open_count, todo_count FROM users WHERE id = ?",
        user.0,
    )
    .fetch_one(connection)
    .await?;
    Ok(TodoCounts {
        rev: row.rev,
        open: row.open_count,
        all: row.todo_count,
    })
}

/// The error when the user was deleted after the session was read.
pub(super) fn user_deleted() -> Error {
    Error::Unauthenticated(AuthError::SessionEnded)
}

/// More changes than a user can make between a backup and its restoration.
const RESTORE_REV_GAP: u64 = 1_000_000_000;

/// Invalidates all sync tokens after the database was restored from a backup: moves every user's revision past all
/// revisions given out before, so that each client starts over with a first copy.
pub async fn invalidate_sync_tokens(connection: &mut Connection) -> Result<(), Error> {
    sqlx::query!(
        "UPDATE users SET purged_rev = rev + ?, rev = rev + ?",
        RESTORE_REV_GAP,
        RESTORE_REV_GAP,
    )
    .execute(connection)
    .await?;
    Ok(())
}
