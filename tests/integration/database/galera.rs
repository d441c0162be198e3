//! Statements are counted by the server, for one connection: what a request costs is what its verbs
//! send, without pings and preparing anything twice.

use sqlx::MySqlPool;
use std::{collections::BTreeMap, time::Duration};

use futures_util::{FutureExt as _, future::join_all};
use secrecy::ExposeSecret as _;
use tickbox::{
    database::{Connection, Database, TxOutcome},
    domain::{
        clock::Clock,
        error::Error,
        rate_limit::RequestQuota,
        session::{CallId, DeviceToken},
        todo::{Change, Description, Filter, Limit, NewTodo, PAGE_SIZE, TodoId, Write},
    },
    service::{ClientInfo, Hasher, Service},
};
use tokio::time::sleep;

use crate::support::fixture::{
    CHEAP, PASSWORD, World, client, credentials, options, part_of, signer,
};

const REQUESTS: u64 = 20;

/// What one session of the server counted.
type Counters = BTreeMap<String, u64>;

/// Neither asks the connection whether it lives nor anything else: as many bytes reach the server
/// over 20 leases as over one.
#[sqlx::test(migrations = false)]
async fn acquiring_a_connection_sends_nothing(pool: MySqlPool) {
    let options = options(&pool);
    let database = Database::new(options, 1);
    read_one(&database, 1).await;
    let start = counters(&database).await;
    read_one(&database, REQUESTS).await;
    let one_lease = counters(&database).await;
    for _ in 0..REQUESTS {
        read_one(&database, 1).await;
    }
    let many_leases = counters(&database).await;
    for name in ["Bytes_received", "Questions", "Com_stmt_execute"] {
        assert_eq!(
            many_leases[name] - one_lease[name],
            one_lease[name] - start[name],
            "{name}"
        );
    }
    assert_eq!(many_leases["Com_stmt_prepare"], start["Com_stmt_prepare"]);
}

#[sqlx::test(migrations = false)]
async fn a_transaction_adds_only_begin_and_commit(pool: MySqlPool) {
    let options = options(&pool);
    let database = Database::new(options, 1);
    write_one(&database).await;
    let before = counters(&database).await;
    for _ in 0..REQUESTS {
        write_one(&database).await;
    }
    let spent = since(&before, &counters(&database).await);
    assert_eq!(spent["Com_begin"], REQUESTS);
    assert_eq!(spent["Com_commit"], REQUESTS);
    assert_eq!(spent["Com_stmt_execute"], REQUESTS);
    assert_eq!(spent["Com_stmt_prepare"], 0);
    assert_eq!(spent["Questions"], 3 * REQUESTS);
}

#[sqlx::test]
async fn a_page_takes_two_statements_and_an_add_five(pool: MySqlPool) {
    let options = options(&pool);
    World::new(&pool).await;
    let database = Database::new(options, 1);
    let hasher = Hasher::new(CHEAP).expect("argon2 can do that");
    let service = Service::new(database.clone(), Clock::default(), hasher, signer());
    let login = service.log_in(credentials("ona", PASSWORD), None, client("a test"));
    let token = login.await.expect("right password").token;
    let mut spent = BTreeMap::new();
    for verb in ["warm up", "look", "add"] {
        let before = counters(&database).await;
        let account = service.authenticate(&token).await.expect("no fault");
        let account = account.expect("a session");
        if verb != "look" {
            let description = Description::parse("Buy milk").expect("valid");
            let id = TodoId::new_v7(service.clock().now());
            let added = service.add(&account, id, description).await;
            added.expect("added");
        }
        if verb != "add" {
            let page = service
                .list(&account, part_of(Filter::All, None, PAGE_SIZE))
                .await;
            page.expect("listed");
        }
        spent.insert(verb, since(&before, &counters(&database).await));
    }
    assert_eq!(spent["look"]["Questions"], 2);
    assert_eq!(spent["look"]["Com_stmt_prepare"], 0);
    // The session, BEGIN, the revision, the to-do, COMMIT.
    assert_eq!(spent["add"]["Questions"], 5);
    assert_eq!(spent["add"]["Com_stmt_prepare"], 0);
}

/// The session, BEGIN, the user, the calls, the to-dos, the revision, the new to-dos, the calls, COMMIT, and what has
/// changed. One by one it would be 500 and one.
#[sqlx::test]
async fn a_batch_of_100_adds_takes_ten_statements(pool: MySqlPool) {
    let options = options(&pool);
    World::new(&pool).await;
    let database = Database::new(options, 1);
    let hasher = Hasher::new(CHEAP).expect("argon2 can do that");
    let service = Service::new(database.clone(), Clock::default(), hasher, signer());
    let login = service.log_in(credentials("ona", PASSWORD), None, client("a test"));
    let token = login.await.expect("right password").token;
    let mut spent = BTreeMap::new();
    for verb in ["warm up", "batch"] {
        let adds = (0..100).map(|_| {
            let new = NewTodo::new(Description::parse("Buy milk").expect("valid"));
            let id = TodoId::new_v7(service.clock().now());
            Write {
                call_id: Some(CallId::random()),
                ..Write::new(id, Change::Add(new))
            }
        });
        let adds = adds.collect();
        let before = counters(&database).await;
        let account = service.authenticate(&token).await.expect("no fault");
        let account = account.expect("a session");
        let synced = service.sync(&account, adds, None, Limit::default()).await;
        let (outcomes, changes) = synced.expect("done");
        assert!(outcomes.iter().all(Result::is_ok) && changes.todos.len() >= 100);
        spent.insert(verb, since(&before, &counters(&database).await));
    }
    assert_eq!(spent["batch"]["Questions"], 10);
    assert_eq!(spent["batch"]["Com_stmt_prepare"], 0);
}

/// Of a login with limits: the try (BEGIN, its places, the counts, COMMIT), the user, and its end, which
/// is one statement for a wrong password. Before tries lapsed by themselves it was 14, and 6 for a wrong one.
#[sqlx::test]
async fn a_login_takes_eleven_statements_and_a_failed_one_six(pool: MySqlPool) {
    let options = options(&pool);
    World::new(&pool).await;
    let database = Database::new(options, 1);
    let hasher = Hasher::new(CHEAP).expect("argon2 can do that");
    let service = Service::new(database.clone(), Clock::default(), hasher, signer());
    let service = service.with_rate_limits(RequestQuota::STANDARD);
    let mistyped = ClientInfo {
        device: Some(DeviceToken::of_stranger([1; 16])),
        ..client("a test")
    };
    let log_in = async |password: &str, client: ClientInfo| {
        let before = counters(&database).await;
        let login = service.log_in(credentials("ona", password), None, client);
        let is_right = login.await.is_ok();
        assert_eq!(is_right, password == PASSWORD);
        let spent = since(&before, &counters(&database).await);
        (spent["Questions"], spent["Com_stmt_prepare"])
    };
    for _ in 0..2 {
        log_in("another teapot 7", mistyped.clone()).await;
        log_in(PASSWORD, mistyped.clone()).await;
    }
    assert_eq!(log_in(PASSWORD, client("a test")).await, (11, 0));
    assert_eq!(log_in("another teapot 7", mistyped.clone()).await, (6, 0));
    // Its failures are given back: one statement takes them from the browser, one from the address.
    assert_eq!(log_in(PASSWORD, mistyped).await, (13, 0));
}

#[sqlx::test]
async fn the_api_list_takes_two_statements_and_a_304_takes_one(pool: MySqlPool) {
    let options = options(&pool);
    World::new(&pool).await;
    let database = Database::new(options, 1);
    let hasher = Hasher::new(CHEAP).expect("argon2 can do that");
    let service = Service::new(database.clone(), Clock::default(), hasher, signer());
    let login = service.log_in_device(credentials("ona", PASSWORD), client("a test"));
    let token = login.await.expect("right password").access;
    let mut spent = BTreeMap::new();
    for call in ["warm up", "todo_list", "todo_changes", "unchanged"] {
        let before = counters(&database).await;
        let account = service.authenticate_access(token.expose_secret()).await;
        let account = account.expect("a session");
        if matches!(call, "warm up" | "todo_list") {
            let page = service.list(&account, part_of(Filter::All, None, Limit::default()));
            page.await.expect("listed");
        }
        if matches!(call, "warm up" | "todo_changes") {
            let changes = service.changes(&account, None, Limit::default()).await;
            changes.expect("found");
        }
        spent.insert(call, since(&before, &counters(&database).await));
    }
    for (call, statements) in [("todo_list", 2), ("todo_changes", 2), ("unchanged", 1)] {
        assert_eq!(spent[call]["Questions"], statements, "{call}");
        assert_eq!(spent[call]["Com_stmt_prepare"], 0, "{call}");
    }
}

/// Anybody may ask `/readyz`, as often as they like.
#[sqlx::test]
async fn readiness_is_checked_once_a_second_for_all_callers(pool: MySqlPool) {
    let options = options(&pool);
    let database = Database::new(options, 1);
    let hasher = Hasher::new(CHEAP).expect("argon2 can do that");
    let service = Service::new(database.clone(), Clock::default(), hasher, signer());
    let mut spent = Vec::new();
    for many in [1, 1, 200, 200] {
        sleep(Duration::from_millis(1_100)).await;
        let before = counters(&database).await;
        let answers = join_all((0..many).map(|_| service.is_ready())).await;
        assert!(answers.iter().all(|ready| *ready));
        spent.push(since(&before, &counters(&database).await)["Questions"]);
    }
    assert!(spent[1] > 0, "a verdict does not hold for ever");
    assert_eq!(spent[2..], [spent[1]; 2]);
}

async fn read_one(database: &Database, times: u64) {
    let read = database.read(async |connection| {
        for _ in 0..times {
            one(connection).await?;
        }
        Ok(())
    });
    read.await.expect("read");
}

async fn write_one(database: &Database) {
    let written = database.transaction(|connection| {
        async move {
            one(connection).await?;
            Ok(TxOutcome::Commit(()))
        }
        .boxed()
    });
    written.await.expect("written");
}

async fn one(connection: &mut Connection) -> Result<i64, Error> {
    Ok(sqlx::query_scalar("SELECT 1").fetch_one(connection).await?)
}

/// The counters without what this look at them costs: its own question, and the bytes of it, are
/// counted once before and once after whatever lies between two looks.
async fn counters(database: &Database) -> Counters {
    let read = database.read(async |connection| {
        let rows: Vec<(String, String)> = sqlx::query_as("SHOW SESSION STATUS")
            .fetch_all(connection)
            .await?;
        Ok(rows)
    });
    let rows = read.await.expect("read");
    rows.into_iter()
        .filter_map(|(name, value)| Some((name, value.parse().ok()?)))
        .collect()
}

/// What was spent between two looks, less the second look.
fn since(before: &Counters, after: &Counters) -> Counters {
    let mut spent: Counters = after
        .iter()
        .map(|(name, value)| {
            (
                name.clone(),
                value - before.get(name).unwrap_or(value).min(value),
            )
        })
        .collect();
    for name in ["Questions", "Com_stmt_execute", "Com_show_status"] {
        spent.entry(name.into()).and_modify(|value| *value -= 1);
    }
    spent
}
