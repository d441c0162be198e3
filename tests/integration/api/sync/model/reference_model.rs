//! What the list must be after the requests that arrived, as simply as it can be said.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use serde_json::{Value, json};

use crate::{api::sync::Todos, support::api_client::Reply};

/// Days that a removed to-do can be restored.
const LIFE: i64 = 30;

#[derive(Default)]
pub(super) struct Ledger {
    pub(super) todos: BTreeMap<String, Entry>,
    /// The ids whose tombstones are gone.
    pub(super) purged: BTreeSet<String>,
    pub(super) rev: u64,
    pub(super) day: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) text: String,
    added_as: String,
    pub(super) is_done: bool,
    /// On which day.
    removed: Option<i64>,
    pub(super) rev: u64,
    /// When the text, the state and the removal last changed.
    field_revs: [u64; 3],
    /// Later ones have higher numbers.
    number: usize,
}

impl Entry {
    pub(super) fn is_removed(&self) -> bool {
        self.removed.is_some()
    }

    /// What can be known of its JSON.
    fn json(&self, id: &str) -> Value {
        let mut json = json!({
            "id": id, "description": self.text, "is_done": self.is_done, "rev": self.rev,
            "notes": null, "due_date": null, "due_time": null, "priority": "none", "tags": [], "repeat": null,
            "last_done_date": null,
        });
        if self.is_removed() {
            json["removed"] = json!(true);
        }
        json
    }
}

/// How a request must be answered.
#[derive(Debug)]
pub(super) struct Expected {
    pub(super) status: u16,
    code: Option<&'static str>,
    pub(super) todo: Option<Value>,
}

impl Expected {
    fn stored(status: u16, id: &str, entry: &Entry) -> Self {
        Self {
            status,
            code: None,
            todo: Some(entry.json(id)),
        }
    }

    fn conflict(code: &'static str, id: &str, entry: &Entry) -> Self {
        Self {
            code: Some(code),
            ..Self::stored(409, id, entry)
        }
    }

    fn refused(status: u16, code: &'static str) -> Self {
        Self {
            status,
            code: Some(code),
            todo: None,
        }
    }

    pub(super) fn check(&self, reply: &Reply) {
        let told = format!("{self:?}: {}", reply.answer.body);
        assert_eq!(reply.status, self.status, "{told}");
        assert_eq!(reply.json["code"].as_str(), self.code, "{told}");
        if let Some(todo) = &self.todo {
            let there = match self.code {
                Some(_) => &reply.json["current"],
                None => &reply.json,
            };
            assert_eq!(known(there), *todo, "{told}");
        }
    }
}

/// A to-do without its dates, and without its position, which begins with one.
fn known(todo: &Value) -> Value {
    let mut todo = todo.clone();
    let fields = todo.as_object_mut().expect("an object");
    let created = fields.remove("created_date");
    assert!(created.is_some_and(|date| date.is_string()));
    let position = fields.remove("position");
    assert!(position.is_some_and(|position| position.is_string()));
    let done = fields.remove("done_date").expect("there, or null");
    assert_eq!(fields["is_done"] == true, done.is_string());
    todo
}

impl Ledger {
    /// A request has arrived.
    pub(super) fn apply(&mut self, operation: &str, body: &Value) -> Expected {
        let id = body["id"].as_str().expect("a text");
        let text = body["description"].as_str();
        if operation == "add_todo" {
            return self.add(id, text.expect("a text"));
        }
        let Some(stored) = self.todos.get(id) else {
            return if operation == "restore_todo" && !self.purged.is_empty() {
                Expected::refused(410, "todo_gone")
            } else {
                Expected::refused(404, "todo_not_found")
            };
        };
        let mut entry = stored.clone();
        match operation {
            "remove_todo" => entry.removed = entry.removed.or(Some(self.day)),
            "restore_todo" if entry.removed.is_some_and(|day| self.day - day >= LIFE) => {
                return Expected::refused(410, "todo_gone");
            }
            "restore_todo" => entry.removed = None,
            _ if entry.removed.is_some_and(|day| self.day - day >= LIFE) => {
                return Expected::refused(404, "todo_not_found");
            }
            _ if entry.is_removed() => {
                return Expected::conflict("todo_removed", id, stored);
            }
            _ => {
                entry.text = text.map_or(entry.text, ToOwned::to_owned);
                entry.is_done = body["is_done"].as_bool().unwrap_or(entry.is_done);
            }
        }
        if entry == *stored {
            return Expected::stored(200, id, &entry);
        }
        let changed = [
            entry.text != stored.text,
            entry.is_done != stored.is_done,
            entry.removed != stored.removed,
        ];
        let mut fields = changed.iter().zip(stored.field_revs);
        let expected = body["expected_rev"].as_u64();
        if expected.is_some_and(|seen| fields.any(|(changed, rev)| *changed && rev > seen)) {
            return Expected::conflict("rev_conflict", id, stored);
        }
        self.rev += 1;
        entry.rev = self.rev;
        for (rev, changed) in entry.field_revs.iter_mut().zip(changed) {
            if changed {
                *rev = self.rev;
            }
        }
        let answer = Expected::stored(200, id, &entry);
        self.todos.insert(id.to_owned(), entry);
        answer
    }

    fn add(&mut self, id: &str, text: &str) -> Expected {
        match self.todos.get(id) {
            Some(stored) if [&stored.text, &stored.added_as].contains(&&text.to_owned()) => {
                Expected::stored(200, id, stored)
            }
            Some(stored) => Expected::conflict("id_reused", id, stored),
            None => {
                self.rev += 1;
                let entry = Entry {
                    text: text.to_owned(),
                    added_as: text.to_owned(),
                    is_done: false,
                    removed: None,
                    rev: self.rev,
                    field_revs: [self.rev; 3],
                    number: self.todos.len() + self.purged.len(),
                };
                let answer = Expected::stored(201, id, &entry);
                self.todos.insert(id.to_owned(), entry);
                answer
            }
        }
    }

    /// Old tombstones are gone; how many?
    pub(super) fn purge(&mut self) -> usize {
        let (old, kept) =
            std::mem::take(&mut self.todos)
                .into_iter()
                .partition(|(_, entry): &(_, Entry)| {
                    entry.removed.is_some_and(|day| self.day - day > LIFE)
                });
        self.todos = kept;
        let old: BTreeMap<_, _> = old;
        let count = old.len();
        self.purged.extend(old.into_keys());
        count
    }

    /// The rows of the page, in order: id, text, and whether it is done.
    pub(super) fn rows(&self, only: Option<bool>) -> Vec<(String, String, bool)> {
        let shown = |entry: &Entry| {
            !entry.is_removed() && only.is_none_or(|is_done| entry.is_done == is_done)
        };
        let mut rows: Vec<_> = self.todos.iter().filter(|it| shown(it.1)).collect();
        rows.sort_by_key(|(_, entry)| (entry.is_done, Reverse(entry.number)));
        let row = |(id, entry): (&String, &Entry)| (id.clone(), entry.text.clone(), entry.is_done);
        rows.into_iter().map(row).collect()
    }

    /// How many are open, and how many there are.
    pub(super) fn counts(&self) -> (usize, usize) {
        let (open, all) = (self.rows(Some(false)), self.rows(None));
        (open.len(), all.len())
    }

    /// A copy of the list that is up to date is this.
    pub(super) fn check(&self, copy: &Todos) {
        let there = self.todos.iter().filter(|(_, entry)| !entry.is_removed());
        let (mut there, mut copied) = (there.fuse(), copy.iter().fuse());
        loop {
            match (there.next(), copied.next()) {
                (None, None) => return,
                (Some((id, entry)), Some((copied, todo))) if id == copied => {
                    assert_eq!(known(todo), entry.json(id));
                }
                (there, copied) => panic!("there is {there:?}, copied is {copied:?}"),
            }
        }
    }
}
