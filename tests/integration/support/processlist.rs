//! What the server's threads do on the database of a test.

use sqlx::{Executor as _, MySqlConnection, Row as _, mysql::MySqlRow};

/// A connection to the database of the test, but for the one that asks.
pub(crate) struct Thread {
    /// `Sleep` between two statements.
    pub(crate) command: String,
    pub(crate) state: String,
    pub(crate) statement: String,
}

/// `SHOW PROCESSLIST`, since the table behind it fails on MySQL 9.7.4 with 3854 while a statement of any other
/// test has bytes that are no text.
pub(crate) async fn processlist(connection: &mut MySqlConnection) -> Vec<Thread> {
    let (database, own): (String, u64) = sqlx::query_as("SELECT DATABASE(), CONNECTION_ID()")
        .fetch_one(&mut *connection)
        .await
        .expect("read");
    let rows = connection.fetch_all("SHOW PROCESSLIST").await;
    let text = |row: &MySqlRow, column| {
        let bytes = row.try_get_unchecked::<Option<Vec<u8>>, _>(column);
        String::from_utf8_lossy(&bytes.expect("a column").unwrap_or_default()).into_owned()
    };
    rows.expect("read")
        .iter()
        .filter(|row| text(row, "db") == database)
        .filter(|row| row.try_get_unchecked::<u64, _>("Id").expect("a number") != own)
        .map(|row| Thread {
            command: text(row, "Command"),
            state: text(row, "State"),
            statement: text(row, "Info"),
        })
        .collect()
}
