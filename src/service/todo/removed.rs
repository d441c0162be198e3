//! The list of what was removed and can be restored.

use std::cmp::Reverse;

use time::{Duration, OffsetDateTime};

use super::{super::Service, list::work_of};
use crate::{
    database::Connection,
    domain::{
        error::Error,
        todo::{Limit, RemovedCursor, RemovedPage, TOMBSTONE_LIFE, Todo},
        user::{Account, UserId},
    },
    store,
};

impl Service {
    /// A page of what was removed and can be restored, the last removed first.
    pub async fn removed(
        &self,
        account: &Account,
        after: Option<RemovedCursor>,
        limit: Limit,
    ) -> Result<RemovedPage, Error> {
        let _under_way = self.begin_work(account)?;
        let (user, now) = (account.user_id, self.clock.now());
        // One more than requested tells whether there is a next page.
        let more = limit.get() + 1;
        let find =
            async move |connection: &mut Connection| part(connection, user, after, now, more).await;
        let mut todos = self.database.read(find).await?;
        self.spend_work(account, work_of(&todos));
        let has_more = limit.cut(&mut todos);
        let last = todos.last().filter(|_| has_more);
        let next = last.and_then(Todo::removed_cursor);
        Ok(RemovedPage {
            todos,
            next,
            // As it was before they were read: a copy that claims less than it holds is only fetched once more.
            rev: account.counts.rev,
        })
    }
}

/// The rest of the moment at which the page before ended, and what was removed earlier.
async fn part(
    connection: &mut Connection,
    user: UserId,
    after: Option<RemovedCursor>,
    now: OffsetDateTime,
    limit: u32,
) -> Result<Vec<Todo>, Error> {
    let since = now - TOMBSTONE_LIFE;
    let mut todos = match after.filter(|after| after.removed_date > since) {
        Some(after) => store::todo::removed_at(connection, user, after, limit).await?,
        None => Vec::new(),
    };
    let missing = limit.saturating_sub(length(&todos));
    if missing == 0 {
        return Ok(todos);
    }
    // The clock of another instance may be ahead.
    let before = after.map_or(now + Duration::days(1), |after| after.removed_date);
    let earlier = store::todo::removed_between(connection, user, since, before, missing).await?;
    let is_cut = length(&earlier) == missing;
    let last = earlier.last().filter(|_| is_cut);
    let cut = last.and_then(|todo| todo.removed_date);
    let whole = earlier
        .into_iter()
        .filter(|todo| cut.is_none() || todo.removed_date != cut);
    let mut whole: Vec<_> = whole.collect();
    whole.sort_by_key(|todo| {
        let newest = Reverse((todo.created_date, todo.id.0));
        (Reverse(todo.removed_date), todo.is_done, newest)
    });
    todos.extend(whole);
    if let Some(moment) = cut {
        // Of a moment that the limit cuts through, the first of its order are wanted, not any.
        let (start, missing) = (RemovedCursor::at_start(moment), limit - length(&todos));
        todos.extend(store::todo::removed_at(connection, user, start, missing).await?);
    }
    Ok(todos)
}

fn length(todos: &[Todo]) -> u32 {
    u32::try_from(todos.len()).unwrap_or(u32::MAX)
}
