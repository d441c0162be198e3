//! What an answer says is of one moment: the count, the revision and the to-dos of pages, fragments, lists
//! and deltas, each of them asked for while others write.
//!
//! `ANSWERS=10000 cargo test --test integration every_response_beside_writers_is_one_snapshot` asks for that
//! many.

use sqlx::MySqlPool;
use std::{
    collections::BTreeMap,
    env,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
};

use fastrand::Rng;
use futures_util::future::{join, join_all};
use serde_json::{Value, json};
use tickbox::{
    domain::todo::{Description, TodoId},
    service::TodoUpdate,
};

use crate::support::{
    api_client::Phone,
    browser::{Answer, Browser},
    fixture::World,
    test_server::Site,
};

/// Where nobody asks for more.
const ANSWERS: usize = 600;
const WRITERS: usize = 2;
const READERS: usize = 4;
/// All of them fit on one page.
const MANY: usize = 12;

/// The to-dos that are there, by their ids, and whether they are done.
type Todos = BTreeMap<String, bool>;

/// What somebody was told.
#[derive(Debug)]
struct Told {
    by: &'static str,
    rev: u64,
    /// Open ones and all, where an answer says so.
    count: Option<(usize, usize)>,
    /// None where an answer shows but one; done ones alone where it was asked for these.
    todos: Option<Todos>,
    only_done: bool,
}

/// What a write did to one to-do.
#[derive(Debug)]
struct Write {
    id: String,
    /// None when it was removed.
    is_done: Option<bool>,
}

#[sqlx::test]
async fn every_response_beside_writers_is_one_snapshot(pool: MySqlPool) {
    let many = env::var("ANSWERS").map_or(ANSWERS, |many| many.parse().expect("a number"));
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let browser = site.browser("ona").await;
    let (asked, over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let reading = async {
        let readers = (0..READERS).map(|_| read(&browser, &phone, &asked, many));
        let told: Vec<_> = join_all(readers).await.into_iter().flatten().collect();
        over.store(true, Ordering::Relaxed);
        told
    };
    let writing = join_all((0..WRITERS).map(|number| write(&site.world, &over, number)));
    let by_form = write_by_form(&browser, &over);
    let (told, (writes, (by_form, told_by_form))) = join(reading, join(writing, by_form)).await;
    let writes = writes.into_iter().flatten().chain(by_form).collect();
    let told: Vec<_> = told.into_iter().chain(told_by_form).collect();
    let wrong = against(&told, writes);
    println!("{} answers, {} of no moment", told.len(), wrong.len());
    assert!(
        wrong.is_empty(),
        "{} of {}: {}",
        wrong.len(),
        told.len(),
        wrong[0]
    );
}

/// Everything that can be asked for, in turn.
async fn read(
    browser: &Browser<'_>,
    phone: &Phone<'_>,
    asked: &AtomicUsize,
    many: usize,
) -> Vec<Told> {
    let (mut told, mut copy) = (Vec::new(), Copy::default());
    loop {
        let turn = asked.fetch_add(1, Ordering::Relaxed);
        if turn >= many {
            return told;
        }
        told.push(match turn % 5 {
            0 => page(&browser.get("/").await),
            1 => refreshed(&browser.with_htmx().get("/").await),
            2 => list(phone).await,
            3 => copy.delta(phone).await,
            _ => filtered(&browser.get("/?show=done").await),
        });
    }
}

fn page(answer: &Answer) -> Told {
    let rev = answer.attribute("#todos", "data-rev");
    assert_eq!(rev, answer.attribute("#count", "data-rev"));
    Told {
        by: "page",
        ..refreshed(answer)
    }
}

fn refreshed(answer: &Answer) -> Told {
    assert_eq!(answer.status, 200, "{}", answer.body);
    let done = answer.attributes("li .check", "aria-checked");
    let ids = answer.attributes("li [name=todo_id]", "value");
    let todos = ids.into_iter().zip(done.iter().map(|done| done == "true"));
    Told {
        by: "fragment of the list",
        todos: Some(todos.collect()),
        ..counted(answer)
    }
}

fn filtered(answer: &Answer) -> Told {
    Told {
        by: "filtered page",
        only_done: true,
        ..page(answer)
    }
}

fn counted(answer: &Answer) -> Told {
    let count = answer.texts("#count").remove(0);
    let mut numbers = count.split(' ').filter_map(|word| word.parse().ok());
    Told {
        by: "count",
        rev: answer
            .attribute("#count", "data-rev")
            .parse()
            .expect("a number"),
        count: numbers.next().zip(numbers.next()),
        todos: None,
        only_done: false,
    }
}

async fn list(phone: &Phone<'_>) -> Told {
    let reply = phone.get("todo_list", json!({})).await;
    let rev = reply.json["rev"].as_u64().expect("a number");
    let etag = reply.answer.header("etag");
    assert!(etag.contains(&format!("-{rev}-")), "{etag} of {rev}");
    shown("list", rev, &reply.json)
}

/// A copy of the list that is kept by deltas.
#[derive(Default)]
struct Copy {
    todos: Todos,
    since: Option<String>,
}

impl Copy {
    /// Brings it up to date; it is then what there was at the last part's moment.
    async fn delta(&mut self, phone: &Phone<'_>) -> Told {
        loop {
            let query = self.since.as_ref().map(|since| json!({"since": since}));
            let reply = phone.get("todo_changes", query.unwrap_or_default()).await;
            for todo in reply.json["todos"].as_array().expect("a list") {
                let id = todo["id"].as_str().expect("a text").to_owned();
                match todo["is_done"].as_bool() {
                    Some(is_done) => self.todos.insert(id, is_done),
                    None => self.todos.remove(&id),
                };
            }
            let next = reply.json["next"].as_str().expect("a token");
            self.since = Some(next.to_owned());
            if reply.json["has_more"] == true {
                continue;
            }
            let rev = next.split('.').nth(1).and_then(|rev| rev.parse().ok());
            let rev = rev.expect("a number");
            let etag = reply.answer.header("etag");
            assert!(etag.contains(&format!("-{rev}-")), "{etag} of {rev}");
            return Told {
                by: "delta",
                rev,
                count: None,
                todos: Some(self.todos.clone()),
                only_done: false,
            };
        }
    }
}

fn shown(by: &'static str, rev: u64, answer: &Value) -> Told {
    let todos = answer["todos"].as_array().expect("a list").iter();
    let todo = |todo: &Value| {
        let id = todo["id"].as_str().expect("a text").to_owned();
        (id, todo["is_done"].as_bool().expect("yes or no"))
    };
    Told {
        by,
        rev,
        count: None,
        todos: Some(todos.map(todo).collect()),
        only_done: false,
    }
}

/// Adds, completes, reopens and removes until it is over.
async fn write(world: &World, over: &AtomicBool, number: usize) -> Vec<(u64, Write)> {
    let (service, mut random) = (&world.service, Rng::with_seed(number as u64));
    let (mut mine, mut writes) = (Vec::new(), Vec::new());
    while !over.load(Ordering::Relaxed) {
        let ona = service.authenticate(&world.cookie).await;
        let ona = ona.expect("no fault").expect("a session");
        let outcome: TodoUpdate =
            if mine.is_empty() || (mine.len() < MANY && random.u8(..3) == 0) {
                let id = TodoId::new_v7(service.clock().now());
                mine.push(id);
                let text = Description::parse("one of many").expect("valid");
                service.add(&ona, id, text).await
            } else {
                let place = random.usize(..mine.len());
                match random.u8(..4) {
                    0 => service.reopen(&ona, mine[place]).await,
                    1 => service.complete(&ona, mine[place]).await,
                    _ => service.remove(&ona, mine.swap_remove(place)).await,
                }
            }
            .expect("its own");
        if outcome.changed {
            let todo = outcome.todo;
            let is_done = todo.removed_date.is_none().then_some(todo.is_done);
            let id = todo.id.to_string();
            writes.push((outcome.counts.rev, Write { id, is_done }));
        }
    }
    writes
}

/// Adds and removes by htmx, whose fragments say the count after each.
async fn write_by_form(browser: &Browser<'_>, over: &AtomicBool) -> (Vec<(u64, Write)>, Vec<Told>) {
    let (htmx, mut writes, mut told) = (browser.with_htmx(), Vec::new(), Vec::new());
    while !over.load(Ordering::Relaxed) {
        let id = uuid::Uuid::new_v4().to_string();
        let form = [("todo_id", id.as_str()), ("description", "by a form")];
        for (path, is_done) in [
            ("/", Some(false)),
            ("/update-todo", Some(true)),
            ("/remove-todo", None),
        ] {
            let answer = counted(&htmx.post(path, &form).await);
            writes.push((
                answer.rev,
                Write {
                    id: id.clone(),
                    is_done,
                },
            ));
            told.push(Told {
                by: "fragment of a write",
                ..answer
            });
        }
    }
    (writes, told)
}

/// What does not agree with what had been written at the revision that it names.
fn against(told: &[Told], writes: BTreeMap<u64, Write>) -> Vec<String> {
    let mut moments = BTreeMap::from([(0, Todos::new())]);
    let mut todos = Todos::new();
    for (expected, (rev, write)) in (1..).zip(writes) {
        assert_eq!(rev, expected, "each revision is one write");
        match write.is_done {
            Some(is_done) => todos.insert(write.id, is_done),
            None => todos.remove(&write.id),
        };
        moments.insert(rev, todos.clone());
    }
    let wrong = told.iter().filter(|told| {
        let moment = &moments[&told.rev];
        let open = moment.values().filter(|is_done| !**is_done).count();
        let is_counted = told.count.is_none_or(|count| count == (open, moment.len()));
        let mut moment = moment.clone();
        moment.retain(|_, is_done| *is_done || !told.only_done);
        let is_shown = told.todos.as_ref().is_none_or(|todos| *todos == moment);
        !(is_counted && is_shown)
    });
    let words = |told: &Told| {
        let (by, rev, moment) = (told.by, told.rev, &moments[&told.rev]);
        format!(
            "{by} of {rev}: {:?} {:?}; then there were {moment:?}",
            told.count, told.todos
        )
    };
    wrong.map(words).collect()
}
