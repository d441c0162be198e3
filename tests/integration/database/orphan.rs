//! What is given up ends in the database too, and until it has, its place is taken: a slow table does not
//! fill the server with statements that nobody waits for.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use futures_util::future::{join, join_all};
use sqlx::{MySqlConnection, MySqlPool};
use tickbox::{database::Database, domain::error::Error, service::within_budget};
use tokio::time::{sleep, timeout};

use super::Notes;
use crate::support::{
    fixture::{connect, options},
    processlist::processlist,
    proxy::{Condition, Road},
};

const SIZE: usize = 4;
const CLIENTS: usize = 8;
/// The one that ends what others gave up.
const OBSERVER: usize = 1;
/// Longer than two of them wait, one after the other.
const SLOW: Duration = Duration::from_secs(11);
/// What a busy machine may take for what takes milliseconds.
const SOON: Duration = Duration::from_secs(3);

async fn read_notes(database: &Database) -> Result<(), Error> {
    let read = database.read(async |connection| {
        sqlx::query("SELECT text FROM notes")
            .fetch_all(connection)
            .await?;
        Ok(())
    });
    within_budget(read).await
}

async fn is_working(observer: &mut MySqlConnection) -> bool {
    let threads = processlist(observer).await;
    threads.iter().any(|thread| thread.command != "Sleep")
}

#[sqlx::test(migrations = false)]
async fn slow_reads_keep_to_the_permits_and_end_with_their_callers(pool: MySqlPool) {
    let options = options(&pool);
    let mut observer = Notes::new(&options).await.0;
    let mut holder = connect(&options).await;
    let lock = sqlx::raw_sql("LOCK TABLES notes WRITE");
    lock.execute(&mut holder).await.expect("locked");
    let idle = processlist(&mut observer).await.len();
    let database = Database::new(options, SIZE);
    let (begin, over) = (Instant::now(), AtomicBool::new(false));
    let clients = async {
        let clients = (0..CLIENTS).map(async |_| {
            while begin.elapsed() < SLOW {
                assert!(read_notes(&database).await.is_err(), "the table is locked");
            }
        });
        join_all(clients).await;
        over.store(true, Ordering::Relaxed);
    };
    let most = async {
        let mut most = 0;
        while !over.load(Ordering::Relaxed) {
            most = most.max(processlist(&mut observer).await.len().saturating_sub(idle));
            sleep(Duration::from_millis(20)).await;
        }
        most
    };
    let ((), most) = join(clients, most).await;
    assert!(most <= SIZE + OBSERVER, "{most} threads");
    assert!(most >= SIZE, "nothing was slow");
    let ended = async {
        while is_working(&mut observer).await || database.status().in_use > 0 {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(SOON, ended).await.expect("one goes on");
    let unlock = sqlx::raw_sql("UNLOCK TABLES").execute(&mut holder).await;
    unlock.expect("unlocked");
    read_notes(&database).await.expect("all places are free");
}

#[sqlx::test(migrations = false)]
async fn permits_lost_in_a_network_partition_are_freed_after_it(pool: MySqlPool) {
    let options = options(&pool);
    Notes::new(&options).await;
    let road = Road::to(&options).await;
    let database = Database::new(road.options.clone(), SIZE);
    database.open(SIZE).await.expect("opened");
    road.turn(Condition::BlackHole);
    let lost = join_all((0..SIZE).map(|_| read_notes(&database))).await;
    assert!(lost.iter().all(Result::is_err));
    assert_eq!(database.status().in_use, SIZE, "the server may be at work");
    road.turn(Condition::Open);
    let again = join_all((0..SIZE).map(|_| read_notes(&database)));
    let again = timeout(SOON, again).await.expect("soon");
    assert!(again.iter().all(Result::is_ok), "{again:?}");
}
