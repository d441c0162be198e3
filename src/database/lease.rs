//! Connections at work: lent, put back, or closed.

use std::{sync::Arc, time::Duration};

use deadpool::managed::{Object, PoolError};
use sqlx::{Connection as _, MySqlConnection};
use tokio::time::{Instant, timeout_at};

use super::{
    Database,
    error_code::{database_error, is_lost, is_timed_out, unavailable},
    manager::Connector,
    orphan::{GivenUp, Work},
    permits::Place,
};
use crate::domain::error::Error;

/// For a place, and then for a connection.
pub(super) const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(2);

/// A connection at work. Dropped before [`Lease::finish`], by an error, a panic or a cancelled
/// caller, it is closed at once: its transaction and row locks must not wait for the next borrower. Its
/// place is free when the server has let it go, too.
pub(super) struct Lease<'d> {
    database: &'d Database,
    object: Option<Object<Connector>>,
    work: Work,
    place: Arc<Place>,
}

impl Lease<'_> {
    pub(super) fn connection(&mut self) -> &mut MySqlConnection {
        let object = self.object.as_mut().expect("lent until finished");
        &mut object.connection
    }

    /// The work came to its end: the connection may be lent again, unless it was left in a
    /// transaction. Of one that was dropped sqlx says that it has ended, but keeps its ROLLBACK until
    /// the next statement is sent, and the server its row locks.
    pub(super) fn finish(mut self) {
        let connection = self.connection();
        if connection.is_in_transaction() || connection.should_flush() {
            return;
        }
        if let Some(mut object) = self.object.take() {
            object.used = Instant::now();
        }
    }

    /// The server has ended it, or says that it is of no use: there is nothing left to wait for.
    fn close(mut self) {
        drop(self.object.take().map(Object::take));
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        let Some(opened) = self.object.take().map(Object::take) else {
            return;
        };
        if let Some(thread) = opened.thread {
            self.database.see_off(GivenUp {
                thread,
                host: opened.host,
                work: self.work,
                since: Instant::now(),
                place: self.place.clone(),
            });
        }
    }
}

impl Database {
    /// A connection, idle or new, for work at a place: so there is always room for one.
    pub(super) async fn lease(
        &self,
        work: Work,
        place: &Arc<Place>,
        deadline: Instant,
    ) -> Result<Lease<'_>, Error> {
        let until = deadline.min(Instant::now() + ACQUIRE_TIMEOUT);
        let cause = match timeout_at(until, self.pool.get()).await {
            Ok(Ok(object)) => {
                return Ok(Lease {
                    database: self,
                    object: Some(object),
                    work,
                    place: place.clone(),
                });
            }
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

    /// What others rest on is no better than what just failed.
    pub(super) fn close_idle(&self) {
        self.pool.retain(|_, _| false);
    }
}
