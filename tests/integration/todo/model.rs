//! A long life of two lists, compared with a simple model after each step.

use std::collections::BTreeMap;

use fastrand::Rng;
use sqlx::{MySqlConnection, MySqlPool};
use tickbox::domain::{
    error::{Conflict, Error},
    todo::{Filter, Limit, Place, Todo, TodoCounts, TodoId},
    user::Account,
};
use uuid::Uuid;

use super::{VERBS, Verb, counted, counts, stored, text};
use crate::support::fixture::{World, part_of};

const STEPS: u64 = 300;
/// Few, so that each is met in every state, by its owner and by the other.
const IDS: u128 = 8;
const TEXTS: [&str; 2] = ["Buy milk", "Buy bread"];

/// What one person owns, as simply as it can be said.
#[derive(Clone, Debug, Default)]
struct Model {
    todos: BTreeMap<u128, Entry>,
    rev: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    text: &'static str,
    is_done: bool,
    is_removed: bool,
    rev: u64,
}

impl Model {
    fn add(&mut self, id: u128, text: &'static str) -> Result<(), &'static str> {
        match self.todos.get(&id) {
            Some(entry) if entry.text == text => Ok(()),
            Some(_) => Err("conflict"),
            None => {
                self.rev += 1;
                let entry = Entry {
                    text,
                    is_done: false,
                    is_removed: false,
                    rev: self.rev,
                };
                self.todos.insert(id, entry);
                Ok(())
            }
        }
    }

    fn apply(&mut self, verb: Verb, id: u128) -> Result<(), &'static str> {
        let entry = self.todos.get_mut(&id).ok_or("not found")?;
        let before = entry.clone();
        match verb {
            Verb::Remove => entry.is_removed = true,
            Verb::Restore => entry.is_removed = false,
            _ if entry.is_removed => return Err("not found"),
            Verb::Complete => entry.is_done = true,
            Verb::Reopen => entry.is_done = false,
        }
        if *entry != before {
            self.rev += 1;
            entry.rev = self.rev;
        }
        Ok(())
    }

    /// Which to-dos of its state stand above and below one another, and whether the order is another one after the move.
    fn place(&mut self, order: &mut Vec<u128>, id: u128, place: Place) -> Result<(), &'static str> {
        let there = |id: &u128| self.todos.get(id).filter(|it| !it.is_removed);
        let neighbour = place.neighbour().0.as_u128();
        let is_done = there(&id).ok_or("not found")?.is_done;
        match there(&neighbour) {
            None => return Err("gone"),
            Some(other) if other.is_done != is_done => return Err("state"),
            Some(_) => {}
        }
        let before = order.clone();
        order.retain(|it| *it != id);
        let beside = order.iter().position(|it| *it == neighbour);
        let below = usize::from(matches!(place, Place::After(_)));
        order.insert(beside.expect("listed") + below, id);
        if *order != before {
            self.rev += 1;
            self.todos.entry(id).and_modify(|it| it.rev = self.rev);
        }
        Ok(())
    }

    fn counts(&self) -> TodoCounts {
        let count = |wanted: fn(&Entry) -> bool| {
            let count = self
                .todos
                .values()
                .filter(|it| !it.is_removed && wanted(it))
                .count();
            i32::try_from(count).expect("few")
        };
        TodoCounts {
            rev: self.rev,
            open: count(|it| !it.is_done),
            all: count(|_| true),
        }
    }
}

#[sqlx::test]
async fn the_lists_of_two_users_match_a_simple_model(pool: MySqlPool) {
    let seed = fastrand::u64(..);
    let mut random = Rng::with_seed(seed);
    let world = World::new(&pool).await;
    let mut connection = world.connect().await;
    let mut models = [Model::default(), Model::default()];
    for step in 0..STEPS {
        let (who, id) = (random.usize(..2), random.u128(..IDS));
        let (account, todo_id) = ([&world.ona, &world.jonas][who], TodoId(Uuid::from_u128(id)));
        let model = &mut models[who];
        let mut order = listed(&world, account).await;
        let (expected, result, told) = if random.u8(..3) == 0 {
            // Another one, which may be nobody's.
            let neighbour = (id + random.u128(1..IDS)) % IDS;
            let neighbour = TodoId(Uuid::from_u128(neighbour));
            let place = [Place::Before, Place::After][random.usize(..2)](neighbour);
            let result = world.service.move_to(account, todo_id, place).await;
            let expected = model.place(&mut order, id, place);
            assert_eq!(listed(&world, account).await, order, "{place:?} {id}");
            // What made way has the revision of the move.
            for (id, entry) in &mut model.todos {
                let id = TodoId(Uuid::from_u128(*id));
                let kept = stored(&mut connection, account, id).await.expect("there");
                assert!([entry.rev, model.rev].contains(&kept.rev), "{id}");
                entry.rev = kept.rev;
            }
            (expected, result, format!("{place:?}"))
        } else if random.u8(..4) == 0 {
            let words = TEXTS[usize::from(random.u8(..5) == 0)];
            let result = world.service.add(account, todo_id, text(words)).await;
            (model.add(id, words), result, format!("add {words}"))
        } else {
            let verb = VERBS[random.usize(..VERBS.len())];
            let result = verb.of(&world, account, todo_id).await;
            (model.apply(verb, id), result, format!("{verb:?}"))
        };
        let told = format!("seed {seed}, step {step}: {told} {id} by {who}");
        let kept = stored(&mut connection, account, todo_id).await;
        assert_eq!(
            kept.as_ref().map(entry),
            model.todos.get(&id).cloned(),
            "{told}"
        );
        let counts = counts(&mut connection, account).await;
        assert_eq!(counts, model.counts(), "{told}");
        let (stated, found) = tombstones(&mut connection, account).await;
        assert_eq!(stated, found, "{told}: tombstones");
        let (open, all) = counted(&mut connection, account).await;
        assert_eq!(
            (i64::from(counts.open), i64::from(counts.all)),
            (open, all),
            "{told}"
        );
        match (expected, result) {
            (Ok(()), Ok(outcome)) => {
                assert_eq!(Some(outcome.todo), kept, "{told}");
                assert_eq!(outcome.counts, counts, "{told}");
            }
            (Err("conflict"), Err(Error::Conflict(Conflict::IdReused)))
            | (Err("gone"), Err(Error::Conflict(Conflict::NeighbourGone)))
            | (Err("state"), Err(Error::Conflict(Conflict::NeighbourState)))
            | (Err("not found"), Err(Error::NotFound)) => {}
            other => panic!("{told}: {other:?}"),
        }
    }
}

/// The open ones, then the done ones, as the list shows them.
async fn listed(world: &World, who: &Account) -> Vec<u128> {
    let query = part_of(Filter::All, None, Limit::default());
    let page = world.service.list(who, query).await.expect("listed");
    page.todos.iter().map(|todo| todo.id.0.as_u128()).collect()
}

/// As they are counted for the user, and as they are.
async fn tombstones(connection: &mut MySqlConnection, account: &Account) -> (i64, i64) {
    let both = "SELECT CAST(removed_count AS SIGNED),
        (SELECT COUNT(*) FROM todos WHERE user_id = users.id AND removed_date IS NOT NULL)
        FROM users WHERE id = ?";
    let both = sqlx::query_as(both).bind(account.user_id.0);
    both.fetch_one(connection).await.expect("counted")
}

fn entry(todo: &Todo) -> Entry {
    assert_eq!(todo.is_done, todo.done_date.is_some());
    let text = TEXTS
        .into_iter()
        .find(|text| *text == todo.description.as_str());
    Entry {
        text: text.expect("one of ours"),
        is_done: todo.is_done,
        is_removed: todo.removed_date.is_some(),
        rev: todo.rev,
    }
}
