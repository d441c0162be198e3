//! To-dos: the verbs, by their owner and by a stranger, and the list.

mod list;
mod model;
mod moment;
mod own_order;
mod query_cost;
mod reindex;
mod removed;
mod rows;
mod search;
mod tags;
mod verbs;

use sqlx::MySqlConnection;
use tickbox::{
    domain::{
        error::Error,
        todo::{Description, Todo, TodoCounts, TodoId},
        user::Account,
    },
    service::TodoUpdate,
    store,
};

use crate::support::fixture::World;

/// A verb that names one to-do.
#[derive(Clone, Copy, Debug)]
enum Verb {
    Complete,
    Reopen,
    Remove,
    Restore,
}

const VERBS: [Verb; 4] = [Verb::Complete, Verb::Reopen, Verb::Remove, Verb::Restore];

impl Verb {
    async fn of(self, world: &World, who: &Account, id: TodoId) -> Result<TodoUpdate, Error> {
        let service = &world.service;
        match self {
            Self::Complete => service.complete(who, id).await,
            Self::Reopen => service.reopen(who, id).await,
            Self::Remove => service.remove(who, id).await,
            Self::Restore => service.restore(who, id).await,
        }
    }
}

fn text(text: &str) -> Description {
    Description::parse(text).expect("valid")
}

/// Ona adds a to-do.
async fn add(world: &World, description: &str) -> Todo {
    let id = TodoId::new_v7(world.clock.now());
    let added = world.service.add(&world.ona, id, text(description)).await;
    added.expect("added").todo
}

/// A to-do as it is stored, or its tombstone.
async fn stored(connection: &mut MySqlConnection, who: &Account, id: TodoId) -> Option<Todo> {
    let found = store::todo::find(connection, who.user_id, id).await;
    found.expect("no fault")
}

/// The maintained counts.
async fn counts(connection: &mut MySqlConnection, who: &Account) -> TodoCounts {
    let counts = store::user::counts(connection, who.user_id).await;
    counts.expect("no fault")
}

/// Counts the rows.
async fn counted(connection: &mut MySqlConnection, who: &Account) -> (i64, i64) {
    sqlx::query_as(
        "SELECT COUNT(CASE WHEN isdone = 0 THEN 1 END), COUNT(*) FROM todos
         WHERE user_id = ? AND removed_date IS NULL",
    )
    .bind(who.user_id.0)
    .fetch_one(connection)
    .await
    .expect("read")
}
