//! A clock that somebody sets forward, back, and right again: what was stored by a wrong one must neither end
//! sessions early nor keep work from being done until that date comes.

use serde_json::json;
use sqlx::MySqlPool;
use tickbox::{
    domain::error::Error,
    service::{Purged, Service},
};
use time::Duration;

use crate::{
    session::{is_logged_in, log_in},
    support::{
        api_client::Phone,
        fixture::{World, client, credentials},
        test_server::Site,
    },
};

const YEAR: Duration = Duration::days(365);

async fn purge(world: &World) -> Option<Purged> {
    world.service.purge_if_due().await.expect("no fault")
}

#[sqlx::test]
async fn a_purge_by_a_fast_clock_does_not_stop_later_purges(pool: MySqlPool) {
    let world = World::new(&pool).await;
    world.clock.advance(YEAR);
    assert!(purge(&world).await.is_some(), "due, by that clock");
    world.clock.advance(-YEAR);
    assert!(purge(&world).await.is_some(), "due, by the right clock");
    assert!(purge(&world).await.is_none(), "done");
    world.clock.advance(Duration::DAY);
    assert!(purge(&world).await.is_some(), "the next day");
}

#[sqlx::test]
async fn instances_with_slightly_different_clocks_purge_daily(pool: MySqlPool) {
    let world = World::new(&pool).await;
    assert!(purge(&world).await.is_some());
    for seconds in [-90, 180, -90] {
        world.clock.advance(Duration::seconds(seconds));
        assert!(purge(&world).await.is_none(), "{seconds}");
    }
}

/// How a login with a wrong password ends.
async fn guess(service: &Service) -> Error {
    let wrong = credentials("ona", "another teapot 7");
    let guessed = service.log_in(wrong, None, client("a test")).await;
    guessed.map(|_| ()).expect_err("the password is wrong")
}

#[sqlx::test]
async fn wrong_passwords_counted_by_a_fast_clock_lock_out_nobody(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let service = world.with_limits();
    world.clock.advance(YEAR);
    for _ in 0..10 {
        assert!(matches!(guess(&service).await, Error::Unauthenticated(_)));
    }
    assert!(matches!(guess(&service).await, Error::RateLimited { .. }));
    world.clock.advance(-YEAR);
    assert!(service.purge_expired_limits().await.expect("deleted") > 0);
    assert!(matches!(guess(&service).await, Error::Unauthenticated(_)));
    let forgotten = service.purge_expired_limits().await;
    assert_eq!(forgotten.expect("deleted"), 0, "it counts");
}

#[sqlx::test]
async fn a_browser_stays_logged_in_when_the_clock_jumps(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let before = log_in(&world, "ona", None).await.token;
    world.clock.advance(Duration::days(20));
    let ahead = log_in(&world, "ona", None).await.token;
    assert!(is_logged_in(&world, &before).await);
    world.clock.advance(Duration::days(-25));
    let behind = log_in(&world, "ona", None).await.token;
    for token in [&before, &ahead, &behind] {
        assert!(is_logged_in(&world, token).await);
    }
    world.clock.advance(Duration::days(5));
    for token in [&before, &ahead, &behind] {
        assert!(is_logged_in(&world, token).await);
    }
}

#[sqlx::test]
async fn a_phone_refreshes_when_the_clock_jumps(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let mut phone = Phone::log_in(&site, "ona").await;
    for hours in [2, -26, 24] {
        site.world.clock.advance(Duration::hours(hours));
        let lost = phone.ask_to_refresh().await;
        assert_eq!(lost.status, 200, "{hours}");
        let first = lost.json["refresh_token"].clone();
        phone.refresh().await;
        assert_eq!(json!(phone.refresh_token), first, "the lost answer's");
        let listed = phone.get("todo_list", json!({})).await;
        assert_eq!(listed.status, 200, "{hours}");
    }
}

#[sqlx::test]
async fn a_late_refresh_is_tolerated_when_the_clock_goes_back(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let mut phone = Phone::log_in(&site, "ona").await;
    let slow = phone.clone();
    phone.refresh().await;
    phone.refresh().await;
    site.world.clock.advance(Duration::hours(-26));
    assert_eq!(slow.ask_to_refresh().await.status, 200);
    phone.refresh().await;
}

#[sqlx::test]
async fn changes_are_synced_once_when_the_clock_jumps(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let mut phone = Phone::log_in(&site, "ona").await;
    let mut since = json!({});
    for hours in [0, 2, -26, 24] {
        site.world.clock.advance(Duration::hours(hours));
        phone.refresh().await;
        let text = format!("at {hours}");
        let added = phone.post("add_todo", json!({"description": text})).await;
        assert_eq!(added.status, 201, "{}", added.answer.body);
        let changes = phone.get("todo_changes", since).await;
        assert_eq!(changes.status, 200, "{}", changes.answer.body);
        let told = changes.json["todos"].as_array().expect("a list");
        let told: Vec<_> = told.iter().map(|todo| &todo["description"]).collect();
        assert_eq!(told, [&json!(text)], "{hours}");
        since = json!({"since": changes.json["next"]});
    }
    let listed = phone.get("todo_list", json!({})).await;
    assert_eq!(listed.json["todos"].as_array().expect("a list").len(), 4);
}
