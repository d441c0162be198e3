//! Rate limits on attempts: counted in the database, across all instances, and in their own transactions, so that
//! failed attempts are counted too.
//!
//! A guess at a password is in flight until it is verified, and its result is returned only when it is counted: a
//! flood cannot exceed the limit, and an attacker who makes the database stall learns nothing.

use std::time::Duration as StdDuration;

use futures_util::FutureExt as _;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{ClientInfo, Service, refusal::limited};
use crate::{
    database::{Connection, TxOutcome},
    domain::{
        error::Error,
        rate_limit::{Bucket, DECIDED_WITHIN, LAPSES_AFTER, RequestQuota, WINDOW},
        session::DeviceToken,
    },
    store,
};

/// Buckets deleted in one transaction.
const BATCH: u32 = 1_000;

/// An attempt that is counted before its result is known.
#[derive(Clone)]
pub(super) struct Reservation {
    /// The buckets that count it; sorted, so that no two attempts deadlock.
    buckets: Vec<Bucket>,
    began: OffsetDateTime,
    /// The bucket that records its failure, so that it can be refunded.
    typos: Option<Typos>,
}

/// Earlier typing errors of a browser, for one username.
#[derive(Clone)]
struct Typos {
    noted: Bucket,
    /// The bucket of the address, which counts each of them too.
    counted: Bucket,
    number: u32,
    ends: OffsetDateTime,
}

/// An attempt that counts whatever its result.
pub(super) struct Counted {
    bucket: Bucket,
    /// The latest time at which the window that counted it ends.
    ends: OffsetDateTime,
}

impl Service {
    /// The same verbs with rate limits.
    #[must_use]
    pub fn with_rate_limits(self, requests: RequestQuota) -> Self {
        Self {
            request_quota: Some(requests),
            ..self
        }
    }

    /// The quota of requests from one address; none without rate limits.
    #[must_use]
    pub fn request_quota(&self) -> Option<RequestQuota> {
        self.request_quota
    }

    /// Counts an attempt immediately.
    ///
    /// # Errors
    /// [`Error::RateLimited`] until the window of the full bucket ends.
    pub(super) async fn increment(&self, bucket: Bucket) -> Result<Counted, Error> {
        let now = self.clock.now();
        let ends = now + WINDOW;
        if self.request_quota.is_none() {
            return Ok(Counted { bucket, ends });
        }
        let full_until = self
            .database
            .transaction(move |connection| {
                async move {
                    let hits = store::rate_limit::increment(connection, &bucket, now, ends).await?;
                    if hits <= u64::from(bucket.limit.max()) {
                        return Ok(TxOutcome::Commit(None));
                    }
                    let until = store::rate_limit::window_end(connection, &bucket).await?;
                    Ok(TxOutcome::Rollback(Some(until)))
                }
                .boxed()
            })
            .await?;
        match full_until {
            None => Ok(Counted { bucket, ends }),
            Some(end) => Err(limited(bucket.limit, None, retry_after(end, now))),
        }
    }

    /// Refunds an attempt that could not be made. Should that fail too, it counts until its window ends.
    pub(super) async fn refund(&self, counted: Counted) {
        if self.request_quota.is_none() {
            return;
        }
        let Counted { bucket, ends } = counted;
        let taken = self.database.statement(move |connection| {
            async move { store::rate_limit::refund(connection, &bucket, 1, ends).await }.boxed()
        });
        if let Err(cause) = taken.await {
            tracing::warn!(%cause, "an attempt that was not made could not be refunded");
        }
    }

    /// Reserves a place in each bucket for an attempt whose result is not known yet, or in none when one of them
    /// is full: failures and attempts in flight together never exceed the limit. To be settled by
    /// [`Self::fail`], [`Self::release`] or [`release`]; otherwise it lapses. `user` is named in the log when
    /// it is refused.
    ///
    /// # Errors
    /// [`Error::RateLimited`] until all full buckets have a place.
    pub(super) async fn reserve(
        &self,
        buckets: Vec<Bucket>,
        user: Option<Uuid>,
    ) -> Result<Reservation, Error> {
        match self.try_reserve(buckets, None).await? {
            Ok(reserved) => Ok(reserved),
            Err(full) => Err(self.refuse(full, user).await),
        }
    }

    /// [`Self::reserve`] for a login. A known browser has a bucket of its own; when that is full, it counts like
    /// any other, which it could be by deleting its cookie.
    pub(super) async fn reserve_login(
        &self,
        username: &str,
        client: &ClientInfo,
        known: Option<&DeviceToken>,
        user: Option<Uuid>,
    ) -> Result<Reservation, Error> {
        if let Some(device) = known {
            let own = vec![Bucket::device(device)];
            if let Ok(reserved) = self.try_reserve(own, None).await? {
                return Ok(reserved);
            }
        }
        let buckets = Bucket::login(username, client.address);
        let typos = client.device.as_ref().map(|device| Typos {
            noted: Bucket::typos(username, client.address, &device.nonce),
            counted: buckets[1],
            number: 0,
            ends: OffsetDateTime::UNIX_EPOCH,
        });
        match self.try_reserve(buckets.into(), typos).await? {
            Ok(reserved) => Ok(reserved),
            Err(full) => Err(self.refuse(full, user).await),
        }
    }

    /// Returns the buckets when one of them is full.
    async fn try_reserve(
        &self,
        mut buckets: Vec<Bucket>,
        typos: Option<Typos>,
    ) -> Result<Result<Reservation, Vec<Bucket>>, Error> {
        let began = self.clock.now();
        if self.request_quota.is_none() {
            buckets.clear();
        }
        buckets.sort_unstable_by_key(|bucket| bucket.key);
        let reserved = Reservation {
            buckets,
            began,
            typos,
        };
        if reserved.buckets.is_empty() {
            return Ok(Ok(reserved));
        }
        self.database
            .transaction(move |connection| {
                let reserved = reserved.clone();
                async move { begin(connection, reserved).await }.boxed()
            })
            .await
    }

    /// The error of full buckets, with the time at which all of them have a place.
    async fn refuse(&self, buckets: Vec<Bucket>, user: Option<Uuid>) -> Error {
        let now = self.clock.now();
        let asked = buckets.clone();
        let look = async move |connection: &mut Connection| {
            store::rate_limit::counts(connection, &asked).await
        };
        let counts = match self.database.read(look).await {
            Ok(counts) => counts,
            Err(error) => return error,
        };
        let full = buckets.iter().filter_map(|bucket| {
            let (_, count) = counts.iter().find(|(key, _)| *key == bucket.key)?;
            Some((count.free_at(bucket.limit, now)?, bucket.limit))
        });
        // Without any, a place has become free meanwhile.
        let (free, limit) = full
            .max_by_key(|(free, _)| *free)
            .unwrap_or((now, buckets[0].limit));
        let wait = retry_after(free, now).max(StdDuration::from_secs(1));
        limited(limit, user, wait)
    }

    /// Whether the result of an attempt may still be returned: later its place may be another's.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub(super) fn in_time(&self, reserved: &Reservation) -> Result<(), Error> {
        if self.clock.now() - reserved.began < DECIDED_WITHIN {
            return Ok(());
        }
        Err(Error::Unavailable {
            cause: "a password was looked at too late".to_owned(),
            retry_after: StdDuration::from_secs(1),
        })
    }

    /// Counts an attempt as a failure. Only then may the caller be told.
    ///
    /// # Errors
    /// When the database fails, or [`Error::Unavailable`] when it is too late: nothing may be told then.
    pub(super) async fn fail(&self, reserved: Reservation) -> Result<(), Error> {
        self.in_time(&reserved)?;
        let Reservation {
            mut buckets,
            began,
            typos,
        } = reserved;
        if buckets.is_empty() {
            return Ok(());
        }
        buckets.extend(typos.map(|typos| typos.noted));
        let now = self.clock.now();
        self.database
            .statement(move |connection| {
                let buckets = buckets.clone();
                async move {
                    store::rate_limit::fail(connection, &buckets, began, now, now + WINDOW).await
                }
                .boxed()
            })
            .await
    }

    /// Releases the place of an attempt that could not be made. Should that fail too, it lapses.
    pub(super) async fn release(&self, reserved: Reservation) {
        if reserved.buckets.is_empty() {
            return;
        }
        let released = self.database.statement(move |connection| {
            let reserved = reserved.clone();
            async move { release(connection, &reserved).await }.boxed()
        });
        if let Err(cause) = released.await {
            tracing::warn!(%cause, "an attempt that was not made stays reserved until it lapses");
        }
    }

    /// Deletes buckets whose window is over, or was started by a clock that was ahead; returns their number.
    ///
    /// # Errors
    /// When the database fails; what is left is deleted the next time.
    pub async fn purge_expired_limits(&self) -> Result<u64, Error> {
        let now = self.clock.now();
        let mut total = 0;
        loop {
            let delete = store::rate_limit::delete_ended;
            // One window more than any begun now: clocks of instances differ a little.
            let latest = now + WINDOW + WINDOW;
            let deleted = self
                .database
                .transaction(move |connection| {
                    async move {
                        let deleted = delete(connection, now, latest, BATCH).await?;
                        Ok(TxOutcome::Commit(deleted))
                    }
                    .boxed()
                })
                .await?;
            total += deleted;
            if deleted < u64::from(BATCH) {
                return Ok(total);
            }
        }
    }
}

/// Rounded up to whole seconds.
fn retry_after(ends: OffsetDateTime, now: OffsetDateTime) -> StdDuration {
    let wait = (ends - now).unsigned_abs();
    StdDuration::from_secs(wait.as_secs() + u64::from(wait.subsec_nanos() > 0))
}

async fn begin(
    connection: &mut Connection,
    mut reserved: Reservation,
) -> Result<TxOutcome<Result<Reservation, Vec<Bucket>>>, Error> {
    let (buckets, now) = (&reserved.buckets, reserved.began);
    store::rate_limit::begin(connection, buckets, now, now + LAPSES_AFTER).await?;
    let noted = reserved.typos.as_ref().map(|typos| typos.noted);
    let asked: Vec<_> = buckets.iter().copied().chain(noted).collect();
    let counts = store::rate_limit::counts(connection, &asked).await?;
    let count = |bucket: &Bucket| {
        let mut counts = counts.iter();
        counts.find(|(key, _)| *key == bucket.key).map(|(_, it)| it)
    };
    let exceeds = |bucket: &Bucket| count(bucket).is_some_and(|it| it.exceeds(bucket.limit, now));
    if buckets.iter().any(exceeds) {
        return Ok(TxOutcome::Rollback(Err(reserved.buckets)));
    }
    if let Some(typos) = &mut reserved.typos
        && let Some(count) = count(&typos.noted)
    {
        (typos.number, typos.ends) = (count.failures_at(now), count.ends);
    }
    Ok(TxOutcome::Commit(Ok(reserved)))
}

/// Releases the place of an attempt that did not fail, within the transaction that it leads to.
pub(super) async fn release(
    connection: &mut Connection,
    reserved: &Reservation,
) -> Result<(), Error> {
    if reserved.buckets.is_empty() {
        return Ok(());
    }
    store::rate_limit::release(connection, &reserved.buckets, reserved.began).await
}

/// [`release`] for the right password: earlier typing errors of the same browser, for that username, are
/// refunded to the address. Not to the pair, nor to the username: those attempts may be an attacker's. The
/// failures of others stay, so that guesses at other accounts are limited as before.
pub(super) async fn release_and_refund(
    connection: &mut Connection,
    reserved: &Reservation,
) -> Result<(), Error> {
    release(connection, reserved).await?;
    let Some(typos) = reserved.typos.as_ref().filter(|it| it.number > 0) else {
        return Ok(());
    };
    let Typos {
        noted,
        counted,
        number,
        ends,
    } = typos;
    if store::rate_limit::empty(connection, noted, *number, *ends).await? {
        // The window of the address that started no later than the first of them, if it is not over.
        store::rate_limit::refund(connection, counted, *number, *ends).await?;
    }
    Ok(())
}
