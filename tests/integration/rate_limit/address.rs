//! Many people behind one address, and somebody among them who guesses.

use std::iter::once;

use futures_util::future::join_all;
use sqlx::{Connection as _, Executor as _, MySqlPool};
use tickbox::{
    domain::session::DeviceToken,
    service::{ClientInfo, Service},
};
use time::Duration;
use tokio::time::sleep;

use super::{WRONG, end, from, guess, try_login, wait};
use crate::support::fixture::{PASSWORD, UNKNOWN, World, registration};

const SCHOOL: &str = "1.2.3.4";
/// Of the address, at once.
const AT_ONCE: usize = 12;
/// Of the address, in one window.
const FAILURES: usize = 19;

/// A browser at school that keeps this number, and that nobody has logged in with.
fn browser(number: u8) -> ClientInfo {
    ClientInfo {
        device: Some(DeviceToken::of_stranger([number; 16])),
        ..from(SCHOOL)
    }
}

async fn pupils(world: &World, count: usize) -> Vec<String> {
    let names: Vec<_> = (0..count).map(|number| format!("pupil{number}")).collect();
    for name in &names {
        let registered = world.service.register(registration(name), UNKNOWN).await;
        registered.expect("the name is free");
    }
    names
}

async fn ends(
    service: &Service,
    username: &str,
    password: &str,
    client: ClientInfo,
) -> &'static str {
    end(&try_login(service, username, password, client).await)
}

/// Guesses at accounts that are nobody's until it is refused, and says how often it was not.
async fn guesses_left(service: &Service) -> usize {
    let mut guesses = 0;
    while guess(service, &format!("nobody{guesses}"), SCHOOL).await == "wrong" {
        guesses += 1;
    }
    guesses
}

#[sqlx::test]
async fn corrected_typing_errors_are_refunded_to_the_address(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let service = world.with_limits();
    let names = pupils(&world, 30).await;
    for (number, name) in (0..).zip(&names) {
        for _ in 0..2 {
            let mistyped = ends(&service, name, WRONG, browser(number)).await;
            assert_eq!(mistyped, "wrong", "{name}");
        }
        assert_eq!(ends(&service, name, PASSWORD, browser(number)).await, "ok");
    }
    assert_eq!(guesses_left(&service).await, AT_ONCE);
}

#[sqlx::test]
async fn an_owners_login_refunds_no_guesses_of_others(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let service = world.with_limits();
    for _ in 0..9 {
        assert_eq!(ends(&service, "ona", WRONG, browser(1)).await, "wrong");
    }
    // Neither a browser that failed elsewhere, nor one that never failed, nor none.
    assert_eq!(ends(&service, "jonas", WRONG, browser(2)).await, "wrong");
    for client in [browser(2), browser(3), from(SCHOOL)] {
        assert_eq!(ends(&service, "ona", PASSWORD, client).await, "ok");
    }
    assert_eq!(guesses_left(&service).await, AT_ONCE - 10);
}

#[sqlx::test]
async fn a_failure_is_refunded_once(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let instances = [world.with_limits(), world.with_limits()];
    for number in 0..6 {
        let guessed = guess(&instances[0], &format!("somebody{number}"), SCHOOL).await;
        assert_eq!(guessed, "wrong");
    }
    for _ in 0..3 {
        assert_eq!(ends(&instances[0], "ona", WRONG, browser(1)).await, "wrong");
    }
    // All three are let in before the first one's session begins.
    let mut holder = world.connect().await;
    let mut held = holder.begin().await.expect("begun");
    let hold = "SELECT id FROM users FOR UPDATE";
    held.execute(hold).await.expect("held");
    let logins = (0..3).map(|number| ends(&instances[number % 2], "ona", PASSWORD, browser(1)));
    let release = async {
        sleep(std::time::Duration::from_millis(700)).await;
        held.rollback().await.expect("released");
    };
    let (logins, ()) = tokio::join!(join_all(logins), release);
    assert_eq!(logins, ["ok"; 3]);
    assert_eq!(ends(&instances[0], "ona", PASSWORD, browser(1)).await, "ok");
    assert_eq!(guesses_left(&instances[0]).await, AT_ONCE - 6);
}

/// Else whoever has an account could fail in it at the end of one window, and have that back in the next.
#[sqlx::test]
async fn failures_are_refunded_only_within_their_window(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let service = world.with_limits();
    assert_eq!(guess(&service, "somebody", SCHOOL).await, "wrong");
    world.clock.advance(Duration::minutes(59));
    for _ in 0..9 {
        assert_eq!(ends(&service, "ona", WRONG, browser(1)).await, "wrong");
    }
    world.clock.advance(Duration::minutes(2));
    assert_eq!(guesses_left(&service).await, AT_ONCE);
    // Not even beside it: there is no place to look at a password.
    assert_eq!(ends(&service, "ona", PASSWORD, browser(1)).await, "limited");
    world.clock.advance(Duration::minutes(59));
    assert_eq!(guesses_left(&service).await, FAILURES - AT_ONCE);
}

#[sqlx::test]
async fn failures_of_the_last_window_refund_nothing_in_the_next(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let service = world.with_limits();
    assert_eq!(guess(&service, "somebody", SCHOOL).await, "wrong");
    world.clock.advance(Duration::minutes(59));
    for _ in 0..8 {
        assert_eq!(ends(&service, "ona", WRONG, browser(1)).await, "wrong");
    }
    world.clock.advance(Duration::minutes(2));
    for number in 0..10 {
        let guessed = guess(&service, &format!("somebody{number}"), SCHOOL).await;
        assert_eq!(guessed, "wrong");
    }
    assert_eq!(ends(&service, "ona", PASSWORD, browser(1)).await, "ok");
    assert_eq!(guesses_left(&service).await, AT_ONCE - 10);
}

/// The pair's window ends before that of the address.
#[sqlx::test]
async fn retry_after_names_the_last_of_several_full_buckets(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let service = world.with_limits();
    assert_eq!(guess(&service, "somebody", SCHOOL).await, "wrong");
    world.clock.advance(Duration::minutes(52));
    for _ in 0..9 {
        assert_eq!(guess(&service, "ona", SCHOOL).await, "wrong");
    }
    world.clock.advance(Duration::minutes(13));
    assert_eq!(guess(&service, "ona", SCHOOL).await, "wrong");
    assert_eq!(guesses_left(&service).await, AT_ONCE - 1);
    world.clock.advance(Duration::minutes(46));
    // One more each seven and a half minutes.
    assert_eq!(guesses_left(&service).await, 6);
    let refused = try_login(&service, "ona", PASSWORD, from(SCHOOL)).await;
    let seconds = wait(refused.map(drop)).as_secs();
    // The window of the pair ends in a minute.
    assert!((370..=390).contains(&seconds), "{seconds}");
    world
        .clock
        .advance(Duration::seconds(i64::try_from(seconds).expect("small")));
    assert_eq!(ends(&service, "ona", PASSWORD, from(SCHOOL)).await, "ok");
}

/// Three hours of a school whose every third login is mistyped first, with somebody in it who knows all
/// names, has an account, and guesses as often as is let through.
#[sqlx::test]
async fn pupils_can_log_in_beside_an_attacker_at_their_address(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let service = world.with_limits();
    let names = pupils(&world, 12).await;
    let mut known: Vec<ClientInfo> = vec![];
    for (number, name) in (100..).zip(&names[..6]) {
        let login = try_login(&service, name, PASSWORD, browser(number)).await;
        let device = Some(login.expect("right password").device);
        known.push(ClientInfo {
            device,
            ..from(SCHOOL)
        });
    }
    for attacked in [false, true] {
        let (mut guesses, mut refused) = (0, 0);
        for minutes in (0..180).step_by(10) {
            let mut wrong = attacked;
            while wrong {
                // Each login in the attacker's own account gives back what failed in it, and no more.
                ends(&service, "jonas", WRONG, browser(1)).await;
                ends(&service, "jonas", PASSWORD, browser(1)).await;
                let victim = &names[6 + guesses % 6];
                wrong = ends(&service, victim, WRONG, browser(2)).await == "wrong";
                guesses += usize::from(wrong);
            }
            for (number, name) in names.iter().enumerate() {
                let client = match known.get(number) {
                    Some(client) => client.clone(),
                    None => browser(u8::try_from(10 + number).expect("few")),
                };
                let passwords = once(WRONG).filter(|_| (number + minutes) % 3 == 0);
                for password in passwords.chain([PASSWORD]) {
                    let end = ends(&service, name, password, client.clone()).await;
                    let is_refused = end == "limited";
                    assert!(!is_refused || (attacked && number >= 6), "{name} {minutes}");
                    refused += usize::from(is_refused);
                }
            }
            world.clock.advance(Duration::minutes(10));
        }
        assert_eq!(refused > 0, attacked);
        assert!(guesses <= 3 * FAILURES, "{guesses}");
        world.clock.advance(Duration::hours(1));
    }
}
