//! The tags of to-dos, and how many to-dos have each, are what a look at all of them would find.

use std::collections::{BTreeMap, BTreeSet};

use fastrand::Rng;
use sqlx::{MySqlConnection, MySqlPool};
use tickbox::{
    domain::{
        session::CallId,
        todo::{
            Change, Edit, Filter, Limit, ListQuery, Narrowing, NewTodo, Place, TOMBSTONE_LIFE, Tag,
            TodoId, Write,
        },
        user::Account,
    },
    store,
};
use uuid::Uuid;

use super::{VERBS, Verb, stored, text};
use crate::support::fixture::{World, part_of};

const STEPS: u32 = 250;
/// Few, so that each is met in every state.
const IDS: u128 = 8;
const WORDS: [&str; 6] = ["milk", "#home", "#Home", "#shop", "#žąsis", r"\#none"];

/// Open ones and all, by tag.
pub(super) type Counts = BTreeMap<String, (i32, i32)>;

#[sqlx::test]
async fn tag_counts_equal_a_recount_after_each_random_write(pool: MySqlPool) {
    let seed = fastrand::u64(..);
    let mut random = Rng::with_seed(seed);
    let world = World::new(&pool).await;
    let mut connection = world.connect().await;
    for step in 0..STEPS {
        let account = [&world.ona, &world.jonas][random.usize(..2)];
        let writes = if random.u8(..4) == 0 {
            random.usize(2..6)
        } else {
            1
        };
        if writes == 1 && random.bool() {
            let verb = VERBS[random.usize(..VERBS.len())];
            let id = TodoId(Uuid::from_u128(random.u128(..IDS)));
            verb.of(&world, account, id).await.ok();
        } else {
            let writes = (0..writes).map(|_| write(&mut random)).collect();
            let synced = world.service.sync(account, writes, None, Limit::default());
            synced.await.expect("no fault");
        }
        assert_counts(
            &mut connection,
            account,
            &format!("seed {seed}, step {step}"),
        )
        .await;
    }
}

fn write(random: &mut Rng) -> Write {
    let words: Vec<_> = (0..random.usize(1..4))
        .map(|_| WORDS[random.usize(..WORDS.len())])
        .collect();
    let description = text(&words.join(" "));
    let other = TodoId(Uuid::from_u128(random.u128(..IDS)));
    let change = match random.u8(..8) {
        5 => Change::Move(Place::Before(other)),
        6 | 7 => Change::Move(Place::After(other)),
        0 => Change::Remove,
        1 => Change::Restore,
        2 => Change::Add(NewTodo::new(description)),
        _ => Change::Edit(Edit {
            description: random.bool().then_some(description),
            is_done: random.bool().then(|| random.bool()),
            ..Edit::default()
        }),
    };
    let call_id = random.bool().then(|| {
        let id = Uuid::from_u128(random.u128(..)).to_string();
        CallId::parse(&id).expect("a UUID")
    });
    Write {
        call_id,
        ..Write::new(TodoId(Uuid::from_u128(random.u128(..IDS))), change)
    }
}

/// The counts, the tags of each to-do and what views go by are those of the to-dos.
pub(super) async fn assert_counts(connection: &mut MySqlConnection, who: &Account, when: &str) {
    let user = who.user_id.0;
    let rows = "SELECT description, isdone FROM todos WHERE user_id = ? AND removed_date IS NULL";
    let rows: Vec<(String, bool)> = sqlx::query_as(rows)
        .bind(user)
        .fetch_all(&mut *connection)
        .await
        .expect("read");
    let (mut expected, mut entries) = (Counts::new(), 0);
    for (description, is_done) in rows {
        let keys = Tag::all_of(&description).into_iter().map(|it| it.key());
        let keys: BTreeSet<_> = keys.collect();
        entries += keys.len();
        for key in keys {
            let (open, all) = expected.entry(key.as_str().to_owned()).or_default();
            *open += i32::from(!is_done);
            *all += 1;
        }
    }
    assert_eq!(counts_of(connection, who).await, expected, "{when}");
    // With the same order in every view.
    let right = "SELECT COUNT(*) FROM todo_tags JOIN todos ON todos.user_id = todo_tags.user_id AND todos.id = todo_id
         WHERE todos.user_id = ? AND removed_date IS NULL AND todo_tags.isdone = todos.isdone
           AND todo_tags.list_date = todos.list_date AND todo_tags.moved_fraction = todos.moved_fraction
           AND todo_tags.due_date <=> todos.due_date AND todo_tags.due_minute = todos.due_minute
           AND todo_tags.done_date <=> todos.done_date AND indexed_rev = rev";
    let all = "SELECT COUNT(*) FROM todo_tags WHERE user_id = ?";
    for statement in [right, all] {
        let count = sqlx::query_scalar(statement).bind(user);
        let count: i64 = count.fetch_one(&mut *connection).await.expect("counted");
        assert_eq!(usize::try_from(count), Ok(entries), "{when}: {statement}");
    }
}

pub(super) async fn counts_of(connection: &mut MySqlConnection, who: &Account) -> Counts {
    let counts = "SELECT tag, open_count, all_count FROM tags WHERE user_id = ?";
    let counts: Vec<(String, i32, i32)> = sqlx::query_as(counts)
        .bind(who.user_id.0)
        .fetch_all(connection)
        .await
        .expect("read");
    let counts = counts.into_iter();
    counts.map(|(tag, open, all)| (tag, (open, all))).collect()
}

/// Seen on MariaDB, which reads texts out of JSON in the character set of the database.
#[sqlx::test]
async fn texts_are_kept_whole_in_a_database_of_another_character_set(pool: MySqlPool) {
    let alter = sqlx::raw_sql("ALTER DATABASE CHARACTER SET latin1");
    alter.execute(&pool).await.expect("altered");
    let world = World::new(&pool).await;
    let (id, account) = (TodoId(Uuid::from_u128(1)), &world.ona);
    let new = Change::Add(NewTodo::new(text("Šerti žąsį #žąsis")));
    let add = Write::new(id, new);
    let edit = Change::Edit(Edit {
        description: Some(text("Lesinti žąsį 日本 #žąsis")),
        ..Edit::default()
    });
    for writes in [vec![add], vec![Write::new(id, edit)]] {
        let synced = world.service.sync(account, writes, None, Limit::default());
        let (outcomes, _) = synced.await.expect("no fault");
        assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    }
    let stored = world.service.get(account, id).await.expect("there");
    assert_eq!(stored.description.as_str(), "Lesinti žąsį 日本 #žąsis");
    let query = part_of(Filter::All, None, Limit::default());
    for (tag, search) in [("žąsis", ""), ("", "zasi 日本")] {
        let narrowing = Narrowing::parse(tag, search).expect("valid");
        let page = world.service.narrowed_list(account, query, narrowing).await;
        assert_eq!(page.expect("listed").todos.len(), 1, "{tag} {search}");
    }
    let mut connection = world.connect().await;
    assert_counts(&mut connection, account, "in latin1").await;
    Verb::Remove.of(&world, account, id).await.expect("removed");
    assert!(counts_of(&mut connection, account).await.is_empty());
}

#[sqlx::test]
async fn a_deleted_user_or_purged_to_do_leaves_no_tags(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let mut connection = world.connect().await;
    for who in [&world.ona, &world.jonas] {
        let id = TodoId::new_v7(world.clock.now());
        let added = world.service.add(who, id, text("Milk #home #shop"));
        let added = added.await.expect("added").todo;
        let found = stored(&mut connection, who, added.id).await;
        assert!(found.is_some_and(|it| it.is_indexed));
    }
    assert_eq!(counts_of(&mut connection, &world.ona).await.len(), 2);
    let found = store::todo::list(&mut connection, world.ona.user_id, whole()).await;
    let milk = found.expect("listed").todos.remove(0);
    let removed = world.service.remove(&world.ona, milk.id).await;
    removed.expect("removed");
    world.clock.advance(TOMBSTONE_LIFE + time::Duration::DAY);
    let purged = world.service.purge_if_due().await;
    assert_eq!(purged.expect("no fault").expect("due").tombstones, 1);
    assert_eq!(rows(&mut connection).await, [2, 2]);
    let deleted = sqlx::raw_sql("DELETE FROM users").execute(&mut connection);
    deleted.await.expect("deleted");
    assert_eq!(rows(&mut connection).await, [0, 0]);
}

fn whole() -> ListQuery {
    ListQuery {
        filter: Filter::All,
        today: time::macros::date!(2026 - 11 - 28),
        after: None,
        limit: Limit::default(),
    }
}

/// Of all users.
async fn rows(connection: &mut MySqlConnection) -> [i64; 2] {
    let count = "SELECT (SELECT COUNT(*) FROM todo_tags), (SELECT COUNT(*) FROM tags)";
    let count: (i64, i64) = sqlx::query_as(count)
        .fetch_one(connection)
        .await
        .expect("counted");
    count.into()
}
