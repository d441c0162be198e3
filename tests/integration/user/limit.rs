//! How often the current password may be guessed, and by whom.

use sqlx::MySqlPool;
use tickbox::{
    domain::{error::Error, session::SessionToken, user::Account},
    service::Service,
};

use super::password_change::{NEW, change, is_wrong_password};
use crate::support::{
    api_session,
    fixture::{PASSWORD, UNKNOWN, World, client, credentials},
};

const WRONG: &str = "violet teapot 8";

/// How a change ended, in a word.
async fn attempt(
    service: &Service,
    who: &(Account, SessionToken),
    current: &str,
    new: &str,
) -> &'static str {
    let changed = service.change_password(&who.0, &who.1, change(current, new), None, UNKNOWN);
    end(changed.await.map(drop))
}

fn end(changed: Result<(), Error>) -> &'static str {
    match changed {
        Ok(()) => "ok",
        Err(Error::RateLimited { .. }) => "limited",
        Err(error) if is_wrong_password(&error) => "wrong",
        Err(_) => "failed",
    }
}

async fn browser(service: &Service) -> (Account, SessionToken) {
    let login = service.log_in(credentials("ona", PASSWORD), None, client("a test"));
    let token = login.await.expect("right password").token;
    let account = service.authenticate(&token).await.expect("no fault");
    (account.expect("a session"), token)
}

/// Whoever holds a stolen session guesses there, and takes nothing from the owner's.
#[sqlx::test]
async fn each_session_has_ten_wrong_current_passwords(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let service = world.with_limits();
    let (stolen, own) = (browser(&service).await, browser(&service).await);
    let kept = api_session::log_in(&service, "ona").await;
    for number in 0..10 {
        let end = attempt(&service, &stolen, WRONG, NEW).await;
        assert_eq!(end, "wrong", "{number}");
    }
    assert_eq!(attempt(&service, &stolen, PASSWORD, NEW).await, "limited");
    let phone = api_session::open(&service, &kept.access)
        .await
        .expect("open");
    let guess = service.change_password_on_device(&phone, change(WRONG, NEW), UNKNOWN);
    assert_eq!(end(guess.await), "wrong");
    for number in 0..9 {
        let end = attempt(&service, &own, WRONG, NEW).await;
        assert_eq!(end, "wrong", "{number}");
    }
    assert_eq!(attempt(&service, &own, PASSWORD, NEW).await, "ok");
}

#[sqlx::test]
async fn all_sessions_of_a_user_share_a_hundred_password_checks(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let service = world.with_limits();
    for _ in 0..10 {
        let session = browser(&service).await;
        for _ in 0..10 {
            assert_eq!(attempt(&service, &session, WRONG, NEW).await, "wrong");
        }
    }
    let one_more = browser(&service).await;
    assert_eq!(attempt(&service, &one_more, WRONG, NEW).await, "limited");
    world.clock.advance(time::Duration::hours(1));
    assert_eq!(attempt(&service, &one_more, PASSWORD, NEW).await, "ok");
}

/// Else the old cookie would be a way to try passwords that nobody counts.
#[sqlx::test]
async fn an_outdated_cookie_has_ten_password_checks(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let service = world.with_limits();
    let own = browser(&service).await;
    assert_eq!(attempt(&service, &own, PASSWORD, NEW).await, "ok");
    let repeat = async |new: &str| {
        let repeated = service.repeat_password_change(&own.1, new.into(), None, UNKNOWN);
        repeated.await.expect("no fault").is_some()
    };
    for _ in 0..3 {
        assert!(repeat(NEW).await, "what is right is not counted");
    }
    for _ in 0..10 {
        assert!(!repeat(WRONG).await);
    }
    assert!(!repeat(NEW).await, "it is not looked at any more");
}
