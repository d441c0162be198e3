//! The lease of the purge: the instance that moved the date of the last run forward holds it for as long as it
//! goes on moving it. When that instance dies, another one takes over some minutes later.

use futures_util::FutureExt as _;
use time::{Duration, OffsetDateTime};

use super::Run;
use crate::{database::TxOutcome, domain::error::Error, service::Service, store};

const JOB: &str = "purge";
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
    run: OffsetDateTime,
    renewed: OffsetDateTime,
}

/// The date of the last run for which the next one is due at `moment`.
fn due_at(moment: OffsetDateTime) -> OffsetDateTime {
    moment - INTERVAL
}

impl Service {
    pub(super) async fn claim_purge(&self, now: OffsetDateTime) -> Result<Option<JobClaim>, Error> {
        let run = due_at(now + LEASE);
        let claimed = self
            .database
            .transaction(move |connection| {
                async move {
                    let (due, latest) = (due_at(now), now + INTERVAL);
                    let claimed = store::job::claim(connection, JOB, run, due, latest).await?;
                    Ok(TxOutcome::Commit(claimed))
                }
                .boxed()
            })
            .await?;
        Ok(claimed.then_some(JobClaim { run, renewed: now }))
    }

    /// Renews the claim when it is time to; false when another instance has taken over the job.
    pub(super) async fn still_ours(&self, held: &mut JobClaim) -> Result<bool, Error> {
        let now = self.clock.now();
        if now - held.renewed < RENEW {
            return Ok(true);
        }
        let run = due_at(now + LEASE);
        let is_ours = self.record_run(held.run, run).await?;
        *held = JobClaim { run, renewed: now };
        Ok(is_ours)
    }

    /// Makes the next run due in a day, or soon when something was left.
    pub(super) async fn finish_purge(&self, run: &Run) -> Result<(), Error> {
        let is_complete = run.purged.passed_by == 0 && !run.is_unfinished;
        let next = if is_complete {
            run.now
        } else {
            due_at(self.clock.now() + RETRY)
        };
        self.record_run(run.held.run, next).await.map(drop)
    }

    async fn record_run(&self, held: OffsetDateTime, run: OffsetDateTime) -> Result<bool, Error> {
        self.database
            .statement(move |connection| store::job::renew(connection, JOB, held, run).boxed())
            .await
    }
}
