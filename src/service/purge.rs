//! The daily purge: deletes old tombstones and expired sessions, and forgets old calls.
//!
//! Users take turns, and a turn is no more than some batches: a user with more gets another turn after all
//! others, and one whose rows cannot be deleted blocks no other. The position of a run is not stored, since
//! finding the next user with something to purge costs next to nothing.

use futures_util::FutureExt as _;
use time::OffsetDateTime;
use tokio::time::sleep;
use uuid::Uuid;

use super::{Service, lease::JobClaim};
use crate::{
    database::{Connection, TxOutcome},
    domain::{
        error::Error,
        todo::{CALL_LIFE, TOMBSTONE_LIFE, TOMBSTONES_MAX},
        user::UserId,
    },
    store::{self, purge::PurgeCandidate},
};

/// Its name in the table of jobs.
const JOB: &str = "purge";
/// Users read in one statement.
const USERS: u32 = 500;
/// Rows deleted in one transaction, which blocks their user's changes meanwhile: some 5 ms.
const BATCH: u32 = 100;
/// Batches in one turn of a user.
const TURN: u32 = 50;
/// Users who get further turns until nothing is left; the rest is left to the next run.
const HEAVY_MAX: usize = 10_000;
/// Detached writes beside which the purge goes on. It waits for more of them to end: the permits that requests
/// need are few, and its own may be among them.
const MAX_DETACHED: usize = 2;
/// Time limit of that wait: no write stays detached for longer than a minute.
const DETACHED_TIMEOUT: std::time::Duration = std::time::Duration::from_mins(2);

/// The result of a purge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Purged {
    /// Deleted tombstones that were too old to be restored.
    pub tombstones: u64,
    /// Deleted sessions that had expired.
    pub sessions: u64,
    /// Calls that were forgotten.
    pub calls: u64,
    /// Users with rows that could not be deleted. They are retried within the hour.
    pub passed_by: u64,
}

/// How a user's turn ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// Nothing is left.
    Done,
    /// There is more.
    More,
    /// Something failed.
    Failed,
}

impl Turn {
    fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::More => "more",
            Self::Failed => "failed",
        }
    }
}

/// The user whose turn it is.
#[derive(Clone, Copy)]
struct Owner {
    user: UserId,
    /// For the log.
    public_id: Uuid,
}

/// One run of the purge.
struct Run {
    now: OffsetDateTime,
    held: JobClaim,
    purged: Purged,
    /// Users who have more than a turn deletes.
    heavy: Vec<Owner>,
    /// Whether there were more such users than [`HEAVY_MAX`].
    is_unfinished: bool,
}

impl Service {
    /// Purges, unless another instance did or does so today.
    ///
    /// # Errors
    /// When users cannot even be found; what is left is purged within the hour.
    pub async fn purge_if_due(&self) -> Result<Option<Purged>, Error> {
        let now = self.clock.now();
        let Some(held) = self.claim_job(JOB).await? else {
            return Ok(None);
        };
        let mut run = Run {
            now,
            held,
            purged: Purged::default(),
            heavy: Vec::new(),
            is_unfinished: false,
        };
        // If it is dropped or fails on the way, it is due again when the claim lapses.
        let is_ours = self.purge_all(&mut run).await?;
        if is_ours {
            let is_complete = run.purged.passed_by == 0 && !run.is_unfinished;
            self.finish_job(&run.held, run.now, is_complete).await?;
        }
        Ok(Some(run.purged))
    }

    /// Gives every user a turn, then further turns to those who have more. False when another instance has taken
    /// over the job.
    async fn purge_all(&self, run: &mut Run) -> Result<bool, Error> {
        let mut after = UserId(0);
        loop {
            let find = async move |connection: &mut Connection| {
                store::purge::candidates(connection, after, USERS).await
            };
            let candidates = self.database.read(find).await?;
            let Some(last) = candidates.last().map(|candidate| candidate.user) else {
                break;
            };
            for candidate in &candidates {
                if !self.still_ours(&mut run.held).await? {
                    return Ok(false);
                }
                self.first_turn(run, candidate).await;
            }
            after = last;
        }
        while !run.heavy.is_empty() {
            for owner in std::mem::take(&mut run.heavy) {
                if !self.still_ours(&mut run.held).await? {
                    return Ok(false);
                }
                self.tombstone_turn(run, owner).await;
            }
        }
        Ok(true)
    }

    async fn first_turn(&self, run: &mut Run, candidate: &PurgeCandidate) {
        let owner = Owner {
            user: candidate.user,
            public_id: candidate.public_id,
        };
        if candidate.newest_tombstone.is_some() {
            self.tombstone_turn(run, owner).await;
        }
        if candidate.first_end.is_some_and(|end| end <= run.now) {
            let mut deleted = 0;
            let ended = self.purge_sessions(owner.user, run.now, &mut deleted);
            let ended = ended.await;
            run.purged.sessions += deleted;
            self.record_turn(run, owner, ended).await;
        }
        let before = run.now - CALL_LIFE;
        if candidate.oldest_call.is_some_and(|oldest| oldest < before) {
            let mut deleted = 0;
            let ended = self.purge_calls(owner.user, before, &mut deleted).await;
            run.purged.calls += deleted;
            self.record_turn(run, owner, ended).await;
        }
    }

    async fn tombstone_turn(&self, run: &mut Run, owner: Owner) {
        let (before, mut deleted) = (run.now - TOMBSTONE_LIFE, 0);
        let ended = self.purge_tombstones(owner.user, before, &mut deleted);
        let ended = ended.await;
        run.purged.tombstones += deleted;
        self.record_turn(run, owner, ended).await;
    }

    async fn record_turn(&self, run: &mut Run, owner: Owner, ended: Result<Turn, Error>) {
        let turn = match ended {
            Ok(turn) => turn,
            Err(cause) => {
                tracing::warn!(%cause, user = %owner.public_id, "a user's purge failed");
                Turn::Failed
            }
        };
        metrics::counter!("tickbox_purge_turns_total", "result" => turn.as_str()).increment(1);
        match turn {
            Turn::Done => {}
            Turn::More if run.heavy.len() < HEAVY_MAX => run.heavy.push(owner),
            Turn::More => run.is_unfinished = true,
            Turn::Failed => {
                run.purged.passed_by += 1;
                self.let_writes_end().await;
            }
        }
    }

    async fn purge_tombstones(
        &self,
        user: UserId,
        before: OffsetDateTime,
        total: &mut u64,
    ) -> Result<Turn, Error> {
        let find = async move |connection: &mut Connection| {
            store::purge::has_tombstones(connection, user, before).await
        };
        if !self.database.read(find).await? {
            return Ok(Turn::Done);
        }
        for _ in 0..TURN {
            let deleted = self
                .database
                .transaction(move |connection| {
                    async move {
                        let Some(locked) = store::purge::lock(connection, user).await? else {
                            return Ok(TxOutcome::Rollback(0));
                        };
                        let count = locked.tombstones;
                        let deleted = delete_oldest(connection, user, before, BATCH, count).await?;
                        Ok(TxOutcome::Commit(deleted))
                    }
                    .boxed()
                })
                .await?;
            *total += deleted;
            if deleted < u64::from(BATCH) {
                return Ok(Turn::Done);
            }
        }
        Ok(Turn::More)
    }

    async fn purge_sessions(
        &self,
        user: UserId,
        now: OffsetDateTime,
        total: &mut u64,
    ) -> Result<Turn, Error> {
        loop {
            let deleted = self
                .database
                .statement(move |connection| {
                    store::purge::delete_sessions(connection, user, now, BATCH).boxed()
                })
                .await?;
            *total += deleted;
            if deleted < u64::from(BATCH) {
                return Ok(Turn::Done);
            }
        }
    }

    async fn purge_calls(
        &self,
        user: UserId,
        before: OffsetDateTime,
        total: &mut u64,
    ) -> Result<Turn, Error> {
        loop {
            let deleted = self
                .database
                .transaction(move |connection| {
                    async move {
                        let Some(locked) = store::purge::lock(connection, user).await? else {
                            return Ok(TxOutcome::Rollback(0));
                        };
                        let calls = store::call::delete_oldest(connection, user, before, BATCH);
                        let deleted = calls.await?;
                        let forgotten = i32::try_from(deleted).map_err(Error::internal)?;
                        let left = (locked.calls - forgotten).max(0);
                        store::call::set_count(connection, user, left).await?;
                        Ok(TxOutcome::Commit(deleted))
                    }
                    .boxed()
                })
                .await?;
            *total += deleted;
            if deleted < u64::from(BATCH) {
                return Ok(Turn::Done);
            }
        }
    }

    /// A failed write may go on in the database for a while.
    async fn let_writes_end(&self) {
        let ended = async {
            while self.database.status().detached > MAX_DETACHED {
                sleep(std::time::Duration::from_secs(1)).await;
            }
        };
        tokio::time::timeout(DETACHED_TIMEOUT, ended).await.ok();
    }
}

/// Deletes the oldest tombstones of a user who is locked and has `count` of them; returns the number deleted.
/// Fewer than `limit` means that none are left from before that date: then the rest is counted anew, since an
/// older version, which did not count them, may have removed some.
pub(super) async fn delete_oldest(
    connection: &mut Connection,
    user: UserId,
    before: OffsetDateTime,
    limit: u32,
    count: i32,
) -> Result<u64, Error> {
    let oldest = store::purge::oldest_tombstones(connection, user, before, limit).await?;
    let Some(last_rev) = oldest.last_rev else {
        return Ok(0);
    };
    let deleted = store::purge::delete_tombstones(connection, user, before, limit).await?;
    if deleted != oldest.number {
        return Err(Error::internal("other tombstones were deleted than noted"));
    }
    let left = if deleted < u64::from(limit) {
        store::purge::count_tombstones(connection, user, TOMBSTONES_MAX.unsigned_abs()).await?
    } else {
        count.saturating_sub_unsigned(limit).max(0)
    };
    store::purge::advance_purged_rev(connection, user, last_rev, left).await?;
    Ok(deleted)
}
