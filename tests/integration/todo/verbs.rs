//! Each verb once, twice, and by a stranger.

use sqlx::MySqlPool;
use std::collections::BTreeSet;

use futures_util::future::join_all;
use tickbox::domain::{
    error::{Conflict, Error},
    todo::{Filter, PAGE_SIZE, TodoId},
};
use uuid::Uuid;

use super::{VERBS, Verb, add, counted, counts, stored, text};
use crate::support::fixture::{World, part_of};

#[sqlx::test]
async fn an_add_stores_what_it_returns(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let mut connection = world.connect().await;
    let description = "Pirkti pieno 🥛 '; DROP TABLE todos --";
    let id = TodoId(Uuid::new_v4());
    let outcome = world.service.add(&world.ona, id, text(description)).await;
    let outcome = outcome.expect("added");
    assert!(outcome.changed);
    assert_eq!(outcome.todo.description.as_str(), description);
    assert_eq!(
        (outcome.counts.rev, outcome.counts.open, outcome.counts.all),
        (1, 1, 1)
    );
    assert_eq!(outcome.counts, counts(&mut connection, &world.ona).await);
    assert_eq!(
        stored(&mut connection, &world.ona, id).await,
        Some(outcome.todo)
    );
    assert_eq!(stored(&mut connection, &world.jonas, id).await, None);
}

#[sqlx::test]
async fn adding_again_with_the_same_id_returns_the_stored_one(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let todo = add(&world, "Buy milk").await;
    let again = world
        .service
        .add(&world.ona, todo.id, text("Buy milk"))
        .await;
    let again = again.expect("the same request once more");
    assert!(!again.changed);
    assert_eq!(again.todo, todo);
    assert_eq!(counts(&mut world.connect().await, &world.ona).await.rev, 1);
    // Also when the to-do went on in the meantime.
    let done = world
        .service
        .complete(&world.ona, todo.id)
        .await
        .expect("done");
    let again = world
        .service
        .add(&world.ona, todo.id, text("Buy milk"))
        .await;
    assert_eq!(again.expect("once more").todo, done.todo);
}

#[sqlx::test]
async fn adding_another_text_with_the_same_id_is_a_conflict(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let mut connection = world.connect().await;
    let todo = add(&world, "Buy milk").await;
    for other in ["Buy bread", "buy milk", "Buy milk."] {
        let again = world.service.add(&world.ona, todo.id, text(other)).await;
        assert!(
            matches!(again, Err(Error::Conflict(Conflict::IdReused))),
            "{again:?}"
        );
    }
    assert_eq!(counts(&mut connection, &world.ona).await.rev, 1);
    assert_eq!(
        stored(&mut connection, &world.ona, todo.id).await,
        Some(todo)
    );
}

#[sqlx::test]
async fn two_users_may_use_the_same_id(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let ona = add(&world, "Ona's").await;
    let jonas = world
        .service
        .add(&world.jonas, ona.id, text("Jonas's"))
        .await;
    assert!(jonas.expect("added").changed);
    let removed = world.service.remove(&world.jonas, ona.id).await;
    assert!(removed.expect("removed").changed);
    assert_eq!(
        stored(&mut world.connect().await, &world.ona, ona.id).await,
        Some(ona)
    );
}

#[sqlx::test]
async fn each_verb_stores_what_it_returns_and_raises_the_revision(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let mut connection = world.connect().await;
    let todo = add(&world, "Buy milk").await;
    for (rev, verb) in (2..).zip(VERBS) {
        let outcome = verb.of(&world, &world.ona, todo.id).await.expect("done");
        assert!(outcome.changed, "{verb:?}");
        assert_eq!(
            (outcome.counts.rev, outcome.todo.rev),
            (rev, rev),
            "{verb:?}"
        );
        assert_eq!(
            outcome.counts,
            counts(&mut connection, &world.ona).await,
            "{verb:?}"
        );
        let kept = stored(&mut connection, &world.ona, todo.id).await;
        assert_eq!(kept, Some(outcome.todo), "{verb:?}");
    }
}

#[sqlx::test]
async fn each_verb_is_idempotent(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let todo = add(&world, "Buy milk").await;
    for verb in VERBS {
        let first = verb.of(&world, &world.ona, todo.id).await.expect("done");
        let second = verb.of(&world, &world.ona, todo.id).await.expect("done");
        assert!(!second.changed, "{verb:?}");
        assert_eq!(second.todo, first.todo, "{verb:?}");
        assert_eq!(second.counts, first.counts, "{verb:?}");
    }
}

#[sqlx::test]
async fn a_restored_to_do_is_as_before_its_removal(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let todo = add(&world, "Buy milk").await;
    let done = Verb::Complete
        .of(&world, &world.ona, todo.id)
        .await
        .expect("done");
    Verb::Remove
        .of(&world, &world.ona, todo.id)
        .await
        .expect("removed");
    let restored = Verb::Restore
        .of(&world, &world.ona, todo.id)
        .await
        .expect("restored");
    assert_eq!(restored.todo.rev, 4);
    assert_eq!(
        restored.todo,
        tickbox::domain::todo::Todo {
            rev: 4,
            revs: restored.todo.revs.clone(),
            ..done.todo
        }
    );
}

#[sqlx::test]
async fn a_removed_to_do_cannot_be_completed_or_reopened(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let todo = add(&world, "Buy milk").await;
    Verb::Remove
        .of(&world, &world.ona, todo.id)
        .await
        .expect("removed");
    for verb in [Verb::Complete, Verb::Reopen] {
        let result = verb.of(&world, &world.ona, todo.id).await;
        assert!(
            matches!(result, Err(Error::NotFound)),
            "{verb:?}: {result:?}"
        );
    }
    assert_eq!(counts(&mut world.connect().await, &world.ona).await.rev, 2);
}

#[sqlx::test]
async fn another_users_to_do_is_not_found(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let mut connection = world.connect().await;
    let mine = add(&world, "Ona's").await;
    let removed = add(&world, "Ona's, removed").await;
    Verb::Remove
        .of(&world, &world.ona, removed.id)
        .await
        .expect("removed");
    let before = counts(&mut connection, &world.ona).await;
    for id in [mine.id, removed.id, TodoId(Uuid::new_v4())] {
        for verb in VERBS {
            let result = verb.of(&world, &world.jonas, id).await;
            assert!(
                matches!(result, Err(Error::NotFound)),
                "{verb:?}: {result:?}"
            );
        }
    }
    assert_eq!(
        stored(&mut connection, &world.ona, mine.id).await,
        Some(mine)
    );
    assert_eq!(counts(&mut connection, &world.ona).await, before);
    assert_eq!(
        counts(&mut connection, &world.jonas).await,
        world.jonas.counts
    );
    for filter in [Filter::All, Filter::Open, Filter::Done] {
        let page = world
            .service
            .list(&world.jonas, part_of(filter, None, PAGE_SIZE))
            .await;
        assert!(page.expect("no fault").todos.is_empty());
    }
}

#[sqlx::test]
async fn twenty_concurrent_adds_get_twenty_revisions(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let mut connection = world.connect().await;
    let adds = join_all((0..20).map(|number| {
        let id = TodoId(Uuid::new_v4());
        world
            .service
            .add(&world.ona, id, text(&format!("Number {number}")))
    }));
    let outcomes: Vec<_> = adds
        .await
        .into_iter()
        .map(|it| it.expect("added"))
        .collect();
    let revs: BTreeSet<_> = outcomes.iter().map(|it| it.todo.rev).collect();
    assert_eq!(revs, (1..=20).collect());
    for outcome in outcomes {
        // Each answer tells the counts at its own revision.
        assert_eq!(outcome.counts.rev, outcome.todo.rev);
        assert_eq!(
            u64::try_from(outcome.counts.open).expect("positive"),
            outcome.todo.rev
        );
    }
    assert_eq!(counted(&mut connection, &world.ona).await, (20, 20));
    let kept = counts(&mut connection, &world.ona).await;
    assert_eq!((kept.rev, kept.open, kept.all), (20, 20, 20));
}

#[sqlx::test]
async fn ten_concurrent_adds_of_one_to_do_add_one(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let mut connection = world.connect().await;
    let id = TodoId(Uuid::new_v4());
    let adds = (0..10).map(|_| world.service.add(&world.ona, id, text("Buy milk")));
    let outcomes: Vec<_> = join_all(adds)
        .await
        .into_iter()
        .map(|it| it.expect("added"))
        .collect();
    assert_eq!(outcomes.iter().filter(|it| it.changed).count(), 1);
    assert!(
        outcomes.iter().all(|it| it.todo == outcomes[0].todo),
        "{outcomes:?}"
    );
    // Also the one that was turned away tells that the list has a to-do now.
    let kept = counts(&mut connection, &world.ona).await;
    assert!(outcomes.iter().all(|it| it.counts == kept), "{outcomes:?}");
    assert_eq!((kept.rev, kept.open, kept.all), (1, 1, 1));
    assert_eq!(counted(&mut connection, &world.ona).await, (1, 1));
}

#[sqlx::test]
async fn concurrent_completions_and_removals_count_once(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let mut connection = world.connect().await;
    let todo = add(&world, "Buy milk").await;
    let completions = (0..8).map(|_| Verb::Complete.of(&world, &world.ona, todo.id));
    let outcomes = join_all(completions).await;
    let changed = outcomes
        .iter()
        .filter(|it| it.as_ref().is_ok_and(|it| it.changed));
    assert_eq!(changed.count(), 1);
    let kept = counts(&mut connection, &world.ona).await;
    assert_eq!((kept.rev, kept.open, kept.all), (2, 0, 1));
    let removals = (0..8).map(|_| Verb::Remove.of(&world, &world.ona, todo.id));
    join_all(removals).await;
    let kept = counts(&mut connection, &world.ona).await;
    assert_eq!((kept.rev, kept.open, kept.all), (3, 0, 0));
}
