//! How often something may be tried: counted in the database, so that all instances count together,
//! and in transactions of their own, so that a try counts although what it tried came to nothing.
//!
//! A guess at a password is in flight until its verdict, and told only when the verdict is counted: a
//! flood finds no more places than the limit has, and who makes the database stall learns nothing.

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

/// A try that was counted before it is known how it ends.
#[derive(Clone)]
pub(super) struct Reservation {
    /// Those it has a place in; sorted, so that no two tries wait for each other.
    buckets: Vec<Bucket>,
    began: OffsetDateTime,
    /// Where it is noted when it fails, so that it can be given back.
    typos: Option<Typos>,
}

/// What a browser mistyped before, for one username.
#[derive(Clone)]
struct Typos {
    noted: Bucket,
    /// Where each of them counts as well.
    counted: Bucket,
    number: u32,
    ends: OffsetDateTime,
}

/// A try that counts already, however it ends.
pub(super) struct Counted {
    bucket: Bucket,
    /// The latest moment at which the window that it was counted in ends.
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

    /// Counts a try at once.
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

    /// Takes back a try that could not be made. Should that fail too, it counts until its window ends.
    pub(super) async fn refund(&self, counted: Counted) {
        if self.request_quota.is_none() {
            return;
        }
        let Counted { bucket, ends } = counted;
        let taken = self.database.statement(move |connection| {
            async move { store::rate_limit::refund(connection, &bucket, 1, ends).await }.boxed()
        });
        if let Err(cause) = taken.await {
            tracing::warn!(%cause, "a try that was not made could not be taken back");
        }
    }

    /// Takes a place in each bucket for a try whose end is not known yet, or in none when one of them is
    /// full: failures and tries in flight together are never more than the limit. To be settled by
    /// [`Self::fail`], [`Self::release`] or [`release`]; otherwise it lapses. `user` is named in the log when
    /// it is refused.
    ///
    /// # Errors
    /// [`Error::RateLimited`] until all buckets that are full have a place.
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

    /// As [`Self::reserve`], for a login. A known browser has a bucket of its own; when that is full, it
    /// counts like any other, which it could be by forgetting its cookie.
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

    /// The buckets come back when one of them is full.
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

    /// When there is a place in all of them: what the last of the full ones says.
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

    /// Whether it may still be told how a try ended: later its place may be another's.
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

    /// Counts a try as a failure. Only then may the caller be told that it was one.
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

    /// Gives up the place of a try that could not be made. Should that fail too, it lapses.
    pub(super) async fn release(&self, reserved: Reservation) {
        if reserved.buckets.is_empty() {
            return;
        }
        let released = self.database.statement(move |connection| {
            let reserved = reserved.clone();
            async move { release(connection, &reserved).await }.boxed()
        });
        if let Err(cause) = released.await {
            tracing::warn!(%cause, "a try that was not made keeps its place until it lapses");
        }
    }

    /// Deletes what was counted in windows that are over, or that a clock which was ahead began, and says
    /// how many buckets that were.
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

/// In whole seconds: who waits as long as that is not too early.
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

/// Gives up the place of a try that was no failure, within the transaction that it leads to.
pub(super) async fn release(
    connection: &mut Connection,
    reserved: &Reservation,
) -> Result<(), Error> {
    if reserved.buckets.is_empty() {
        return Ok(());
    }
    store::rate_limit::release(connection, &reserved.buckets, reserved.began).await
}

/// As [`release`], for the right password: what the same browser mistyped before, for that username, is
/// given back to the address. Not to the pair, nor to the username: whose tries those were is not known.
/// The failures of others stay, so that of guesses at accounts that stay closed not one more is let
/// through.
pub(super) async fn release_and_give_back(
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
        // The window of the address that began no later than the first of them, if it is not over.
        store::rate_limit::refund(connection, counted, *number, *ends).await?;
    }
    Ok(())
}
