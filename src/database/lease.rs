//! Leased connections: lent to an operation, then released into the pool or closed.

use std::{sync::Arc, time::Duration};

use deadpool::managed::{Object, PoolError};
use sqlx::{Connection as _, MySqlConnection};
use tokio::time::{Instant, timeout_at};

use super::{
    Database,
    error_code::{database_error, is_lost, is_timed_out, unavailable},
    manager::Manager,
    orphan::{Orphan, Work},
    permits::Permit,
};
use crate::domain::error::Error;

/// Time limit of acquiring a permit, and then of acquiring a connection.
pub(super) const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(2);

/// A connection in use. Dropped before [`Lease::finish`], by an error, a panic or a cancelled
/// caller, it is closed immediately: its transaction and row locks must not wait for the next borrower. Its
/// permit is then held until the server has closed the connection too.
pub(super) struct Lease<'d> {
    database: &'d Database,
    object: Option<Object<Manager>>,
    work: Work,
    permit: Arc<Permit>,
}

impl Lease<'_> {
    pub(super) fn connection(&mut self) -> &mut MySqlConnection {
        let object = self.object.as_mut().expect("lent until finished");
        &mut object.connection
    }

    /// Returns the connection to the pool, unless it was left in a transaction: of a transaction that was
    /// dropped sqlx says that it has ended, but keeps its ROLLBACK until the next statement is sent, and the
    /// server its row locks.
    pub(super) fn finish(mut self) {
        let connection = self.connection();
        if connection.is_in_transaction() || connection.should_flush() {
            return;
        }
        if let Some(mut object) = self.object.take() {
            object.last_used = Instant::now();
        }
    }

    /// Closes a connection that the server has ended or declared useless: no orphan is left.
    fn close(mut self) {
        drop(self.object.take().map(Object::take));
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        let Some(connection) = self.object.take().map(Object::take) else {
            return;
        };
        if let Some(thread) = connection.thread {
            self.database.reap(Orphan {
                thread,
                host: connection.host,
                work: self.work,
                since: Instant::now(),
                permit: self.permit.clone(),
            });
        }
    }
}

impl Database {
    /// A connection, idle or new, for an operation with a permit: so the pool always has room for one.
    pub(super) async fn lease(
        &self,
        work: Work,
        permit: &Arc<Permit>,
        deadline: Instant,
    ) -> Result<Lease<'_>, Error> {
        let until = deadline.min(Instant::now() + ACQUIRE_TIMEOUT);
        let cause = match timeout_at(until, self.pool.get()).await {
            Ok(Ok(object)) => {
                return Ok(Lease {
                    database: self,
                    object: Some(object),
                    work,
                    permit: permit.clone(),
                });
            }
            Ok(Err(PoolError::Backend(error))) => error.to_string(),
            Ok(Err(error)) => format!("no database connection: {error}"),
            // Pinging one idle connection after another would take as long again for each.
            Err(_) => {
                self.close_idle();
                "no database connection answers".into()
            }
        };
        Err(unavailable(cause))
    }

    /// Returns the connection to the pool; or closes a lost one together with all idle ones, and returns the
    /// error that says so.
    pub(super) fn release<'r, T>(
        &self,
        lease: Lease<'_>,
        result: &'r Result<T, Error>,
    ) -> Option<&'r sqlx::Error> {
        let error = result.as_ref().err().and_then(database_error);
        let lost = error.filter(|error| is_lost(error));
        if let Some(error) = lost {
            if is_timed_out(error) {
                drop(lease);
            } else {
                lease.close();
            }
            self.close_idle();
        } else {
            lease.finish();
        }
        lost
    }

    /// Idle connections go to the same failed server.
    pub(super) fn close_idle(&self) {
        self.pool.retain(|_, _| false);
    }
}
