//! Verbs of to-dos, all idempotent; another user's to-do is not found, like one that never existed.

mod list;

use futures_util::FutureExt as _;

pub use self::list::ChangeSet;
use super::{Service, purge::delete_oldest};
use crate::{
    database::{Connection, TxOutcome},
    domain::{
        error::{Conflict, Error, Gone},
        rate_limit::Work,
        todo::{
            CountsDelta, Description, Edit, TOMBSTONES_MAX, TOMBSTONES_SURPLUS, Todo, TodoCounts,
            TodoId,
        },
        user::{Account, UserId},
    },
    store,
};

/// The result of a verb.
#[derive(Clone, Debug)]
pub struct TodoUpdate {
    /// The to-do as it is stored now.
    pub todo: Todo,
    /// The user's revision and counts now.
    pub counts: TodoCounts,
    /// Whether this call changed it; a retry does not.
    pub changed: bool,
}

/// The outcome of an edit (optimistic concurrency).
#[derive(Clone, Debug)]
pub enum EditOutcome {
    /// The requested values are stored.
    Applied(TodoUpdate),
    /// Nothing was changed, since another client has; with the stored to-do.
    Conflict(Todo),
}

impl Service {
    /// Adds a to-do; its id, which the client makes, is the idempotency key. A retry returns the stored one,
    /// edited or removed as it may be.
    ///
    /// # Errors
    /// [`Conflict::IdReused`] when the id names a to-do with another text;
    /// [`Conflict::TodoQuotaReached`] when the list is full.
    pub async fn add(
        &self,
        account: &Account,
        id: TodoId,
        description: Description,
    ) -> Result<TodoUpdate, Error> {
        let _under_way = self.begin_work(account)?;
        self.spend_work(account, Work::CHANGE);
        let (user, before) = (account.user_id, account.counts);
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
    pub async fn complete(&self, account: &Account, id: TodoId) -> Result<TodoUpdate, Error> {
        let now = self.clock.now();
        self.update(account, id, move |todo| {
            Ok(todo.ensure_not_removed()?.completed(now))
        })
        .await
    }

    /// Marks a to-do as open again.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the user has no such to-do.
    pub async fn reopen(&self, account: &Account, id: TodoId) -> Result<TodoUpdate, Error> {
        self.update(account, id, |todo| {
            Ok(todo.ensure_not_removed()?.reopened())
        })
        .await
    }

    /// Removes a to-do. It leaves a tombstone, so that [`Self::restore`] can bring it back.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the user never had such a to-do.
    pub async fn remove(&self, account: &Account, id: TodoId) -> Result<TodoUpdate, Error> {
        let now = self.clock.now();
        self.update(account, id, move |todo| Ok(todo.removed(now)))
            .await
    }

    /// Brings a removed to-do back as it was.
    ///
    /// # Errors
    /// [`Error::Gone`] when it was removed too long ago; [`Error::NotFound`] when the user never had
    /// such a to-do; [`Conflict::TodoQuotaReached`] when the list is full.
    pub async fn restore(&self, account: &Account, id: TodoId) -> Result<TodoUpdate, Error> {
        let now = self.clock.now();
        let restored = self
            .update(account, id, move |todo| todo.restored(now))
            .await;
        match restored {
            Err(Error::NotFound) => Err(self.not_found_or_gone(account).await?),
            restored => restored,
        }
    }

    /// A purged tombstone leaves no trace that tells it from an id that never existed, other than that tombstones
    /// of this user have been purged.
    async fn not_found_or_gone(&self, account: &Account) -> Result<Error, Error> {
        let user = account.user_id;
        let find = async move |connection: &mut Connection| {
            store::user::purged_rev(connection, user).await
        };
        Ok(match self.database.read(find).await? {
            0 => Error::NotFound,
            _ => Error::Gone(Gone::Todo),
        })
    }

    /// Applies an edit, unless the to-do has another revision than expected (optimistic concurrency). Values that
    /// are stored already are no conflict: the response to an earlier attempt may be lost.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the user has no such to-do.
    pub async fn edit(
        &self,
        account: &Account,
        id: TodoId,
        edit: Edit,
        expected_rev: Option<u64>,
    ) -> Result<EditOutcome, Error> {
        let now = self.clock.now();
        let wanted = edit.clone();
        let set = move |todo: Todo| {
            let stored = todo.ensure_not_removed()?;
            let may = expected_rev.is_none_or(|expected| expected == stored.rev);
            Ok(if may {
                stored.edited(edit.clone(), now)
            } else {
                stored
            })
        };
        let outcome = self.update(account, id, set).await?;
        let is_as_wanted = outcome.todo.clone().edited(wanted, now) == outcome.todo;
        Ok(if is_as_wanted {
            EditOutcome::Applied(outcome)
        } else {
            EditOutcome::Conflict(outcome.todo)
        })
    }

    /// Writes the to-do that `verb` makes of the stored one, unless nothing changes.
    async fn update(
        &self,
        account: &Account,
        id: TodoId,
        verb: impl Fn(Todo) -> Result<Todo, Error> + Clone + Send + Sync + 'static,
    ) -> Result<TodoUpdate, Error> {
        let _under_way = self.begin_work(account)?;
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
                    let change = todo.contribution() - stored.contribution();
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
}

/// Two statements: the row lock of the first makes an earlier read unnecessary.
async fn insert(
    connection: &mut Connection,
    user: UserId,
    todo: Todo,
    before: TodoCounts,
) -> Result<TxOutcome<TodoUpdate>, Error> {
    let change = todo.contribution();
    let rev = store::user::next_rev(connection, user, change).await?;
    // Without a change in between, the counts follow from those read with the session.
    let after = if rev == before.rev + 1 {
        before.after(change, rev)
    } else {
        store::user::counts(connection, user).await?
    };
    let todo = Todo { rev, ..todo };
    if store::todo::insert(connection, user, &todo).await? {
        // Only now: a retry succeeds, however full the list is.
        after.check_quota()?;
        return Ok(changed(todo, after));
    }
    let before = after.after(CountsDelta::default() - change, rev - 1);
    replay(connection, user, &todo, before).await
}

/// The id exists already: with the same text this is a retry of the same request.
async fn replay(
    connection: &mut Connection,
    user: UserId,
    todo: &Todo,
    before: TodoCounts,
) -> Result<TxOutcome<TodoUpdate>, Error> {
    let stored = store::todo::find(connection, user, todo.id).await?;
    let stored = stored.ok_or_else(|| Error::internal("a to-do that blocks its id is gone"))?;
    if stored.was_added_as(&todo.description) {
        Ok(unchanged(stored, before))
    } else {
        Err(Error::Conflict(Conflict::IdReused))
    }
}

fn changed(todo: Todo, counts: TodoCounts) -> TxOutcome<TodoUpdate> {
    TxOutcome::Commit(TodoUpdate {
        todo,
        counts,
        changed: true,
    })
}

fn unchanged(todo: Todo, counts: TodoCounts) -> TxOutcome<TodoUpdate> {
    TxOutcome::Rollback(TodoUpdate {
        todo,
        counts,
        changed: false,
    })
}
