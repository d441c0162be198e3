//! Failures, conflicts and lost connections.

use sqlx::MySqlPool;
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::FutureExt as _;
use tickbox::{
    database::{Connection, Database, TxOutcome},
    domain::error::Error,
};
use tokio::{
    sync::{Barrier, Notify},
    time::timeout,
};

use super::{Notes, commit, connection_id, gone, note};
use crate::support::fixture::{connect, options};

#[sqlx::test(migrations = false)]
async fn an_error_within_a_transaction_rolls_it_back(pool: MySqlPool) {
    let options = options(&pool);
    let mut notes = Notes::new(&options).await;
    let database = Database::new(options, 1);
    let result: Result<(), _> = database
        .transaction(|connection| {
            async move {
                note(connection, "half").await?;
                Err(Error::NotFound)
            }
            .boxed()
        })
        .await;
    assert!(matches!(result, Err(Error::NotFound)), "{result:?}");
    commit(&database, "next".into()).await.expect("committed");
    assert_eq!(notes.all().await, ["next"]);
}

#[sqlx::test(migrations = false)]
async fn a_requested_rollback_returns_its_result(pool: MySqlPool) {
    let options = options(&pool);
    let mut notes = Notes::new(&options).await;
    let database = Database::new(options, 1);
    let answer = database
        .transaction(|connection| {
            async move {
                note(connection, "on the way").await?;
                Ok(TxOutcome::Rollback("as it was"))
            }
            .boxed()
        })
        .await;
    assert_eq!(answer.expect("no fault"), "as it was");
    commit(&database, "next".into()).await.expect("committed");
    assert_eq!(notes.all().await, ["next"]);
}

#[sqlx::test(migrations = false)]
async fn two_deadlocked_transactions_both_succeed(pool: MySqlPool) {
    let options = options(&pool);
    let mut notes = Notes::new(&options).await;
    let database = Database::new(options, 2);
    for text in ["here", "there"] {
        commit(&database, text.into()).await.expect("committed");
    }
    let (both, runs) = (Arc::new(Barrier::new(2)), Arc::new(AtomicUsize::new(0)));
    let cross = |first: &'static str, second: &'static str| {
        let (both, runs) = (both.clone(), runs.clone());
        database.transaction(move |connection| {
            let (both, runs) = (both.clone(), runs.clone());
            async move {
                hit(connection, first).await?;
                if runs.fetch_add(1, Ordering::Relaxed) < 2 {
                    both.wait().await;
                }
                hit(connection, second).await?;
                Ok(TxOutcome::Commit(()))
            }
            .boxed()
        })
    };
    let (one, other) = tokio::join!(cross("here", "there"), cross("there", "here"));
    one.expect("committed");
    other.expect("committed");
    assert!(runs.load(Ordering::Relaxed) > 2, "there was no deadlock");
    assert_eq!(hits(&mut notes).await, [2, 2]);
}

#[sqlx::test(migrations = false)]
async fn a_lock_wait_timeout_is_retried(pool: MySqlPool) {
    let options = options(&pool);
    let mut notes = Notes::new(&options).await;
    let database = Database::new(options.clone(), 1);
    commit(&database, "here".into()).await.expect("committed");
    let mut holder = connect(&options).await;
    sqlx::raw_sql("BEGIN; UPDATE notes SET hits = hits + 1")
        .execute(&mut holder)
        .await
        .expect("locked");
    let (runs, again) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    let (counts, signal) = (runs.clone(), again.clone());
    let waiting = database.transaction(move |connection| {
        let (counts, signal) = (counts.clone(), signal.clone());
        async move {
            if counts.fetch_add(1, Ordering::Relaxed) == 1 {
                signal.notify_one();
            }
            sqlx::raw_sql("SET SESSION innodb_lock_wait_timeout = 1")
                .execute(&mut *connection)
                .await?;
            hit(connection, "here").await?;
            Ok(TxOutcome::Commit(()))
        }
        .boxed()
    });
    let release = async {
        let notified = timeout(Duration::from_secs(10), again.notified());
        notified.await.expect("not tried again");
        sqlx::raw_sql("COMMIT").execute(&mut holder).await
    };
    let (waited, released) = tokio::join!(waiting, release);
    waited.expect("committed");
    released.expect("released");
    assert_eq!(hits(&mut notes).await, [2]);
}

#[sqlx::test(migrations = false)]
async fn a_read_survives_a_killed_idle_connection(pool: MySqlPool) {
    let options = options(&pool);
    let mut observer = connect(&options).await;
    let database = Database::new(options, 1);
    let killed = kill_idle(&mut observer, &database).await;
    assert_ne!(connection_id(&database).await, killed);
}

#[sqlx::test(migrations = false)]
async fn a_write_survives_a_killed_idle_connection(pool: MySqlPool) {
    let options = options(&pool);
    let mut notes = Notes::new(&options).await;
    let database = Database::new(options, 1);
    kill_idle(&mut notes.0, &database).await;
    commit(&database, "kept".into()).await.expect("committed");
    assert_eq!(notes.all().await, ["kept"]);
}

#[sqlx::test(migrations = false)]
async fn without_a_connection_the_error_says_when_to_retry(pool: MySqlPool) {
    let options = options(&pool);
    let database = Database::new(options.port(1), 1);
    let result = database.open(1).await;
    assert!(
        matches!(result, Err(Error::Unavailable { retry_after, .. }) if !retry_after.is_zero()),
        "{result:?}"
    );
}

async fn hit(connection: &mut Connection, text: &str) -> Result<(), Error> {
    sqlx::query("UPDATE notes SET hits = hits + 1 WHERE text = ?")
        .bind(text)
        .execute(connection)
        .await?;
    Ok(())
}

async fn hits(notes: &mut Notes) -> Vec<i32> {
    sqlx::query_scalar("SELECT hits FROM notes ORDER BY text")
        .fetch_all(&mut notes.0)
        .await
        .expect("read")
}

/// Kills the connection that the pool would lend next.
async fn kill_idle(observer: &mut Connection, database: &Database) -> u64 {
    let id = connection_id(database).await;
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("KILL {id}")))
        .execute(&mut *observer)
        .await
        .expect("killed");
    gone(observer, id).await;
    id
}
