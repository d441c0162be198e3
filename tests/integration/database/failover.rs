//! Several hosts: the pool works on the one that takes writes, and follows when another takes over.

use std::time::{Duration, Instant};

use sqlx::{MySqlPool, mysql::MySqlConnectOptions};
use tickbox::{
    database::{self, ConnectOptions, Database},
    domain::error::Error,
};

use super::{Notes, commit, connection_id, unresponsive_server::silent_server};
use crate::support::{
    fixture::options,
    proxy::{Condition, Road},
};

/// What opening a connection may take in all.
const OPENING: Duration = Duration::from_secs(2);

/// Two ways to one server that know nothing of each other, as to two nodes that keep the same.
async fn two_roads(options: &MySqlConnectOptions) -> (Road, Road, Database) {
    let (here, there) = (Road::to(options).await, Road::to(options).await);
    let hosts = vec![here.options.clone(), there.options.clone()];
    let database = Database::new(ConnectOptions::new(hosts), 2);
    (here, there, database)
}

async fn write(database: &Database, text: &str) {
    commit(database, text.into()).await.expect(text);
}

#[sqlx::test(migrations = false)]
async fn an_unreachable_host_is_skipped(pool: MySqlPool) {
    let options = options(&pool);
    for absent in [options.clone().port(1), silent_server().await] {
        let hosts = ConnectOptions::new(vec![absent, options.clone()]);
        let database = Database::new(hosts, 1);
        let begin = Instant::now();
        connection_id(&database).await;
        assert!(begin.elapsed() < OPENING, "{:?}", begin.elapsed());
    }
}

#[sqlx::test(migrations = false)]
async fn a_read_only_host_is_used_only_if_there_is_no_other(pool: MySqlPool) {
    let options = options(&pool);
    let (replica, other, database) = two_roads(&options).await;
    replica.turn(Condition::ReadOnly);
    connection_id(&database).await;
    assert_eq!((replica.travellers(), other.travellers()), (1, 1));
    connection_id(&database).await;
    assert_eq!((replica.travellers(), other.travellers()), (1, 1));

    let hosts = vec![replica.options.clone(), options.clone().port(1)];
    let alone = Database::new(ConnectOptions::new(hosts), 1);
    let Err(Error::Unavailable { cause, .. }) = alone.open(1).await else {
        panic!("a replica may lag behind");
    };
    assert!(cause.contains("read_only"), "{cause}");
    connection_id(&Database::new(replica.options.clone(), 1)).await;

    replica.turn(Condition::Open);
    alone.open(1).await.expect("it takes writes again");
}

#[sqlx::test(migrations = false)]
async fn after_losing_its_host_the_pool_fails_over_and_stays(pool: MySqlPool) {
    let options = options(&pool);
    let mut notes = Notes::new(&options).await;
    let (here, there, database) = two_roads(&options).await;
    write(&database, "here").await;
    assert_eq!((here.travellers(), there.travellers()), (1, 0));
    here.turn(Condition::Cut);
    write(&database, "there").await;
    here.turn(Condition::Open);
    write(&database, "stayed").await;
    assert_eq!((here.travellers(), there.travellers()), (1, 1));
    assert_eq!(notes.all().await, ["here", "stayed", "there"]);
}

#[sqlx::test(migrations = false)]
async fn a_write_without_a_response_makes_the_pool_try_other_hosts(pool: MySqlPool) {
    let options = options(&pool);
    let mut notes = Notes::new(&options).await;
    let (here, there, database) = two_roads(&options).await;
    database.open(2).await.expect("opened");
    here.turn(Condition::BlackHole);
    let silent = commit(&database, "silent".into()).await;
    assert!(
        matches!(silent, Err(Error::Unavailable { .. })),
        "{silent:?}"
    );
    // From here on the first would answer again: cut off from its group, it would in vain.
    here.turn(Condition::Open);
    write(&database, "there").await;
    connection_id(&database).await;
    assert_eq!((here.travellers(), there.travellers()), (2, 1));
    while database.status().detached > 0 {
        tokio::task::yield_now().await;
    }
    let all = notes.all().await;
    assert_eq!(all, ["silent", "there"], "what was left behind has ended");
}

#[sqlx::test(migrations = false)]
async fn a_connection_to_a_former_primary_is_not_reused(pool: MySqlPool) {
    let options = options(&pool);
    let (here, there, database) = two_roads(&options).await;
    let at_work = database.read(async |connection| {
        let id = sqlx::query_scalar("SELECT CONNECTION_ID()");
        let id: u64 = id.fetch_one(connection).await?;
        here.turn(Condition::ReadOnly);
        connection_id(&database).await;
        Ok(id)
    });
    let former = at_work.await.expect("it still answers");
    assert_eq!(there.travellers(), 1, "another takes the writes now");
    assert_ne!(connection_id(&database).await, former);
}

#[sqlx::test(migrations = false)]
async fn a_truncated_response_is_an_error_and_the_next_is_whole(pool: MySqlPool) {
    let options = options(&pool);
    let road = Road::to(&options).await;
    let database = Database::new(road.options.clone(), 1);
    let first = connection_id(&database).await;
    road.turn(Condition::HalfAnswers);
    let halved = database.read(async |connection| {
        let one: i64 = sqlx::query_scalar("SELECT 1").fetch_one(connection).await?;
        Ok(one)
    });
    let halved = halved.await;
    assert!(
        matches!(halved, Err(Error::Unavailable { .. })),
        "{halved:?}"
    );
    road.turn(Condition::Open);
    assert_ne!(connection_id(&database).await, first);
}

#[sqlx::test(migrations = false)]
async fn migrations_run_on_one_host_whatever_the_host_order(pool: MySqlPool) {
    let options = options(&pool);
    let (one, other) = (Road::to(&options).await, Road::to(&options).await);
    let hosts = [one.options.clone(), other.options.clone()];
    let reversed = [other.options.clone(), one.options.clone()];
    let mut ports = Vec::new();
    for hosts in [hosts, reversed] {
        let mut connection = database::connect(&ConnectOptions::new(hosts.into()))
            .await
            .expect("both take writes");
        ports.push(peer(&mut connection, &one, &other).await);
    }
    assert_eq!(ports[0], ports[1]);
    let first = one.options.get_port().min(other.options.get_port());
    assert_eq!(ports[0], first);
}

/// Which of the two a connection came by: the one that ends it when it is cut.
async fn peer(connection: &mut database::Connection, one: &Road, other: &Road) -> u16 {
    one.turn(Condition::Cut);
    let by_the_other = sqlx::raw_sql("DO 1").execute(connection).await.is_ok();
    one.turn(Condition::Open);
    let road = if by_the_other { other } else { one };
    road.options.get_port()
}
