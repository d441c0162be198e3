//! The promises of the pool: what was acknowledged stays, what failed leaves nothing, conflicts and
//! lost connections are not the caller's business.

mod cancellation;
mod failover;
mod galera;
mod orphan;
mod recovery;
mod timeouts;
mod unresponsive_server;

use crate::support::fixture::connect;
use futures_util::FutureExt as _;
use sqlx::{MySqlConnection, mysql::MySqlConnectOptions};
use tickbox::{
    database::{Connection, Database, TxOutcome},
    domain::error::Error,
};

/// A table of notes, read past the pool.
struct Notes(MySqlConnection);

impl Notes {
    async fn new(options: &MySqlConnectOptions) -> Self {
        let mut connection = connect(options).await;
        sqlx::raw_sql("CREATE TABLE notes (text VARCHAR(50) PRIMARY KEY, hits INT NOT NULL)")
            .execute(&mut connection)
            .await
            .expect("created");
        Self(connection)
    }

    async fn all(&mut self) -> Vec<String> {
        sqlx::query_scalar("SELECT text FROM notes ORDER BY text")
            .fetch_all(&mut self.0)
            .await
            .expect("read")
    }
}

async fn note(connection: &mut Connection, text: &str) -> Result<(), Error> {
    sqlx::query("INSERT INTO notes VALUES (?, 0)")
        .bind(text)
        .execute(connection)
        .await?;
    Ok(())
}

/// A transaction that writes one note.
async fn commit(database: &Database, text: String) -> Result<(), Error> {
    database
        .transaction(move |connection| {
            let text = text.clone();
            async move {
                note(connection, &text).await?;
                Ok(TxOutcome::Commit(()))
            }
            .boxed()
        })
        .await
}

/// Which connection the pool lends. It gets a lock that it holds for as long as it lives.
async fn connection_id(database: &Database) -> u64 {
    let read = database.read(async |connection| {
        let query = "SELECT CONNECTION_ID(), GET_LOCK(CONCAT('alive.', CONNECTION_ID()), 0)";
        let (id, _): (u64, i64) = sqlx::query_as(query).fetch_one(connection).await?;
        Ok(id)
    });
    read.await.expect("a connection")
}

/// Waits until the server has let go of a connection that was asked for its id.
async fn gone(observer: &mut MySqlConnection, id: u64) {
    let ended: Option<i64> = sqlx::query_scalar("SELECT GET_LOCK(CONCAT('alive.', ?), 5)")
        .bind(id)
        .fetch_one(observer)
        .await
        .expect("read");
    assert_eq!(ended, Some(1), "the connection is still open");
}
