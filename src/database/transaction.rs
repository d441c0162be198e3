//! Transactions: tried again after conflicts, left behind when their time is up, but never cancelled
//! half-way.

use std::{io, sync::Arc, time::Duration};

use futures_util::{FutureExt as _, TryFutureExt as _, future::BoxFuture};
use sqlx::Connection as _;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tracing::Instrument as _;

use super::{
    Connection, Database, WORK_TIMEOUT,
    deadline::deadline,
    error_code::{database_error, is_conflict, is_lost, is_undone, unavailable},
    lease::ACQUIRE_TIMEOUT,
    orphan::Work,
    permits::Place,
};
use crate::{detach_on_drop::DetachOnDrop, domain::error::Error};

/// Runs of one transaction before its conflicts are reported.
const TRIES: u32 = 5;
/// For ROLLBACK.
const ROUND_TRIP_TIMEOUT: Duration = Duration::from_secs(2);
/// How long a transaction may go on whose caller was sent away: as long as a full disk or a cluster
/// without a majority may take to recover, and no longer than its row locks can be borne.
const LEFT_BEHIND_LIMIT: Duration = Duration::from_mins(1);

/// How a transaction ends that did not fail.
pub enum Ending<T> {
    /// Something changed: keep it.
    Commit(T),
    /// Nothing needed to change: undo what the transaction wrote on the way.
    RollBack(T),
}

/// What stands around the statements.
#[derive(Clone, Copy)]
enum Frame {
    /// BEGIN, and COMMIT or ROLLBACK.
    Transaction,
    /// Nothing: there is only one.
    None,
}

impl Database {
    /// Runs `work` in one transaction; a caller that goes away cancels nothing. Conflicts with other
    /// transactions and lost connections run all of it again, so it must have no effects besides its
    /// statements.
    ///
    /// When its time is up (five seconds, or what is left of the request's), the caller is sent away
    /// and the transaction goes on by itself to its end, for at most a minute; no try begins after that.
    ///
    /// # Errors
    /// What `work` fails with, after ROLLBACK; [`Error::Unavailable`] when conflicts do not end, no
    /// connection can be had, one is lost in COMMIT, the time is up, or too many transactions are
    /// still at work whose time was up: a loss in COMMIT and the time leave open whether the change
    /// is made.
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
        let deadline = deadline(WORK_TIMEOUT);
        let run = self.clone().see_through(work, Frame::Transaction, deadline);
        DetachOnDrop::new(run).await
    }

    /// Runs one statement that writes, without BEGIN and COMMIT: it is a transaction by itself. In all
    /// else as [`Self::transaction`].
    ///
    /// # Errors
    /// As there; one that was lost leaves open whether the change is made.
    pub async fn statement<T, F>(&self, mut work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: for<'c> FnMut(&'c mut Connection) -> BoxFuture<'c, Result<T, Error>> + Send + 'static,
    {
        let deadline = deadline(WORK_TIMEOUT);
        let run = self.clone().see_through(
            move |connection| work(connection).map_ok(Ending::Commit).boxed(),
            Frame::None,
            deadline,
        );
        DetachOnDrop::new(run).await
    }

    /// Answers by the deadline; the transaction goes on to its end.
    async fn see_through<T, F>(self, work: F, frame: Frame, deadline: Instant) -> Result<T, Error>
    where
        T: Send + 'static,
        F: for<'c> FnMut(&'c mut Connection) -> BoxFuture<'c, Result<Ending<T>, Error>>
            + Send
            + 'static,
    {
        let (began, known) = (Instant::now(), self.pool.manager().hosts.known());
        let place = self
            .places
            .write(deadline.min(began + ACQUIRE_TIMEOUT))
            .await?;
        let attempts = self.clone().attempts(work, frame, place.clone(), deadline);
        let mut attempts = Box::pin(attempts);
        if let Ok(result) = timeout_at(deadline, &mut attempts).await {
            return result;
        }
        self.places.leave_behind(&place);
        self.left_without_answer(began, known);
        metrics::counter!("tickbox_database_left_behind_total").increment(1);
        let rest = async move {
            let _place = place;
            // Dropped in the middle of a statement, its connection is closed, and its place is taken until
            // the server has let it go.
            let ended = timeout(LEFT_BEHIND_LIMIT, attempts).await.is_ok();
            tracing::warn!(ended, "a transaction went on without its caller");
        };
        tokio::spawn(rest.in_current_span());
        Err(unavailable("the database does not answer"))
    }

    async fn attempts<T, F>(
        self,
        mut work: F,
        frame: Frame,
        place: Arc<Place>,
        deadline: Instant,
    ) -> Result<T, Error>
    where
        T: Send,
        F: for<'c> FnMut(&'c mut Connection) -> BoxFuture<'c, Result<Ending<T>, Error>> + Send,
    {
        let mut tries = 1;
        loop {
            let mut lease = self.lease(Work::Write, &place, deadline).await?;
            let (committing, result) = match frame {
                Frame::Transaction => attempt(lease.connection(), &mut work).await,
                Frame::None => (true, alone(lease.connection(), &mut work).await),
            };
            let reason = match self.give_back(lease, &result) {
                Some(error) if committing && !is_undone(error) => {
                    return Err(unavailable(error.to_string()));
                }
                Some(_) => "lost",
                None if is_conflicting(&result) => "conflict",
                None => return result,
            };
            let pause = pause(tries);
            // Nothing begins for a caller that has been sent away.
            if tries == TRIES || Instant::now() + pause >= deadline {
                let cause = result.err().map(|error| error.to_string());
                return Err(unavailable(cause.unwrap_or_default()));
            }
            metrics::counter!("tickbox_database_retries_total", "reason" => reason).increment(1);
            sleep(pause).await;
            tries += 1;
        }
    }
}

/// One statement, which the server commits by itself.
async fn alone<T, F>(connection: &mut Connection, work: &mut F) -> Result<T, Error>
where
    F: for<'c> FnMut(&'c mut Connection) -> BoxFuture<'c, Result<Ending<T>, Error>>,
{
    let (Ending::Commit(value) | Ending::RollBack(value)) = work(connection).await?;
    Ok(value)
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

fn is_conflicting<T>(result: &Result<T, Error>) -> bool {
    let error = result.as_ref().err().and_then(database_error);
    error.is_some_and(is_conflict)
}

/// 10 to 30 ms after the first try, doubled with each.
fn pause(tries: u32) -> Duration {
    Duration::from_millis(fastrand::u64(10..=30) << (tries - 1))
}
