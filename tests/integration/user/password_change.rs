//! Changing the password: what ends, what goes on, and what happens at the same moment.

use std::time::{Duration, Instant};

use sqlx::{Connection as _, Executor as _, MySqlConnection, MySqlPool};
use tickbox::{
    domain::{
        error::{AuthError, Error, FieldCode},
        session::SessionToken,
        user::{Account, PasswordChange, PasswordChangeInput},
    },
    service::{Argon2Cost, Service},
};
use tokio::time::sleep;

use super::password;
use crate::{
    session::{is_logged_in, log_in},
    support::{
        api_session::{self, open, refresh},
        fixture::{CHEAP, PASSWORD, UNKNOWN, World, client, credentials},
        log,
        processlist::processlist,
    },
};

pub(super) const NEW: &str = "amber kettle 8";
pub(super) const OTHER: &str = "ivory ladle 9";

pub(super) fn change(current: &str, new: &str) -> PasswordChange {
    log::register_secret(current);
    log::register_secret(new);
    let input = PasswordChangeInput {
        current_password: current,
        new_password: new,
        new_password_again: None,
    };
    PasswordChange::parse(input, "ona").expect("valid")
}

pub(super) async fn opens(world: &World, password: &str) -> bool {
    let login = world
        .service
        .log_in(credentials("ona", password), None, client("a test"));
    match login.await {
        Ok(_) => true,
        Err(Error::Unauthenticated(AuthError::WrongCredentials)) => false,
        Err(error) => panic!("{error:?}"),
    }
}

pub(super) fn is_wrong_password(error: &Error) -> bool {
    matches!(error, Error::Invalid(errors)
        if errors.len() == 1 && errors[0].field == "current_password" && errors[0].code == FieldCode::WrongPassword)
}

#[sqlx::test]
async fn after_a_change_only_the_new_password_works(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let before = password(&world, "ona").await;
    let jonas = password(&world, "jonas").await;
    let changed = world.service.change_password(
        &world.ona,
        &world.cookie,
        change(PASSWORD, NEW),
        None,
        UNKNOWN,
    );
    changed.await.expect("changed");
    let after = password(&world, "ona").await;
    assert_ne!(before, after);
    assert!(after.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{after}");
    assert!(opens(&world, NEW).await);
    assert!(!opens(&world, PASSWORD).await);
    assert_eq!(password(&world, "jonas").await, jonas, "nobody else's");
}

#[sqlx::test]
async fn a_browsers_change_renews_its_cookie_and_ends_all_others(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let here = log_in(&world, "ona", None).await.token;
    let there = log_in(&world, "ona", None).await.token;
    let phone = api_session::log_in(&world.service, "ona").await;
    let jonas = log_in(&world, "jonas", None).await.token;
    let account = world.service.authenticate(&here).await;
    let account = account.expect("no fault").expect("a session");
    let changed =
        world
            .service
            .change_password(&account, &here, change(PASSWORD, NEW), None, UNKNOWN);
    let next = changed.await.expect("changed").token;
    assert_ne!(next.expose(), here.expose());
    assert!(is_logged_in(&world, &next).await);
    for ended in [&here, &there] {
        assert!(!is_logged_in(&world, ended).await);
    }
    let opened = open(&world.service, &phone.access).await;
    assert_eq!(opened.err(), Some(AuthError::SessionEnded));
    let refreshed = refresh(&world.service, &phone.refresh).await;
    assert_eq!(refreshed.err(), Some(AuthError::SessionEnded));
    assert!(is_logged_in(&world, &jonas).await);
    let left = world.service.sessions(&account).await.expect("listed");
    assert_eq!(left.len(), 1);
    assert_eq!((left[0].id, left[0].client.as_str()), (next.id, "a test"));
}

#[sqlx::test]
async fn a_phones_change_keeps_its_tokens_and_ends_all_others(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let here = api_session::log_in(&world.service, "ona").await;
    let there = api_session::log_in(&world.service, "ona").await;
    let browser = log_in(&world, "ona", None).await.token;
    let account = open(&world.service, &here.access).await.expect("open");
    let changed = world
        .service
        .change_password_on_device(&account, change(PASSWORD, NEW), UNKNOWN);
    changed.await.expect("changed");
    assert!(open(&world.service, &here.access).await.is_ok());
    let next = refresh(&world.service, &here.refresh).await.expect("alive");
    assert!(open(&world.service, &next.access).await.is_ok());
    let opened = open(&world.service, &there.access).await;
    assert_eq!(opened.err(), Some(AuthError::SessionEnded));
    let refreshed = refresh(&world.service, &there.refresh).await;
    assert_eq!(refreshed.err(), Some(AuthError::SessionEnded));
    assert!(!is_logged_in(&world, &browser).await);
}

#[sqlx::test]
async fn a_wrong_current_password_changes_nothing(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let before = password(&world, "ona").await;
    let browser = log_in(&world, "ona", None).await.token;
    let phone = api_session::log_in(&world.service, "ona").await;
    let service = &world.service;
    for wrong in ["violet teapot 8", "Violet teapot 7", "violet teapot 7 "] {
        let attempt =
            service.change_password(&world.ona, &world.cookie, change(wrong, NEW), None, UNKNOWN);
        let error = attempt.await.err().expect("refused");
        assert!(is_wrong_password(&error), "{wrong}: {error:?}");
        let account = open(service, &phone.access).await.expect("open");
        let attempt = service.change_password_on_device(&account, change(wrong, NEW), UNKNOWN);
        let error = attempt.await.expect_err("refused");
        assert!(is_wrong_password(&error), "{wrong}: {error:?}");
    }
    assert_eq!(password(&world, "ona").await, before);
    assert!(is_logged_in(&world, &browser).await);
    assert!(refresh(service, &phone.refresh).await.is_ok());
}

/// Whoever ended it from another device did not want it to go on under a new cookie.
#[sqlx::test]
async fn a_change_from_an_ended_session_is_refused(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let before = password(&world, "ona").await;
    let (service, jonas) = (&world.service, &world.jonas);
    let phone = api_session::log_in(service, "ona").await;
    let account = open(service, &phone.access).await.expect("open");
    let other = log_in(&world, "ona", None).await.token;
    for session in [world.ona.session_id, phone.session] {
        service.log_out(session).await.expect("logged out");
    }
    let strange = Account {
        session_id: jonas.session_id,
        ..world.ona.clone()
    };
    for error in [
        change_here(service, &world.ona, &world.cookie).await,
        service
            .change_password_on_device(&account, change(PASSWORD, NEW), UNKNOWN)
            .await
            .err(),
        // A session of the other kind, or of somebody else, is none either.
        service
            .change_password_on_device(&strange, change(PASSWORD, NEW), UNKNOWN)
            .await
            .err(),
    ] {
        assert!(
            matches!(error, Some(Error::Unauthenticated(AuthError::SessionEnded))),
            "{error:?}"
        );
    }
    assert_eq!(password(&world, "ona").await, before);
    assert!(is_logged_in(&world, &other).await);
    assert_eq!(service.sessions(&world.ona).await.expect("listed").len(), 1);
}

/// Both verbs want the same session: one that is ended first changes nothing, and one that is ended
/// afterwards has ended with its new cookie.
#[sqlx::test]
async fn a_session_ended_during_its_change_is_not_revived(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let service = &world.service;
    let (mut current, mut next) = (PASSWORD, NEW);
    let (mut ended, mut changed) = (0, 0);
    for round in 0..200 {
        let login = service.log_in(credentials("ona", current), None, client(""));
        let token = login.await.expect("right password").token;
        let account = service.authenticate(&token).await.expect("no fault");
        let account = account.expect("a session");
        // From about as long before the change asks the database to as long after it has.
        let pause = sleep(Duration::from_micros(round * 20));
        let end = async {
            pause.await;
            service.end_session(&world.ona, account.session_id).await
        };
        let change =
            service.change_password(&account, &token, change(current, next), None, UNKNOWN);
        match tokio::join!(change, end) {
            (Ok(renewed), Ok(())) => {
                assert!(!is_logged_in(&world, &renewed.token).await);
                changed += 1;
                (current, next) = (next, current);
            }
            (Err(Error::Unauthenticated(AuthError::SessionEnded)), Ok(())) => ended += 1,
            (change, end) => panic!("{:?}, {end:?}", change.err()),
        }
    }
    assert!(ended > 0 && changed > 0, "{ended} ended, {changed} changed");
}

async fn change_here(service: &Service, who: &Account, cookie: &SessionToken) -> Option<Error> {
    let changed = service.change_password(who, cookie, change(PASSWORD, NEW), None, UNKNOWN);
    changed.await.err()
}

#[sqlx::test]
async fn one_of_two_concurrent_changes_succeeds(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let there = log_in(&world, "ona", None).await.token;
    let account = world.service.authenticate(&there).await;
    let account = account.expect("no fault").expect("a session");
    let mut watcher = world.connect().await;
    let mut holder = world.connect().await;
    let mut held = holder.begin().await.expect("begun");
    hold_user(&mut held, &world.ona).await;
    let release = async {
        until_waiting(&mut watcher, 2).await;
        held.rollback().await.expect("released");
    };
    let (service, first, second) = (
        &world.service,
        change(PASSWORD, NEW),
        change(PASSWORD, OTHER),
    );
    let (first, second, ()) = tokio::join!(
        service.change_password(&world.ona, &world.cookie, first, None, UNKNOWN),
        service.change_password(&account, &there, second, None, UNKNOWN),
        release,
    );
    let (winner, error) = match (first, second) {
        (Ok(_), Err(error)) => (NEW, error),
        (Err(error), Ok(_)) => (OTHER, error),
        _ => panic!("one must succeed and one must not"),
    };
    assert!(is_wrong_password(&error), "{error:?}");
    for (password, is_right) in [
        (NEW, winner == NEW),
        (OTHER, winner == OTHER),
        (PASSWORD, false),
    ] {
        assert_eq!(opens(&world, password).await, is_right, "{password}");
    }
}

/// It had looked at the old hash, and begins its session after the change.
#[sqlx::test]
async fn a_login_overtaken_by_a_change_is_refused(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let jonas = password(&world, "jonas").await;
    let mut watcher = world.connect().await;
    let mut holder = world.connect().await;
    let mut held = holder.begin().await.expect("begun");
    hold_user(&mut held, &world.ona).await;
    let overtake = async {
        until_waiting(&mut watcher, 1).await;
        // Of the same password, but not the hash that the login had looked at.
        let statement = "UPDATE users SET password = ? WHERE id = ?";
        let set = |hash: String| sqlx::query(statement).bind(hash).bind(world.ona.user_id.0);
        let set = set(jonas.replace("m=64", "m=65"));
        set.execute(&mut *held).await.expect("set");
        held.commit().await.expect("committed");
    };
    let (opened, ()) = tokio::join!(opens(&world, PASSWORD), overtake);
    assert!(!opened, "the stored hash is of no password by now");
    let sessions = world.service.sessions(&world.ona).await;
    assert_eq!(sessions.expect("listed").len(), 1, "none was begun");
}

/// Two who log in on an outdated hash both renew it: neither must be taken for a guess.
#[sqlx::test]
async fn a_concurrent_rehash_refuses_neither_login_nor_change(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let with_memory = |memory| world.with_effort(Argon2Cost { memory, ..CHEAP });
    let mut watcher = world.connect().await;
    let mut holder = world.connect().await;

    let mut held = holder.begin().await.expect("begun");
    hold_user(&mut held, &world.ona).await;
    let service = with_memory(128);
    let log_in = || service.log_in(credentials("ona", PASSWORD), None, client(""));
    let release = async {
        until_waiting(&mut watcher, 2).await;
        held.rollback().await.expect("released");
    };
    let (first, second, ()) = tokio::join!(log_in(), log_in(), release);
    assert!(first.is_ok() && second.is_ok(), "both had the password");

    let mut held = holder.begin().await.expect("begun");
    hold_user(&mut held, &world.ona).await;
    let service = with_memory(256);
    let log_in = || service.log_in(credentials("ona", PASSWORD), None, client(""));
    let change = service.change_password(
        &world.ona,
        &world.cookie,
        change(PASSWORD, NEW),
        None,
        UNKNOWN,
    );
    let release = async {
        until_waiting(&mut watcher, 2).await;
        held.rollback().await.expect("released");
    };
    let (_, changed, ()) = tokio::join!(log_in(), change, release);
    let changed = changed.expect("the password was right all the time");
    assert!(is_logged_in(&world, &changed.token).await);
    // Whether the login came before or after: what it began has ended, or never was.
    let sessions = world.service.sessions(&world.ona).await;
    assert_eq!(sessions.expect("listed").len(), 1);
}

pub(crate) async fn hold_user(held: &mut MySqlConnection, who: &Account) {
    let lock = sqlx::query("SELECT id FROM users WHERE id = ? FOR UPDATE").bind(who.user_id.0);
    held.execute(lock).await.expect("locked");
}

/// Until that many wait for the row that holds a password: for less than the two seconds that they
/// wait at most.
pub(crate) async fn until_waiting(connection: &mut MySqlConnection, count: usize) {
    let start = Instant::now();
    loop {
        let waiting = waiting(connection).await;
        if waiting == count {
            return;
        }
        let patience = Duration::from_millis(1_500);
        assert!(start.elapsed() < patience, "{waiting} of {count} wait");
        sleep(Duration::from_millis(20)).await;
    }
}

/// How many lock that row on this database.
async fn waiting(connection: &mut MySqlConnection) -> usize {
    let threads = processlist(connection).await.into_iter();
    threads
        .map(|thread| thread.statement)
        .filter(|it| it.starts_with("SELECT password ") && it.ends_with(" FOR UPDATE"))
        .count()
}
