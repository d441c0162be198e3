//! Tries of which it is not known yet how they end.

use std::time::Duration;

use futures_util::future::join_all;
use sqlx::{Connection as _, Executor as _, MySqlPool};
use tickbox::service::{Argon2Cost, Service};
use tokio::time::sleep;

use super::{end, from, guess, hits, try_login, wait};
use crate::support::fixture::{PASSWORD, World};

/// In a moment, for people.
const SOON: Duration = Duration::from_secs(5);
const LAPSE: time::Duration = time::Duration::seconds(30);

async fn in_flight(world: &World) -> i64 {
    sqlx::query_scalar("SELECT CAST(COALESCE(MAX(in_flight), 0) AS SIGNED) FROM rate_limits")
        .fetch_one(&mut world.connect().await)
        .await
        .expect("read")
}

async fn log_in(service: &Service) -> Result<(), tickbox::domain::error::Error> {
    let login = try_login(service, "ona", PASSWORD, from("1.2.3.4")).await;
    login.map(drop)
}

/// The row of the user is held, so that no session can begin: what a full disk or a cluster without a
/// majority does. The passwords have been looked at and were right.
#[sqlx::test]
async fn stalled_right_passwords_lapse_and_lock_out_nobody(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let service = world.with_limits();
    let mut holder = world.connect().await;
    let mut held = holder.begin().await.expect("begun");
    let hold = "SELECT id FROM users FOR UPDATE";
    held.execute(hold).await.expect("held");
    let logins = join_all((0..12).map(|_| log_in(&service))).await;
    assert!(logins.iter().all(|login| end(login) != "ok"), "{logins:?}");
    held.rollback().await.expect("released");
    // What was left behind comes to its end.
    sleep(Duration::from_secs(1)).await;
    assert_eq!(hits(&world).await.1, 0, "none was wrong");
    world.clock.advance(LAPSE);
    for number in 0..10 {
        let end = guess(&service, "ona", "1.2.3.4").await;
        assert_eq!(end, "wrong", "all places are free again: {number}");
    }
    assert_eq!(guess(&service, "ona", "1.2.3.4").await, "limited");
}

#[sqlx::test]
async fn attempts_in_flight_of_a_dead_instance_lapse(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let service = world.with_limits();
    assert_eq!(guess(&service, "ona", "1.2.3.4").await, "wrong");
    let died = "UPDATE rate_limits SET in_flight = 9,
        in_flight_date = UTC_TIMESTAMP(6) - INTERVAL 10 SECOND,
        in_flight_ends_date = UTC_TIMESTAMP(6) + INTERVAL 20 SECOND";
    let mut connection = world.connect().await;
    connection.execute(died).await.expect("updated");
    // These are not about to end.
    let refused = wait(log_in(&service).await).as_secs();
    assert!((15..=20).contains(&refused), "{refused}");
    world.clock.advance(time::Duration::seconds(21));
    assert_eq!(end(&log_in(&service).await), "ok");
    assert_eq!(in_flight(&world).await, 0);
}

#[sqlx::test]
async fn too_many_concurrent_right_passwords_succeed_on_retry(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let instances = [world.with_limits(), world.with_limits()];
    let mut holder = world.connect().await;
    let mut held = holder.begin().await.expect("begun");
    let hold = "SELECT id FROM users FOR UPDATE";
    held.execute(hold).await.expect("held");
    let logins = (0..13).map(|number| log_in(&instances[number % 2]));
    let release = async {
        sleep(Duration::from_millis(700)).await;
        held.rollback().await.expect("released");
    };
    let (logins, ()) = tokio::join!(join_all(logins), release);
    let count = |wanted| logins.iter().filter(|login| end(login) == wanted).count();
    assert_eq!((count("ok"), count("limited")), (10, 3), "{logins:?}");
    for login in logins.into_iter().filter(|login| end(login) == "limited") {
        let seconds = wait(login);
        assert!(seconds <= SOON, "not when the window ends: {seconds:?}");
    }
    for number in 0..3 {
        let login = log_in(&instances[number % 2]).await;
        assert_eq!(end(&login), "ok");
    }
}

#[sqlx::test]
async fn a_verdict_after_the_lapse_is_not_revealed(pool: MySqlPool) {
    let world = World::new(&pool).await;
    // Of nobody: it is compared with a hash of that effort.
    let slow = Argon2Cost {
        memory: 32_768,
        passes: 4,
    };
    let service = world.with_effort(slow);
    let service = service.with_rate_limits(tickbox::domain::rate_limit::RequestQuota::STANDARD);
    let late = async {
        while in_flight(&world).await == 0 {
            sleep(Duration::from_millis(1)).await;
        }
        world.clock.advance(time::Duration::seconds(21));
    };
    let (guessed, ()) = tokio::join!(guess(&service, "nobody", "1.2.3.4"), late);
    assert_eq!(guessed, "failed");
    assert_eq!(hits(&world).await.1, 0);
}

/// Its own tries must have lapsed: what another one holds is not its to give up.
#[sqlx::test]
async fn a_late_settlement_takes_no_other_attempts_place(pool: MySqlPool) {
    use tickbox::{
        domain::rate_limit::{Bucket, LAPSES_AFTER, RateLimit},
        store::rate_limit,
    };
    let world = World::new(&pool).await;
    let bucket = Bucket {
        limit: RateLimit::LoginPair,
        key: [7; 32],
    };
    let connection = &mut world.connect().await;
    let first = world.clock.now();
    let later = first + LAPSES_AFTER;
    for began in [first, later] {
        let begun = rate_limit::begin(connection, &[bucket], began, began + LAPSES_AFTER).await;
        begun.expect("counted");
    }
    for (began, left) in [(first, 1), (later, 0), (later, 0)] {
        let released = rate_limit::release(connection, &[bucket], began).await;
        released.expect("released");
        assert_eq!(in_flight(&world).await, left);
    }
}
