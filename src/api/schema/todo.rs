//! Request and response bodies of the calls about to-dos.

use poem_openapi::{Object, types::MaybeUndefined};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    plan::{Repeat, SetRepeat},
    timestamp,
};
use crate::domain::{
    self,
    todo::{Description, Tag},
};

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
    /// Its place in the user's own order, in which texts of higher ones come first: compare them as texts, then the ids.
    position: String,
    /// When it was completed (UTC, microseconds); null while it is open.
    #[serde(serialize_with = "timestamp::optional")]
    done_date: Option<OffsetDateTime>,
    /// What there is to say about it, in lines that end with a line feed; null for nothing.
    notes: Option<String>,
    /// The day on which it is due, in the user's own calendar (`YYYY-MM-DD`); null for none.
    due_date: Option<String>,
    /// The time of that day, by the user's own clock (`HH:MM`); null for none.
    due_time: Option<String>,
    /// `high`, `medium`, `low` or `none`.
    priority: String,
    /// The words of the description that begin with `#`, without it, each once.
    tags: Vec<String>,
    /// How it repeats; null if it does not.
    repeat: Option<Repeat>,
    /// When a repeated one was last completed (UTC, microseconds); null for never.
    #[serde(serialize_with = "timestamp::optional")]
    last_done_date: Option<OffsetDateTime>,
    /// The user's revision that last changed it. Revisions only grow.
    pub(in crate::api) rev: u64,
    /// There, and true, only when it has been removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    removed: Option<bool>,
}

impl From<domain::todo::Todo> for Todo {
    fn from(todo: domain::todo::Todo) -> Self {
        let plan = todo.plan;
        Self {
            id: todo.id.0,
            tags: tags_of(&todo.description),
            description: todo.description.into(),
            is_done: todo.is_done,
            created_date: todo.created_date,
            position: todo.position.to_text(),
            done_date: todo.done_date,
            due_date: plan.due_date.map(|date| date.to_string()),
            due_time: plan.due_time.map(|time| time.to_string()),
            priority: plan.priority.as_str().to_owned(),
            repeat: plan.repeat().map(Repeat::from),
            last_done_date: plan.last_done_date,
            notes: plan.notes.map(String::from),
            rev: todo.rev,
            removed: todo.removed_date.map(|_| true),
        }
    }
}

/// The tags of a to-do, as they are sent.
pub(super) fn tags_of(description: &Description) -> Vec<String> {
    let tags = Tag::all_of(description.as_str()).into_iter();
    tags.map(|tag| tag.as_str().to_owned()).collect()
}

/// A part of the list.
#[derive(Object, Serialize)]
pub(in crate::api) struct TodoList {
    /// In the order of the `filter`.
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
    /// Up to 5,000 characters in several lines; line breaks become line feeds.
    pub(in crate::api) notes: Option<String>,
    /// The day on which it is due, in the user's own calendar: `YYYY-MM-DD`, from 1970 to 2199.
    pub(in crate::api) due_date: Option<String>,
    /// The time of that day, by the user's own clock: `HH:MM`. It needs a due date.
    pub(in crate::api) due_time: Option<String>,
    /// `high`, `medium`, `low` or `none`, which is also what leaving it out means.
    pub(in crate::api) priority: Option<String>,
    /// How it repeats.
    pub(in crate::api) repeat: Option<SetRepeat>,
    /// Whether words of the description set other fields and are left out of it: `due:fri`, `at:17:00`, `every:week`,
    /// `!high`; a backslash before a word keeps it. What is nearly such a word stays as text. A field that a word sets
    /// must not be sent too.
    pub(in crate::api) parse: Option<bool>,
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
    /// The notes, by the rules of `add_todo`. Left out, they stay; null clears them.
    pub(in crate::api) notes: MaybeUndefined<String>,
    /// The due date, by the rules of `add_todo`. Left out, it stays; null clears it, with the time and the repeat.
    pub(in crate::api) due_date: MaybeUndefined<String>,
    /// The due time, by the rules of `add_todo`. Left out, it stays; null clears it.
    pub(in crate::api) due_time: MaybeUndefined<String>,
    /// The priority. Left out, it stays; null is `none`.
    pub(in crate::api) priority: MaybeUndefined<String>,
    /// How it repeats. Left out, that stays; null ends it.
    pub(in crate::api) repeat: MaybeUndefined<SetRepeat>,
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

/// Where to put a to-do in the user's own order: beside another one, by exactly one of `before_id` and `after_id`.
#[derive(Default, Deserialize, Object)]
#[oai(deny_unknown_fields)]
#[serde(default, deny_unknown_fields)]
pub(in crate::api) struct MoveTodo {
    /// Which to-do.
    pub(in crate::api) id: String,
    /// The to-do that it shall stand directly above.
    pub(in crate::api) before_id: Option<String>,
    /// The to-do that it shall stand directly below.
    pub(in crate::api) after_id: Option<String>,
    /// The `rev` of the to-do that the person had seen. If another client has moved it since, nothing is changed and
    /// the answer is 409.
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
