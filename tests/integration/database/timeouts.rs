//! Time limits: one budget for all trips of a request; writes that take longer go on without their
//! callers, few at a time, and none begins again.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::{FutureExt as _, future::join_all};
use sqlx::{MySqlConnection, MySqlPool, mysql::MySqlConnectOptions};
use tickbox::{
    database::{Database, TxOutcome},
    domain::error::Error,
    service::within_budget,
};
use tokio::time::{sleep, timeout};

use super::{Notes, commit, connection_id, note};
use crate::support::fixture::{connect, options};

/// The promise to whoever asks for something.
const PROMISE: Duration = Duration::from_secs(5);
/// Longer than what is left behind in these tests takes to end.
const PATIENCE: Duration = Duration::from_secs(10);
/// Three quarters of these places take writes: one more than may be left behind.
const SIZE: usize = 12;
const WRITES: usize = 9;
const MAX_DETACHED: usize = 8;

fn is_unavailable<T>(result: &Result<T, Error>) -> bool {
    matches!(result, Err(Error::Unavailable { .. }))
}

/// Nobody can write notes until it says `UNLOCK TABLES`; everybody can read them.
async fn block_writes(options: &MySqlConnectOptions) -> MySqlConnection {
    let mut holder = connect(options).await;
    run(&mut holder, "LOCK TABLES notes READ").await;
    holder
}

async fn run(connection: &mut MySqlConnection, sql: &'static str) {
    sqlx::raw_sql(sql).execute(connection).await.expect(sql);
}

async fn all_have_ended(database: &Database) {
    let ended = async {
        while database.status().detached > 0 {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(PATIENCE, ended).await.expect("one does not end");
}

#[sqlx::test(migrations = false)]
async fn all_reads_of_a_request_share_one_deadline(pool: MySqlPool) {
    let options = options(&pool);
    let database = Database::new(options, 1);
    let read_slowly = async || {
        let read = database.read(async |connection| {
            sqlx::query("DO SLEEP(3)").execute(connection).await?;
            Ok(())
        });
        read.await
    };
    let begin = Instant::now();
    within_budget(async {
        read_slowly().await.expect("within the budget");
        assert!(is_unavailable(&read_slowly().await));
    })
    .await;
    assert!(begin.elapsed() < PROMISE, "{:?}", begin.elapsed());
}

#[sqlx::test(migrations = false)]
async fn the_deadline_of_a_request_covers_its_transaction(pool: MySqlPool) {
    let options = options(&pool);
    Notes::new(&options).await;
    let mut holder = block_writes(&options).await;
    let database = Database::new(options, 1);
    let begin = Instant::now();
    within_budget(async {
        let read = database.read(async |connection| {
            sqlx::query("DO SLEEP(2)").execute(connection).await?;
            Ok(())
        });
        read.await.expect("within the budget");
        assert!(is_unavailable(&commit(&database, "late".into()).await));
    })
    .await;
    assert!(begin.elapsed() < PROMISE, "{:?}", begin.elapsed());
    run(&mut holder, "UNLOCK TABLES").await;
    all_have_ended(&database).await;
}

#[sqlx::test(migrations = false)]
async fn blocked_writes_are_few_and_do_not_block_reads(pool: MySqlPool) {
    let options = options(&pool);
    let mut notes = Notes::new(&options).await;
    let mut holder = block_writes(&options).await;
    let database = Database::new(options, SIZE);
    let writes = (0..WRITES).map(|write| commit(&database, write.to_string()));
    let reads = async {
        sleep(PROMISE / 2).await;
        connection_id(&database).await;
    };
    let (answers, ()) = tokio::join!(join_all(writes), reads);
    assert!(answers.iter().all(is_unavailable));
    assert_eq!(database.status().detached, MAX_DETACHED);
    assert_eq!(database.status().in_use, WRITES - MAX_DETACHED);

    let begin = Instant::now();
    let refused = commit(&database, "one too many".into()).await;
    assert!(is_unavailable(&refused));
    assert!(begin.elapsed() < PROMISE / 5, "{:?}", begin.elapsed());
    connection_id(&database).await;

    run(&mut holder, "UNLOCK TABLES").await;
    all_have_ended(&database).await;
    commit(&database, "next".into()).await.expect("free again");
    let all = notes.all().await;
    assert_eq!(all.len(), WRITES + 1, "each once: {all:?}");
}

#[sqlx::test(migrations = false)]
async fn a_timed_out_transaction_is_not_retried(pool: MySqlPool) {
    let options = options(&pool);
    let mut notes = Notes::new(&options).await;
    let database = Database::new(options.clone(), 1);
    commit(&database, "held".into()).await.expect("committed");
    let mut holder = connect(&options).await;
    run(&mut holder, "BEGIN; UPDATE notes SET hits = 1").await;
    let tries = Arc::new(AtomicUsize::new(0));
    let counted = tries.clone();
    let answer: Result<(), _> = database
        .transaction(move |connection| {
            counted.fetch_add(1, Ordering::Relaxed);
            async move {
                note(connection, "half").await?;
                sqlx::query("UPDATE notes SET hits = 2")
                    .execute(connection)
                    .await?;
                Ok(TxOutcome::Commit(()))
            }
            .boxed()
        })
        .await;
    assert!(is_unavailable(&answer));
    assert_eq!(database.status().detached, 1, "it waits for the row");
    let until_then = tries.load(Ordering::Relaxed);
    all_have_ended(&database).await;
    assert_eq!(tries.load(Ordering::Relaxed), until_then);
    run(&mut holder, "COMMIT").await;
    assert_eq!(notes.all().await, ["held"]);
}
