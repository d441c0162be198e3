//! The list of tags; and what stores the tags of to-dos that a transaction has written, and how many to-dos have each.

use super::super::Service;
use crate::{
    database::Connection,
    domain::{
        error::Error,
        rate_limit::Work,
        todo::{Limit, TagChange, TagCursor, TagPage, Tagging},
        user::{Account, UserId},
    },
    store,
};

impl Service {
    /// A page of the user's tags, with the number of to-dos that have each.
    pub async fn tags(
        &self,
        account: &Account,
        after: Option<TagCursor>,
        limit: Limit,
    ) -> Result<TagPage, Error> {
        let _under_way = self.begin_work(account)?;
        let user = account.user_id;
        let find = async move |connection: &mut Connection| {
            let after = after.as_ref().map_or("", TagCursor::as_str);
            // One more than requested tells whether there is a next page.
            store::tag::list(connection, user, after, limit.get() + 1).await
        };
        let mut tags = self.database.read(find).await?;
        self.spend_work(account, Work::read(tags.len()));
        let has_more = tags.len() > limit.as_length();
        tags.truncate(limit.as_length());
        let next = tags.last().filter(|_| has_more).map(TagCursor::after);
        Ok(TagPage {
            tags,
            next,
            // As it was before they were read: a copy that claims less than it holds is only fetched once more.
            rev: account.counts.rev,
        })
    }
}

/// Replaces the tags of to-dos of a user who is locked. Without any it takes no statement.
pub(in crate::service) async fn store_tags(
    connection: &mut Connection,
    user: UserId,
    taggings: &[Tagging],
) -> Result<(), Error> {
    if taggings.is_empty() {
        return Ok(());
    }
    let ids = taggings.iter().map(|tagging| tagging.id);
    let before = store::tag::entries(connection, user, ids.clone()).await?;
    if !before.is_empty() {
        store::tag::delete(connection, user, ids).await?;
    }
    if taggings.iter().any(|tagging| !tagging.tags.is_empty()) {
        store::tag::insert(connection, user, taggings).await?;
    }
    let changes = TagChange::between(&before, taggings);
    if !changes.is_empty() {
        store::tag::count(connection, user, &changes).await?;
    }
    if changes.iter().any(|change| change.all < 0) {
        store::tag::delete_unused(connection, user, &changes).await?;
    }
    Ok(())
}
