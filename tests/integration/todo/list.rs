//! The order of the list and its pages.

use std::cmp::Reverse;

use sqlx::MySqlPool;
use tickbox::domain::{
    todo::{
        Change, Cursor, Description, DueDate, DueTime, Filter, Limit, NewTodo, PAGE_SIZE, Plan,
        Todo, TodoId, Write,
    },
    user::Account,
};

use time::OffsetDateTime;
use uuid::Uuid;

use super::{Verb, add};
use crate::support::fixture::{World, part_of};

#[sqlx::test]
async fn open_to_dos_come_first_and_newer_before_older_or_the_last_done(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let mut ids = Vec::new();
    for description in ["first", "second", "third", "fourth", "removed"] {
        ids.push(add(&world, description).await.id);
    }
    for (verb, index) in [(Verb::Complete, 3), (Verb::Complete, 0), (Verb::Remove, 4)] {
        verb.of(&world, &world.ona, ids[index]).await.expect("done");
    }
    for (filter, expected) in [
        (Filter::All, &["third", "second", "fourth", "first"][..]),
        (Filter::Open, &["third", "second"]),
        (Filter::Done, &["first", "fourth"]),
    ] {
        let page = world
            .service
            .list(&world.ona, part_of(filter, None, at_most(50)))
            .await;
        let page = page.expect("listed");
        let texts: Vec<_> = page
            .todos
            .iter()
            .map(|it| it.description.as_str())
            .collect();
        assert_eq!(texts, expected, "{filter:?}");
        assert!(page.next.is_none());
    }
}

#[sqlx::test]
async fn pagination_covers_everything_once_even_with_equal_dates(pool: MySqlPool) {
    let world = World::new(&pool).await;
    fill(&world).await;
    for (filter, expected) in [(Filter::All, 300), (Filter::Open, 150), (Filter::Done, 150)] {
        for limit in [1, 7, PAGE_SIZE.get(), 1_000] {
            let listed = all_pages(&world, filter, limit).await;
            assert_eq!(listed.len(), expected, "{filter:?} by {limit}");
            assert!(
                listed.is_sorted_by(|a, b| order(a, filter) < order(b, filter)),
                "{filter:?} by {limit}: not in order, or something came twice"
            );
        }
    }
}

#[sqlx::test]
async fn a_list_that_fills_its_pages_has_no_empty_last_page(pool: MySqlPool) {
    let world = World::new(&pool).await;
    fill(&world).await;
    let first = world
        .service
        .list(&world.ona, part_of(Filter::Open, None, at_most(75)))
        .await;
    let first = first.expect("listed");
    assert_eq!(first.todos.len(), 75);
    let next = first.next.expect("there are 75 more");
    let last = world
        .service
        .list(&world.ona, part_of(Filter::Open, Some(next), at_most(75)))
        .await;
    let last = last.expect("listed");
    assert_eq!((last.todos.len(), last.next), (75, None));
}

#[sqlx::test]
async fn changes_between_two_pages_shift_no_other_rows(pool: MySqlPool) {
    let world = World::new(&pool).await;
    fill(&world).await;
    let before = all_pages(&world, Filter::All, 1_000).await;
    let first = world
        .service
        .list(&world.ona, part_of(Filter::All, None, at_most(50)))
        .await;
    let first = first.expect("listed");
    add(&world, "newer than all").await;
    // The very to-do that the next page begins behind.
    let last = first.todos.last().expect("a full page");
    Verb::Remove
        .of(&world, &world.ona, last.id)
        .await
        .expect("removed");
    let second = world
        .service
        .list(&world.ona, part_of(Filter::All, first.next, at_most(50)))
        .await;
    assert_eq!(second.expect("listed").todos, before[50..100]);
}

/// What the list is sorted by.
fn order(todo: &Todo, filter: Filter) -> (bool, Reverse<(Option<OffsetDateTime>, Uuid)>) {
    let date = match filter {
        Filter::Done => todo.done_date,
        _ => Some(todo.created_date),
    };
    (todo.is_done, Reverse((date, todo.id.0)))
}

/// Due dates and times of to-dos that stand in another order, one a day before the one that the tests are written on.
const DUE: [(&str, Option<&str>, Option<&str>); 9] = [
    ("none", None, None),
    ("in a week", Some("2026-12-05"), None),
    ("today", Some("2026-11-28"), None),
    ("tomorrow", Some("2026-11-29"), None),
    ("today at nine", Some("2026-11-28"), Some("09:00")),
    ("today, newer", Some("2026-11-28"), None),
    ("last year", Some("2025-12-31"), None),
    ("tomorrow at ten", Some("2026-11-29"), Some("10:00")),
    ("yesterday at ten", Some("2026-11-27"), Some("10:00")),
];

#[sqlx::test]
async fn what_is_due_comes_by_day_then_by_time_then_in_the_own_order(pool: MySqlPool) {
    let world = World::new(&pool).await;
    for owner in [&world.ona, &world.jonas] {
        for (text, date, time) in DUE {
            add_due(&world, owner, text, date, time).await;
        }
        let done = add_due(&world, owner, "done", Some("2026-11-28"), None).await;
        let removed = add_due(&world, owner, "removed", Some("2026-12-28"), None).await;
        Verb::Complete.of(&world, owner, done).await.expect("done");
        Verb::Remove.of(&world, owner, removed).await.expect("done");
    }
    for (filter, expected) in [
        (
            Filter::Today,
            &[
                "last year",
                "yesterday at ten",
                "today at nine",
                "today, newer",
                "today",
            ][..],
        ),
        (
            Filter::Upcoming,
            &["tomorrow at ten", "tomorrow", "in a week"],
        ),
    ] {
        for limit in [1, 2, 50] {
            let listed = all_pages(&world, filter, limit).await;
            let texts: Vec<_> = listed.iter().map(|it| it.description.as_str()).collect();
            assert_eq!(texts, expected, "{filter:?} by {limit}");
        }
    }
}

async fn add_due(
    world: &World,
    owner: &Account,
    text: &str,
    date: Option<&str>,
    time: Option<&str>,
) -> TodoId {
    let plan = Plan {
        due_date: date.map(|it| DueDate::parse(it).expect("a day")),
        due_time: time.map(|it| DueTime::parse(it).expect("a time")),
        ..Plan::default()
    };
    let description = Description::parse(text).expect("a text");
    let new = NewTodo {
        plan,
        ..NewTodo::new(description)
    };
    let id = TodoId::new_v7(world.service.clock().now());
    let write = Write::new(id, Change::Add(new));
    let added = world.service.write(owner, write).await;
    added.expect("no fault").expect("added").todo.id
}

fn at_most(number: u32) -> Limit {
    Limit::new(number).expect("within limits")
}

async fn all_pages(world: &World, filter: Filter, limit: u32) -> Vec<Todo> {
    let mut listed = Vec::new();
    let mut after: Option<Cursor> = None;
    loop {
        let page = world
            .service
            .list(&world.ona, part_of(filter, after, at_most(limit)))
            .await;
        let page = page.expect("listed");
        listed.extend(page.todos);
        assert!(listed.len() <= 1_000, "the pages do not end: {after:?}");
        match page.next {
            // Through its text, as a link carries it.
            Some(next) => {
                after = Some(Cursor::parse(&next.to_string(), filter).expect("its own form"));
            }
            None => return listed,
        }
    }
}

/// Ona gets 150 open and 150 done to-dos and 150 tombstones, ten of each to a date; Jonas as many.
async fn fill(world: &World) {
    let mut connection = world.connect().await;
    let begin = sqlx::raw_sql("BEGIN").execute(&mut connection);
    begin.await.expect("begun");
    for who in [&world.ona, &world.jonas] {
        for number in 0..450_u32 {
            sqlx::query(
                "INSERT INTO todos (user_id, id, description, isdone, created_date, done_date, removed_date, rev)
                 VALUES (?, UNHEX(LEFT(SHA2(?, 256), 32)), 'one of many', ?, ?, ?, ?, 1)",
            )
            .bind(who.user_id.0)
            .bind(number)
            .bind(number % 3 == 1)
            .bind(date(number / 30))
            .bind((number % 3 == 1).then(|| date(40 - number / 60)))
            .bind((number % 3 == 2).then(|| date(30)))
            .execute(&mut connection)
            .await
            .expect("inserted");
        }
    }
    let commit = sqlx::raw_sql("COMMIT").execute(&mut connection);
    commit.await.expect("committed");
}

fn date(day: u32) -> time::PrimitiveDateTime {
    time::macros::datetime!(2026-01-01 12:00) + time::Duration::days(day.into())
}
