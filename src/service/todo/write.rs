//! Verbs that write. Each is decided by [`Write`] alone, whatever statements it takes: one without a name takes
//! as few as can be, those that are named by their clients are made as a batch, which remembers them.

use futures_util::FutureExt as _;
use time::OffsetDateTime;

use super::{
    super::Service,
    ChangeSet,
    batch::{Done, batch, circumstances, delete_surplus},
    tag::store_tags,
};
use crate::{
    database::{Connection, TxOutcome},
    domain::{
        error::{Conflict, Error, Gone},
        rate_limit::Work,
        todo::{
            Change, Circumstances, CountsDelta, Edit, Limit, NewTodo, Place, SyncToken, Todo,
            TodoCounts, TodoId, TodoUpdate, Write, WriteOutcome, WriteRefusal, Writer,
        },
        user::Account,
    },
    store,
};

/// So many to-dos that make way cost about what one change does: a few bytes each, in one statement.
const CHANGES_OF_A_RESPACING: usize = 10;

/// Verbs of a page: without conditions, since a person looks at what they change.
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
        new: impl Into<NewTodo>,
    ) -> Result<TodoUpdate, Error> {
        self.change(account, id, Change::Add(new.into())).await
    }

    /// Marks a to-do as done; one that is done keeps its date.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the user has no such to-do.
    pub async fn complete(&self, account: &Account, id: TodoId) -> Result<TodoUpdate, Error> {
        self.set_done(account, id, true).await
    }

    /// Marks a to-do as open again.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the user has no such to-do.
    pub async fn reopen(&self, account: &Account, id: TodoId) -> Result<TodoUpdate, Error> {
        self.set_done(account, id, false).await
    }

    async fn set_done(
        &self,
        account: &Account,
        id: TodoId,
        is_done: bool,
    ) -> Result<TodoUpdate, Error> {
        let edit = Edit {
            is_done: Some(is_done),
            ..Edit::default()
        };
        self.change(account, id, Change::Edit(edit)).await
    }

    /// Removes a to-do. It leaves a tombstone, so that [`Self::restore`] can bring it back.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the user never had such a to-do.
    pub async fn remove(&self, account: &Account, id: TodoId) -> Result<TodoUpdate, Error> {
        self.change(account, id, Change::Remove).await
    }

    /// Brings a removed to-do back as it was.
    ///
    /// # Errors
    /// [`Error::Gone`] when it was removed too long ago; [`Error::NotFound`] when the user never had
    /// such a to-do; [`Conflict::TodoQuotaReached`] when the list is full.
    pub async fn restore(&self, account: &Account, id: TodoId) -> Result<TodoUpdate, Error> {
        self.change(account, id, Change::Restore).await
    }

    /// Moves a to-do beside another one of its state.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the user has no such to-do; [`Conflict::NeighbourGone`] and its like when it cannot
    /// stand there.
    pub async fn move_to(
        &self,
        account: &Account,
        id: TodoId,
        place: Place,
    ) -> Result<TodoUpdate, Error> {
        self.change(account, id, Change::Move(place)).await
    }

    async fn change(
        &self,
        account: &Account,
        id: TodoId,
        change: Change,
    ) -> Result<TodoUpdate, Error> {
        let outcome = self.write(account, Write::new(id, change)).await?;
        outcome.map_err(|refusal| match refusal {
            WriteRefusal::NotFound | WriteRefusal::Removed(_) => Error::NotFound,
            WriteRefusal::Gone => Error::Gone(Gone::Todo),
            WriteRefusal::QuotaReached => Error::Conflict(Conflict::TodoQuotaReached),
            WriteRefusal::Invalid(error) => error.into(),
            WriteRefusal::IdReused(_) => Error::Conflict(Conflict::IdReused),
            WriteRefusal::NeighbourGone => Error::Conflict(Conflict::NeighbourGone),
            WriteRefusal::NeighbourState => Error::Conflict(Conflict::NeighbourState),
            WriteRefusal::NoRoom => Error::Conflict(Conflict::NoRoom),
            WriteRefusal::Changed(_) | WriteRefusal::CallIdReused => {
                Error::internal("a write without conditions met one")
            }
        })
    }
}

impl Service {
    /// Makes one write.
    pub async fn write(&self, account: &Account, write: Write) -> Result<WriteOutcome, Error> {
        let _under_way = self.begin_work(account)?;
        // A move reads as much as a batch of one.
        if write.call_id.is_some() || write.place().is_some() {
            let mut outcomes = self.write_all(account, vec![write]).await?;
            return outcomes
                .pop()
                .ok_or_else(|| Error::internal("a write without an outcome"));
        }
        self.spend_work(account, Work::CHANGE);
        let (account, now) = (account.clone(), self.clock.now());
        self.database
            .transaction(move |connection| {
                let (write, account) = (write.clone(), account.clone());
                async move {
                    match &write.change {
                        Change::Add(new) => {
                            let today = account.time_zone.date(now);
                            let todo = new.todo(write.id, now, today);
                            insert(connection, &account, todo, &write, now).await
                        }
                        _ => update(connection, &account, &write, now).await,
                    }
                }
                .boxed()
            })
            .await
    }

    /// Makes all writes of a client's outbox, and returns what has changed, by these and by others: after a token that
    /// is valid, or of all to-dos. What was done is told even when the allowance ends with it.
    pub async fn sync(
        &self,
        account: &Account,
        writes: Vec<Write>,
        since: Option<SyncToken>,
        limit: Limit,
    ) -> Result<(Vec<WriteOutcome>, ChangeSet), Error> {
        let _under_way = self.begin_work(account)?;
        let outcomes = self.write_all(account, writes).await?;
        let changes = match self.delta(account, since, limit).await {
            Err(Error::Gone(_)) => self.delta(account, None, limit).await?,
            changes => changes?,
        };
        Ok((outcomes, changes))
    }

    /// Makes several writes, one after the other, in one transaction: each is decided by itself, and what became
    /// of each is answered in their order. Those of them that were made before, by their [`CallId`]s, are
    /// answered and not made again.
    ///
    /// [`CallId`]: crate::domain::session::CallId
    async fn write_all(
        &self,
        account: &Account,
        writes: Vec<Write>,
    ) -> Result<Vec<WriteOutcome>, Error> {
        if writes.is_empty() {
            return Ok(Vec::new());
        }
        self.spend_work(account, Work::changes(writes.len()));
        let (by, now) = (account.clone(), self.clock.now());
        let done = self.database.transaction(move |connection| {
            let (writes, account) = (writes.clone(), by.clone());
            async move { batch(connection, &account, &writes, now).await }.boxed()
        });
        let Done { outcomes, respaced } = done.await?;
        self.spend_work(account, Work::changes(respaced / CHANGES_OF_A_RESPACING));
        Ok(outcomes)
    }
}

/// Writes the to-do that is wanted of the stored one, unless nothing changes.
async fn update(
    connection: &mut Connection,
    account: &Account,
    write: &Write,
    now: OffsetDateTime,
) -> Result<TxOutcome<WriteOutcome>, Error> {
    let user = account.user_id;
    let locked = store::user::lock(connection, user).await?;
    let before = locked.counts;
    let stored = store::todo::find(connection, user, write.id).await?;
    let by = circumstances(account, &locked, now);
    let todo = match write.decide(stored.as_ref(), by) {
        Ok(todo) => todo,
        Err(refusal) => return Ok(refused(refusal)),
    };
    let stored = stored.ok_or_else(|| Error::internal("a change of a to-do that is not there"))?;
    if todo == stored {
        return Ok(unchanged(stored, before));
    }
    let change = todo.contribution() - stored.contribution();
    let may_grow = before.after(change, before.rev).check_quota().is_ok();
    if change.all > 0 && !may_grow {
        return Ok(refused(WriteRefusal::QuotaReached));
    }
    let rev = store::user::next_rev(connection, user, change).await?;
    let todo = todo.changed_at(&stored, rev, write.writer(by.writer));
    store::todo::update(connection, user, &todo).await?;
    if let Some(tagging) = todo.tagging(Some(&stored)) {
        store_tags(connection, user, &[tagging]).await?;
    }
    delete_surplus(connection, user, now, locked.tombstones, change).await?;
    Ok(changed(todo, before.after(change, rev)))
}

/// Two statements: the row lock of the first makes an earlier read unnecessary.
async fn insert(
    connection: &mut Connection,
    account: &Account,
    todo: Todo,
    write: &Write,
    now: OffsetDateTime,
) -> Result<TxOutcome<WriteOutcome>, Error> {
    let (user, before) = (account.user_id, account.counts);
    let change = todo.contribution();
    let rev = store::user::next_rev(connection, user, change).await?;
    // Without a change in between, the counts follow from those read with the session.
    let after = if rev == before.rev + 1 {
        before.after(change, rev)
    } else {
        store::user::counts(connection, user).await?
    };
    let todo = todo.added_at(rev, write.writer(Writer::UNNAMED));
    if store::todo::insert(connection, user, &todo).await? {
        // Only now: a retry succeeds, however full the list is.
        if after.check_quota().is_err() {
            return Ok(refused(WriteRefusal::QuotaReached));
        }
        if let Some(tagging) = todo.tagging(None) {
            store_tags(connection, user, &[tagging]).await?;
        }
        return Ok(changed(todo, after));
    }
    let before = after.after(CountsDelta::default() - change, rev - 1);
    let stored = store::todo::find(connection, user, todo.id).await?;
    let stored = stored.ok_or_else(|| Error::internal("a to-do that blocks its id is gone"))?;
    let by = Circumstances {
        writer: Writer::UNNAMED,
        rev: before.rev,
        now,
        today: account.time_zone.date(now),
        has_purged: false,
    };
    // With the same text this is a retry of the same request.
    Ok(match write.decide(Some(&stored), by) {
        Ok(stored) => unchanged(stored, before),
        Err(refusal) => refused(refusal),
    })
}

fn changed(todo: Todo, counts: TodoCounts) -> TxOutcome<WriteOutcome> {
    TxOutcome::Commit(Ok(TodoUpdate {
        todo,
        counts,
        changed: true,
    }))
}

fn unchanged(todo: Todo, counts: TodoCounts) -> TxOutcome<WriteOutcome> {
    TxOutcome::Rollback(Ok(TodoUpdate {
        todo,
        counts,
        changed: false,
    }))
}

fn refused(refusal: WriteRefusal) -> TxOutcome<WriteOutcome> {
    TxOutcome::Rollback(Err(refusal))
}
