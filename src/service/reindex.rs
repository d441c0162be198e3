//! The job that makes what to-dos are found by: their folded texts and their tags. Every write keeps these; what is
//! made anew here was written by a version that does not know them, before an update or while it was rolled out.
//!
//! The position of a run is not stored: what it has done is no longer found by the next one.

use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::time::sleep;

use super::{Service, lease::JobClaim, todo::store_tags};
use crate::{
    database::{Connection, TxOutcome},
    domain::{error::Error, todo::TodoId, user::UserId},
    store::{
        self,
        reindex::{Place, Scanned},
    },
};

/// Its name in the table of jobs.
const JOB: &str = "reindex";
/// Rows looked at in one statement.
const SCANNED: u32 = 1_000;
/// To-dos written in one transaction, which blocks their user's changes meanwhile: some 20 ms. With the longest notes
/// their folded texts fit into the packet that MariaDB takes by default (16 MiB).
const BATCH: usize = 200;
/// Users whose rows could not be written, beyond which a run ends.
const FAILED_MAX: u64 = 100;
/// Pause after a failure.
const FAILED_PAUSE: Duration = Duration::from_secs(1);

/// The result of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reindexed {
    /// To-dos that were indexed anew.
    pub todos: u64,
    /// Batches of a user's to-dos that could not be written. They are retried within the hour.
    pub passed_by: u64,
}

impl Service {
    /// Indexes what is stale, unless another instance did or does so today; `again` also if one did.
    ///
    /// # Errors
    /// When to-dos cannot even be looked at; the rest is done within the hour.
    pub async fn reindex_if_due(&self, again: bool) -> Result<Option<Reindexed>, Error> {
        let now = self.clock.now();
        let claimed = if again {
            self.claim_job_again(JOB).await?
        } else {
            self.claim_job(JOB).await?
        };
        let Some(mut held) = claimed else {
            return Ok(None);
        };
        let mut reindexed = Reindexed::default();
        // If it is dropped or fails on the way, it is due again when the claim lapses.
        if self.reindex_all(&mut held, &mut reindexed).await? {
            let is_complete = reindexed.passed_by == 0;
            self.finish_job(&held, now, is_complete).await?;
        }
        Ok(Some(reindexed))
    }

    /// False when another instance has taken over the job.
    async fn reindex_all(
        &self,
        held: &mut JobClaim,
        reindexed: &mut Reindexed,
    ) -> Result<bool, Error> {
        let mut after = Place::START;
        while reindexed.passed_by < FAILED_MAX {
            if !self.still_ours(held).await? {
                return Ok(false);
            }
            let scan = async move |connection: &mut Connection| {
                store::reindex::scan(connection, after, SCANNED).await
            };
            let scanned = self.database.read(scan).await?;
            let Some(last) = scanned.last() else {
                break;
            };
            after = last.place;
            self.reindex_scanned(&scanned, reindexed).await;
        }
        Ok(true)
    }

    /// Indexes the stale ones of these to-dos, which come user by user.
    async fn reindex_scanned(&self, scanned: &[Scanned], reindexed: &mut Reindexed) {
        let stale: Vec<_> = scanned.iter().filter(|row| row.is_stale).collect();
        let of_users = stale.chunk_by(|one, other| one.place.user == other.place.user);
        for batch in of_users.flat_map(|of_user| of_user.chunks(BATCH)) {
            let user = batch[0].place.user;
            let ids: Vec<_> = batch.iter().map(|row| row.place.id).collect();
            match self.reindex_batch(user, ids).await {
                Ok(count) => {
                    metrics::counter!("tickbox_reindexed_todos_total").increment(count);
                    reindexed.todos += count;
                }
                Err(cause) => {
                    tracing::warn!(%cause, "to-dos of a user could not be indexed");
                    reindexed.passed_by += 1;
                    sleep(FAILED_PAUSE).await;
                }
            }
        }
    }

    /// Looks at the to-dos once more under the lock of their user, since a write may have come first.
    async fn reindex_batch(&self, user: UserId, ids: Vec<TodoId>) -> Result<u64, Error> {
        self.database
            .transaction(move |connection| {
                let ids = ids.clone();
                async move {
                    if store::purge::lock(connection, user).await?.is_none() {
                        return Ok(TxOutcome::Rollback(0));
                    }
                    let mut todos = store::todo::find_all(connection, user, ids).await?;
                    todos.retain(|todo| !todo.is_indexed);
                    if todos.is_empty() {
                        return Ok(TxOutcome::Rollback(0));
                    }
                    store::reindex::update(connection, user, &todos).await?;
                    let taggings = todos.iter().filter_map(|todo| todo.tagging(Some(todo)));
                    let taggings: Vec<_> = taggings.collect();
                    store_tags(connection, user, &taggings).await?;
                    Ok(TxOutcome::Commit(todos.len() as u64))
                }
                .boxed()
            })
            .await
    }
}
