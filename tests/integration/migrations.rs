//! The schema: brought up to date once, however many instances start together.

mod filled;

use std::{fs, time::Duration};

use futures_util::future::join_all;
use sqlx::{MySqlConnection, MySqlPool, mysql::MySqlConnectOptions};
use tickbox::{
    database::migrations::{self, verify},
    domain::error::Error,
};
use tokio::time::timeout;

use tickbox::domain::{
    session::USER_AGENT_MAX,
    todo::Description,
    user::{NAME_MAX, Username},
};

use crate::support::{
    fixture::{connect, options},
    processlist::processlist,
};

#[sqlx::test(migrations = false)]
async fn six_concurrent_instances_apply_each_migration_once(pool: MySqlPool) {
    let options = options(&pool);
    for start in join_all((0..6).map(|_| migrate(&options))).await {
        start.expect("migrated");
    }
    let mut connection = connect(&options).await;
    assert_eq!(applied(&mut connection).await, files().len());
    verify(&mut connection).await.expect("nothing is missing");
}

#[sqlx::test(migrations = false)]
async fn an_empty_database_is_outdated_until_it_is_migrated(pool: MySqlPool) {
    let options = options(&pool);
    let mut connection = connect(&options).await;
    let before = verify(&mut connection).await;
    assert!(
        matches!(before, Err(Error::Unavailable { .. })),
        "{before:?}"
    );
    migrate(&options).await.expect("migrated");
    verify(&mut connection).await.expect("up to date");
}

#[sqlx::test]
async fn an_outdated_schema_says_how_many_migrations_are_missing(pool: MySqlPool) {
    let options = options(&pool);
    let mut connection = connect(&options).await;
    execute(
        &mut connection,
        "DELETE FROM _sqlx_migrations ORDER BY version DESC LIMIT 1",
    )
    .await;
    let Err(Error::Unavailable { cause, .. }) = verify(&mut connection).await else {
        panic!("not noticed");
    };
    assert_eq!(
        cause,
        "the database lacks 1 migrations; run `tickbox migrate`"
    );
}

#[sqlx::test]
async fn a_newer_schema_serves_an_older_binary(pool: MySqlPool) {
    let options = options(&pool);
    let mut connection = connect(&options).await;
    execute(
        &mut connection,
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'from a later release', TRUE, 'x', 1)",
    )
    .await;
    verify(&mut connection).await.expect("accepted");
    migrate(&options).await.expect("accepted");
}

#[sqlx::test]
async fn an_older_binary_keeps_serving_during_a_migration(pool: MySqlPool) {
    let options = options(&pool);
    let mut connection = connect(&options).await;
    execute(
        &mut connection,
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'under way', FALSE, 'x', -1)",
    )
    .await;
    verify(&mut connection).await.expect("none of its business");
}

#[sqlx::test]
async fn a_half_failed_migration_is_not_skipped(pool: MySqlPool) {
    let options = options(&pool);
    let mut connection = connect(&options).await;
    execute(
        &mut connection,
        "UPDATE _sqlx_migrations SET success = FALSE ORDER BY version DESC LIMIT 1",
    )
    .await;
    let migrated = migrate(&options).await;
    assert!(matches!(migrated, Err(Error::Internal(_))), "{migrated:?}");
    let verified = verify(&mut connection).await;
    assert!(
        matches!(verified, Err(Error::Unavailable { .. })),
        "{verified:?}"
    );
}

#[sqlx::test]
async fn a_migration_changed_after_it_was_applied_is_refused(pool: MySqlPool) {
    let options = options(&pool);
    let mut connection = connect(&options).await;
    execute(
        &mut connection,
        "UPDATE _sqlx_migrations SET checksum = 'x' ORDER BY version LIMIT 1",
    )
    .await;
    let verified = verify(&mut connection).await;
    assert!(matches!(verified, Err(Error::Internal(_))), "{verified:?}");
}

#[sqlx::test(migrations = false)]
async fn an_instance_waits_for_the_one_that_migrates(pool: MySqlPool) {
    let options = options(&pool);
    let mut other = connect(&options).await;
    execute(
        &mut other,
        "DO GET_LOCK(CONCAT('tickbox.', LEFT(DATABASE(), 50)), 0)",
    )
    .await;
    let mut observer = connect(&options).await;
    let mut migration = Box::pin(migrate(&options));
    tokio::select! {
        result = &mut migration => panic!("did not wait: {result:?}"),
        () = waits_for_lock(&mut observer) => {}
    }
    assert_eq!(tables(&mut observer).await, 0);
    execute(&mut other, "DO RELEASE_ALL_LOCKS()").await;
    migration.await.expect("migrated");
}

#[sqlx::test(migrations = false)]
async fn an_instance_that_times_out_on_the_lock_applies_nothing(pool: MySqlPool) {
    let options = options(&pool);
    let mut other = connect(&options).await;
    execute(
        &mut other,
        "DO GET_LOCK(CONCAT('tickbox.', LEFT(DATABASE(), 50)), 0)",
    )
    .await;
    let migrated = migrations::migrate_within(&options.into(), Duration::ZERO).await;
    assert!(
        matches!(migrated, Err(Error::Unavailable { .. })),
        "{migrated:?}"
    );
    assert_eq!(tables(&mut other).await, 0);
}

/// The DDL of MySQL cannot be rolled back: a file that fails at its second statement leaves the
/// first behind.
#[test]
fn each_migration_is_one_statement() {
    for (name, sql) in files() {
        let code: String = sql
            .lines()
            .map(|line| line.split("--").next().expect("split gives one"))
            .collect::<Vec<_>>()
            .join("\n");
        let statements = code
            .split(';')
            .filter(|text| !text.trim().is_empty())
            .count();
        assert_eq!(statements, 1, "{name}");
    }
}

#[test]
fn migrations_are_numbered_without_gaps() {
    for (index, (name, _)) in files().iter().enumerate() {
        let number: usize = name
            .split('_')
            .next()
            .and_then(|it| it.parse().ok())
            .expect(name);
        assert_eq!(number, index + 1);
    }
}

async fn migrate(options: &MySqlConnectOptions) -> Result<(), Error> {
    migrations::migrate(&options.clone().into()).await
}

/// Name and content of each migration, in order.
fn files() -> Vec<(String, String)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| {
            let path = entry.expect("an entry").path();
            let name = path
                .file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            (name, fs::read_to_string(path).expect("a text"))
        })
        .collect();
    files.sort();
    files
}

/// Comes to an end when a connection waits for a lock. `SHOW`, because
/// of the two tables with the same content each server has but one.
async fn waits_for_lock(observer: &mut MySqlConnection) {
    let watch = async {
        loop {
            let threads = processlist(observer).await;
            if threads.iter().any(|thread| thread.state == "User lock") {
                return;
            }
        }
    };
    let seen = timeout(Duration::from_secs(5), watch).await;
    seen.expect("nobody waits for the lock");
}

async fn applied(connection: &mut MySqlConnection) -> usize {
    let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM _sqlx_migrations WHERE success")
        .fetch_one(connection)
        .await
        .expect("read");
    count.try_into().expect("few")
}

async fn tables(connection: &mut MySqlConnection) -> i64 {
    let count = "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE()";
    sqlx::query_scalar(count)
        .fetch_one(connection)
        .await
        .expect("read")
}

async fn execute(connection: &mut MySqlConnection, sql: &'static str) {
    sqlx::raw_sql(sql).execute(connection).await.expect(sql);
}

#[sqlx::test]
async fn the_columns_are_as_wide_as_the_limits(pool: MySqlPool) {
    let options = options(&pool);
    let mut connection = connect(&options).await;
    for (table, column, limit) in [
        ("users", "firstname", NAME_MAX),
        ("users", "lastname", NAME_MAX),
        ("users", "username", Username::MAX),
        ("todos", "description", Description::MAX),
        ("sessions", "user_agent", USER_AGENT_MAX),
    ] {
        let width: i64 = sqlx::query_scalar(
            "SELECT CAST(CHARACTER_MAXIMUM_LENGTH AS SIGNED) FROM information_schema.columns
             WHERE table_schema = DATABASE() AND table_name = ? AND column_name = ?",
        )
        .bind(table)
        .bind(column)
        .fetch_one(&mut connection)
        .await
        .expect("a text column");
        assert_eq!(usize::try_from(width), Ok(limit), "{table}.{column}");
    }
}
