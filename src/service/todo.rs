//! Verbs of to-dos. Each is absolute, so that repeating it changes nothing; a to-do of somebody
//! else is as unknown as one that never was.

use futures_util::FutureExt as _;

use super::Service;
use crate::{
    domain::{
        error::{Conflict, Error},
        todo::{Change, Cursor, Description, Filter, Page, Tally, Todo, TodoId},
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

impl Service {
    /// Adds a to-do under an id that the client made. Sent again, it answers the one stored.
    ///
    /// # Errors
    /// [`Conflict::IdReused`] when the id names a to-do with another text.
    pub async fn add(
        &self,
        account: &Account,
        id: TodoId,
        description: Description,
    ) -> Result<Outcome, Error> {
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
    /// [`Error::NotFound`] when the user has neither such a to-do nor its tombstone.
    pub async fn restore(&self, account: &Account, id: TodoId) -> Result<Outcome, Error> {
        self.alter(account, id, |todo| Ok(todo.restored())).await
    }

    /// Writes what `verb` makes of a stored to-do, and nothing when it makes no difference.
    async fn alter(
        &self,
        account: &Account,
        id: TodoId,
        verb: impl Fn(Todo) -> Result<Todo, Error> + Clone + Send + Sync + 'static,
    ) -> Result<Outcome, Error> {
        let user = account.user_id;
        self.database
            .transaction(move |connection| {
                let verb = verb.clone();
                async move {
                    let before = store::user::lock(connection, user).await?;
                    let found = store::todo::find(connection, user, id).await?;
                    let stored = found.ok_or(Error::NotFound)?;
                    let todo = verb(stored.clone())?;
                    if todo == stored {
                        return Ok(unchanged(stored, before));
                    }
                    let change = todo.counts() - stored.counts();
                    let rev = store::user::next_rev(connection, user, change).await?;
                    let todo = Todo { rev, ..todo };
                    store::todo::update(connection, user, &todo).await?;
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
        limit: u32,
    ) -> Result<Page, Error> {
        let user = account.user_id;
        // One more than wanted tells whether there is a next part.
        let more = limit + 1;
        let find = async move |connection: &mut Connection| match (only(filter), after) {
            (None, None) => store::todo::list(connection, user, more).await,
            (None, Some(after)) => store::todo::list_after(connection, user, after, more).await,
            (Some(is_done), None) => store::todo::list_where(connection, user, is_done, more).await,
            (Some(is_done), Some(after)) => {
                store::todo::list_where_after(connection, user, is_done, after, more).await
            }
        };
        let mut todos = self.database.read(find).await?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let is_last = todos.len() <= limit;
        todos.truncate(limit);
        let next = todos.last().filter(|_| !is_last).map(Todo::cursor);
        Ok(Page { todos, next })
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
    if stored.description == todo.description {
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
