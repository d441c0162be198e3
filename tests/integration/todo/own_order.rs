//! The user's own order: where a to-do is moved to, by its owner and by a stranger, by two devices at once, and what that
//! costs in a long list.

use fastrand::Rng;
use sqlx::{MySqlConnection, MySqlPool};
use tickbox::{
    domain::{
        error::{Conflict, Error},
        todo::{
            Change, Edit, Filter, Limit, Place, SyncToken, Todo, TodoId, Write, WriteRefusal,
            own_order::REACH,
        },
        user::Account,
    },
    store,
};
use uuid::Uuid;

use super::{
    add,
    query_cost::{fill, measure},
    stored, text,
};
use crate::support::fixture::{World, part_of};

/// Adds to-dos and gives their ids, the last one first, as the list does.
async fn add_all<const COUNT: usize>(world: &World, texts: [&str; COUNT]) -> [TodoId; COUNT] {
    let mut ids = Vec::new();
    for text in texts {
        ids.push(add(world, text).await.id);
    }
    ids.reverse();
    ids.try_into().expect("as many")
}

/// The open to-dos, then the done ones, as the list shows them.
async fn listed(world: &World, who: &Account) -> Vec<TodoId> {
    let query = part_of(Filter::All, None, Limit::default());
    let page = world.service.list(who, query).await.expect("listed");
    page.todos.iter().map(|todo| todo.id).collect()
}

async fn move_to(world: &World, id: TodoId, place: Place) -> Result<Todo, Error> {
    let moved = world.service.move_to(&world.ona, id, place).await;
    moved.map(|update| update.todo)
}

#[sqlx::test]
async fn a_to_do_is_moved_directly_above_or_below_another(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let [d, c, b, a] = add_all(&world, ["a", "b", "c", "d"]).await;
    for (id, place, order) in [
        (a, Place::Before(c), [d, a, c, b]),
        (a, Place::Before(d), [a, d, c, b]),
        (d, Place::After(b), [a, c, b, d]),
        (a, Place::After(c), [c, a, b, d]),
        (d, Place::Before(c), [d, c, a, b]),
        (d, Place::After(c), [c, d, a, b]),
    ] {
        move_to(&world, id, place).await.expect("moved");
        assert_eq!(listed(&world, &world.ona).await, order, "{place:?}");
    }
    let e = add(&world, "e").await.id;
    assert_eq!(
        listed(&world, &world.ona).await,
        [e, c, d, a, b],
        "new ones on top"
    );
}

#[sqlx::test]
async fn a_to_do_that_stands_there_already_is_not_changed(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let [b, a] = add_all(&world, ["a", "b"]).await;
    for (id, place) in [(b, Place::Before(a)), (a, Place::After(b))] {
        let same = world.service.move_to(&world.ona, id, place).await;
        let same = same.expect("there");
        assert!(!same.changed && same.counts.rev == 2, "{place:?}");
    }
}

#[sqlx::test]
async fn nothing_is_moved_beside_what_is_not_there(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let [b, a] = add_all(&world, ["a", "b"]).await;
    let theirs = TodoId::new_v7(world.clock.now());
    let added = world.service.add(&world.jonas, theirs, text("c")).await;
    added.expect("added");
    world.service.remove(&world.ona, b).await.expect("removed");
    for neighbour in [b, theirs, TodoId(Uuid::new_v4())] {
        let refused = move_to(&world, a, Place::Before(neighbour)).await;
        let gone = Error::Conflict(Conflict::NeighbourGone);
        assert_eq!(refused.expect_err("gone").to_string(), gone.to_string());
    }
    let removed = move_to(&world, b, Place::After(a)).await;
    assert!(matches!(removed, Err(Error::NotFound)));
    for (who, id, beside) in [(&world.ona, theirs, a), (&world.jonas, a, theirs)] {
        let moved = world.service.move_to(who, id, Place::Before(beside)).await;
        assert!(matches!(moved, Err(Error::NotFound)), "a stranger's");
    }
}

#[sqlx::test]
async fn open_ones_are_moved_among_open_ones_done_among_done(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let [d, c, b, a] = add_all(&world, ["a", "b", "c", "d"]).await;
    for id in [a, b] {
        world.service.complete(&world.ona, id).await.expect("done");
    }
    for (id, place) in [(a, Place::Before(d)), (d, Place::After(a))] {
        let refused = move_to(&world, id, place)
            .await
            .expect_err("of another state");
        let words = Error::Conflict(Conflict::NeighbourState).to_string();
        assert_eq!(refused.to_string(), words);
    }
    move_to(&world, a, Place::Before(b)).await.expect("moved");
    assert_eq!(listed(&world, &world.ona).await, [d, c, a, b]);
    // It comes back to where it stood.
    world.service.remove(&world.ona, a).await.expect("removed");
    world
        .service
        .restore(&world.ona, a)
        .await
        .expect("restored");
    assert_eq!(listed(&world, &world.ona).await, [d, c, a, b]);
}

#[sqlx::test]
async fn two_devices_may_move_to_one_place_at_once(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let ids = add_all(&world, ["a", "b", "c", "d", "e"]).await;
    let mut order = ids.to_vec();
    for _ in 0..3 {
        for [one, other] in [
            [
                (ids[4], Place::Before(ids[1])),
                (ids[3], Place::Before(ids[1])),
            ],
            [
                (ids[4], Place::Before(ids[0])),
                (ids[0], Place::Before(ids[4])),
            ],
            [
                (ids[2], Place::After(ids[3])),
                (ids[3], Place::After(ids[2])),
            ],
            [
                (ids[4], Place::After(ids[1])),
                (ids[4], Place::Before(ids[2])),
            ],
        ] {
            let (first, second) = tokio::join!(
                move_to(&world, one.0, one.1),
                move_to(&world, other.0, other.1),
            );
            let (first, second) = (first.expect("moved"), second.expect("moved"));
            let mut turns = [(first.rev, one), (second.rev, other)];
            turns.sort_by_key(|turn| turn.0);
            for (_, (id, place)) in turns {
                order.retain(|it| *it != id);
                let beside = order.iter().position(|it| *it == place.neighbour());
                let below = usize::from(matches!(place, Place::After(_)));
                order.insert(beside.expect("there") + below, id);
            }
            assert_eq!(listed(&world, &world.ona).await, order);
        }
    }
}

/// As a batch of a phone leaves them.
async fn at_one_moment(connection: &mut MySqlConnection) {
    let same =
        "UPDATE todos SET created_date = '2026-05-01', moved_date = NULL, moved_fraction = 0";
    sqlx::raw_sql(same).execute(connection).await.expect("set");
}

#[sqlx::test]
async fn those_of_one_moment_are_moved_among_each_other(pool: MySqlPool) {
    let seed = fastrand::u64(..);
    let mut random = Rng::with_seed(seed);
    let world = World::new(&pool).await;
    for number in 0..100 {
        add(&world, &format!("Number {number}")).await;
    }
    let mut connection = world.connect().await;
    at_one_moment(&mut connection).await;
    let mut plain = listed(&world, &world.ona).await;
    for step in 0..100 {
        let id = plain.remove(random.usize(..plain.len()));
        let index = random.usize(..=plain.len());
        let place = match plain.get(index) {
            Some(below) if random.bool() || index == 0 => Place::Before(*below),
            _ => Place::After(plain[index - 1]),
        };
        plain.insert(index, id);
        move_to(&world, id, place).await.expect("moved");
        let order = listed(&world, &world.ona).await;
        assert_eq!(order, plain, "seed {seed}, step {step}");
    }
}

/// Deltas bring what makes way, of one revision in several parts, and nobody is told of a conflict with it.
#[sqlx::test]
async fn what_makes_way_comes_with_the_changes(pool: MySqlPool) {
    let world = World::new(&pool).await;
    for number in 0..12 {
        add(&world, &format!("Number {number}")).await;
    }
    let mut connection = world.connect().await;
    at_one_moment(&mut connection).await;
    let before = listed(&world, &world.ona).await;
    let (id, neighbour) = (before[11], before[5]);
    let moved = move_to(&world, id, Place::Before(neighbour))
        .await
        .expect("moved");
    assert_eq!(moved.rev, 13);
    let mut since = SyncToken::start(world.ona.public_id, 0).at_revision(12);
    let mut brought = Vec::new();
    loop {
        let limit = Limit::parse("4").expect("a limit");
        let changes = world.service.changes(&world.ona, Some(since), limit).await;
        let changes = changes.expect("found");
        brought.extend(changes.todos);
        since = changes.next;
        if !changes.has_more {
            break;
        }
    }
    assert!(brought.iter().all(|todo| todo.rev == 13) && brought.len() > 4);
    assert!(brought.iter().any(|todo| todo.id == neighbour));
    let order = listed(&world, &world.ona).await;
    brought.sort_by_key(|todo| std::cmp::Reverse((todo.position, todo.id.0)));
    let brought: Vec<_> = brought.iter().map(|todo| todo.id).collect();
    let shown = order.iter().filter(|id| brought.contains(id));
    assert!(shown.eq(&brought), "their positions are those of the list");
    // Nobody has moved or edited those, whatever their revision.
    let edit = Edit {
        description: Some(text("Another text")),
        ..Edit::default()
    };
    for change in [Change::Edit(edit), Change::Move(Place::After(before[0]))] {
        let write = Write {
            expected_rev: Some(12),
            ..Write::new(neighbour, change)
        };
        let written = world
            .service
            .write(&world.ona, write)
            .await
            .expect("no fault");
        assert!(written.is_ok(), "{written:?}");
    }
    let write = Write {
        expected_rev: Some(12),
        ..Write::new(id, Change::Move(Place::After(before[0])))
    };
    let refused = world
        .service
        .write(&world.ona, write)
        .await
        .expect("no fault");
    assert!(
        matches!(refused, Err(WriteRefusal::Changed(_))),
        "this one was moved"
    );
}

#[sqlx::test]
async fn the_order_is_exact_for_a_gap_that_is_always_moved_to(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let mut connection = world.connect().await;
    fill(&mut connection, world.ona.user_id, "FALSE", "NULL", 1).await;
    let all = Limit::parse("1000").expect("a limit");
    let page = world
        .service
        .list(&world.ona, part_of(Filter::Open, None, all))
        .await;
    let ids: Vec<_> = page
        .expect("listed")
        .todos
        .iter()
        .map(|todo| todo.id)
        .collect();
    let (mut expected, mut largest) = (Vec::new(), 0);
    let (mut above, mut below) = (ids[0], ids[1]);
    for (step, id) in ids.into_iter().skip(2).take(300).enumerate() {
        let place = if step % 2 == 0 {
            Place::Before(below)
        } else {
            Place::After(above)
        };
        let moved = move_to(&world, id, place).await.expect("moved");
        largest = largest.max(of_revision(&mut connection, moved.rev).await);
        // By turns on both sides of the last one.
        expected.insert(step.div_ceil(2), id);
        *(if step % 2 == 0 {
            &mut above
        } else {
            &mut below
        }) = id;
        let order = listed(&world, &world.ona).await;
        assert_eq!(order[1..=expected.len()], expected, "step {step}");
    }
    println!("{largest} rows at most were written by one of 300 moves into one gap");
    assert!((8..=512).contains(&largest), "{largest} rows");
}

/// The number of to-dos that a revision has changed.
async fn of_revision(connection: &mut MySqlConnection, rev: u64) -> i64 {
    let count = sqlx::query_scalar("SELECT COUNT(*) FROM todos WHERE rev = ?").bind(rev);
    count.fetch_one(connection).await.expect("counted")
}

#[sqlx::test]
async fn a_move_reads_and_writes_few_rows_of_ten_thousand(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let mut connection = world.connect().await;
    for who in [&world.ona, &world.jonas] {
        fill(&mut connection, who.user_id, "FALSE", "NULL", 1).await;
        fill(&mut connection, who.user_id, "TRUE", "NULL", 2).await;
        fill(&mut connection, who.user_id, "FALSE", "'2026-10-01'", 3).await;
    }
    let user = world.ona.user_id;
    // Above the revisions of these.
    let risen = sqlx::raw_sql("UPDATE users SET rev = 20000").execute(&mut connection);
    risen.await.expect("set");
    let query = part_of(Filter::Open, None, Limit::parse("1000").expect("a limit"));
    let page = world.service.list(&world.ona, query).await.expect("listed");
    let limit = u32::try_from(REACH).expect("few") + 1;
    for index in [0, 1, 500, 999] {
        let at = (page.todos[index].position, page.todos[index].id);
        for most in [1, limit] {
            let (below, rows) = measure(&mut connection, async |connection| {
                let below = store::todo::below(connection, user, false, at, most).await;
                below.expect("found")
            })
            .await;
            assert_eq!(below.len(), most as usize, "below {index}");
            assert!(rows <= u64::from(most) + 3, "below {index}: {rows} rows");
            let nearest = page.todos.get(index + 1).map(|todo| todo.id);
            assert!(nearest.is_none_or(|id| below[0].id == id));
            let ((), rows) = measure(&mut connection, async |connection| {
                let respaced = store::todo::respace(connection, user, &below, 10_001).await;
                respaced.expect("written");
            })
            .await;
            // Through the table that the server makes of the JSON, and each by its key, to be read and to be changed.
            assert!(
                rows <= 6 * u64::from(most) + 10,
                "respaced {index}: {rows} rows"
            );
        }
    }
    at_one_moment(&mut connection).await;
    let page = world.service.list(&world.ona, query).await.expect("listed");
    let place = Place::Before(page.todos[700].id);
    let refused = move_to(&world, page.todos[900].id, place).await;
    let no_room = Error::Conflict(Conflict::NoRoom).to_string();
    assert_eq!(refused.expect_err("all are equal").to_string(), no_room);
    // The last 400 of the equal ones.
    let others = "DELETE FROM todos WHERE id < ?";
    let others = sqlx::query(others).bind(page.todos[600].id.0);
    others.execute(&mut connection).await.expect("deleted");
    let place = Place::Before(page.todos[200].id);
    let moved = move_to(&world, page.todos[300].id, place)
        .await
        .expect("the end is near");
    let written = of_revision(&mut connection, moved.rev).await;
    assert!((200..=512).contains(&written), "{written} rows");
    let after = world.service.list(&world.ona, query).await.expect("listed");
    let [shown, next] = [200, 201].map(|index| after.todos[index].id);
    assert_eq!((shown, next), (moved.id, page.todos[200].id));
    let kept = stored(&mut connection, &world.ona, moved.id)
        .await
        .expect("there");
    assert_eq!(kept, moved);
}
