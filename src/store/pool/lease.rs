//! Connections at work: lent, put back, or closed.

use std::time::Duration;

use deadpool::managed::{Object, PoolError};
use sqlx::{Connection as _, MySqlConnection};
use tokio::time::{Instant, timeout_at};

use super::{
    Database,
    connector::Connector,
    faults::{database_error, is_lost, unavailable},
};
use crate::domain::error::Error;

/// For a place, and then for a connection.
pub(super) const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(2);

/// A connection at work. Dropped before [`Lease::finish`], by an error, a panic or a cancelled
/// caller, it is closed at once: its transaction and row locks must not wait for the next borrower.
pub(super) struct Lease(Option<Object<Connector>>);

impl Lease {
    pub(super) fn connection(&mut self) -> &mut MySqlConnection {
        &mut self.0.as_mut().expect("lent until finished").connection
    }

    /// The work came to its end: the connection may be lent again, unless it was left in a
    /// transaction. Of one that was dropped sqlx says that it has ended, but keeps its ROLLBACK until
    /// the next statement is sent, and the server its row locks.
    pub(super) fn finish(mut self) {
        let connection = self.connection();
        if connection.is_in_transaction() || connection.should_flush() {
            return;
        }
        if let Some(mut object) = self.0.take() {
            object.used = Instant::now();
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(object) = self.0.take() {
            drop(Object::take(object));
        }
    }
}

impl Database {
    /// A connection, idle or new. Whoever asks has a place, so there is always room for one.
    pub(super) async fn lease(&self, deadline: Instant) -> Result<Lease, Error> {
        let until = deadline.min(Instant::now() + ACQUIRE_TIMEOUT);
        let cause = match timeout_at(until, self.pool.get()).await {
            Ok(Ok(object)) => return Ok(Lease(Some(object))),
            Ok(Err(PoolError::Backend(error))) => error.to_string(),
            Ok(Err(error)) => format!("no database connection: {error}"),
            // Pinging one rested connection after another would take as long again for each.
            Err(_) => {
                self.close_idle();
                "no database connection answers".into()
            }
        };
        Err(unavailable(cause))
    }

    /// Puts the connection back; or closes it, with all idle ones, and gives the reason.
    pub(super) fn give_back<'r, T>(
        &self,
        lease: Lease,
        result: &'r Result<T, Error>,
    ) -> Option<&'r sqlx::Error> {
        let error = result.as_ref().err().and_then(database_error);
        let lost = error.filter(|error| is_lost(error));
        if lost.is_some() {
            drop(lease);
            self.close_idle();
        } else {
            lease.finish();
        }
        lost
    }

    /// What others rest on is no better than what just failed.
    pub(super) fn close_idle(&self) {
        self.pool.retain(|_, _| false);
    }
}
