//! Lists that a tag narrows, or words that are searched for.

use std::collections::HashMap;

use super::{super::Service, list::work_of};
use crate::{
    database::Connection,
    domain::{
        error::Error,
        rate_limit::Work,
        todo::{
            Candidate, ListQuery, Narrowing, Page, SEARCHED_MAX, TagKey, Todo, TodoCounts, TodoId,
        },
        user::Account,
    },
    store,
};

impl Service {
    /// A page of what a list and its narrowing have in common. A search looks at a bounded number of to-dos: when there
    /// are more, the page may hold fewer than its limit, or none, and more may follow.
    ///
    /// # Errors
    /// Those of [`Self::list`].
    pub async fn narrowed_list(
        &self,
        account: &Account,
        query: ListQuery,
        narrowing: Narrowing,
    ) -> Result<Page, Error> {
        match narrowing {
            Narrowing {
                tag: None,
                search: None,
            } => self.list(account, query).await,
            Narrowing {
                tag: Some(tag),
                search: None,
            } => self.tagged(account, query, tag.key()).await,
            narrowing => self.search(account, query, narrowing).await,
        }
    }

    async fn tagged(
        &self,
        account: &Account,
        query: ListQuery,
        tag: TagKey,
    ) -> Result<Page, Error> {
        let _under_way = self.begin_work(account)?;
        let user = account.user_id;
        let find = async move |connection: &mut Connection| {
            store::todo::tagged(connection, user, &tag, query).await
        };
        let part = self.database.read(find).await?;
        let mut todos = part.todos;
        self.spend_work(account, work_of(&todos));
        let has_more = query.limit.cut(&mut todos);
        let last = todos.last().filter(|_| has_more);
        Ok(Page {
            next: last.map(|todo| todo.cursor(query.filter)),
            todos,
            counts: part.counts.unwrap_or(account.counts),
        })
    }

    /// Candidates are found by their folded texts, and looked at here: a text may be as an older version left it.
    async fn search(
        &self,
        account: &Account,
        query: ListQuery,
        narrowing: Narrowing,
    ) -> Result<Page, Error> {
        let _under_way = self.begin_work(account)?;
        let (user, counts) = (account.user_id, account.counts);
        let is_among_all = counts.all.unsigned_abs() <= SEARCHED_MAX;
        let patterns = narrowing.patterns();
        let find = async move |connection: &mut Connection| {
            let candidates =
                store::todo::candidates(connection, user, query, &patterns, is_among_all);
            let candidates = candidates.await?;
            if candidates.is_empty() {
                return Ok((candidates, Vec::new()));
            }
            let ids = candidates.iter().map(|candidate| candidate.place.id());
            let todos = store::todo::find_all(connection, user, ids).await?;
            Ok((candidates, todos))
        };
        let (candidates, todos) = self.database.read(find).await?;
        self.spend_work(
            account,
            work_of(&todos).and(work_of_search(counts, is_among_all)),
        );
        Ok(page(query, &narrowing, &candidates, todos, counts))
    }
}

/// What is found of the candidates, of which there may be one more than the limit.
fn page(
    query: ListQuery,
    narrowing: &Narrowing,
    candidates: &[Candidate],
    todos: Vec<Todo>,
    counts: TodoCounts,
) -> Page {
    let mut by_id: HashMap<TodoId, Todo> = todos.into_iter().map(|todo| (todo.id, todo)).collect();
    let limit = query.limit.as_length();
    let shown = &candidates[..limit.min(candidates.len())];
    let last = shown.last();
    let mut next = last.filter(|last| last.is_end || candidates.len() > limit);
    let of_place = |candidate: &Candidate| by_id.remove(&candidate.place.id());
    let mut found: Vec<_> = shown.iter().filter_map(of_place).collect();
    found.retain(|todo| todo.removed_date.is_none() && narrowing.finds(todo));
    if query.limit.cut(&mut found) {
        // Long notes: the next page begins behind what is left.
        let last = found.last().map(|todo| todo.id);
        next = shown.iter().find(|it| Some(it.place.id()) == last);
    }
    Page {
        next: next.map(|candidate| candidate.place),
        todos: found,
        counts,
    }
}

/// What looking costs besides what is found: a twentieth of a row of a list for each to-do along the primary key, a fifth
/// along another index (`src/store/todo/search.rs`).
fn work_of_search(counts: TodoCounts, is_among_all: bool) -> Work {
    if is_among_all {
        Work::read(usize::try_from(counts.all / 20).unwrap_or_default())
    } else {
        Work::read(SEARCHED_MAX as usize / 5)
    }
}
