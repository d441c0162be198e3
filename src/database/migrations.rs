//! Migrations of the schema, applied once, however many instances start together.

use std::time::Duration;

use sqlx::{
    Connection as _,
    migrate::{Migrate, MigrateError, Migrator},
};

use super::{ConnectOptions, Connection, connect, error_code::unavailable};
use crate::domain::error::Error;

static MIGRATIONS: Migrator = sqlx::migrate!();

/// Table in which sqlx records applied migrations.
const TABLE: &str = "_sqlx_migrations";
/// Time limit of waiting for another instance; longer than any of the migrations takes.
const LOCK_WAIT: Duration = Duration::from_mins(1);

/// Applies the missing migrations. One instance at a time: sqlx's own lock waits with a timeout that
/// MariaDB refuses, and ignores that it was not granted, so this takes one and checks the answer.
///
/// # Errors
/// [`Error::Unavailable`] when the database cannot be reached or another instance migrates longer
/// than a minute; [`Error::Internal`] when a migration fails, was changed after it was applied, or
/// was left half done.
pub async fn migrate(options: &ConnectOptions) -> Result<(), Error> {
    migrate_within(options, LOCK_WAIT).await
}

/// [`migrate`] with another time limit, in whole seconds, of waiting for other instances.
///
/// # Errors
/// Those of [`migrate`].
pub async fn migrate_within(options: &ConnectOptions, wait: Duration) -> Result<(), Error> {
    let mut connection = connect(options).await?;
    if !lock(&mut connection, wait).await? {
        let seconds = wait.as_secs();
        return Err(unavailable(format!(
            "another instance has been migrating for {seconds} seconds"
        )));
    }
    let result = migrator().run(&mut connection).await;
    // Closing the connection releases the lock, also when this fails.
    connection.close().await?;
    result.map_err(explain)
}

/// Checks that every migration this binary knows has been applied to its end, and as it is now. A newer
/// schema is fine: changes only add until no old binary is left.
///
/// # Errors
/// [`Error::Unavailable`] when the database cannot be reached or is behind; [`Error::Internal`] when a
/// migration was changed after it was applied.
pub async fn verify(connection: &mut Connection) -> Result<(), Error> {
    let applied = connection
        .list_applied_migrations(TABLE)
        .await
        .map_err(|error| unavailable(format!("the schema cannot be read: {error}")))?;
    let mut missing = 0;
    for migration in MIGRATIONS.iter() {
        let found = applied
            .iter()
            .find(|found| found.version == migration.version);
        match found {
            Some(found) if found.checksum != migration.checksum => {
                return Err(explain(MigrateError::VersionMismatch(migration.version)));
            }
            Some(_) => {}
            None => missing += 1,
        }
    }
    if missing > 0 {
        return Err(unavailable(format!(
            "the database lacks {missing} migrations; run `tickbox migrate`"
        )));
    }
    // sqlx lists a migration before it has run to its end. One of a later release may be running just
    // now, and does not concern this binary.
    match connection.dirty_version(TABLE).await {
        Ok(Some(version)) if MIGRATIONS.version_exists(version) => {
            Err(unavailable(half_done(version)))
        }
        Ok(_) => Ok(()),
        Err(error) => Err(unavailable(format!("the schema cannot be read: {error}"))),
    }
}

fn migrator() -> Migrator {
    let mut migrator = Migrator::with_migrations(MIGRATIONS.iter().cloned().collect());
    migrator.set_locking(false).set_ignore_missing(true);
    migrator
}

async fn lock(connection: &mut Connection, wait: Duration) -> Result<bool, Error> {
    // The lock is the server's, not the database's: instances of another database need not wait.
    let granted: Option<i64> =
        sqlx::query_scalar("SELECT GET_LOCK(CONCAT('tickbox.', LEFT(DATABASE(), 50)), ?)")
            .bind(wait.as_secs())
            .fetch_one(connection)
            .await?;
    Ok(granted == Some(1))
}

fn explain(error: MigrateError) -> Error {
    match error {
        MigrateError::Dirty(version) => Error::internal(half_done(version)),
        error => Error::internal(error),
    }
}

fn half_done(version: i64) -> String {
    format!(
        "migration {version} was left half done: repair the schema, then delete its row from {TABLE}"
    )
}
