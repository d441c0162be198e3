//! Deletes what nobody needs any more: old tombstones and ended sessions.

use futures_util::FutureExt as _;
use time::{Duration, OffsetDateTime};

use super::Service;
use crate::{
    domain::{error::Error, todo::TOMBSTONE_LIFE, user::UserId},
    store::{self, Connection, Ending},
};

/// Between two runs, whichever instances do them. A little less than a day, so that an instance that
/// looks every hour runs it at the same time each day.
const INTERVAL: Duration = Duration::minutes(23 * 60 + 30);
/// Users looked at in one statement.
const USERS: u32 = 500;
/// Tombstones deleted in one transaction, which holds up their user's changes meanwhile.
const TOMBSTONES: u32 = 1_000;

/// What a purge deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Purged {
    /// Tombstones that had become too old to be restored.
    pub tombstones: u64,
    /// Sessions that had ended by themselves.
    pub sessions: u64,
}

impl Service {
    /// Purges, unless another instance did or does so today.
    ///
    /// # Errors
    /// Those of the database; what is left is purged the next day.
    pub async fn purge_if_due(&self) -> Result<Option<Purged>, Error> {
        let now = self.clock.now();
        let claimed = self
            .database
            .transaction(move |connection| {
                async move {
                    let (due, latest) = (now - INTERVAL, now + INTERVAL);
                    let claimed =
                        store::purge::claim(connection, "purge", now, due, latest).await?;
                    Ok(Ending::Commit(claimed))
                }
                .boxed()
            })
            .await?;
        if !claimed {
            return Ok(None);
        }
        self.purge(now).await.map(Some)
    }

    async fn purge(&self, now: OffsetDateTime) -> Result<Purged, Error> {
        let removed_before = now - TOMBSTONE_LIFE;
        let mut purged = Purged::default();
        let mut after = UserId(0);
        loop {
            let find = async move |connection: &mut Connection| {
                store::purge::candidates(connection, after, removed_before, USERS).await
            };
            let candidates = self.database.read(find).await?;
            let Some(last) = candidates.last().map(|candidate| candidate.user) else {
                return Ok(purged);
            };
            for candidate in candidates.iter().filter(|it| it.has_tombstones) {
                purged.tombstones += self.purge_user(candidate.user, removed_before).await?;
            }
            purged.sessions += self.purge_sessions(after, last, now).await?;
            after = last;
        }
    }

    async fn purge_user(&self, user: UserId, before: OffsetDateTime) -> Result<u64, Error> {
        let mut total = 0;
        loop {
            let delete = store::purge::delete_tombstones;
            let deleted = self
                .database
                .transaction(move |connection| {
                    async move {
                        store::purge::note_revision(connection, user, before).await?;
                        let deleted = delete(connection, user, before, TOMBSTONES).await?;
                        Ok(Ending::Commit(deleted))
                    }
                    .boxed()
                })
                .await?;
            total += deleted;
            if deleted < u64::from(TOMBSTONES) {
                return Ok(total);
            }
        }
    }

    async fn purge_sessions(
        &self,
        after: UserId,
        last: UserId,
        now: OffsetDateTime,
    ) -> Result<u64, Error> {
        self.database
            .transaction(move |connection| {
                async move {
                    let delete = store::purge::delete_sessions;
                    let deleted = delete(connection, after, last, now).await?;
                    Ok(Ending::Commit(deleted))
                }
                .boxed()
            })
            .await
    }
}
