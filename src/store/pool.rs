//! The pool of connections, and how work is done on one.
//!
//! `deadpool` over sqlx connections instead of sqlx's own pool, for two reasons that its settings
//! cannot give: it sends no ping with every acquire and release, and it never lends a connection
//! again whose work was cancelled. sqlx marks a transaction as open only after the answer to BEGIN
//! has been read; whoever is cancelled in between leaves a connection inside a transaction that
//! looks idle, and the next borrower's acknowledged write is lost with it.

use std::{
    io,
    time::{Duration, Instant},
};

use deadpool::{
    Runtime,
    managed::{self, Metrics, Object, PoolError, QueueMode, RecycleError, RecycleResult},
};
use futures_util::future::{BoxFuture, try_join_all};
use sqlx::{
    ConnectOptions, Connection as _, Executor as _, MySqlConnection,
    mysql::{MySqlConnectOptions, MySqlDatabaseError},
};
use tokio::time::{sleep, timeout};
use tracing::Instrument as _;

use crate::domain::error::Error;

/// What the statements of this layer run on.
pub type Connection = MySqlConnection;

/// How connections are made.
pub type Options = MySqlConnectOptions;

/// Runs of one transaction before its conflicts are reported.
const TRIES: u32 = 5;
/// A connection that rested longer is pinged before it is lent: a firewall or the server may have
/// dropped it meanwhile.
const CHECK_AFTER: Duration = Duration::from_secs(5);
/// Connections are replaced at this age, give or take a tenth, so that a moved endpoint is noticed.
const MAX_LIFETIME: Duration = Duration::from_mins(5);
/// For a free connection, for opening one, and for both together.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(2);
/// For reads, and for a transaction with all its tries. A connection that has not answered by then
/// is closed: the server at its other end may be gone, and its place is needed.
const WORK_TIMEOUT: Duration = Duration::from_secs(5);
/// For a row that another transaction holds, in seconds: well below the time limit, so that it ends
/// in a conflict and not in a doubt.
const SET_LOCK_WAIT: &str = "SET SESSION innodb_lock_wait_timeout = 2";
/// For a ping and for ROLLBACK.
const ROUND_TRIP_TIMEOUT: Duration = Duration::from_secs(2);
/// More than there are statements, so that each is prepared once a connection and none is closed.
const STATEMENT_CACHE: usize = 256;
/// What a caller is told to wait when the database cannot be reached.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// How a transaction ends that did not fail.
pub enum Ending<T> {
    /// Something changed: keep it.
    Commit(T),
    /// Nothing needed to change: undo what the transaction wrote on the way.
    RollBack(T),
}

/// The way to the database. Clones share one pool.
#[derive(Clone)]
pub struct Database(managed::Pool<Connector>);

impl Database {
    /// A pool of at most `size` connections; opens none yet.
    ///
    /// # Panics
    /// Never: deadpool refuses time limits only without a runtime, and one is named.
    #[must_use]
    pub fn new(options: MySqlConnectOptions, size: usize) -> Self {
        let connector = Connector(options.statement_cache_capacity(STATEMENT_CACHE));
        let pool = managed::Pool::builder(connector)
            .max_size(size)
            .queue_mode(QueueMode::Lifo)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(ACQUIRE_TIMEOUT))
            .create_timeout(Some(ACQUIRE_TIMEOUT))
            .recycle_timeout(Some(ROUND_TRIP_TIMEOUT))
            .build();
        Self(pool.expect("a runtime is given"))
    }

    /// Opens `count` connections at once, so that no user pays for the TLS handshake.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn open(&self, count: usize) -> Result<(), Error> {
        try_join_all((0..count).map(|_| self.lease()))
            .await?
            .into_iter()
            .for_each(Lease::finish);
        Ok(())
    }

    /// Runs reads on one connection; once more on a new one if the first was lost. Not for writes:
    /// one whose answer was lost would be applied twice.
    ///
    /// # Errors
    /// What `work` fails with; [`Error::Unavailable`] when no connection can be had or both were lost.
    pub async fn read<T>(
        &self,
        mut work: impl AsyncFnMut(&mut Connection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let twice = async {
            let mut lease = self.lease().await?;
            let first = work(lease.connection()).await;
            let Some(cause) = self.give_back(lease, &first) else {
                return first;
            };
            tracing::warn!(cause, "a database connection was lost; reading again");
            let mut lease = self.lease().await?;
            let second = work(lease.connection()).await;
            match self.give_back(lease, &second) {
                Some(cause) => Err(unavailable(cause)),
                None => second,
            }
        };
        // A connection that is given up in the middle of an answer is closed.
        let result = timeout(WORK_TIMEOUT, twice).await;
        result.unwrap_or_else(|_| Err(unavailable("the database does not answer".into())))
    }

    /// Runs `work` in one transaction, in a task of its own: a caller that goes away cancels
    /// nothing. Conflicts with other transactions and lost connections run all of it again, so it
    /// must have no effects besides its statements.
    ///
    /// # Errors
    /// What `work` fails with, after ROLLBACK; [`Error::Unavailable`] when conflicts do not end, no
    /// connection can be had, one is lost in COMMIT, or the database takes longer than five seconds:
    /// the last two leave open whether the change is made.
    ///
    /// # Panics
    /// When `work` does.
    pub async fn transaction<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: for<'c> FnMut(&'c mut Connection) -> BoxFuture<'c, Result<Ending<T>, Error>>
            + Send
            + 'static,
    {
        let attempts = timeout(WORK_TIMEOUT, self.clone().attempts(work));
        let task = tokio::spawn(attempts.in_current_span());
        task.await
            .unwrap_or_else(|end| std::panic::resume_unwind(end.into_panic()))
            .unwrap_or_else(|_| Err(unavailable("the database does not answer".into())))
    }

    async fn attempts<T, F>(self, mut work: F) -> Result<T, Error>
    where
        T: Send,
        F: for<'c> FnMut(&'c mut Connection) -> BoxFuture<'c, Result<Ending<T>, Error>> + Send,
    {
        let mut tries = 1;
        loop {
            let mut lease = self.lease().await?;
            let (committing, result) = attempt(lease.connection(), &mut work).await;
            let conflict = result
                .as_ref()
                .err()
                .and_then(database_error)
                .is_some_and(is_conflict);
            match self.give_back(lease, &result) {
                None if !conflict => return result,
                Some(cause) if committing || tries == TRIES => return Err(unavailable(cause)),
                None if tries == TRIES => {
                    return Err(unavailable(format!("{TRIES} conflicts in a row")));
                }
                _ => {}
            }
            sleep(pause(tries)).await;
            tries += 1;
        }
    }

    async fn lease(&self) -> Result<Lease, Error> {
        let cause = match timeout(ACQUIRE_TIMEOUT, self.0.get()).await {
            Ok(Ok(object)) => return Ok(Lease(Some(object))),
            Ok(Err(PoolError::Backend(error))) => error.to_string(),
            Ok(Err(error)) => format!("no database connection: {error}"),
            // Pinging one rested connection after another would take as long again for each.
            Err(_) => {
                self.0.retain(|_, _| false);
                "no database connection answers".into()
            }
        };
        Err(unavailable(cause))
    }

    /// Puts the connection back; or closes it, with all idle ones, and says why.
    fn give_back<T>(&self, lease: Lease, result: &Result<T, Error>) -> Option<String> {
        let error = result.as_ref().err().and_then(database_error);
        if let Some(error) = error.filter(|error| is_lost(error)) {
            drop(lease);
            self.0.retain(|_, _| false);
            return Some(error.to_string());
        }
        lease.finish();
        None
    }
}

/// One connection outside any pool, for the start.
///
/// # Errors
/// [`Error::Unavailable`] when the database cannot be reached; [`Error::Internal`] when it can but
/// refuses us, which asking again will not change.
pub async fn connect(options: &Options) -> Result<Connection, Error> {
    match timeout(WORK_TIMEOUT, options.connect()).await {
        Ok(Ok(connection)) => Ok(connection),
        Ok(Err(error)) if is_refusal(&error) => Err(error.into()),
        Ok(Err(error)) => Err(unavailable(error.to_string())),
        Err(_) => Err(unavailable("the database does not answer".into())),
    }
}

/// Opens connections and decides which may be lent again.
pub struct Connector(MySqlConnectOptions);

/// A connection with its age.
pub struct Opened {
    connection: MySqlConnection,
    used: Instant,
    expires: Instant,
}

impl managed::Manager for Connector {
    type Type = Opened;
    type Error = sqlx::Error;

    async fn create(&self) -> Result<Opened, sqlx::Error> {
        let now = Instant::now();
        let expires = now + MAX_LIFETIME.mul_f64(0.9 + 0.2 * fastrand::f64());
        let mut connection = self.0.connect().await?;
        connection.execute(SET_LOCK_WAIT).await?;
        Ok(Opened {
            connection,
            used: now,
            expires,
        })
    }

    async fn recycle(&self, opened: &mut Opened, _: &Metrics) -> RecycleResult<sqlx::Error> {
        if Instant::now() >= opened.expires {
            return Err(RecycleError::message("expired"));
        }
        if opened.used.elapsed() > CHECK_AFTER {
            opened.connection.ping().await?;
        }
        Ok(())
    }
}

/// A connection at work. Dropped before [`Lease::finish`], by an error, a panic or a cancelled
/// caller, it is closed at once: its transaction and row locks must not wait for the next borrower.
struct Lease(Option<Object<Connector>>);

impl Lease {
    fn connection(&mut self) -> &mut MySqlConnection {
        &mut self.0.as_mut().expect("lent until finished").connection
    }

    /// The work came to its end: the connection may be lent again, unless it was left in a
    /// transaction. Of one that was dropped sqlx says that it has ended, but keeps its ROLLBACK until
    /// the next statement is sent, and the server its row locks.
    fn finish(mut self) {
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

/// BEGIN, the work, COMMIT or ROLLBACK; and whether COMMIT was sent.
async fn attempt<T, F>(connection: &mut Connection, work: &mut F) -> (bool, Result<T, Error>)
where
    F: for<'c> FnMut(&'c mut Connection) -> BoxFuture<'c, Result<Ending<T>, Error>>,
{
    let mut transaction = match connection.begin().await {
        Ok(transaction) => transaction,
        Err(error) => return (false, Err(error.into())),
    };
    let (rollback, result) = match work(&mut transaction).await {
        Ok(Ending::Commit(value)) => {
            let committed = transaction.commit().await;
            return (true, committed.map(|()| value).map_err(Error::from));
        }
        Err(error) if database_error(&error).is_some_and(is_lost) => return (false, Err(error)),
        Ok(Ending::RollBack(value)) => (transaction.rollback(), Ok(value)),
        Err(error) => (transaction.rollback(), Err(error)),
    };
    match timeout(ROUND_TRIP_TIMEOUT, rollback).await {
        Ok(Ok(())) => (false, result),
        Ok(Err(worse)) => (false, Err(worse.into())),
        Err(_) => {
            let worse = sqlx::Error::Io(io::ErrorKind::TimedOut.into());
            (false, Err(worse.into()))
        }
    }
}

/// 10 to 30 ms after the first try, doubled with each.
fn pause(tries: u32) -> Duration {
    Duration::from_millis(fastrand::u64(10..=30) << (tries - 1))
}

fn unavailable(cause: String) -> Error {
    Error::Unavailable {
        retry_after: RETRY_AFTER,
        cause,
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::internal(error)
    }
}

fn database_error(error: &Error) -> Option<&sqlx::Error> {
    match error {
        Error::Internal(cause) => cause.downcast_ref(),
        _ => None,
    }
}

fn number(error: &sqlx::Error) -> Option<u16> {
    error
        .as_database_error()
        .and_then(|error| error.try_downcast_ref::<MySqlDatabaseError>())
        .map(MySqlDatabaseError::number)
}

/// Another transaction stood in the way (1205: waited too long for its lock, 1213: a deadlock, or a
/// certification failure of a cluster): after ROLLBACK the same work may go through the next time.
fn is_conflict(error: &sqlx::Error) -> bool {
    matches!(number(error), Some(1205 | 1213))
}

/// Wrong user or password (1045, 1698), no right to the database (1044), no such database (1049), or
/// no way to agree on TLS.
fn is_refusal(error: &sqlx::Error) -> bool {
    match number(error) {
        Some(number) => matches!(number, 1044 | 1045 | 1049 | 1698),
        None => matches!(error, sqlx::Error::Tls(_) | sqlx::Error::Configuration(_)),
    }
}

/// The connection is gone, or leads to a server that takes no writes (any more). Numbers: MySQL
/// Server Error Reference; 1047 is Galera's "not ready".
fn is_lost(error: &sqlx::Error) -> bool {
    match number(error) {
        Some(number) => matches!(
            number,
            1047 | 1053 | 1290 | 1792 | 1836 | 1927 | 2006 | 2013 | 3100 | 3101 | 3169 | 4031
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
