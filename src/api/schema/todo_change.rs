//! The response body of `todo_changes`: a delta of the list.

use poem_openapi::Object;
use serde::Serialize;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    plan::Repeat,
    timestamp,
    todo::{Todo, tags_of},
};
use crate::{domain, service};

/// A to-do that has changed, or what is left of a removed one: then only `id`, `rev` and `removed`
/// are there.
#[derive(Default, Object, Serialize)]
#[expect(
    clippy::option_option,
    reason = "left out of a tombstone, null in an open to-do"
)]
pub(in crate::api) struct TodoChange {
    /// Which to-do.
    id: Uuid,
    /// What there is to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    /// Whether it is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    is_done: Option<bool>,
    /// When it was added (UTC, microseconds).
    #[serde(
        serialize_with = "timestamp::optional",
        skip_serializing_if = "Option::is_none"
    )]
    created_date: Option<OffsetDateTime>,
    /// Its place in the user's own order, in which texts of higher ones come first.
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<String>,
    /// When it was completed (UTC, microseconds); null while it is open.
    #[serde(
        serialize_with = "timestamp::present",
        skip_serializing_if = "Option::is_none"
    )]
    done_date: Option<Option<OffsetDateTime>>,
    /// What there is to say about it; null for nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    notes: Option<Option<String>>,
    /// The day on which it is due, in the user's own calendar (`YYYY-MM-DD`); null for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    due_date: Option<Option<String>>,
    /// The time of that day, by the user's own clock (`HH:MM`); null for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    due_time: Option<Option<String>>,
    /// `high`, `medium`, `low` or `none`.
    #[serde(skip_serializing_if = "Option::is_none")]
    priority: Option<String>,
    /// The words of the description that begin with `#`, without it, each once.
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<Vec<String>>,
    /// How it repeats; null if it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    repeat: Option<Option<Repeat>>,
    /// When a repeated one was last completed (UTC, microseconds); null for never.
    #[serde(
        serialize_with = "timestamp::present",
        skip_serializing_if = "Option::is_none"
    )]
    last_done_date: Option<Option<OffsetDateTime>>,
    /// The user's revision that last changed it.
    rev: u64,
    /// There, and true, only when it has been removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    removed: Option<bool>,
}

impl From<domain::todo::Todo> for TodoChange {
    fn from(todo: domain::todo::Todo) -> Self {
        if todo.removed_date.is_some() {
            return Self {
                id: todo.id.0,
                rev: todo.rev,
                removed: Some(true),
                ..Self::default()
            };
        }
        let plan = todo.plan;
        Self {
            id: todo.id.0,
            tags: Some(tags_of(&todo.description)),
            description: Some(todo.description.into()),
            is_done: Some(todo.is_done),
            created_date: Some(todo.created_date),
            position: Some(todo.position.to_text()),
            done_date: Some(todo.done_date),
            due_date: Some(plan.due_date.map(|date| date.to_string())),
            due_time: Some(plan.due_time.map(|time| time.to_string())),
            priority: Some(plan.priority.as_str().to_owned()),
            repeat: Some(plan.repeat().map(Repeat::from)),
            last_done_date: Some(plan.last_done_date),
            notes: Some(plan.notes.map(String::from)),
            rev: todo.rev,
            removed: None,
        }
    }
}

/// What a phone needs to bring its copy up to date.
#[derive(Object, Serialize)]
pub(in crate::api) struct TodoChanges {
    /// In the order of their `rev`, at most `limit`.
    todos: Vec<TodoChange>,
    /// What to send as `since` the next time.
    next: String,
    /// Whether there is more to fetch at once; only this tells.
    has_more: bool,
    /// Whether this is a part of a first copy.
    full: bool,
    /// Names the first copy that this is a part of: the same in all its parts, so that what an interrupted copy
    /// brought is told from what this one brings. Left out when `full` is false.
    #[serde(skip_serializing_if = "Option::is_none")]
    snapshot: Option<String>,
}

impl TodoChanges {
    /// Stands for an answer of which only the head is sent.
    pub(in crate::api) fn unread() -> Self {
        Self {
            todos: Vec::new(),
            next: String::new(),
            has_more: false,
            full: false,
            snapshot: None,
        }
    }
}

impl From<service::ChangeSet> for TodoChanges {
    fn from(changes: service::ChangeSet) -> Self {
        Self {
            todos: changes.todos.into_iter().map(TodoChange::from).collect(),
            next: changes.next.to_string(),
            has_more: changes.has_more,
            full: changes.snapshot.is_some(),
            snapshot: changes.snapshot,
        }
    }
}

/// What is left of a removed to-do.
#[derive(Object, Serialize)]
pub(in crate::api) struct RemovedTodo {
    /// Which to-do.
    id: Uuid,
    /// The user's revision that removed it.
    rev: u64,
}

/// What a phone needs to bring its copy up to date: to-dos that are there and removed ones in lists of their own.
#[derive(Object, Serialize)]
pub(in crate::api) struct SyncChanges {
    /// To store, in the order of their `rev`.
    todos: Vec<Todo>,
    /// To delete, in the order of their `rev`. None of them is among `todos`.
    removed: Vec<RemovedTodo>,
    /// What to send as `since` the next time.
    next: String,
    /// Whether there is more to fetch at once; only this tells.
    has_more: bool,
    /// Whether this is a part of a first copy: because there was no `since`, or because it had expired.
    full: bool,
    /// Names the first copy that this is a part of: the same in all its parts, so that what an interrupted copy
    /// brought is told from what this one brings. Left out when `full` is false.
    #[serde(skip_serializing_if = "Option::is_none")]
    snapshot: Option<String>,
}

impl From<service::ChangeSet> for SyncChanges {
    fn from(changes: service::ChangeSet) -> Self {
        let todos = changes.todos.into_iter();
        let (removed, todos): (Vec<_>, Vec<_>) =
            todos.partition(|todo| todo.removed_date.is_some());
        let removed = removed.into_iter().map(|todo| RemovedTodo {
            id: todo.id.0,
            rev: todo.rev,
        });
        Self {
            todos: todos.into_iter().map(Todo::from).collect(),
            removed: removed.collect(),
            next: changes.next.to_string(),
            has_more: changes.has_more,
            full: changes.snapshot.is_some(),
            snapshot: changes.snapshot,
        }
    }
}
