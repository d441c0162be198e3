//! The promises of the pool: what was acknowledged stays, what failed leaves nothing, conflicts and
//! lost connections are not the caller's business.

mod cancellation;
mod recovery;
mod statements;

use std::time::Duration;

use futures_util::FutureExt as _;
use sqlx::{MySqlConnection, mysql::MySqlConnectOptions};
use tickbox::{
    domain::error::Error,
    store::{Connection, Database, Ending},
};
use tokio::time::timeout;

use crate::world::connect;

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
                Ok(Ending::Commit(()))
            }
            .boxed()
        })
        .await
}

/// Which connection the pool lends.
async fn connection_id(database: &Database) -> u64 {
    let read = database.read(async |connection| {
        sqlx::query_scalar("SELECT CONNECTION_ID()")
            .fetch_one(connection)
            .await
            .map_err(Error::from)
    });
    read.await.expect("a connection")
}

/// Waits until the server has let go of a connection.
async fn gone(observer: &mut MySqlConnection, id: u64) {
    let count = "SELECT COUNT(*) FROM information_schema.processlist WHERE id = ?";
    let watch = async {
        while sqlx::query_scalar::<_, i64>(count)
            .bind(id)
            .fetch_one(&mut *observer)
            .await
            .expect("read")
            > 0
        {}
    };
    let seen = timeout(Duration::from_secs(5), watch).await;
    seen.expect("the connection is still open");
}
