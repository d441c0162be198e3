//! Registrations and changes of the password that are sent twice.

use sqlx::{Connection as _, MySqlPool};
use tickbox::{
    domain::{
        error::{AuthError, Conflict, Error},
        session::SessionToken,
        user::{FirstName, Password, Registration, User},
    },
    service::{RenewedSession, Service},
};
use time::Duration;

use super::{
    password,
    password_change::{NEW, OTHER, change, hold_user, is_wrong_password, opens, until_waiting},
};
use crate::{
    session::{is_logged_in, log_in},
    support::{
        api_session,
        fixture::{CHEAP, PASSWORD, UNKNOWN, World, registration},
    },
};

/// The cookie and the device of an answer, as a browser keeps them.
fn kept(renewed: &RenewedSession) -> (String, [u8; 16], [u8; 32]) {
    let device = &renewed.device;
    let cookie = renewed.token.expose().to_owned();
    (cookie, device.nonce, device.password_tag)
}

/// The same form with the cookie of before.
async fn repeat(service: &Service, cookie: &SessionToken, new: &str) -> Option<RenewedSession> {
    let repeated = service.repeat_password_change(cookie, new.into(), None, UNKNOWN);
    repeated.await.expect("no fault")
}

async fn made(world: &World) -> RenewedSession {
    let change = change(PASSWORD, NEW);
    let changed = world
        .service
        .change_password(&world.ona, &world.cookie, change, None, UNKNOWN);
    changed.await.expect("changed")
}

#[sqlx::test]
async fn two_concurrent_repetitions_get_one_response(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let other = world.with_effort(CHEAP);
    let mut watcher = world.connect().await;
    let mut holder = world.connect().await;
    let mut held = holder.begin().await.expect("begun");
    hold_user(&mut held, &world.ona).await;
    let release = async {
        until_waiting(&mut watcher, 2).await;
        held.rollback().await.expect("released");
    };
    let press = |service: Service| {
        let (ona, cookie) = (&world.ona, &world.cookie);
        async move {
            let change = change(PASSWORD, NEW);
            service
                .change_password(ona, cookie, change, None, UNKNOWN)
                .await
        }
    };
    let (one, two, ()) = tokio::join!(press(world.service.clone()), press(other), release);
    let (one, two) = (one.expect("changed"), two.expect("the same"));
    assert_eq!(kept(&one), kept(&two));
    assert!(is_logged_in(&world, &one.token).await);
    assert!(!is_logged_in(&world, &world.cookie).await);
}

#[sqlx::test]
async fn a_repeated_change_is_answered_again_on_every_instance(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let first = made(&world).await;
    let hash = password(&world, "ona").await;
    for service in [&world.service, &world.with_effort(CHEAP)] {
        let again = repeat(service, &world.cookie, NEW).await.expect("the same");
        assert_eq!(kept(&again), kept(&first));
        // The browser that has the new cookie already, and sends the form once more.
        let change = change(PASSWORD, NEW);
        let again = service.change_password(
            &world.ona,
            &first.token,
            change,
            Some(&first.device),
            UNKNOWN,
        );
        assert_eq!(kept(&again.await.expect("the same")), kept(&first));
    }
    assert_eq!(password(&world, "ona").await, hash, "nothing was changed");
    assert_eq!(
        world
            .service
            .sessions(&world.ona)
            .await
            .expect("listed")
            .len(),
        1
    );
}

#[sqlx::test]
async fn an_outdated_cookie_only_repeats_its_change(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let stranger = log_in(&world, "jonas", None).await.token;
    let made_up = SessionToken::new(world.cookie.id.0, [7; 32]);
    let service = &world.service;
    assert!(repeat(service, &world.cookie, PASSWORD).await.is_none());
    made(&world).await;
    assert!(!is_logged_in(&world, &world.cookie).await);
    for (case, cookie, new) in [
        ("the old password", &world.cookie, PASSWORD),
        ("another one", &world.cookie, OTHER),
        ("a made up secret", &made_up, NEW),
        ("a stranger's", &stranger, NEW),
    ] {
        assert!(repeat(service, cookie, new).await.is_none(), "{case}");
    }
}

#[sqlx::test]
async fn a_change_cannot_be_repeated_after_a_minute(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let first = made(&world).await;
    let service = &world.service;
    world.clock.advance(Duration::seconds(58));
    assert!(repeat(service, &world.cookie, NEW).await.is_some());
    world.clock.advance(Duration::seconds(3));
    assert!(repeat(service, &world.cookie, NEW).await.is_none());
    let late = service.change_password(
        &world.ona,
        &first.token,
        change(PASSWORD, NEW),
        None,
        UNKNOWN,
    );
    let error = late.await.err().expect("refused");
    assert!(is_wrong_password(&error), "{error:?}");
}

#[sqlx::test]
async fn a_repeated_change_does_not_revive_an_ended_session(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let first = made(&world).await;
    let ended = world.service.log_out(first.token.id).await;
    ended.expect("logged out");
    assert!(repeat(&world.service, &world.cookie, NEW).await.is_none());
    assert!(!is_logged_in(&world, &first.token).await);
    let login = log_in_with(&world, NEW).await;
    assert!(repeat(&world.service, &world.cookie, NEW).await.is_none());
    assert!(is_logged_in(&world, &login).await);
}

async fn log_in_with(world: &World, password: &str) -> SessionToken {
    let credentials = crate::support::fixture::credentials("ona", password);
    let login = world
        .service
        .log_in(credentials, None, crate::support::fixture::client(""));
    login.await.expect("right password").token
}

#[sqlx::test]
async fn another_sessions_change_is_not_taken_for_a_repetition(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let there = log_in(&world, "ona", None).await.token;
    let account = world.service.authenticate(&there).await.expect("no fault");
    let account = account.expect("a session");
    made(&world).await;
    // They had looked at their session before it ended.
    for new in [NEW, OTHER] {
        let second =
            world
                .service
                .change_password(&account, &there, change(PASSWORD, new), None, UNKNOWN);
        let error = second.await.err().expect("refused");
        assert!(is_wrong_password(&error), "{new}: {error:?}");
        assert!(repeat(&world.service, &there, new).await.is_none());
    }
    assert!(opens(&world, NEW).await);
}

/// Of a browser that had begun its session before there were keys for cookies.
#[sqlx::test]
async fn a_session_without_a_key_can_change_the_password(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let forget = sqlx::query("UPDATE sessions SET successor_key = NULL WHERE id = ?");
    let forgotten = forget
        .bind(world.cookie.id.0)
        .execute(&mut world.connect().await)
        .await;
    forgotten.expect("updated");
    let first = made(&world).await;
    assert!(is_logged_in(&world, &first.token).await);
    assert!(repeat(&world.service, &world.cookie, NEW).await.is_none());
}

#[sqlx::test]
async fn a_phone_repeating_its_change_succeeds(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let other = world.with_effort(CHEAP);
    let here = api_session::log_in(&world.service, "ona").await;
    let there = api_session::log_in(&world.service, "ona").await;
    let here = api_session::open(&other, &here.access).await.expect("open");
    let there = api_session::open(&other, &there.access)
        .await
        .expect("open");
    let press = |service: &Service| {
        let (service, here) = (service.clone(), here.clone());
        async move {
            service
                .change_password_on_device(&here, change(PASSWORD, NEW), UNKNOWN)
                .await
        }
    };
    let (one, two) = tokio::join!(press(&world.service), press(&other));
    one.and(two).expect("one of them repeats");
    press(&other).await.expect("the answer was lost");
    let wrong = async |who, new| {
        let changed = other
            .change_password_on_device(who, change(PASSWORD, new), UNKNOWN)
            .await;
        is_wrong_password(&changed.expect_err("refused"))
    };
    assert!(wrong(&here, OTHER).await, "that is another change");
    assert!(wrong(&there, NEW).await, "that is somebody else");
    world.clock.advance(Duration::seconds(61));
    assert!(wrong(&here, NEW).await, "that is too late");
}

#[sqlx::test]
async fn a_logged_out_phone_cannot_repeat_its_change(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let service = &world.service;
    let kept = api_session::log_in(service, "ona").await;
    let phone = api_session::open(service, &kept.access)
        .await
        .expect("open");
    let changed = service.change_password_on_device(&phone, change(PASSWORD, NEW), UNKNOWN);
    changed.await.expect("changed");
    service.log_out(phone.session_id).await.expect("logged out");
    let opened = api_session::open(service, &kept.access).await;
    assert_eq!(opened.err(), Some(AuthError::SessionEnded));
    let again = service.change_password_on_device(&phone, change(PASSWORD, NEW), UNKNOWN);
    assert!(is_wrong_password(&again.await.expect_err("refused")));
}

async fn register(service: &Service, who: Registration) -> Option<User> {
    match service.register(who, UNKNOWN).await {
        Ok(user) => Some(user),
        Err(Error::Conflict(Conflict::UsernameTaken)) => None,
        Err(error) => panic!("{error:?}"),
    }
}

#[sqlx::test]
async fn a_registration_sent_twice_makes_one_account(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let services = [&world.service, &world.with_effort(CHEAP)];
    let (one, two) = tokio::join!(
        register(services[0], registration("rita")),
        register(services[1], registration("RITA")),
    );
    let first = one.expect("registered");
    assert_eq!(two.as_ref(), Some(&first), "in flight");
    for service in services {
        let again = register(service, registration("rita")).await;
        assert_eq!(again.as_ref(), Some(&first), "the answer was lost");
    }
    world.clock.advance(Duration::seconds(61));
    assert_eq!(register(services[0], registration("rita")).await, None);
}

#[sqlx::test]
async fn a_different_registration_of_a_username_is_refused(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let first = register(&world.service, registration("rita")).await;
    first.expect("registered");
    let other_name = Registration {
        first_name: FirstName::parse("Rita").expect("valid"),
        ..registration("rita")
    };
    let other_password = Registration {
        password: Password::new(OTHER, "rita").expect("valid"),
        ..registration("rita")
    };
    for other in [other_name, other_password] {
        assert_eq!(register(&world.service, other).await, None);
    }
}

/// The window of a minute is no place to guess the password of a new account.
#[sqlx::test]
async fn a_repeated_registration_counts_only_when_it_guesses(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let service = world.with_limits();
    for _ in 0..25 {
        let same = register(&service, registration("rita")).await;
        same.expect("the limit is twenty");
    }
    let guess = async || {
        let password = Password::new(OTHER, "rita").expect("valid");
        let other = Registration {
            password,
            ..registration("rita")
        };
        register(&service, other).await
    };
    for _ in 0..10 {
        assert_eq!(guess().await, None);
    }
    let right = register(&service, registration("rita")).await;
    assert_eq!(right, None, "it is not looked at any more");
    let login = service.log_in(
        crate::support::fixture::credentials("rita", PASSWORD),
        None,
        crate::support::fixture::client(""),
    );
    assert!(matches!(login.await.err(), Some(Error::RateLimited { .. })));
}
