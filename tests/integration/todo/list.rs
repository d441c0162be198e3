//! The order of the list and its pages.

use sqlx::MySqlPool;
use std::cmp::Reverse;

use tickbox::domain::todo::{Cursor, Filter, Limit, PAGE_SIZE, Todo};

use super::{Verb, add};
use crate::support::fixture::World;

#[sqlx::test]
async fn open_to_dos_come_first_and_newer_before_older(pool: MySqlPool) {
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
        (Filter::Done, &["fourth", "first"]),
    ] {
        let page = world
            .service
            .list(&world.ona, filter, None, at_most(50))
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
                listed.is_sorted_by(|a, b| order(a) < order(b)),
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
        .list(&world.ona, Filter::Open, None, at_most(75))
        .await;
    let first = first.expect("listed");
    assert_eq!(first.todos.len(), 75);
    let next = first.next.expect("there are 75 more");
    let last = world
        .service
        .list(&world.ona, Filter::Open, Some(next), at_most(75))
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
        .list(&world.ona, Filter::All, None, at_most(50))
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
        .list(&world.ona, Filter::All, first.next, at_most(50))
        .await;
    assert_eq!(second.expect("listed").todos, before[50..100]);
}

/// What the list is sorted by.
fn order(todo: &Todo) -> (bool, Reverse<(time::OffsetDateTime, uuid::Uuid)>) {
    (todo.is_done, Reverse((todo.created_date, todo.id.0)))
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
            .list(&world.ona, filter, after, at_most(limit))
            .await;
        let page = page.expect("listed");
        listed.extend(page.todos);
        match page.next {
            // Through its text, as a link carries it.
            Some(next) => after = Some(next.to_string().parse().expect("its own form")),
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
                 VALUES (?, UNHEX(LEFT(SHA2(?, 256), 32)), 'one of many', ?, ?, NULL, ?, 1)",
            )
            .bind(who.user_id.0)
            .bind(number)
            .bind(number % 3 == 1)
            .bind(date(number / 30))
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
