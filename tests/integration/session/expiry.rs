//! Sessions that end by themselves, and the time of last use.

use sqlx::MySqlPool;
use std::time::Duration as StdDuration;

use tickbox::{
    domain::session::{ABSOLUTE_TIMEOUT, IDLE_TIMEOUT, SEEN_INTERVAL, SessionToken},
    store,
};
use time::Duration;
use tokio::time::{sleep, timeout};

use super::{is_logged_in, log_in, stored};
use crate::support::fixture::World;

/// The note is made while the request goes on.
async fn use_and_wait_for_note(world: &World, token: &SessionToken) {
    let mut connection = world.connect().await;
    let noted = async {
        loop {
            assert!(is_logged_in(world, token).await);
            let stored = stored(&mut connection, token.id).await.expect("stored");
            if world.clock.now() - stored.seen_date.assume_utc() < SEEN_INTERVAL {
                return;
            }
            sleep(StdDuration::from_millis(5)).await;
        }
    };
    timeout(StdDuration::from_secs(10), noted)
        .await
        .expect("it is not noted");
}

#[sqlx::test]
async fn a_session_ends_30_days_after_its_last_use(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let used = log_in(&world, "ona", None).await.token;
    let unused = log_in(&world, "ona", None).await.token;
    world.clock.advance(IDLE_TIMEOUT - Duration::minutes(1));
    use_and_wait_for_note(&world, &used).await;
    world.clock.advance(Duration::minutes(2));
    assert!(is_logged_in(&world, &used).await);
    assert!(!is_logged_in(&world, &unused).await);
}

#[sqlx::test]
async fn a_session_ends_after_90_days_of_constant_use(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let token = log_in(&world, "ona", None).await.token;
    for day in 1..ABSOLUTE_TIMEOUT.whole_days() {
        world.clock.advance(Duration::DAY);
        assert!(is_logged_in(&world, &token).await, "day {day}");
        use_and_wait_for_note(&world, &token).await;
    }
    world.clock.advance(Duration::DAY);
    assert!(!is_logged_in(&world, &token).await);
}

#[sqlx::test]
async fn the_last_use_is_stored_once_an_hour(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let mut connection = world.connect().await;
    let token = log_in(&world, "ona", None).await.token;
    let first = stored(&mut connection, token.id).await.expect("stored");
    assert_eq!(first.seen_date, first.created_date);
    world.clock.advance(SEEN_INTERVAL - Duration::MINUTE);
    assert!(is_logged_in(&world, &token).await);
    let second = stored(&mut connection, token.id).await.expect("stored");
    assert_eq!(second.seen_date, first.seen_date, "too early");
    world.clock.advance(Duration::minutes(2));
    use_and_wait_for_note(&world, &token).await;
    let third = stored(&mut connection, token.id).await.expect("stored");
    assert!(
        third.seen_date - first.seen_date >= SEEN_INTERVAL,
        "not written"
    );
    assert_eq!(third.expires_date, third.seen_date + IDLE_TIMEOUT);
}

#[sqlx::test]
async fn storing_the_last_use_does_not_revive_an_ended_session(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let mut connection = world.connect().await;
    let token = log_in(&world, "ona", None).await.token;
    world.service.log_out(token.id).await.expect("logged out");
    let now = world.clock.now();
    let touched = store::session::touch(&mut connection, token.id, now, now + IDLE_TIMEOUT).await;
    touched.expect("no fault");
    assert!(stored(&mut connection, token.id).await.is_none());
    assert!(!is_logged_in(&world, &token).await);
}
