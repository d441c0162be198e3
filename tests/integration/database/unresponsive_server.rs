//! A database that says nothing costs its callers seconds, and the pool nothing.

use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use sqlx::{Connection as _, MySqlPool, mysql::MySqlConnectOptions};
use tickbox::{
    database::{self, Database, TxOutcome},
    domain::error::Error,
};
use tokio::net::TcpListener;

use super::{Notes, commit, note};
use crate::support::fixture::{connect, options};

/// The five seconds that are promised, and what a busy machine takes besides.
const PROMISE: Duration = Duration::from_secs(8);

/// Takes connections and never says a word.
pub(crate) async fn silent_server() -> MySqlConnectOptions {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("bound").port();
    tokio::spawn(async move {
        let mut taken = Vec::new();
        while let Ok((socket, _)) = listener.accept().await {
            taken.push(socket);
        }
    });
    MySqlConnectOptions::new().host("127.0.0.1").port(port)
}

fn is_unavailable<T>(result: &Result<T, Error>) -> bool {
    matches!(result, Err(Error::Unavailable { .. }))
}

#[tokio::test]
async fn a_server_without_a_greeting_times_out() {
    let options = silent_server().await;
    let begin = Instant::now();
    assert!(is_unavailable(
        &database::connect(&options.clone().into()).await
    ));
    let database = Database::new(options, 2);
    assert!(is_unavailable(&database.open(2).await));
    assert!(begin.elapsed() < 2 * PROMISE, "{:?}", begin.elapsed());
}

#[sqlx::test(migrations = false)]
async fn an_endless_statement_times_out_and_frees_its_permit(pool: MySqlPool) {
    let options = options(&pool);
    let mut notes = Notes::new(&options).await;
    let database = Database::new(options, 1);
    let begin = Instant::now();
    let read = database.read(async |connection: &mut database::Connection| {
        sqlx::query("SELECT SLEEP(8)").execute(connection).await?;
        Ok(())
    });
    assert!(is_unavailable(&read.await));
    let written = database.transaction(|connection| {
        async move {
            note(connection, "half").await?;
            sqlx::query("SELECT SLEEP(8)").execute(connection).await?;
            Ok(TxOutcome::Commit(()))
        }
        .boxed()
    });
    assert!(is_unavailable(&written.await));
    assert!(begin.elapsed() < 2 * PROMISE, "{:?}", begin.elapsed());
    commit(&database, "next".into())
        .await
        .expect("the only place is free");
    assert_eq!(notes.all().await, ["next"]);
}

#[sqlx::test(migrations = false)]
async fn a_locked_row_is_waited_for_only_seconds(pool: MySqlPool) {
    let options = options(&pool);
    let mut notes = Notes::new(&options).await;
    let database = Database::new(options.clone(), 1);
    commit(&database, "held".into()).await.expect("committed");
    let mut holder = connect(&options).await;
    let mut held = holder.begin().await.expect("begun");
    sqlx::query("SELECT * FROM notes FOR UPDATE")
        .execute(&mut *held)
        .await
        .expect("held");
    let begin = Instant::now();
    assert!(is_unavailable(&commit(&database, "held".into()).await));
    assert!(begin.elapsed() < PROMISE, "{:?}", begin.elapsed());
    held.rollback().await.expect("released");
    commit(&database, "next".into()).await.expect("free again");
    assert_eq!(notes.all().await, ["held", "next"]);
}
