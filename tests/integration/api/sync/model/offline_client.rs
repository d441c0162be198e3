//! A phone with a copy of the list and an outbox of what it could not send yet.

use std::collections::VecDeque;

use fastrand::Rng;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::reference_model::{WORDS, as_once};
use crate::{
    api::sync::{Replica, id},
    support::{
        api_client::{Phone, Reply},
        test_server::Site,
    },
};

/// So many to-dos that a list has several pages, and no more.
const MANY: usize = 130;
/// So few texts for edits that the same is written again.
const EDITS: u32 = 3;

/// Something to be written.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) operation: &'static str,
    pub(super) body: Value,
}

pub(super) struct Handset<'a> {
    site: &'a Site,
    /// Whether it is one of the first version, which knows the text and the state alone.
    pub(super) is_old: bool,
    phone: Phone<'a>,
    pub(super) replica: Replica,
    pub(super) outbox: VecDeque<Request>,
    /// The first of the outbox may have arrived: no answer came.
    pub(super) is_in_doubt: bool,
    /// For how many steps it is offline.
    pub(super) offline: u32,
    /// What it has removed and may restore.
    removed: Vec<String>,
}

impl<'a> Handset<'a> {
    pub(super) async fn new(site: &'a Site, is_old: bool) -> Self {
        Self {
            site,
            is_old,
            phone: Phone::log_in(site, "ona").await,
            replica: Replica::default(),
            outbox: VecDeque::new(),
            is_in_doubt: false,
            offline: 0,
            removed: Vec::new(),
        }
    }

    /// Somebody taps: it goes into the outbox. Gives the id of a new to-do.
    pub(super) fn write(&mut self, random: &mut Rng, number: usize) -> Option<String> {
        let known = self.replica.todos.len();
        let chance = if known > MANY { 10 } else { 45 };
        if known == 0 || random.u8(..100) < chance {
            let id = Uuid::from_u128(random.u128(..)).to_string();
            let mut body = json!({"id": id, "description": format!("Number {number}")});
            match random.u8(..3) {
                _ if self.is_old => {}
                0 => plan(random, &mut body),
                1 => {
                    body["description"] = json!(format!("Number {number}{WORDS}"));
                    body["parse"] = json!(random.bool());
                }
                _ => {}
            }
            self.put("add_todo", body);
            return Some(id);
        }
        let place = random.usize(..known);
        let todo = self.replica.todos.values().nth(place).expect("so many");
        let id = id(todo).to_owned();
        match random.u8(..10) {
            0..4 => {
                let mut body = edit(random, todo);
                if !self.is_old && random.bool() {
                    plan(random, &mut body);
                }
                self.put("update_todo", body);
            }
            4..7 => {
                let body = json!({"id": id, "is_done": random.bool()});
                self.put("update_todo_status", body);
            }
            7 if !self.removed.is_empty() => {
                let id = random.choice(&self.removed).expect("not empty");
                self.put("restore_todo", json!({"id": id}));
            }
            _ => {
                self.removed.push(id.clone());
                self.put("remove_todo", json!({"id": id}));
            }
        }
        None
    }

    fn put(&mut self, operation: &'static str, body: Value) {
        self.outbox.push_back(Request { operation, body });
    }

    /// Sends, and logs in again where that has become necessary.
    pub(super) async fn send(&mut self, request: &Request) -> Reply {
        let (operation, body) = (request.operation, &request.body);
        self.call(Method::POST, operation, body).await
    }

    /// Asks for the next part of what it does not know yet.
    pub(super) async fn ask(&mut self, limit: usize) -> Reply {
        let query = self.replica.request(limit);
        self.call(Method::GET, "todo_changes", &query).await
    }

    async fn call(&mut self, method: Method, operation: &str, sent: &Value) -> Reply {
        loop {
            let phone = &mut self.phone;
            let reply = phone
                .call(method.clone(), operation, sent.clone(), &[])
                .await;
            if reply.status != 401 {
                return reply;
            }
            let lost = phone.ask_to_refresh().await;
            if reply.json["code"] == "token_expired" && lost.status == 200 {
                phone.refresh().await;
            } else {
                *phone = Phone::log_in(self.site, "ona").await;
            }
        }
    }

    /// The first of the outbox was answered.
    pub(super) fn settle(&mut self, reply: &Reply, random: &mut Rng) {
        let mut request = self.outbox.pop_front().expect("it was sent");
        self.is_in_doubt = false;
        match reply.status {
            200 | 201 => self.learn(&reply.json),
            409 => {
                let current = &reply.json["current"];
                self.learn(current);
                if random.bool() {
                    request.body["expected_rev"] = current["rev"].clone();
                    self.outbox.push_front(request);
                }
            }
            // It was removed, or for too long.
            404 | 410 => drop(self.replica.todos.remove(id(&request.body))),
            status => panic!("{status}: {}", reply.answer.body),
        }
    }

    /// What an answer says is newer than the copy, or the same.
    fn learn(&mut self, todo: &Value) {
        let id = id(todo).to_owned();
        if todo.get("removed").is_some() {
            self.replica.todos.remove(&id);
            self.replica.brought.remove(&id);
        } else {
            self.replica.todos.insert(id, todo.clone());
        }
        self.forget_what_is_new();
    }

    /// What it does not know, it does not keep.
    pub(super) fn forget_what_is_new(&mut self) {
        for todo in self.replica.todos.values_mut().filter(|_| self.is_old) {
            *todo = as_once(todo);
        }
    }

    /// Its copy is given up for a new one.
    pub(super) fn begin_again(&mut self) {
        self.replica.since = None;
        self.replica.brought.clear();
    }
}

/// Some of the plan, set or cleared; a time comes with its date.
fn plan(random: &mut Rng, body: &mut Value) {
    let what = random.u8(1..8);
    if what & 1 != 0 {
        let notes = [json!("Two bottles\nno glass"), json!("One"), Value::Null];
        body["notes"] = random.choice(notes).expect("three");
    }
    if what & 2 != 0 {
        let dates = [json!("2100-12-24"), json!("2101-01-31"), Value::Null];
        let due_date = random.choice(dates).expect("three");
        if !due_date.is_null() && random.bool() {
            body["due_time"] = json!("17:00");
        }
        body["due_date"] = due_date;
    }
    if what & 4 != 0 {
        let priorities = [json!("high"), json!("low"), Value::Null];
        body["priority"] = random.choice(priorities).expect("three");
    }
}

/// The text or the state or both, with and without the revision that the phone knows.
fn edit(random: &mut Rng, todo: &Value) -> Value {
    let mut body = json!({"id": id(todo)});
    let what = random.u8(1..4);
    if what & 1 != 0 {
        body["description"] = json!(format!("Edit {}", random.u32(..EDITS)));
    }
    if what & 2 != 0 {
        body["is_done"] = json!(random.bool());
    }
    if random.bool() {
        body["expected_rev"] = todo["rev"].clone();
    }
    body
}
