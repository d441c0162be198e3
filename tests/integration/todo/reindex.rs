//! What a version that indexes nothing has written is indexed by a job, beside the writes of this version, and after
//! a kill in the midst.

use std::time::Duration;

use sqlx::{AssertSqlSafe, MySqlConnection, MySqlPool};
use tickbox::service::{Reindexed, Service};
use time::Duration as Span;
use tokio::time::{sleep, timeout};

use super::{
    Verb, add,
    tags::{assert_counts, counts_of},
    text,
};
use crate::support::fixture::World;

async fn reindex(service: &Service) -> Reindexed {
    let reindexed = service.reindex_if_due(true).await;
    reindexed.expect("no fault").expect("nobody else does it")
}

async fn execute(connection: &mut MySqlConnection, statement: String) {
    let done = sqlx::raw_sql(AssertSqlSafe(statement)).execute(connection);
    done.await.expect("executed");
}

/// As the version before inserts.
async fn insert_as_before(connection: &mut MySqlConnection, user: u64, number: usize, text: &str) {
    let insert = format!(
        "INSERT INTO todos (user_id, id, description, isdone, created_date, rev)
         VALUES ({user}, UNHEX(LPAD(HEX({number}), 32, '0')), '{text}', FALSE, '2026-01-01', {number})"
    );
    execute(connection, insert).await;
}

async fn stale(connection: &mut MySqlConnection) -> i64 {
    let count = "SELECT COUNT(*) FROM todos WHERE indexed_rev IS NULL OR indexed_rev <> rev";
    let count = sqlx::query_scalar(count);
    count.fetch_one(connection).await.expect("counted")
}

#[sqlx::test]
async fn what_an_older_version_wrote_is_indexed(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let mut connection = world.connect().await;
    let user = world.ona.user_id.0;
    insert_as_before(&mut connection, user, 1, "Žąsis #Home").await;
    let edited = add(&world, "Milk #shop").await;
    let removed = add(&world, "Bread #shop #gone").await;
    let fresh = add(&world, "Tea #shop").await;
    let of = |id| format!("WHERE user_id = {user} AND id = UNHEX('{id}')");
    let hex = |todo: &tickbox::domain::todo::Todo| todo.id.0.simple().to_string();
    for statement in [
        format!(
            "UPDATE todos SET description = 'Milk #home', isdone = 1, rev = 90 {}",
            of(hex(&edited))
        ),
        format!(
            "UPDATE todos SET removed_date = '2026-10-01', rev = 91 {}",
            of(hex(&removed))
        ),
    ] {
        execute(&mut connection, statement).await;
    }
    assert_eq!(stale(&mut connection).await, 3);
    let expected = Reindexed {
        todos: 3,
        passed_by: 0,
    };
    assert_eq!(reindex(&world.service).await, expected);
    assert_eq!(stale(&mut connection).await, 0);
    assert_counts(&mut connection, &world.ona, "after the job").await;
    let counts = counts_of(&mut connection, &world.ona).await;
    let told: Vec<_> = counts.into_iter().collect();
    let expected = [("home", (1, 2)), ("shop", (1, 1))];
    assert_eq!(told, expected.map(|(key, counts)| (key.to_owned(), counts)));
    let folded = "SELECT folded FROM todos WHERE rev = 1 AND user_id = ?";
    let folded = sqlx::query_scalar(folded).bind(user);
    let folded: Option<Vec<u8>> = folded.fetch_one(&mut connection).await.expect("read");
    assert_eq!(folded.as_deref(), Some(b"zasis #home".as_slice()));
    assert_eq!(reindex(&world.service).await.todos, 0, "it is done");
    let todo = world
        .service
        .get(&world.ona, fresh.id)
        .await
        .expect("there");
    assert_eq!(todo.rev, fresh.rev, "nobody hears of it");
}

#[sqlx::test]
async fn the_daily_job_runs_once_a_day_and_again_on_request(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let daily = async || {
        let ran = world.service.reindex_if_due(false).await;
        ran.expect("no fault").is_some()
    };
    assert!(daily().await);
    assert!(!daily().await);
    reindex(&world.service).await;
    world.clock.advance(Span::days(1));
    assert!(daily().await);
}

/// A write of the user waits for the job, or the job for it, batch by batch.
#[sqlx::test]
async fn the_job_goes_on_beside_writes_of_the_same_user(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let mut connection = world.connect().await;
    let user = world.ona.user_id.0;
    for number in 1..=450 {
        insert_as_before(&mut connection, user, number, "Milk #home").await;
    }
    execute(
        &mut connection,
        format!("UPDATE users SET rev = 450, open_count = 450, todo_count = 450 WHERE id = {user}"),
    )
    .await;
    let job = reindex(&world.service);
    let writes = async {
        for number in [1_u128, 150, 300, 449, 450] {
            let id = tickbox::domain::todo::TodoId(uuid::Uuid::from_u128(number));
            let done = Verb::Complete.of(&world, &world.ona, id).await;
            done.expect("completed");
            add(&world, "Tea #home").await;
        }
    };
    let (reindexed, ()) = tokio::join!(job, writes);
    assert!((445..=450).contains(&reindexed.todos), "{reindexed:?}");
    assert_eq!(stale(&mut connection).await, 0);
    assert_counts(&mut connection, &world.ona, "beside writes").await;
    let counts = counts_of(&mut connection, &world.ona).await;
    assert_eq!(counts["home"], (450, 455));
}

#[sqlx::test]
async fn a_job_that_was_killed_is_taken_over(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let mut connection = world.connect().await;
    for who in [&world.ona, &world.jonas] {
        insert_as_before(&mut connection, who.user_id.0, 1, "Milk #home").await;
    }
    let mut blocker = world.connect().await;
    execute(&mut blocker, "BEGIN".into()).await;
    let lock = format!(
        "SELECT 1 FROM users WHERE id = {} FOR UPDATE",
        world.jonas.user_id.0
    );
    execute(&mut blocker, lock).await;
    let service = world.service.clone();
    let job = tokio::spawn(async move { service.reindex_if_due(true).await });
    let first_is_done = async {
        while stale(&mut connection).await > 1 {
            sleep(Duration::from_millis(10)).await;
        }
    };
    let first_is_done = timeout(Duration::from_secs(10), first_is_done).await;
    first_is_done.expect("the first user's was indexed");
    job.abort();
    assert!(job.await.is_err(), "killed");
    execute(&mut blocker, "ROLLBACK".into()).await;
    let taken = world.service.reindex_if_due(true).await;
    assert_eq!(taken.expect("no fault"), None, "its lease lasts");
    world.clock.advance(Span::minutes(6));
    reindex(&world.service).await;
    assert_eq!(stale(&mut connection).await, 0);
    for who in [&world.ona, &world.jonas] {
        assert_counts(&mut connection, who, "taken over").await;
    }
}

#[sqlx::test]
async fn a_write_of_a_stale_to_do_indexes_it(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let mut connection = world.connect().await;
    let todo = add(&world, "Milk #home").await;
    let edit = format!(
        "UPDATE todos SET description = 'Milk', rev = 9 WHERE user_id = {}",
        world.ona.user_id.0
    );
    execute(&mut connection, edit).await;
    let done = Verb::Complete.of(&world, &world.ona, todo.id).await;
    assert_eq!(done.expect("completed").todo.description, text("Milk"));
    assert_counts(&mut connection, &world.ona, "completed").await;
    assert_eq!(counts_of(&mut connection, &world.ona).await.len(), 0);
}
