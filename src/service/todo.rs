//! Verbs of to-dos. Each is absolute, so that repeating it changes nothing; a to-do of somebody
//! else is as unknown as one that never was.

use futures_util::FutureExt as _;

use super::{Service, purge::delete_oldest};
use crate::{
    domain::{
        error::{Conflict, Error, Gone},
        limit::Work,
        todo::{
            Change, Cursor, Description, Edit, Filter, Limit, Page, SyncToken, TOMBSTONES_MAX,
            TOMBSTONES_SURPLUS, Tally, Todo, TodoId,
        },
        user::{Account, UserId},
    },
    store::{self, Connection, Ending},
};

/// What a verb left behind.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The to-do as it is stored now.
    pub todo: Todo,
    /// The user's revision and counts now.
    pub tally: Tally,
    /// Whether this call made the difference; repeated calls do not.
    pub changed: bool,
}

/// How an edit ended.
#[derive(Clone, Debug)]
pub enum Edited {
    /// What was asked for is stored.
    Stored(Outcome),
    /// Nothing was changed: somebody else has, and this is what is stored.
    Conflicting(Todo),
}

/// What a client needs to bring its copy of the list up to date.
#[derive(Clone, Debug)]
pub struct Changes {
    /// In the order of their revisions; tombstones among them.
    pub todos: Vec<Todo>,
    /// Where the next call goes on.
    pub next: SyncToken,
    /// Whether it has something to go on with at once.
    pub has_more: bool,
    /// Whether this is part of a first copy: what is missing from all of it does not exist.
    pub full: bool,
}

impl Service {
    /// Adds a to-do under an id that the client made. Sent again, it answers the one stored, edited or
    /// removed as it may be.
    ///
    /// # Errors
    /// [`Conflict::IdReused`] when the id names a to-do with another text;
    /// [`Conflict::TodoQuotaReached`] when the list is full.
    pub async fn add(
        &self,
        account: &Account,
        id: TodoId,
        description: Description,
    ) -> Result<Outcome, Error> {
        self.check_work(account)?;
        self.spend_work(account, Work::CHANGE);
        let (user, before) = (account.user_id, account.tally);
        let todo = Todo::new(id, description, self.clock.now());
        self.database
            .transaction(move |connection| {
                let todo = todo.clone();
                insert(connection, user, todo, before).boxed()
            })
            .await
    }

    /// Marks a to-do as done; one that is done keeps its date.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the user has no such to-do.
    pub async fn complete(&self, account: &Account, id: TodoId) -> Result<Outcome, Error> {
        let now = self.clock.now();
        self.alter(account, id, move |todo| Ok(todo.present()?.completed(now)))
            .await
    }

    /// Marks a to-do as open again.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the user has no such to-do.
    pub async fn reopen(&self, account: &Account, id: TodoId) -> Result<Outcome, Error> {
        self.alter(account, id, |todo| Ok(todo.present()?.reopened()))
            .await
    }

    /// Removes a to-do. It leaves a tombstone, so that [`Self::restore`] can bring it back.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the user never had such a to-do.
    pub async fn remove(&self, account: &Account, id: TodoId) -> Result<Outcome, Error> {
        let now = self.clock.now();
        self.alter(account, id, move |todo| Ok(todo.removed(now)))
            .await
    }

    /// Brings a removed to-do back as it was.
    ///
    /// # Errors
    /// [`Error::Gone`] when it was removed too long ago; [`Error::NotFound`] when the user never had
    /// such a to-do; [`Conflict::TodoQuotaReached`] when the list is full.
    pub async fn restore(&self, account: &Account, id: TodoId) -> Result<Outcome, Error> {
        let now = self.clock.now();
        let restored = self
            .alter(account, id, move |todo| todo.restored(now))
            .await;
        match restored {
            Err(Error::NotFound) => Err(self.gone_or_unknown(account).await?),
            restored => restored,
        }
    }

    /// A purged tombstone leaves nothing that could tell it from an id that never was, other than
    /// that this user's tombstones have been purged before.
    async fn gone_or_unknown(&self, account: &Account) -> Result<Error, Error> {
        let user = account.user_id;
        let find = async move |connection: &mut Connection| {
            store::user::purged_rev(connection, user).await
        };
        Ok(match self.database.read(find).await? {
            0 => Error::NotFound,
            _ => Error::Gone(Gone::Todo),
        })
    }

    /// Sets what the edit names and leaves the rest, unless the to-do has another revision than
    /// expected. What is stored already is no conflict: the answer to an earlier try may be lost.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the user has no such to-do.
    pub async fn edit(
        &self,
        account: &Account,
        id: TodoId,
        edit: Edit,
        expected_rev: Option<u64>,
    ) -> Result<Edited, Error> {
        let now = self.clock.now();
        let wanted = edit.clone();
        let set = move |todo: Todo| {
            let stored = todo.present()?;
            let may = expected_rev.is_none_or(|expected| expected == stored.rev);
            Ok(if may {
                stored.edited(edit.clone(), now)
            } else {
                stored
            })
        };
        let outcome = self.alter(account, id, set).await?;
        let is_as_wanted = outcome.todo.clone().edited(wanted, now) == outcome.todo;
        Ok(if is_as_wanted {
            Edited::Stored(outcome)
        } else {
            Edited::Conflicting(outcome.todo)
        })
    }

    /// Writes what `verb` makes of a stored to-do, and nothing when it makes no difference.
    async fn alter(
        &self,
        account: &Account,
        id: TodoId,
        verb: impl Fn(Todo) -> Result<Todo, Error> + Clone + Send + Sync + 'static,
    ) -> Result<Outcome, Error> {
        self.check_work(account)?;
        self.spend_work(account, Work::CHANGE);
        let (user, now) = (account.user_id, self.clock.now());
        self.database
            .transaction(move |connection| {
                let verb = verb.clone();
                async move {
                    let (before, tombstones) = store::user::lock(connection, user).await?;
                    let found = store::todo::find(connection, user, id).await?;
                    let stored = found.ok_or(Error::NotFound)?;
                    let todo = verb(stored.clone())?;
                    if todo == stored {
                        return Ok(unchanged(stored, before));
                    }
                    let change = todo.counts() - stored.counts();
                    if change.all > 0 {
                        before.after(change, before.rev).check_quota()?;
                    }
                    let rev = store::user::next_rev(connection, user, change).await?;
                    let todo = Todo { rev, ..todo };
                    store::todo::update(connection, user, &todo).await?;
                    let tombstones = tombstones + change.removed;
                    if change.removed > 0 && tombstones > TOMBSTONES_MAX {
                        let surplus = TOMBSTONES_SURPLUS;
                        delete_oldest(connection, user, now, surplus, tombstones).await?;
                    }
                    Ok(changed(todo, before.after(change, rev)))
                }
                .boxed()
            })
            .await
    }

    /// A part of the list: open before done, newest first.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn list(
        &self,
        account: &Account,
        filter: Filter,
        after: Option<Cursor>,
        limit: Limit,
    ) -> Result<Page, Error> {
        self.check_work(account)?;
        let user = account.user_id;
        // One more than wanted tells whether there is a next part.
        let more = limit.get() + 1;
        let find = async move |connection: &mut Connection| match (only(filter), after) {
            (None, None) => store::todo::list(connection, user, more).await,
            (None, Some(after)) => store::todo::list_after(connection, user, after, more).await,
            (Some(is_done), None) => store::todo::list_where(connection, user, is_done, more).await,
            (Some(is_done), Some(after)) => {
                store::todo::list_where_after(connection, user, is_done, after, more).await
            }
        };
        let mut todos = self.database.read(find).await?;
        self.spend_work(account, Work::read(todos.len()));
        let is_last = todos.len() <= limit.as_length();
        todos.truncate(limit.as_length());
        let next = todos.last().filter(|_| !is_last).map(Todo::cursor);
        Ok(Page { todos, next })
    }
}

impl Service {
    /// What changed behind a token, or everything when there is none.
    ///
    /// # Errors
    /// [`Error::Gone`] when the token cannot be gone on from: begin with everything.
    pub async fn changes(
        &self,
        account: &Account,
        since: Option<SyncToken>,
        limit: Limit,
    ) -> Result<Changes, Error> {
        self.check_work(account)?;
        let Account {
            user_id,
            public_id,
            tally,
            ..
        } = *account;
        // A first copy has no tombstones, whatever revision it turns out to begin at.
        let since_or_begin = since.unwrap_or_else(|| SyncToken::begin(public_id, tally.rev));
        let tombstones_after = since.map_or(u64::MAX, SyncToken::tombstones_after);
        let more = limit.get() + 1;
        let find = async move |connection: &mut Connection| {
            let changes = store::todo::changes;
            changes(connection, user_id, since_or_begin, tombstones_after, more).await
        };
        let found = self.database.read(find).await?;
        self.spend_work(account, Work::read(found.todos.len()));
        let place = match since {
            Some(since) => since,
            None => SyncToken::begin(public_id, found.rev),
        };
        place.check(public_id, found.rev, found.purged_rev)?;
        let mut todos = found.todos;
        let has_more = todos.len() > limit.as_length();
        todos.truncate(limit.as_length());
        let next = match todos.last().filter(|_| has_more) {
            Some(last) => place.behind(last.rev, last.id),
            None => place.end(found.rev),
        };
        Ok(Changes {
            todos,
            next,
            has_more,
            full: place.is_full(),
        })
    }
}

/// Two statements: the row lock of the first makes reading anything before it unnecessary.
async fn insert(
    connection: &mut Connection,
    user: UserId,
    todo: Todo,
    before: Tally,
) -> Result<Ending<Outcome>, Error> {
    let change = todo.counts();
    let rev = store::user::next_rev(connection, user, change).await?;
    // Unless another change came between, the session's read and this one give the counts.
    let after = if rev == before.rev + 1 {
        before.after(change, rev)
    } else {
        store::user::tally(connection, user).await?
    };
    let todo = Todo { rev, ..todo };
    if store::todo::insert(connection, user, &todo).await? {
        // Only now: what is stored already is answered, however full the list is.
        after.check_quota()?;
        return Ok(changed(todo, after));
    }
    let before = after.after(Change::default() - change, rev - 1);
    replayed(connection, user, &todo, before).await
}

/// The id was there already: the same text is the same request once more.
async fn replayed(
    connection: &mut Connection,
    user: UserId,
    todo: &Todo,
    before: Tally,
) -> Result<Ending<Outcome>, Error> {
    let stored = store::todo::find(connection, user, todo.id).await?;
    let stored = stored.ok_or_else(|| Error::internal("a to-do that blocks its id is gone"))?;
    if stored.was_added_as(&todo.description) {
        Ok(unchanged(stored, before))
    } else {
        Err(Error::Conflict(Conflict::IdReused))
    }
}

fn changed(todo: Todo, tally: Tally) -> Ending<Outcome> {
    Ending::Commit(Outcome {
        todo,
        tally,
        changed: true,
    })
}

fn unchanged(todo: Todo, tally: Tally) -> Ending<Outcome> {
    Ending::RollBack(Outcome {
        todo,
        tally,
        changed: false,
    })
}

/// The one state that a filter lets through, if it filters.
fn only(filter: Filter) -> Option<bool> {
    match filter {
        Filter::All => None,
        Filter::Open => Some(false),
        Filter::Done => Some(true),
    }
}
