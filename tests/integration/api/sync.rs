//! Copies of a list that phones keep: first copies, what has changed since, what gets lost on the way,
//! and what is purged meanwhile.

mod model;
mod purge;
mod race;
mod restored;
mod token;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::support::api_client::{Phone, Reply};

/// To-dos by their ids.
pub(super) type Todos = BTreeMap<String, Value>;

/// The fields of a to-do that is there.
pub(super) const FIELDS: [&str; 14] = [
    "created_date",
    "description",
    "done_date",
    "due_date",
    "due_time",
    "id",
    "is_done",
    "last_done_date",
    "notes",
    "position",
    "priority",
    "repeat",
    "rev",
    "tags",
];

/// A copy of the list, kept as the document of the API says.
#[derive(Clone, Debug, Default)]
pub(super) struct Replica {
    pub(super) todos: Todos,
    /// Where to go on; nothing before the first part of a first copy.
    pub(super) since: Option<String>,
    /// What the parts of a first copy have brought so far.
    brought: BTreeSet<String>,
}

impl Replica {
    /// What it asks for next.
    pub(super) fn request(&self, limit: usize) -> Value {
        match &self.since {
            Some(since) => json!({"since": since, "limit": limit}),
            None => json!({"limit": limit}),
        }
    }

    /// Takes in a part and says whether there is more to fetch at once.
    pub(super) fn take(&mut self, part: &Value) -> bool {
        let is_full = part["full"].as_bool().expect("yes or no");
        for change in todos(part) {
            let id = id(change).to_owned();
            if change.get("removed").is_some() {
                assert_eq!(
                    *change,
                    json!({"id": id, "rev": change["rev"], "removed": true})
                );
                assert!(change["rev"].is_u64(), "{change}");
                self.brought.remove(&id);
                self.todos.remove(&id);
            } else {
                assert_eq!(fields(change), FIELDS);
                if is_full {
                    self.brought.insert(id.clone());
                }
                self.todos.insert(id, change.clone());
            }
        }
        self.since = Some(part["next"].as_str().expect("a token").to_owned());
        let has_more = part["has_more"].as_bool().expect("yes or no");
        if is_full && !has_more {
            let brought = std::mem::take(&mut self.brought);
            self.todos.retain(|id, _| brought.contains(id));
        }
        has_more
    }

    /// Brings the copy up to date and gives the changes that came, in parts of at most `limit`.
    pub(super) async fn sync(&mut self, phone: &Phone<'_>, limit: usize) -> Vec<Value> {
        let mut changes = Vec::new();
        loop {
            let part = self.part(phone, limit).await;
            changes.extend(todos(&part).iter().cloned());
            if part["has_more"] == false {
                return changes;
            }
        }
    }

    /// Fetches one part.
    pub(super) async fn part(&mut self, phone: &Phone<'_>, limit: usize) -> Value {
        let reply = phone.get("todo_changes", self.request(limit)).await;
        assert_eq!(reply.status, 200, "{}", reply.answer.body);
        assert!(todos(&reply.json).len() <= limit, "{}", reply.answer.body);
        self.take(&reply.json);
        reply.json
    }
}

/// The to-dos of an answer.
pub(super) fn todos(answer: &Value) -> &[Value] {
    answer["todos"].as_array().expect("a list")
}

pub(super) fn id(todo: &Value) -> &str {
    todo["id"].as_str().expect("a text")
}

pub(super) fn fields(todo: &Value) -> Vec<&str> {
    let fields = todo.as_object().expect("an object").keys();
    let mut names: Vec<_> = fields.map(String::as_str).collect();
    names.sort_unstable();
    names
}

/// The whole list, as the API has it.
pub(super) async fn list(phone: &Phone<'_>) -> Todos {
    let mut listed = Todos::new();
    let mut query = json!({});
    loop {
        let reply = phone.get("todo_list", query).await;
        assert_eq!(reply.status, 200, "{}", reply.answer.body);
        for todo in todos(&reply.json) {
            let twice = listed.insert(id(todo).to_owned(), todo.clone());
            assert_eq!(twice, None, "listed twice");
        }
        match &reply.json["next_cursor"] {
            Value::Null => return listed,
            cursor => query = json!({"cursor": cursor}),
        }
    }
}

/// Adds a to-do and gives its id.
pub(super) async fn add(phone: &Phone<'_>, text: &str) -> String {
    let added = phone.post("add_todo", json!({"description": text})).await;
    assert_eq!(added.status, 201, "{}", added.answer.body);
    id(&added.json).to_owned()
}

/// Adds that many and gives their ids.
pub(super) async fn add_many(phone: &Phone<'_>, count: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for number in 1..=count {
        ids.push(add(phone, &format!("Number {number}")).await);
    }
    ids
}

/// Does what must succeed, and gives the to-do.
pub(super) async fn done(phone: &Phone<'_>, operation: &str, body: Value) -> Value {
    let reply = phone.post(operation, body).await;
    assert_eq!(reply.status, 200, "{operation}: {}", reply.answer.body);
    reply.json
}

pub(super) async fn edit(phone: &Phone<'_>, id: &str, text: &str) -> Value {
    done(phone, "update_todo", json!({"id": id, "description": text})).await
}

pub(super) async fn remove(phone: &Phone<'_>, id: &str) -> Value {
    done(phone, "remove_todo", json!({"id": id})).await
}

/// It was refused with that code.
pub(super) fn assert_refused(reply: &Reply, status: u16, code: &str) {
    let answered = (reply.status, reply.json["code"].as_str());
    assert_eq!(answered, (status, Some(code)), "{}", reply.answer.body);
}
