//! sqlx on MySQL loses writes when a `begin` is cancelled: the connection looks idle, is inside a
//! transaction, and takes the next borrower's acknowledged write down with it. These tests fail when
//! a transaction shares its caller's fate, or when a connection with unfinished work is lent again.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use futures_util::{FutureExt as _, future::join_all};
use sqlx::{Connection as _, MySqlPool};
use tickbox::{
    database::{Database, TxOutcome},
    domain::error::Error,
};
use tokio::{sync::Notify, time::timeout};

use super::{Notes, commit, connection_id, gone, note};
use crate::support::{fixture::options, proxy};

/// In each direction: a round trip takes twice as long, and is cancelled in its middle often enough.
const DELAY: Duration = Duration::from_millis(20);
/// Much longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(5);
const CLIENTS: usize = 8;
const ROUNDS: usize = 8;

/// Everybody is interrupted at some moment of the first four round trips.
fn some_moment() -> Duration {
    Duration::from_micros(fastrand::u64(1_000..160_000))
}

#[sqlx::test(migrations = false)]
async fn a_cancelled_read_loses_no_acknowledged_write(pool: MySqlPool) {
    let options = options(&pool);
    let mut notes = Notes::new(&options).await;
    let road = proxy::lengthen(&options, DELAY).await;
    let clients = (0..CLIENTS).map(async |client| {
        let mut acknowledged = Vec::new();
        for round in 0..ROUNDS {
            let database = Database::new(road.clone(), 1);
            database.open(1).await.expect("opened");
            let work = database.read(async |connection| {
                let mut transaction = connection.begin().await?;
                note(&mut transaction, &format!("half {client}.{round}")).await?;
                transaction.rollback().await?;
                Ok(())
            });
            let _ = timeout(some_moment(), work).await;
            let text = format!("whole {client}.{round}");
            let write = database.read(async |connection| note(connection, &text).await);
            let answer = timeout(PATIENCE, write).await.expect("a connection hangs");
            answer.expect("acknowledged");
            acknowledged.push(text);
        }
        acknowledged
    });
    let acknowledged: BTreeSet<_> = join_all(clients).await.into_iter().flatten().collect();
    let stored = BTreeSet::from_iter(notes.all().await);
    let lost: Vec<_> = acknowledged.symmetric_difference(&stored).collect();
    assert!(lost.is_empty(), "lost, or half written: {lost:?}");
}

#[sqlx::test(migrations = false)]
async fn a_transaction_dropped_at_any_moment_commits(pool: MySqlPool) {
    let options = options(&pool);
    let mut notes = Notes::new(&options).await;
    let road = proxy::lengthen(&options, DELAY).await;
    let clients = (0..CLIENTS).map(async |client| {
        let database = Database::new(road.clone(), 1);
        database.open(1).await.expect("opened");
        for round in 0..ROUNDS {
            let _ = timeout(
                some_moment(),
                commit(&database, format!("{client}.{round}")),
            )
            .await;
        }
        // Writes take turns, so that all before this one have ended.
        let last = commit(&database, format!("{client}.last")).await;
        last.expect("committed");
    });
    join_all(clients).await;
    assert_eq!(notes.all().await.len(), CLIENTS * (ROUNDS + 1));
}

#[sqlx::test(migrations = false)]
async fn a_disconnected_caller_does_not_cancel_its_transaction(pool: MySqlPool) {
    let options = options(&pool);
    let mut notes = Notes::new(&options).await;
    let database = Database::new(options.clone(), 1);
    let (begun, resumed) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (begins, resumes) = (begun.clone(), resumed.clone());
    let work = database.transaction(move |connection| {
        let (begins, resumes) = (begins.clone(), resumes.clone());
        async move {
            begins.notify_one();
            resumes.notified().await;
            note(connection, "kept").await?;
            Ok(TxOutcome::Commit(()))
        }
        .boxed()
    });
    tokio::select! {
        _ = work => panic!("it waits for us"),
        () = begun.notified() => {}
    }
    resumed.notify_one();
    // The only connection is free again when the transaction has ended.
    connection_id(&database).await;
    assert_eq!(notes.all().await, ["kept"]);
}

#[sqlx::test(migrations = false)]
async fn a_connection_with_cancelled_work_is_not_reused(pool: MySqlPool) {
    let options = options(&pool);
    let mut notes = Notes::new(&options).await;
    let database = Database::new(options.clone(), 1);
    let cancelled = connection_id(&database).await;
    let begun = Notify::new();
    let work = database.read(async |connection| {
        let mut transaction = connection.begin().await?;
        note(&mut transaction, "half").await?;
        begun.notify_one();
        std::future::pending::<Result<(), Error>>().await
    });
    tokio::select! {
        _ = work => panic!("it never ends"),
        () = begun.notified() => {}
    }
    // Closed at once: its row locks must not wait for the next borrower.
    gone(&mut notes.0, cancelled).await;
    assert_ne!(connection_id(&database).await, cancelled);
}

#[sqlx::test(migrations = false)]
async fn a_connection_left_in_a_transaction_is_closed(pool: MySqlPool) {
    let options = options(&pool);
    let mut notes = Notes::new(&options).await;
    let database = Database::new(options.clone(), 1);
    for is_dropped in [true, false] {
        let left = connection_id(&database).await;
        let work = database.read(async |connection| {
            let mut transaction = connection.begin().await?;
            note(&mut transaction, "half").await?;
            if is_dropped {
                // sqlx only notes that a ROLLBACK is to be sent with the next statement.
                drop(transaction);
            } else {
                std::mem::forget(transaction);
            }
            Ok(())
        });
        work.await.expect("no fault");
        gone(&mut notes.0, left).await;
        assert!(notes.all().await.is_empty());
    }
}

#[sqlx::test(migrations = false)]
async fn a_panic_reaches_the_caller_and_closes_the_connection(pool: MySqlPool) {
    let options = options(&pool);
    let mut notes = Notes::new(&options).await;
    let database = Database::new(options.clone(), 1);
    let used = connection_id(&database).await;
    let working = database.clone();
    let caller = tokio::spawn(async move {
        working
            .transaction::<(), _>(|connection| {
                async move {
                    note(connection, "half").await?;
                    panic!("a fault in a verb")
                }
                .boxed()
            })
            .await
    });
    assert!(caller.await.expect_err("the caller fails").is_panic());
    gone(&mut notes.0, used).await;
    assert!(notes.all().await.is_empty());
}
