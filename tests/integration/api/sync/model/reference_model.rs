//! What the list must be after the requests that arrived, as simply as it can be said.

use std::{
    array,
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use serde_json::{Value, json};

use crate::{api::sync::Todos, support::api_client::Reply};

/// The fields of a plan that phones set here.
const PLAN: [&str; 4] = ["notes", "due_date", "due_time", "priority"];

/// Words of a new text that set fields, when its client asks for that.
pub(super) const WORDS: &str = " due:2100-12-24 !high";

/// All that a phone of the first version knows of a to-do.
pub(super) const OLD_FIELDS: [&str; 6] = [
    "id",
    "description",
    "is_done",
    "created_date",
    "done_date",
    "rev",
];

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
    /// The values of [`PLAN`].
    plan: [Value; 4],
    /// On which day.
    removed: Option<i64>,
    pub(super) rev: u64,
    /// When the text, the state, the removal and the parts of the plan last changed.
    field_revs: [u64; 7],
    /// Later ones have higher numbers.
    number: usize,
}

impl Entry {
    pub(super) fn is_removed(&self) -> bool {
        self.removed.is_some()
    }

    /// Whether something is planned.
    pub(super) fn has_plan(&self) -> bool {
        self.plan != no_plan()
    }

    /// Sets what the body names of the plan, or clears it; without a date there is no time.
    fn set_plan(&mut self, body: &Value) {
        for ((field, value), nothing) in PLAN.iter().zip(&mut self.plan).zip(no_plan()) {
            match body.get(field) {
                Some(Value::Null) => *value = nothing,
                Some(sent) => *value = sent.clone(),
                None => {}
            }
        }
        let [_, due_date, due_time, _] = &mut self.plan;
        if due_date.is_null() {
            *due_time = Value::Null;
        }
    }

    /// Which fields differ, in the order of their revisions.
    fn changed(&self, stored: &Self) -> [bool; 7] {
        let of_plan: [_; 4] = array::from_fn(|field| self.plan[field] != stored.plan[field]);
        let [notes, due_date, due_time, priority] = of_plan;
        [
            self.text != stored.text,
            self.is_done != stored.is_done,
            self.removed != stored.removed,
            notes,
            due_date,
            due_time,
            priority,
        ]
    }

    /// What can be known of its JSON.
    fn json(&self, id: &str) -> Value {
        let mut json = json!({
            "id": id, "description": self.text, "is_done": self.is_done, "rev": self.rev,
            "tags": [], "repeat": null, "last_done_date": null,
        });
        for (field, value) in PLAN.iter().zip(&self.plan) {
            json[*field] = value.clone();
        }
        if self.is_removed() {
            json["removed"] = json!(true);
        }
        json
    }
}

fn no_plan() -> [Value; 4] {
    [Value::Null, Value::Null, Value::Null, json!("none")]
}

/// What a phone of the first version keeps of a to-do.
pub(super) fn as_once(todo: &Value) -> Value {
    let mut todo = todo.clone();
    let fields = todo.as_object_mut().expect("an object");
    fields.retain(|field, _| OLD_FIELDS.contains(&field.as_str()));
    todo
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
            return self.add(id, text.expect("a text"), body);
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
                entry.set_plan(body);
            }
        }
        if entry == *stored {
            return Expected::stored(200, id, &entry);
        }
        let changed = entry.changed(stored);
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

    fn add(&mut self, id: &str, text: &str, body: &Value) -> Expected {
        let with_words = text.strip_suffix(WORDS).filter(|_| body["parse"] == true);
        let text = with_words.unwrap_or(text);
        match self.todos.get(id) {
            Some(stored) if [&stored.text, &stored.added_as].contains(&&text.to_owned()) => {
                Expected::stored(200, id, stored)
            }
            Some(stored) => Expected::conflict("id_reused", id, stored),
            None => {
                self.rev += 1;
                let mut entry = Entry {
                    text: text.to_owned(),
                    added_as: text.to_owned(),
                    is_done: false,
                    plan: no_plan(),
                    removed: None,
                    rev: self.rev,
                    field_revs: [self.rev; 7],
                    number: self.todos.len() + self.purged.len(),
                };
                entry.set_plan(body);
                if with_words.is_some() {
                    entry.set_plan(&json!({ "due_date": "2100-12-24", "priority": "high" }));
                }
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

    /// A copy of the list that is up to date is this, as far as its phone knows the fields.
    pub(super) fn check(&self, copy: &Todos, is_old: bool) {
        let there = self.todos.iter().filter(|(_, entry)| !entry.is_removed());
        let (mut there, mut copied) = (there.fuse(), copy.iter().fuse());
        loop {
            match (there.next(), copied.next()) {
                (None, None) => return,
                (Some((id, entry)), Some((copied, todo))) if id == copied => {
                    if is_old {
                        let facts = ["description", "is_done", "rev"].map(|field| &todo[field]);
                        assert_eq!(
                            facts,
                            [&json!(entry.text), &json!(entry.is_done), &json!(entry.rev)]
                        );
                    } else {
                        assert_eq!(known(todo), entry.json(id));
                    }
                }
                (there, copied) => panic!("there is {there:?}, copied is {copied:?}"),
            }
        }
    }
}
