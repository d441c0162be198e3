//! How often something may be tried: counted in the database, so that all instances count together,
//! and in transactions of their own, so that a try counts although what it tried came to nothing.

use std::time::Duration as StdDuration;

use futures_util::FutureExt as _;
use time::OffsetDateTime;

use super::Service;
use crate::{
    domain::{
        error::Error,
        event::SecurityEvent,
        limit::{Bucket, RateLimit, RequestQuota, WINDOW},
    },
    store::{self, Connection, Ending},
};

/// Buckets deleted in one transaction.
const BATCH: u32 = 1_000;

/// Tries that have been counted before it is known how they end.
#[derive(Clone)]
pub(super) struct Reserved {
    buckets: Vec<Bucket>,
    /// The latest moment at which a window that they were counted in ends.
    ends: OffsetDateTime,
}

/// Too many.
struct Exceeded {
    limit: RateLimit,
    ends: OffsetDateTime,
}

impl Service {
    /// The same verbs with limits on how often something may be tried.
    #[must_use]
    pub fn with_rate_limits(self, requests: RequestQuota) -> Self {
        Self {
            request_quota: Some(requests),
            ..self
        }
    }

    /// How many requests an instance takes from one address; none when nothing is limited.
    #[must_use]
    pub fn request_quota(&self) -> Option<RequestQuota> {
        self.request_quota
    }

    /// Counts a try in each bucket, or in none when one of them is full. The buckets of two tries must
    /// stand in the same order, so that neither waits for the other.
    ///
    /// # Errors
    /// [`Error::RateLimited`] until the window of the full bucket ends.
    pub(super) async fn reserve(&self, buckets: Vec<Bucket>) -> Result<Reserved, Error> {
        let now = self.clock.now();
        let ends = now + WINDOW;
        if self.request_quota.is_none() {
            let buckets = Vec::new();
            return Ok(Reserved { buckets, ends });
        }
        let reserved = Reserved { buckets, ends };
        let counted = reserved.clone();
        let exceeded = self
            .database
            .transaction(move |connection| {
                let counted = counted.clone();
                async move { count(connection, &counted, now).await }.boxed()
            })
            .await?;
        match exceeded {
            None => Ok(reserved),
            Some(Exceeded { limit, ends }) => Err(limited(limit, until(ends, now))),
        }
    }

    /// Takes back what was reserved for a try that could not be made. Should that fail too, the try
    /// counts until its window ends.
    pub(super) async fn release(&self, reserved: Reserved) {
        if reserved.buckets.is_empty() {
            return;
        }
        let released = self.database.transaction(move |connection| {
            let reserved = reserved.clone();
            async move {
                take_back(connection, &reserved).await?;
                Ok(Ending::Commit(()))
            }
            .boxed()
        });
        if let Err(cause) = released.await {
            tracing::warn!(%cause, "a try that was not made could not be taken back");
        }
    }

    /// Deletes what was counted in windows that are over, and says how many buckets that were.
    ///
    /// # Errors
    /// Those of the database; what is left is deleted the next time.
    pub async fn forget_ended_limits(&self) -> Result<u64, Error> {
        let now = self.clock.now();
        let mut total = 0;
        loop {
            let delete = store::limit::delete_ended;
            let deleted = self
                .database
                .transaction(move |connection| {
                    async move { Ok(Ending::Commit(delete(connection, now, BATCH).await?)) }.boxed()
                })
                .await?;
            total += deleted;
            if deleted < u64::from(BATCH) {
                return Ok(total);
            }
        }
    }
}

/// Notes that something was refused because there had been too much of it, and gives the error.
#[must_use]
pub fn limited(limit: RateLimit, retry_after: StdDuration) -> Error {
    metrics::counter!("tickbox_rate_limit_hits_total", "limit" => limit.as_str()).increment(1);
    tracing::warn!(
        event = SecurityEvent::RateLimited.as_str(),
        limit = limit.as_str(),
        "too many"
    );
    Error::RateLimited { retry_after }
}

/// In whole seconds: who waits as long as that is not too early.
fn until(ends: OffsetDateTime, now: OffsetDateTime) -> StdDuration {
    let wait = (ends - now).unsigned_abs();
    StdDuration::from_secs(wait.as_secs() + u64::from(wait.subsec_nanos() > 0))
}

async fn count(
    connection: &mut Connection,
    reserved: &Reserved,
    now: OffsetDateTime,
) -> Result<Ending<Option<Exceeded>>, Error> {
    for bucket in &reserved.buckets {
        let limit = bucket.limit;
        let hits = store::limit::count(connection, bucket, now, reserved.ends).await?;
        if hits > u64::from(limit.max()) {
            let ends = store::limit::ends(connection, bucket).await?;
            return Ok(Ending::RollBack(Some(Exceeded { limit, ends })));
        }
    }
    Ok(Ending::Commit(None))
}

/// Takes back what was reserved, within the transaction that makes it unnecessary.
pub(super) async fn take_back(
    connection: &mut Connection,
    reserved: &Reserved,
) -> Result<(), Error> {
    for bucket in &reserved.buckets {
        store::limit::take_back(connection, bucket, reserved.ends).await?;
    }
    Ok(())
}
