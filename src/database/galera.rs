//! Galera: prepares all statements before a connection is lent.
//!
//! When a transaction loses against one of another node, its node rolls it back, and the next command
//! is answered with 1213. MariaDB (seen with 10.11.19) forgets to when that command prepares a SELECT:
//! what follows then runs outside any transaction, each statement committed by itself, and COMMIT
//! succeeds: half of the work is stored, and acknowledged. The ledger of `tests/faults` found it
//! (`./tests/faults/run --on galera disconnect`). So nothing is prepared inside a transaction there.

use sqlx::{Executor as _, MySqlConnection, SqlSafeStr as _};

/// All statements of `store`, as listed by `build.rs`.
const STATEMENTS: &[&str] = include!(concat!(env!("OUT_DIR"), "/statements.rs"));

pub(super) async fn prepare_all(connection: &mut MySqlConnection) -> Result<(), sqlx::Error> {
    for statement in STATEMENTS {
        connection.prepare(statement.into_sql_str()).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reads_of_a_transaction_are_prepared_too() {
        let (lock, tally) = (
            "SELECT rev, purged_rev, open_count, todo_count, removed_count, call_count\n         \
             FROM users WHERE id = ? FOR UPDATE",
            "SELECT rev, open_count, todo_count FROM users WHERE id = ?",
        );
        assert!(STATEMENTS.contains(&lock) && STATEMENTS.contains(&tally));
    }
}
