//! How often something may be tried, by whom, and what counts.

mod address;
mod allowance;
mod device;
mod event;
mod flight;
mod flood;
mod http;
mod quota;
mod request;

use std::{fmt::Debug, time::Duration};

use futures_util::future::join_all;
use sqlx::{Executor as _, MySqlPool};
use tickbox::{
    domain::{
        client_ip::ClientIp,
        error::{AuthError, Conflict, Error},
        session::{RefreshToken, SessionId, SuccessorKey},
    },
    service::{ClientInfo, NewBrowserSession, Service},
};
use uuid::Uuid;

use crate::support::fixture::{PASSWORD, World, client, credentials, registration};

const WRONG: &str = "another teapot 7";

fn address(text: &str) -> ClientIp {
    let peer = text.parse().expect("an address");
    ClientIp::from_forwarded_for(peer, [].into_iter(), 0)
}

/// A browser that nobody has logged in with, somewhere.
fn from(place: &str) -> ClientInfo {
    ClientInfo {
        address: address(place),
        ..client("a test")
    }
}

async fn try_login(
    service: &Service,
    username: &str,
    password: &str,
    client: ClientInfo,
) -> Result<NewBrowserSession, Error> {
    let credentials = credentials(username, password);
    service.log_in(credentials, None, client).await
}

/// How an attempt ended, in a word.
fn end<T>(result: &Result<T, Error>) -> &'static str {
    match result {
        Ok(_) => "ok",
        Err(Error::Unauthenticated(AuthError::WrongCredentials)) => "wrong",
        Err(Error::Unauthenticated(_)) => "ended",
        Err(Error::Conflict(Conflict::UsernameTaken)) => "taken",
        Err(Error::RateLimited { .. }) => "limited",
        Err(_) => "failed",
    }
}

/// Guesses a password, and says how that ended.
async fn guess(service: &Service, username: &str, place: &str) -> &'static str {
    end(&try_login(service, username, WRONG, from(place)).await)
}

fn wait<T: Debug>(result: Result<T, Error>) -> Duration {
    match result {
        Err(Error::RateLimited { retry_after }) => retry_after,
        other => panic!("not limited: {other:?}"),
    }
}

/// What has been counted, all buckets together.
async fn hits(world: &World) -> (i64, i64) {
    sqlx::query_as("SELECT COUNT(*), CAST(COALESCE(SUM(hits), 0) AS SIGNED) FROM rate_limits")
        .fetch_one(&mut world.connect().await)
        .await
        .expect("read")
}

#[sqlx::test]
async fn ten_wrong_passwords_per_username_and_address_are_allowed(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let instances = [world.with_limits(), world.with_limits()];
    for number in 0..10 {
        let end = guess(&instances[number % 2], "ona", "1.2.3.4").await;
        assert_eq!(end, "wrong", "{number}");
    }
    for instance in &instances {
        assert_eq!(guess(instance, "ona", "1.2.3.4").await, "limited");
        let right = try_login(instance, "ONA", PASSWORD, from("1.2.3.4")).await;
        assert_eq!(end(&right), "limited", "the password is not looked at");
        assert_eq!(guess(instance, "jonas", "1.2.3.4").await, "wrong");
        assert_eq!(guess(instance, "ona", "1.2.3.5").await, "wrong");
    }
}

#[sqlx::test]
async fn nineteen_wrong_passwords_per_address_are_allowed(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let instances = [world.with_limits(), world.with_limits()];
    for number in 0..19_usize {
        // Beyond the twelfth they are spread over the hour.
        if number >= 12 {
            assert_eq!(
                guess(&instances[0], "ona", "2001:db8:1:2::").await,
                "limited"
            );
            world.clock.advance(time::Duration::seconds(450));
        }
        // Of one customer's network; some usernames could be nobody's.
        let place = format!("2001:db8:1:2::{number}");
        let username = format!("some{}body{number}", ["", " "][number % 2]);
        let end = guess(&instances[number % 2], &username, &place).await;
        assert_eq!(end, "wrong", "{number}");
    }
    for instance in &instances {
        assert_eq!(guess(instance, "ona", "2001:db8:1:2::").await, "limited");
        assert_eq!(guess(instance, "ona", "2001:db8:1:3::").await, "wrong");
    }
}

#[sqlx::test]
async fn a_hundred_wrong_passwords_per_username_are_allowed(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let instances = [world.with_limits(), world.with_limits()];
    for username in ["ona", "nobody", "no body"] {
        for number in 0..100 {
            let end = guess(
                &instances[number % 2],
                username,
                &format!("10.0.0.{number}"),
            )
            .await;
            assert_eq!(end, "wrong", "{username} {number}");
        }
        for instance in &instances {
            assert_eq!(guess(instance, username, "10.0.1.1").await, "limited");
        }
    }
}

#[sqlx::test]
async fn twenty_registrations_per_address_are_allowed(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let instances = [world.with_limits(), world.with_limits()];
    // What is sent again within a minute is no second registration.
    world.clock.advance(time::Duration::seconds(61));
    let register = async |number: usize, username: &str, place| {
        let registration = registration(username);
        end(&instances[number % 2]
            .register(registration, address(place))
            .await)
    };
    for number in 0..20 {
        let (username, expected) = match number % 2 {
            0 => ("ona".to_owned(), "taken"),
            _ => (format!("rita{number}"), "ok"),
        };
        assert_eq!(register(number, &username, "1.2.3.4").await, expected);
    }
    for number in 0..2 {
        assert_eq!(register(number, "ona", "1.2.3.4").await, "limited");
        assert_eq!(register(number, "rita", "1.2.3.4").await, "limited");
        assert_eq!(register(number, "ona", "1.2.3.5").await, "taken");
    }
}

#[sqlx::test]
async fn sixty_forged_refresh_tokens_per_address_are_allowed(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let instances = [world.with_limits(), world.with_limits()];
    let made_up = || RefreshToken::issue(SessionId(Uuid::nil()), [1; 32], &SuccessorKey([2; 32]));
    let place = address("1.2.3.4");
    for number in 0..60 {
        let instance = &instances[number % 2];
        let end = match number % 3 {
            0 => end::<()>(&Err(instance.reject_refresh_token(place).await)),
            _ => end(&instance.refresh(made_up(), place).await),
        };
        assert_eq!(end, "ended", "{number}");
    }
    for instance in &instances {
        assert_eq!(end(&instance.refresh(made_up(), place).await), "limited");
        let elsewhere = instance.refresh(made_up(), address("1.2.3.5")).await;
        assert_eq!(end(&elsewhere), "ended");
        let login = instance.log_in_device(credentials("ona", PASSWORD), from("1.2.3.4"));
        let refresh = login.await.expect("right password").refresh;
        let token = RefreshToken::parse(secrecy::ExposeSecret::expose_secret(&refresh));
        let refreshed = instance.refresh(token.expect("a token"), place).await;
        assert_eq!(end(&refreshed), "ok");
    }
}

#[sqlx::test]
async fn ten_of_fifty_concurrent_wrong_passwords_are_checked(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let instances = [world.with_limits(), world.with_limits()];
    for username in ["ona", "nobody"] {
        let guesses = (0..50).map(|number| guess(&instances[number % 2], username, "1.2.3.4"));
        let ends = join_all(guesses).await;
        let count = |wanted| ends.iter().filter(|end| **end == wanted).count();
        assert_eq!((count("wrong"), count("limited")), (10, 40), "{ends:?}");
        // The limit of the address is for all usernames together.
        world.clock.advance(time::Duration::hours(1));
    }
}

#[sqlx::test]
async fn a_right_password_neither_counts_nor_resets_the_count(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let service = world.with_limits();
    for _ in 0..9 {
        assert_eq!(guess(&service, "ona", "1.2.3.4").await, "wrong");
    }
    for number in 0..30 {
        let login = try_login(&service, "ona", PASSWORD, from("1.2.3.4")).await;
        assert_eq!(end(&login), "ok", "{number}");
        let phone = service.log_in_device(credentials("ona", PASSWORD), from("1.2.3.4"));
        assert_eq!(end(&phone.await), "ok", "{number}");
    }
    assert_eq!(hits(&world).await, (3, 27));
    assert_eq!(guess(&service, "ona", "1.2.3.4").await, "wrong");
    assert_eq!(guess(&service, "ona", "1.2.3.4").await, "limited");
}

#[sqlx::test]
async fn an_unchecked_password_does_not_count(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let broken = "UPDATE users SET password = 'no hash'";
    let mut connection = world.connect().await;
    connection.execute(broken).await.expect("updated");
    assert_eq!(
        guess(&world.with_limits(), "ona", "1.2.3.4").await,
        "failed"
    );
    assert_eq!(hits(&world).await, (3, 0));
}

#[sqlx::test]
async fn a_refused_attempt_does_not_count_and_says_when_to_retry(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let service = world.with_limits();
    for _ in 0..10 {
        guess(&service, "ona", "1.2.3.4").await;
    }
    let refused = async || {
        let login = try_login(&service, "ona", WRONG, from("1.2.3.4")).await;
        wait(login.map(drop)).as_secs()
    };
    assert!((3_590..=3_600).contains(&refused().await));
    world.clock.advance(time::Duration::minutes(50));
    assert!((590..=600).contains(&refused().await));
    assert_eq!(hits(&world).await, (3, 30));
    world.clock.advance(time::Duration::minutes(10));
    assert_eq!(guess(&service, "ona", "1.2.3.4").await, "wrong");
    assert_eq!(hits(&world).await, (3, 3), "another hour has begun");
}

#[sqlx::test]
async fn counts_expire_after_an_hour(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let service = world.with_limits();
    guess(&service, "ona", "1.2.3.4").await;
    world.clock.advance(time::Duration::minutes(30));
    guess(&service, "jonas", "1.2.3.5").await;
    let forgotten = async || service.purge_expired_limits().await.expect("deleted");
    assert_eq!(forgotten().await, 0);
    world.clock.advance(time::Duration::minutes(31));
    assert_eq!(forgotten().await, 3);
    assert_eq!(hits(&world).await, (3, 3));
}

#[sqlx::test]
async fn without_limits_nothing_is_counted(pool: MySqlPool) {
    let world = World::new(&pool).await;
    for _ in 0..30 {
        assert_eq!(guess(&world.service, "ona", "1.2.3.4").await, "wrong");
    }
    assert_eq!(hits(&world).await, (0, 0));
}
