//! Reads: retried once on a new connection when the first was lost.

use tokio::time::{Instant, timeout_at};

use super::{
    Connection, Database, WORK_TIMEOUT,
    deadline::deadline,
    error_code::{conflict_to_unavailable, unavailable},
    lease::ACQUIRE_TIMEOUT,
    orphan::Work,
};
use crate::domain::error::Error;

impl Database {
    /// Runs reads on one connection, and once more on a new one if the first was lost. Not for writes:
    /// one whose answer was lost would be applied twice.
    ///
    /// # Errors
    /// Those of `work`; [`Error::Unavailable`] when no connection can be had, both were lost, or five
    /// seconds or the request's budget have passed.
    pub async fn read<T>(
        &self,
        mut work: impl AsyncFnMut(&mut Connection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let (started, primary) = (Instant::now(), self.pool.manager().hosts.primary());
        let deadline = deadline(WORK_TIMEOUT);
        let twice = async {
            let until = deadline.min(started + ACQUIRE_TIMEOUT);
            let permit = self.permits.read(until).await?;
            let mut lease = self.lease(Work::Read, &permit, deadline).await?;
            let first = work(lease.connection()).await;
            let Some(cause) = self.release(lease, &first) else {
                // Without locks a read meets a conflict when a node of a cluster lags behind.
                return conflict_to_unavailable(first);
            };
            tracing::warn!(%cause, "a database connection was lost; reading again");
            metrics::counter!("tickbox_database_retries_total", "reason" => "lost").increment(1);
            let mut lease = self.lease(Work::Read, &permit, deadline).await?;
            let second = work(lease.connection()).await;
            match self.release(lease, &second) {
                Some(cause) => Err(unavailable(cause.to_string())),
                None => conflict_to_unavailable(second),
            }
        };
        // A connection that is dropped in the middle of an answer is closed: the server at its other end
        // may be gone. If it is not, its statement is killed, and the permit is free after that.
        let result = timeout_at(deadline, twice).await;
        result.unwrap_or_else(|_| {
            self.on_timeout(started, primary);
            Err(unavailable("the database does not answer"))
        })
    }
}
