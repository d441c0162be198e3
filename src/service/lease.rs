//! The lease of a daily job: the instance that moved the date of the last run forward holds it for as long as it
//! goes on moving it. When that instance dies, another one takes over some minutes later.

use futures_util::FutureExt as _;
use time::{Duration, OffsetDateTime};

use super::Service;
use crate::{database::TxOutcome, domain::error::Error, store};

/// Time between two runs, by whichever instance. A little less than a day, so that an instance that checks
/// every few minutes runs it at about the same time each day.
const INTERVAL: Duration = Duration::minutes(23 * 60 + 30);
/// How long a claim lasts without renewal: several times the turn of a user.
const LEASE: Duration = Duration::minutes(5);
/// Age at which a claim is renewed.
const RENEW: Duration = Duration::seconds(30);
/// Time until a run that left something is repeated.
const RETRY: Duration = Duration::hours(1);

/// A claim: the date of the last run as this instance has written it.
pub(super) struct JobClaim {
    job: &'static str,
    run: OffsetDateTime,
    renewed: OffsetDateTime,
}

/// The date of the last run for which the next one is due at `moment`.
fn due_at(moment: OffsetDateTime) -> OffsetDateTime {
    moment - INTERVAL
}

impl Service {
    /// Claims a job that no instance has run for a day, or runs.
    pub(super) async fn claim_job(&self, job: &'static str) -> Result<Option<JobClaim>, Error> {
        let now = self.clock.now();
        // A later date was written by a clock that was ahead.
        self.claim(job, now, now + INTERVAL).await
    }

    /// Claims a job that no instance runs, however short a time ago one did.
    pub(super) async fn claim_job_again(
        &self,
        job: &'static str,
    ) -> Result<Option<JobClaim>, Error> {
        let now = self.clock.now();
        self.claim(job, now, due_at(now + LEASE)).await
    }

    async fn claim(
        &self,
        job: &'static str,
        now: OffsetDateTime,
        latest: OffsetDateTime,
    ) -> Result<Option<JobClaim>, Error> {
        let (due, run) = (due_at(now), due_at(now + LEASE));
        let claimed = self
            .database
            .transaction(move |connection| {
                async move {
                    let claimed = store::job::claim(connection, job, run, due, latest).await?;
                    Ok(TxOutcome::Commit(claimed))
                }
                .boxed()
            })
            .await?;
        let renewed = now;
        Ok(claimed.then_some(JobClaim { job, run, renewed }))
    }

    /// Renews the claim when it is time to; false when another instance has taken over the job.
    pub(super) async fn still_ours(&self, held: &mut JobClaim) -> Result<bool, Error> {
        let now = self.clock.now();
        if now - held.renewed < RENEW {
            return Ok(true);
        }
        let run = due_at(now + LEASE);
        let is_ours = self.record_run(held, run).await?;
        *held = JobClaim {
            run,
            renewed: now,
            ..*held
        };
        Ok(is_ours)
    }

    /// Makes the next run of a job that began at `now` due in a day, or soon when something was left.
    pub(super) async fn finish_job(
        &self,
        held: &JobClaim,
        now: OffsetDateTime,
        is_complete: bool,
    ) -> Result<(), Error> {
        let next = if is_complete {
            now
        } else {
            due_at(self.clock.now() + RETRY)
        };
        self.record_run(held, next).await.map(drop)
    }

    async fn record_run(&self, held: &JobClaim, run: OffsetDateTime) -> Result<bool, Error> {
        let (job, held) = (held.job, held.run);
        self.database
            .statement(move |connection| store::job::renew(connection, job, held, run).boxed())
            .await
    }
}
