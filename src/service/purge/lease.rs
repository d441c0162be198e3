//! Which instance purges: the one that has moved the date of the last run forward, for as long as it goes on
//! moving it. When it dies, another one takes over some minutes later.

use futures_util::FutureExt as _;
use time::{Duration, OffsetDateTime};

use super::Run;
use crate::{database::TxOutcome, domain::error::Error, service::Service, store};

const JOB: &str = "purge";
/// Between two runs, whichever instances do them. A little less than a day, so that an instance that
/// looks every few minutes runs it at about the same time each day.
const INTERVAL: Duration = Duration::minutes(23 * 60 + 30);
/// How long a claim lasts that is not renewed: several times what the turn of a user takes.
const LEASE: Duration = Duration::minutes(5);
/// A claim older than that is renewed.
const RENEW: Duration = Duration::seconds(30);
/// When something is tried again that was left.
const RETRY: Duration = Duration::hours(1);

/// A claim: the date of the last run as this instance has noted it.
pub(super) struct JobClaim {
    run: OffsetDateTime,
    renewed: OffsetDateTime,
}

/// The last run as it would be, were the next one due then.
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

    /// Renews the claim when it is time to; false when another instance has taken the job over.
    pub(super) async fn still_ours(&self, held: &mut JobClaim) -> Result<bool, Error> {
        let now = self.clock.now();
        if now - held.renewed < RENEW {
            return Ok(true);
        }
        let run = due_at(now + LEASE);
        let is_ours = self.note_run(held.run, run).await?;
        *held = JobClaim { run, renewed: now };
        Ok(is_ours)
    }

    /// The next run is due in a day, or soon when something was left.
    pub(super) async fn finish_purge(&self, run: &Run) -> Result<(), Error> {
        let is_complete = run.purged.passed_by == 0 && !run.is_unfinished;
        let next = if is_complete {
            run.now
        } else {
            due_at(self.clock.now() + RETRY)
        };
        self.note_run(run.held.run, next).await.map(drop)
    }

    async fn note_run(&self, held: OffsetDateTime, run: OffsetDateTime) -> Result<bool, Error> {
        self.database
            .statement(move |connection| store::job::renew(connection, JOB, held, run).boxed())
            .await
    }
}
