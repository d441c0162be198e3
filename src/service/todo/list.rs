//! Verbs that read: pages of the list, and deltas for sync. Each result is consistent as of one moment.

use std::time::Duration;

use time::Date;

use super::super::Service;
use crate::{
    database::Connection,
    domain::{
        error::Error,
        rate_limit::Work,
        todo::{Limit, ListQuery, Page, SyncToken, Todo, TodoId},
        user::Account,
    },
    store::{self, todo::Changes as Found},
};

/// Attempts to read an empty list that changes before its counts are read.
const LOOKS: u32 = 5;
/// `Retry-After` when all of them failed.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// A delta that brings a client's copy of the list up to date.
#[derive(Clone, Debug)]
pub struct ChangeSet {
    /// In the order of their revisions; tombstones among them, without their texts.
    pub todos: Vec<Todo>,
    /// The position of the next call.
    pub next: SyncToken,
    /// Whether more follows immediately.
    pub has_more: bool,
    /// The name of the first copy that this is a part of, if it is one: to-dos missing from all its parts do not
    /// exist.
    pub snapshot: Option<String>,
    /// The user's revision when it was read.
    pub rev: u64,
}

impl Service {
    /// A page of a list.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when an empty list changes whenever it is read; those of the database.
    pub async fn list(&self, account: &Account, query: ListQuery) -> Result<Page, Error> {
        let _under_way = self.begin_work(account)?;
        let (user, counts) = (account.user_id, account.counts);
        let find = async move |connection: &mut Connection| {
            let mut known = counts;
            for _ in 0..LOOKS {
                let part = store::todo::list(connection, user, query).await?;
                if let Some(counts) = part.counts {
                    return Ok((part.todos, counts));
                }
                // Rows bring the counts along, and there are none. The known counts belong to this empty
                // page if they say so, or if nothing has changed since.
                if query.after.is_none() && known.shown(query.filter) == Some(0) {
                    return Ok((Vec::new(), known));
                }
                let now = store::user::counts(connection, user).await?;
                if now == known {
                    return Ok((Vec::new(), known));
                }
                known = now;
            }
            Err(Error::Unavailable {
                retry_after: RETRY_AFTER,
                cause: "the list changes whenever it is read".into(),
            })
        };
        let (mut todos, counts) = self.database.read(find).await?;
        self.spend_work(account, work_of(&todos));
        let has_more = query.limit.cut(&mut todos);
        let last = todos.last().filter(|_| has_more);
        let next = last.map(|todo| todo.cursor(query.filter));
        Ok(Page {
            todos,
            next,
            counts,
        })
    }

    /// The current day of the user's calendar.
    #[must_use]
    pub fn today(&self, account: &Account) -> Date {
        account.time_zone.date(self.clock.now())
    }

    /// One to-do, or what was removed and can be restored.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the user has no such to-do.
    pub async fn get(&self, account: &Account, id: TodoId) -> Result<Todo, Error> {
        let _under_way = self.begin_work(account)?;
        self.spend_work(account, Work::read(1));
        let (user, now) = (account.user_id, self.clock.now());
        let find =
            async move |connection: &mut Connection| store::todo::find(connection, user, id).await;
        let found = self.database.read(find).await?;
        let found = found.filter(|todo| !todo.is_lost(now));
        found.ok_or(Error::NotFound)
    }

    /// The changes after a token, or everything without one. A part of a first copy may hold less than `limit`,
    /// even nothing, and more may follow: removed to-dos are read and left out.
    ///
    /// # Errors
    /// [`Error::Gone`] when the token has expired: start over with a first copy.
    pub async fn changes(
        &self,
        account: &Account,
        since: Option<SyncToken>,
        limit: Limit,
    ) -> Result<ChangeSet, Error> {
        let _under_way = self.begin_work(account)?;
        self.delta(account, since, limit).await
    }

    /// The same within work that has begun.
    pub(super) async fn delta(
        &self,
        account: &Account,
        since: Option<SyncToken>,
        limit: Limit,
    ) -> Result<ChangeSet, Error> {
        let (token, found) = self.changes_after(account, since, limit.get() + 1).await?;
        let mut todos = found.todos;
        let has_more = limit.cut(&mut todos);
        let next = match todos.last().filter(|_| has_more) {
            Some(last) => token.after_todo(last.rev, last.id),
            None => token.at_revision(found.rev),
        };
        let heard = token.tombstones_after();
        todos.retain(|todo| todo.removed_date.is_none() || todo.rev > heard);
        Ok(ChangeSet {
            todos,
            next,
            has_more,
            snapshot: token.snapshot(),
            rev: found.rev,
        })
    }

    /// The user's revision, when the token is valid for [`Self::changes`]: its result without the to-dos, none of
    /// which is read.
    ///
    /// # Errors
    /// Those of [`Self::changes`].
    pub async fn rev_behind(
        &self,
        account: &Account,
        since: Option<SyncToken>,
    ) -> Result<u64, Error> {
        let _under_way = self.begin_work(account)?;
        let (_, found) = self.changes_after(account, since, 0).await?;
        Ok(found.rev)
    }

    /// The changes after a token, at most `limit`, and the token itself, or that of a first copy.
    async fn changes_after(
        &self,
        account: &Account,
        since: Option<SyncToken>,
        limit: u32,
    ) -> Result<(SyncToken, Found), Error> {
        let (user, public_id) = (account.user_id, account.public_id);
        let from = since.unwrap_or_else(|| SyncToken::start(public_id, account.counts.rev));
        let find = async move |connection: &mut Connection| {
            store::todo::changes(connection, user, from, limit).await
        };
        let found = self.database.read(find).await?;
        self.spend_work(account, work_of(&found.todos));
        // A first copy has no tombstones, whatever revision it turns out to start at.
        let token = since.unwrap_or_else(|| SyncToken::start(public_id, found.rev));
        token.ensure_valid(public_id, found.rev, found.purged_rev)?;
        Ok((token, found))
    }
}

/// What reading these to-dos costs.
pub(super) fn work_of(todos: &[Todo]) -> Work {
    let notes = todos.iter().map(|todo| todo.plan.notes_bytes()).sum();
    Work::read(todos.len()).with_notes(notes)
}
