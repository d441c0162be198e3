//! Request and response bodies of the calls about to-dos.

use poem_openapi::Object;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use super::timestamp;
use crate::domain;

/// One to-do.
#[derive(Debug, Object, Serialize)]
pub(in crate::api) struct Todo {
    /// Made by the client that added it, or by us.
    pub(in crate::api) id: Uuid,
    /// What there is to do.
    pub(in crate::api) description: String,
    /// Whether it is done.
    pub(in crate::api) is_done: bool,
    /// When it was added (UTC, microseconds).
    #[serde(serialize_with = "timestamp::serialize")]
    created_date: OffsetDateTime,
    /// When it was completed (UTC, microseconds); null while it is open.
    #[serde(serialize_with = "timestamp::optional")]
    done_date: Option<OffsetDateTime>,
    /// The user's revision that last changed it. Revisions only grow.
    pub(in crate::api) rev: u64,
    /// There, and true, only when it has been removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    removed: Option<bool>,
}

impl From<domain::todo::Todo> for Todo {
    fn from(todo: domain::todo::Todo) -> Self {
        Self {
            id: todo.id.0,
            description: todo.description.into(),
            is_done: todo.is_done,
            created_date: todo.created_date,
            done_date: todo.done_date,
            rev: todo.rev,
            removed: todo.removed_date.map(|_| true),
        }
    }
}

/// A part of the list.
#[derive(Object, Serialize)]
pub(in crate::api) struct TodoList {
    /// Open before done, newest first; removed ones by when they were removed, the last first.
    pub(in crate::api) todos: Vec<Todo>,
    /// What to send as `cursor` for the next part, with the same `filter`; null when this is the last.
    pub(in crate::api) next_cursor: Option<String>,
    /// The user's revision. It changes when any to-do does.
    pub(in crate::api) rev: u64,
}

impl From<domain::todo::RemovedPage> for TodoList {
    fn from(page: domain::todo::RemovedPage) -> Self {
        Self {
            rev: page.rev,
            todos: page.todos.into_iter().map(Todo::from).collect(),
            next_cursor: page.next.map(|cursor| cursor.to_string()),
        }
    }
}

impl TodoList {
    pub(in crate::api) fn new(page: domain::todo::Page) -> Self {
        Self {
            rev: page.counts.rev,
            todos: page.todos.into_iter().map(Todo::from).collect(),
            next_cursor: page.next.map(|cursor| cursor.to_string()),
        }
    }
}

/// A new to-do.
#[derive(Default, Deserialize, Object)]
#[oai(deny_unknown_fields)]
#[serde(default, deny_unknown_fields)]
pub(in crate::api) struct AddTodo {
    /// What there is to do: one line, something that can be seen. Trimmed.
    pub(in crate::api) description: String,
    /// A UUID of any version that the client makes: with it, or for two days with a
    /// `call_id`, sending twice adds once; with neither, twice.
    pub(in crate::api) id: Option<String>,
    /// When it was written, if that was offline (RFC 3339): the list's order goes by it. From 1970 on; up to a day
    /// ahead is taken as now.
    pub(in crate::api) created_date: Option<String>,
    /// Whether it is done already; it is then done now.
    pub(in crate::api) is_done: Option<bool>,
    /// Names this call, so that a repetition is known for two days (see `sync`); a UUID of any version, a new one for
    /// each call and for each that is made of a refused one.
    pub(in crate::api) call_id: Option<String>,
}

/// What to change of a to-do. What is left out stays as it is.
#[derive(Default, Deserialize, Object)]
#[oai(deny_unknown_fields)]
#[serde(default, deny_unknown_fields)]
pub(in crate::api) struct UpdateTodo {
    /// Which to-do.
    pub(in crate::api) id: String,
    /// Another text, by the rules of `add_todo`.
    pub(in crate::api) description: Option<String>,
    /// Done or open.
    pub(in crate::api) is_done: Option<bool>,
    /// The `rev` of the to-do that the person had seen. If another client has changed the same fields since,
    /// nothing is changed and the answer is 409.
    pub(in crate::api) expected_rev: Option<u64>,
    /// Names this call, so that a repetition is known for two days (see `sync`); a UUID of any version, a new one for
    /// each call and for each that is made of a refused one.
    pub(in crate::api) call_id: Option<String>,
}

/// Whether a to-do is done.
#[derive(Default, Deserialize, Object)]
#[oai(deny_unknown_fields)]
#[serde(default, deny_unknown_fields)]
pub(in crate::api) struct UpdateTodoStatus {
    /// Which to-do.
    pub(in crate::api) id: String,
    /// Done, which is also what leaving it out means, or open.
    pub(in crate::api) is_done: Option<bool>,
    /// The `rev` of the to-do that the person had seen. If another client has set or cleared it since, nothing is
    /// changed and the answer is 409.
    pub(in crate::api) expected_rev: Option<u64>,
    /// Names this call, so that a repetition is known for two days (see `sync`); a UUID of any version, a new one for
    /// each call and for each that is made of a refused one.
    pub(in crate::api) call_id: Option<String>,
}

/// A to-do by its id.
#[derive(Default, Deserialize, Object)]
#[oai(deny_unknown_fields)]
#[serde(default, deny_unknown_fields)]
pub(in crate::api) struct TodoReference {
    /// Which to-do.
    pub(in crate::api) id: String,
    /// The `rev` of the to-do that the person had seen. If another client has changed the to-do since (when it
    /// shall be restored: removed or restored it), nothing is changed and the answer is 409.
    pub(in crate::api) expected_rev: Option<u64>,
    /// Names this call, so that a repetition is known for two days (see `sync`); a UUID of any version, a new one for
    /// each call and for each that is made of a refused one.
    pub(in crate::api) call_id: Option<String>,
}
