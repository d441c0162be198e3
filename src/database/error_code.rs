//! MySQL error codes, grouped by their meaning for the failed operation. Numbers: MySQL Server Error
//! Reference, and MariaDB Error Codes where it has its own.

use std::{io, time::Duration};

use sqlx::mysql::MySqlDatabaseError;

use crate::domain::error::Error;

/// `Retry-After` when the database cannot be reached.
const RETRY_AFTER: Duration = Duration::from_secs(5);

pub(super) fn unavailable(cause: impl Into<String>) -> Error {
    Error::Unavailable {
        retry_after: RETRY_AFTER,
        cause: cause.into(),
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        if is_transient(&error) {
            unavailable(error.to_string())
        } else {
            Self::internal(error)
        }
    }
}

pub(super) fn database_error(error: &Error) -> Option<&sqlx::Error> {
    match error {
        Error::Internal(cause) => cause.downcast_ref(),
        _ => None,
    }
}

/// The result of an operation that is not retried: without the conflict it may succeed the next time.
pub(super) fn conflict_to_unavailable<T>(result: Result<T, Error>) -> Result<T, Error> {
    result.map_err(|error| match database_error(&error) {
        Some(conflict) if is_conflict(conflict) => unavailable(conflict.to_string()),
        _ => error,
    })
}

fn number(error: &sqlx::Error) -> Option<u16> {
    error
        .as_database_error()
        .and_then(|error| error.try_downcast_ref::<MySqlDatabaseError>())
        .map(MySqlDatabaseError::number)
}

/// A conflict with another transaction (1205: waited too long for its lock; 1213: a deadlock, or a
/// certification failure of a cluster, which 1180 says too; 1020: a row changed since it was read):
/// after ROLLBACK the same work may succeed the next time.
pub(super) fn is_conflict(error: &sqlx::Error) -> bool {
    matches!(number(error), Some(1020 | 1180 | 1205 | 1213))
}

/// Wrong user or password (1045, 1698), no right to the database (1044), no such database (1049), or
/// no way to agree on TLS.
pub(super) fn is_refusal(error: &sqlx::Error) -> bool {
    match number(error) {
        Some(number) => matches!(number, 1044 | 1045 | 1049 | 1698),
        None => matches!(error, sqlx::Error::Tls(_) | sqlx::Error::Configuration(_)),
    }
}

/// The connection is gone, or leads to a server that takes no writes (any more): 1047 is Galera's
/// "not ready", 3032 offline mode, 3100 and 3101 are group replication's.
pub(super) fn is_lost(error: &sqlx::Error) -> bool {
    match number(error) {
        Some(number) => matches!(
            number,
            1047 | 1053 | 1158
                ..=1161
                    | 1290
                    | 1792
                    | 1836
                    | 1874
                    | 1927
                    | 2006
                    | 2013
                    | 3032
                    | 3100
                    | 3101
                    | 3168
                    | 3169
                    | 4031
        ),
        None => matches!(
            error,
            sqlx::Error::Io(_)
                | sqlx::Error::Tls(_)
                | sqlx::Error::Protocol(_)
                | sqlx::Error::BeginFailed
        ),
    }
}

/// Whether the timeout was ours: the server may still run the statement.
pub(super) fn is_timed_out(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Io(error) if error.kind() == io::ErrorKind::TimedOut)
}

/// Whether a COMMIT that failed like this has certainly changed nothing: the server takes no writes
/// (1290, 1836), or says that it rolled back because the group decided so (3101). After any other
/// loss it may have been kept.
pub(super) fn was_rolled_back(error: &sqlx::Error) -> bool {
    matches!(number(error), Some(1290 | 1836 | 3101))
}

/// Temporary lack of a resource on a live server: no disk (3, 1021, 1026, 1114), no memory (1037, 1038,
/// 1041), no thread or connection (1040, 1135, 1203, 1226), too many locks (1206), or the statement
/// was killed (1317, 1969, 3024).
fn is_transient(error: &sqlx::Error) -> bool {
    matches!(
        number(error),
        Some(
            3 | 1021
                | 1026
                | 1037
                | 1038
                | 1040
                | 1041
                | 1114
                | 1135
                | 1203
                | 1206
                | 1226
                | 1317
                | 1969
                | 3024
        )
    )
}
