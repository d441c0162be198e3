//! Deletes what nobody needs any more: old tombstones and ended sessions.
//!
//! Each user in turn, and in a turn no more than some batches: whoever has more comes again when all
//! others have had theirs, and one whose rows cannot be deleted keeps nobody from being purged. Where a run
//! ended is not kept, since finding the next user with something to purge costs next to nothing.

mod lease;

use futures_util::FutureExt as _;
use time::OffsetDateTime;
use tokio::time::sleep;
use uuid::Uuid;

use self::lease::JobClaim;
use super::Service;
use crate::{
    database::{Connection, TxOutcome},
    domain::{
        error::Error,
        todo::{TOMBSTONE_LIFE, TOMBSTONES_MAX},
        user::UserId,
    },
    store::{self, purge::PurgeCandidate},
};

/// Users looked at in one statement.
const USERS: u32 = 500;
/// Rows deleted in one transaction, which holds up their user's changes meanwhile: some 10 ms.
const BATCH: u32 = 250;
/// Batches in one turn of a user.
const TURN: u32 = 20;
/// Users that are waited for until they have nothing left; what more have, the next run deletes.
const HEAVY_MAX: usize = 10_000;
/// Writes left behind beside which the purge goes on. It waits for more of them to end: places for those
/// that people wait for are few, and its own may be among them.
const MAX_DETACHED: usize = 2;
/// How long it waits for that, in all: no write is left behind for longer than a minute.
const DETACHED_TIMEOUT: std::time::Duration = std::time::Duration::from_mins(2);

/// What a purge deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Purged {
    /// Tombstones that had become too old to be restored.
    pub tombstones: u64,
    /// Sessions that had ended by themselves.
    pub sessions: u64,
    /// Users of whom something is left, since it could not be deleted. They are tried again within the hour.
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

/// Whose turn it is.
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
    /// Those who have more than a turn deletes.
    heavy: Vec<Owner>,
    /// Whether somebody of them was not kept in mind.
    is_unfinished: bool,
}

impl Service {
    /// Purges, unless another instance did or does so today.
    ///
    /// # Errors
    /// When users cannot even be found; what is left is purged within the hour.
    pub async fn purge_if_due(&self) -> Result<Option<Purged>, Error> {
        let now = self.clock.now();
        let Some(held) = self.claim_purge(now).await? else {
            return Ok(None);
        };
        let mut run = Run {
            now,
            held,
            purged: Purged::default(),
            heavy: Vec::new(),
            is_unfinished: false,
        };
        // Dropped or failed on the way, it is due again when the claim lapses.
        let is_ours = self.purge_all(&mut run).await?;
        if is_ours {
            self.finish_purge(&run).await?;
        }
        Ok(Some(run.purged))
    }

    /// Gives everybody a turn, and then those who have more until they have nothing left. False when another
    /// instance has taken the job over.
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
            self.note_turn(run, owner, ended).await;
        }
    }

    async fn tombstone_turn(&self, run: &mut Run, owner: Owner) {
        let (before, mut deleted) = (run.now - TOMBSTONE_LIFE, 0);
        let ended = self.purge_tombstones(owner.user, before, &mut deleted);
        let ended = ended.await;
        run.purged.tombstones += deleted;
        self.note_turn(run, owner, ended).await;
    }

    async fn note_turn(&self, run: &mut Run, owner: Owner, ended: Result<Turn, Error>) {
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
                        let Some(count) = store::purge::lock(connection, user).await? else {
                            return Ok(TxOutcome::Rollback(0));
                        };
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

    /// What failed may go on in the database for a while.
    async fn let_writes_end(&self) {
        let ended = async {
            while self.database.status().detached > MAX_DETACHED {
                sleep(std::time::Duration::from_secs(1)).await;
            }
        };
        tokio::time::timeout(DETACHED_TIMEOUT, ended).await.ok();
    }
}

/// Deletes the oldest tombstones of a user who is locked, and has so many by their count; says how many
/// it deleted. Fewer than `limit` are all there were from before that date: then those that are left are
/// counted anew, since an older program, or one of before they were counted, may have removed some.
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
