//! The connection pool, failover, transactions and migrations: everything below the SQL statements. Knows
//! no table besides that of the migrations. May import `domain` and `detach_on_drop` only.
//!
//! `deadpool` over sqlx connections instead of sqlx's own pool, for two reasons that its settings
//! cannot give: it sends no ping with every acquire and release, and it never lends a connection
//! again whose work was cancelled. sqlx marks a transaction as open only after the answer to BEGIN
//! has been read; a caller that is cancelled in between leaves a connection inside a transaction that
//! looks idle, and the next borrower's acknowledged write is lost with it.
//!
//! Each operation holds a permit (`permits`) and a leased connection (`lease`), which `manager` opens to
//! the primary: `failover` finds it among the hosts, by the `probe` of each. Operations are a `read` or a
//! `transaction`; `deadline` limits all those of one request, `error_code` says what an error means for the
//! operation. An operation that is cancelled leaves an orphaned connection on the server, which `orphan`
//! ends.

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
mod read;
mod transaction;

use std::{sync::Arc, time::Duration};

use deadpool::{
    Runtime,
    managed::{self, QueueMode},
};
use futures_util::future::try_join_all;
use sqlx::MySqlConnection;
use tokio::time::Instant;

use self::{
    failover::Primary,
    lease::{ACQUIRE_TIMEOUT, Lease},
    manager::Manager,
    orphan::{Orphans, Work},
    permits::{MAX_DETACHED, Permit, WorkPermits},
};
use crate::domain::error::Error;

pub use connection::{ConnectOptions, DatabaseSettings, Host, Tls};
pub use deadline::{deadline, within_budget};
pub use failover::connect;
pub use transaction::TxOutcome;

/// The connection that statements run on.
pub type Connection = MySqlConnection;

/// Time limit of a read, and of a transaction with all its attempts, unless the request's budget leaves
/// less.
const WORK_TIMEOUT: Duration = Duration::from_secs(5);
/// Time limit of a ping.
const PING_TIMEOUT: Duration = Duration::from_secs(2);
/// A timeout of at least this long marks the primary as suspect; a shorter one may be the rest of a slow
/// request's budget.
const SUSPECT_AFTER: Duration = Duration::from_secs(1);

/// The connection pool. Clones share it.
#[derive(Clone)]
pub struct Database {
    pool: managed::Pool<Manager>,
    permits: Arc<WorkPermits>,
    orphans: Arc<Orphans>,
}

/// The pool's current numbers of connections and callers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// Operations that may run at the same time.
    pub size: usize,
    /// Operations that are running.
    pub in_use: usize,
    /// Callers waiting for a permit.
    pub waiting: usize,
    /// Open connections: in use, idle, or orphaned.
    pub open: usize,
    /// Transactions that still run although their callers timed out.
    pub detached: usize,
}

impl Database {
    /// A pool for `size` concurrent operations, of which three quarters may be writes; opens no connection
    /// yet.
    ///
    /// # Panics
    /// Never: deadpool refuses time limits only without a runtime, and one is named.
    #[must_use]
    pub fn new(options: impl Into<ConnectOptions>, size: usize) -> Self {
        let pool = managed::Pool::builder(Manager::new(options.into()))
            .max_size(size + MAX_DETACHED)
            .queue_mode(QueueMode::Lifo)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(ACQUIRE_TIMEOUT))
            .create_timeout(Some(ACQUIRE_TIMEOUT))
            .recycle_timeout(Some(PING_TIMEOUT))
            .build();
        Self {
            pool: pool.expect("a runtime is given"),
            permits: Arc::new(WorkPermits::new(size)),
            orphans: Arc::default(),
        }
    }

    /// Opens `count` connections concurrently, so that no user pays for the TLS handshake.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn open(&self, count: usize) -> Result<(), Error> {
        let deadline = Instant::now() + WORK_TIMEOUT;
        let permit = Permit::unlimited();
        try_join_all((0..count).map(|_| self.lease(Work::Read, &permit, deadline)))
            .await?
            .into_iter()
            .for_each(Lease::finish);
        Ok(())
    }

    /// The pool's current numbers.
    #[must_use]
    pub fn status(&self) -> Status {
        Status {
            size: self.permits.size(),
            in_use: self.permits.in_use(),
            waiting: self.permits.waiting(),
            open: self.pool.status().size + self.orphans.count(),
            detached: self.permits.detached(),
        }
    }

    /// After a timeout another host may have become the primary. Waiting for a permit or a connection has
    /// shorter limits of its own, so this is about the statements.
    fn on_timeout(&self, started: Instant, primary: Primary) {
        let hosts = &self.pool.manager().hosts;
        if started.elapsed() >= SUSPECT_AFTER && hosts.suspect(primary) {
            self.close_idle();
        }
    }
}
