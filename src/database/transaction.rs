//! Transactions: retried on conflict with exponential backoff and jitter, detached on timeout, never cancelled
//! part-way.

use std::{io, sync::Arc, time::Duration};

use futures_util::{FutureExt as _, TryFutureExt as _, future::BoxFuture};
use sqlx::Connection as _;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tracing::Instrument as _;

use super::{
    Connection, Database, WORK_TIMEOUT,
    deadline::deadline,
    error_code::{database_error, is_conflict, is_lost, unavailable, was_rolled_back},
    lease::ACQUIRE_TIMEOUT,
    orphan::Work,
    permits::Permit,
};
use crate::{detach_on_drop::DetachOnDrop, domain::error::Error};

/// Runs of one transaction before its conflict is reported.
const MAX_ATTEMPTS: u32 = 5;
/// Time limit of ROLLBACK.
const ROUND_TRIP_TIMEOUT: Duration = Duration::from_secs(2);
/// Time limit of a detached transaction: as long as a full disk or a cluster without a majority may take
/// to recover, and no longer than its row locks can be borne.
const DETACHED_TIMEOUT: Duration = Duration::from_mins(1);

/// How a transaction ends that did not fail.
pub enum TxOutcome<T> {
    /// Something changed: keep it.
    Commit(T),
    /// Nothing needed to change: undo what the transaction wrote on the way.
    Rollback(T),
}

/// The commands around the statements of an operation.
#[derive(Clone, Copy)]
enum Frame {
    /// BEGIN, and COMMIT or ROLLBACK.
    Transaction,
    /// None, since there is only one statement.
    Autocommit,
}

impl Database {
    /// Runs `work` in one transaction; a caller that goes away cancels nothing. After a conflict with another
    /// transaction or a lost connection all of `work` runs again, so it must have no effects besides its
    /// statements.
    ///
    /// When its time is up (five seconds, or the rest of the request's budget), the caller gets an error and
    /// the transaction continues detached, for at most a minute; no attempt starts after that.
    ///
    /// # Errors
    /// Those of `work`, after ROLLBACK; [`Error::Unavailable`] when conflicts do not end, no connection can
    /// be had, one is lost in COMMIT, the time is up, or too many detached transactions are still running.
    /// A loss in COMMIT and a timeout leave open whether the change is made.
    ///
    /// # Panics
    /// When `work` does.
    pub async fn transaction<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: for<'c> FnMut(&'c mut Connection) -> BoxFuture<'c, Result<TxOutcome<T>, Error>>
            + Send
            + 'static,
    {
        let deadline = deadline(WORK_TIMEOUT);
        let run = self
            .clone()
            .run_to_completion(work, Frame::Transaction, deadline);
        DetachOnDrop::new(run).await
    }

    /// Runs one statement that writes, without BEGIN and COMMIT: it is a transaction by itself. In all
    /// else like [`Self::transaction`].
    ///
    /// # Errors
    /// Those of [`Self::transaction`]; a lost statement leaves open whether the change is made.
    pub async fn statement<T, F>(&self, mut work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: for<'c> FnMut(&'c mut Connection) -> BoxFuture<'c, Result<T, Error>> + Send + 'static,
    {
        let deadline = deadline(WORK_TIMEOUT);
        let run = self.clone().run_to_completion(
            move |connection| work(connection).map_ok(TxOutcome::Commit).boxed(),
            Frame::Autocommit,
            deadline,
        );
        DetachOnDrop::new(run).await
    }

    /// Returns by the deadline; the transaction continues to its end.
    async fn run_to_completion<T, F>(
        self,
        work: F,
        frame: Frame,
        deadline: Instant,
    ) -> Result<T, Error>
    where
        T: Send + 'static,
        F: for<'c> FnMut(&'c mut Connection) -> BoxFuture<'c, Result<TxOutcome<T>, Error>>
            + Send
            + 'static,
    {
        let (started, primary) = (Instant::now(), self.pool.manager().hosts.primary());
        let permit = self
            .permits
            .write(deadline.min(started + ACQUIRE_TIMEOUT))
            .await?;
        let run = self
            .clone()
            .run_with_retries(work, frame, permit.clone(), deadline);
        let mut run = Box::pin(run);
        if let Ok(result) = timeout_at(deadline, &mut run).await {
            return result;
        }
        self.permits.detach(&permit);
        self.on_timeout(started, primary);
        metrics::counter!("tickbox_database_detached_total").increment(1);
        let rest = async move {
            let _permit = permit;
            // Dropped in the middle of a statement, its connection is closed, and the permit is held until
            // the server has closed it too.
            let ended = timeout(DETACHED_TIMEOUT, run).await.is_ok();
            tracing::warn!(ended, "transaction detached from its caller");
        };
        tokio::spawn(rest.in_current_span());
        Err(unavailable("the database does not answer"))
    }

    async fn run_with_retries<T, F>(
        self,
        mut work: F,
        frame: Frame,
        permit: Arc<Permit>,
        deadline: Instant,
    ) -> Result<T, Error>
    where
        T: Send,
        F: for<'c> FnMut(&'c mut Connection) -> BoxFuture<'c, Result<TxOutcome<T>, Error>> + Send,
    {
        let mut attempts = 1;
        loop {
            let mut lease = self.lease(Work::Write, &permit, deadline).await?;
            let (commit_sent, result) = match frame {
                Frame::Transaction => run_once(lease.connection(), &mut work).await,
                Frame::Autocommit => (true, run_autocommit(lease.connection(), &mut work).await),
            };
            let reason = match self.release(lease, &result) {
                Some(error) if commit_sent && !was_rolled_back(error) => {
                    return Err(unavailable(error.to_string()));
                }
                Some(_) => "lost",
                None if is_conflicting(&result) => "conflict",
                None => return result,
            };
            let backoff = backoff(attempts);
            // Nothing starts for a caller that has timed out.
            if attempts == MAX_ATTEMPTS || Instant::now() + backoff >= deadline {
                let cause = result.err().map(|error| error.to_string());
                return Err(unavailable(cause.unwrap_or_default()));
            }
            metrics::counter!("tickbox_database_retries_total", "reason" => reason).increment(1);
            sleep(backoff).await;
            attempts += 1;
        }
    }
}

/// One statement, which the server commits by itself.
async fn run_autocommit<T, F>(connection: &mut Connection, work: &mut F) -> Result<T, Error>
where
    F: for<'c> FnMut(&'c mut Connection) -> BoxFuture<'c, Result<TxOutcome<T>, Error>>,
{
    let (TxOutcome::Commit(value) | TxOutcome::Rollback(value)) = work(connection).await?;
    Ok(value)
}

/// BEGIN, the work, COMMIT or ROLLBACK; and whether COMMIT was sent.
async fn run_once<T, F>(connection: &mut Connection, work: &mut F) -> (bool, Result<T, Error>)
where
    F: for<'c> FnMut(&'c mut Connection) -> BoxFuture<'c, Result<TxOutcome<T>, Error>>,
{
    let mut transaction = match connection.begin().await {
        Ok(transaction) => transaction,
        Err(error) => return (false, Err(error.into())),
    };
    let (rollback, result) = match work(&mut transaction).await {
        Ok(TxOutcome::Commit(value)) => {
            let committed = transaction.commit().await;
            return (true, committed.map(|()| value).map_err(Error::from));
        }
        Err(error) if database_error(&error).is_some_and(is_lost) => return (false, Err(error)),
        Ok(TxOutcome::Rollback(value)) => (transaction.rollback(), Ok(value)),
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

fn is_conflicting<T>(result: &Result<T, Error>) -> bool {
    let error = result.as_ref().err().and_then(database_error);
    error.is_some_and(is_conflict)
}

/// Exponential backoff with jitter: 10 to 30 ms after the first attempt, doubled with each.
fn backoff(attempts: u32) -> Duration {
    Duration::from_millis(fastrand::u64(10..=30) << (attempts - 1))
}
