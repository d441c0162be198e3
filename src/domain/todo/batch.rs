//! Batches: several writes of one user, made in memory one after the other, so that a few statements store all of
//! them. What has been done under a call's id is known, and is not done again.

use std::collections::HashMap;

use time::Duration;

use super::{
    Circumstances, CountsDelta, Position, Tagging, Todo, TodoCounts, TodoId, Write, WriteRefusal,
};
use crate::domain::session::CallId;

/// How long a call is remembered, so that its repetition is known.
pub const CALL_LIFE: Duration = Duration::days(2);
/// Maximum calls remembered of one user; beyond it the oldest are forgotten. Two days of ten devices, each with a
/// thousand changes a day.
pub const CALLS_MAX: i32 = 20_000;
/// Calls forgotten at once, so that few writes delete any; more than one batch adds.
pub const CALLS_SURPLUS: u32 = 200;

/// The result of a verb.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TodoUpdate {
    /// The to-do as it is stored now.
    pub todo: Todo,
    /// The user's revision and counts now.
    pub counts: TodoCounts,
    /// Whether this call changed it; a repetition does not, but one that names its call has the first one's answer.
    pub changed: bool,
}

/// What became of a write.
pub type WriteOutcome = Result<TodoUpdate, WriteRefusal>;

/// The position for a to-do that is moved, or why it has none.
pub type FoundPosition = Result<Position, WriteRefusal>;

/// What became of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallOutcome {
    /// The to-do was so already.
    Unchanged,
    /// It changed the to-do.
    Changed,
    /// It was refused for what another client had done: it must not be done when it arrives again, late, after its
    /// sender has stored what the person decided.
    Refused,
}

impl CallOutcome {
    /// The stored form.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Unchanged => 0,
            Self::Changed => 1,
            Self::Refused => 2,
        }
    }

    /// Reads the stored form.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        let all = [Self::Unchanged, Self::Changed, Self::Refused];
        all.into_iter().find(|outcome| outcome.code() == code)
    }
}

/// A call that was answered, as it is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RememberedCall {
    /// Its idempotency key.
    pub id: CallId,
    /// The to-do that it was about.
    pub todo_id: TodoId,
    /// See [`Write::fingerprint`].
    pub fingerprint: [u8; 8],
    /// What became of it.
    pub outcome: CallOutcome,
}

/// Writes under way over the to-dos that they name.
pub struct Batch {
    by: Circumstances,
    counts: TodoCounts,
    before: HashMap<TodoId, Todo>,
    now: HashMap<TodoId, Todo>,
    known: HashMap<CallId, RememberedCall>,
    /// In the order in which they were added.
    added: Vec<TodoId>,
    done: Vec<RememberedCall>,
    revs: u64,
    change: CountsDelta,
}

/// What a batch has to store.
#[derive(Debug)]
pub struct BatchChanges {
    /// New to-dos.
    pub inserted: Vec<Todo>,
    /// Changed to-dos.
    pub updated: Vec<Todo>,
    /// Calls to be remembered.
    pub calls: Vec<RememberedCall>,
    /// Revisions used.
    pub revs: u64,
    /// Change in the list's counts.
    pub change: CountsDelta,
    /// The tags to be stored.
    pub taggings: Vec<Tagging>,
}

impl Batch {
    /// A batch over what is stored of its to-dos and calls.
    #[must_use]
    pub fn new(
        by: Circumstances,
        counts: TodoCounts,
        todos: Vec<Todo>,
        calls: Vec<RememberedCall>,
    ) -> Self {
        let before: HashMap<_, _> = todos.into_iter().map(|todo| (todo.id, todo)).collect();
        Self {
            by,
            counts,
            now: before.clone(),
            before,
            known: calls.into_iter().map(|call| (call.id, call)).collect(),
            added: Vec::new(),
            done: Vec::new(),
            revs: 0,
            change: CountsDelta::default(),
        }
    }

    /// The to-do that a move is about, unless the move has been made.
    #[must_use]
    pub fn to_be_moved(&self, write: &Write) -> Option<&Todo> {
        let is_known = write.call_id.is_some_and(|id| self.known.contains_key(&id));
        self.now.get(&write.id).filter(|_| !is_known)
    }

    /// Makes a write that moves nothing, or finds that it has been made.
    ///
    /// # Errors
    /// The reason why it is not made.
    pub fn apply(&mut self, write: &Write) -> WriteOutcome {
        self.apply_at(write, None)
    }

    /// Makes a move to the position that was found for it, or finds that it has been made.
    ///
    /// # Errors
    /// The reason why it is not made.
    pub fn apply_move(&mut self, write: &Write, found: FoundPosition) -> WriteOutcome {
        self.apply_at(write, Some(found))
    }

    fn apply_at(&mut self, write: &Write, found: Option<FoundPosition>) -> WriteOutcome {
        if let Some(known) = write.call_id.and_then(|id| self.known.get(&id)) {
            return self.repeat(*known, write);
        }
        let made = self.make(write, found);
        let (todo_id, outcome) = match &made {
            Ok((todo, true)) => (todo.id, CallOutcome::Changed),
            Ok((todo, false)) => (todo.id, CallOutcome::Unchanged),
            Err(refusal) if refusal.is_for_good() => (write.id, CallOutcome::Refused),
            Err(refusal) => return Err(refusal.clone()),
        };
        if let Some(id) = write.call_id {
            let call = RememberedCall {
                id,
                todo_id,
                fingerprint: write.fingerprint(),
                outcome,
            };
            self.known.insert(id, call);
            self.done.push(call);
        }
        let (todo, changed) = made?;
        Ok(TodoUpdate {
            todo,
            counts: self.counts,
            changed,
        })
    }

    /// The answer to a call that was answered before: the to-do as it is now, since another device may have changed
    /// it, and the client may have heard of that already.
    fn repeat(&self, known: RememberedCall, write: &Write) -> WriteOutcome {
        if known.fingerprint != write.fingerprint() {
            return Err(WriteRefusal::CallIdReused);
        }
        let todo = self.now.get(&known.todo_id).cloned();
        let todo = todo.ok_or(WriteRefusal::NotFound)?;
        match known.outcome {
            CallOutcome::Refused if todo.removed_date.is_some() => {
                Err(WriteRefusal::Removed(Box::new(todo)))
            }
            CallOutcome::Refused => Err(WriteRefusal::Changed(Box::new(todo))),
            outcome => Ok(TodoUpdate {
                todo,
                counts: self.counts,
                changed: outcome == CallOutcome::Changed,
            }),
        }
    }

    fn make(
        &mut self,
        write: &Write,
        found: Option<FoundPosition>,
    ) -> Result<(Todo, bool), WriteRefusal> {
        let (stored, writer) = (self.now.get(&write.id), write.writer(self.by.writer));
        let by = Circumstances {
            rev: self.counts.rev,
            ..self.by
        };
        let mut wanted = write.decide(stored, by)?;
        if let Some(position) = found.transpose()? {
            wanted = write.placed(&wanted, position, by)?;
        }
        if stored == Some(&wanted) {
            return Ok((wanted, false));
        }
        let rev = self.counts.rev + 1;
        let (todo, change) = if let Some(stored) = stored {
            let change = wanted.contribution() - stored.contribution();
            (wanted.changed_at(stored, rev, writer), change)
        } else {
            let change = wanted.contribution();
            (wanted.added_at(rev, writer), change)
        };
        let counts = self.counts.after(change, rev);
        if change.all > 0 && counts.check_quota().is_err() {
            return Err(WriteRefusal::QuotaReached);
        }
        if stored.is_none() {
            self.added.push(todo.id);
        }
        self.counts = counts;
        self.revs += 1;
        self.change = self.change + change;
        self.now.insert(todo.id, todo.clone());
        Ok((todo, true))
    }

    /// What is to be stored.
    #[must_use]
    pub fn finish(mut self) -> BatchChanges {
        let added = self.added.iter().filter_map(|id| self.now.remove(id));
        let inserted: Vec<_> = added.collect();
        let mut updated: Vec<_> = self
            .now
            .into_values()
            .filter(|todo| self.before.get(&todo.id) != Some(todo))
            .collect();
        updated.sort_unstable_by_key(|todo| todo.rev);
        let written = inserted.iter().chain(&updated);
        let taggings = written.filter_map(|todo| todo.tagging(self.before.get(&todo.id)));
        BatchChanges {
            taggings: taggings.collect(),
            inserted,
            updated,
            calls: self.done,
            revs: self.revs,
            change: self.change,
        }
    }
}
