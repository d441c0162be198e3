//! The pool of connections, and how work is done on one.
//!
//! `deadpool` over sqlx connections instead of sqlx's own pool, for two reasons that its settings
//! cannot give: it sends no ping with every acquire and release, and it never lends a connection
//! again whose work was cancelled. sqlx marks a transaction as open only after the answer to BEGIN
//! has been read; whoever is cancelled in between leaves a connection inside a transaction that
//! looks idle, and the next borrower's acknowledged write is lost with it.
//!
//! Whoever works has a place (`places`) and on it a connection (`lease`), which `connector` opens to
//! the one of `hosts` that takes writes, as `probe` finds out. Reads are here, transactions in
//! `write`; `budget` is what is left of a request's time, `faults` what errors mean. What is given up ends
//! in the database too: `given_up` sees to it.

mod connection;
mod deadline;
mod error_code;
mod failover;
mod galera;
mod lease;
mod manager;
pub mod migrations;
mod orphan;
mod permits;
mod probe;
mod rds_ca;
mod transaction;

use std::{sync::Arc, time::Duration};

use deadpool::{
    Runtime,
    managed::{self, QueueMode},
};
use futures_util::future::try_join_all;
use sqlx::MySqlConnection;
use tokio::time::{Instant, timeout_at};

use self::{
    error_code::{settled, unavailable},
    failover::Writer,
    lease::{ACQUIRE_TIMEOUT, Lease},
    manager::Connector,
    orphan::{Leftovers, Work},
    permits::{LEFT_BEHIND, Place, Places},
};
use crate::domain::error::Error;

pub use connection::{Address, Host, Tls};
pub use deadline::{deadline, within_budget};
pub use failover::{Options, connect};
pub use transaction::Ending;

/// What the statements of this layer run on.
pub type Connection = MySqlConnection;

/// For reads, and for a transaction with all its tries, where a request's budget leaves that much.
const WORK_TIMEOUT: Duration = Duration::from_secs(5);
/// For a ping.
const PING_TIMEOUT: Duration = Duration::from_secs(2);
/// Work that had this long and no answer casts doubt on the server; less may be what a slow request
/// had left.
const DOUBT_AFTER: Duration = Duration::from_secs(1);

/// The way to the database. Clones share one pool.
#[derive(Clone)]
pub struct Database {
    pool: managed::Pool<Connector>,
    places: Arc<Places>,
    leftovers: Arc<Leftovers>,
}

/// What the pool is doing, in numbers of connections and callers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// How many may work at the same time.
    pub size: usize,
    /// How many do.
    pub in_use: usize,
    /// Callers that wait for a place.
    pub waiting: usize,
    /// Connections, at work or idle, and those that the server has not let go yet.
    pub open: usize,
    /// Transactions that go on although their callers were sent away.
    pub left_behind: usize,
}

impl Database {
    /// A pool on which `size` may work at once, three quarters of them on writes; opens no connection
    /// yet.
    ///
    /// # Panics
    /// Never: deadpool refuses time limits only without a runtime, and one is named.
    #[must_use]
    pub fn new(options: impl Into<Options>, size: usize) -> Self {
        let pool = managed::Pool::builder(Connector::new(options.into()))
            .max_size(size + LEFT_BEHIND)
            .queue_mode(QueueMode::Lifo)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(ACQUIRE_TIMEOUT))
            .create_timeout(Some(ACQUIRE_TIMEOUT))
            .recycle_timeout(Some(PING_TIMEOUT))
            .build();
        Self {
            pool: pool.expect("a runtime is given"),
            places: Arc::new(Places::new(size)),
            leftovers: Arc::default(),
        }
    }

    /// Opens `count` connections at once, so that no user pays for the TLS handshake.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn open(&self, count: usize) -> Result<(), Error> {
        let deadline = Instant::now() + WORK_TIMEOUT;
        let place = Place::uncounted();
        try_join_all((0..count).map(|_| self.lease(Work::Read, &place, deadline)))
            .await?
            .into_iter()
            .for_each(Lease::finish);
        Ok(())
    }

    /// Runs reads on one connection; once more on a new one if the first was lost. Not for writes:
    /// one whose answer was lost would be applied twice.
    ///
    /// # Errors
    /// What `work` fails with; [`Error::Unavailable`] when no connection can be had, both were lost,
    /// or five seconds or the request's budget have passed.
    pub async fn read<T>(
        &self,
        mut work: impl AsyncFnMut(&mut Connection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let (began, known) = (Instant::now(), self.pool.manager().hosts.known());
        let deadline = deadline::deadline(WORK_TIMEOUT);
        let twice = async {
            let until = deadline.min(began + ACQUIRE_TIMEOUT);
            let place = self.places.read(until).await?;
            let mut lease = self.lease(Work::Read, &place, deadline).await?;
            let first = work(lease.connection()).await;
            let Some(cause) = self.give_back(lease, &first) else {
                // Without locks a read meets a conflict when a node of a cluster lags behind.
                return settled(first);
            };
            tracing::warn!(%cause, "a database connection was lost; reading again");
            metrics::counter!("tickbox_database_retries_total", "reason" => "lost").increment(1);
            let mut lease = self.lease(Work::Read, &place, deadline).await?;
            let second = work(lease.connection()).await;
            match self.give_back(lease, &second) {
                Some(cause) => Err(unavailable(cause.to_string())),
                None => settled(second),
            }
        };
        // A connection that is given up in the middle of an answer is closed: the server at its other
        // end may be gone. If it is not, it is told to end, and the place is free when it has.
        let result = timeout_at(deadline, twice).await;
        result.unwrap_or_else(|_| {
            self.left_without_answer(began, known);
            Err(unavailable("the database does not answer"))
        })
    }

    /// What the pool is doing now.
    #[must_use]
    pub fn status(&self) -> Status {
        Status {
            size: self.places.size(),
            in_use: self.places.in_use(),
            waiting: self.places.waiting(),
            open: self.pool.status().size + self.leftovers.count(),
            left_behind: self.places.left_behind(),
        }
    }

    /// Of several hosts, another may have taken over. Waiting for a place or a connection ends by
    /// itself before the deadline, so that this is about work.
    fn left_without_answer(&self, began: Instant, known: Writer) {
        if began.elapsed() >= DOUBT_AFTER && self.pool.manager().hosts.doubt(known) {
            self.close_idle();
        }
    }
}
