//! Logins that are sent twice.

use sqlx::{Connection as _, MySqlPool};
use tickbox::{
    domain::session::{CallId, DeviceToken, SessionToken},
    service::{ClientInfo, NewBrowserSession, Service},
};
use time::Duration;
use uuid::Uuid;

use super::is_logged_in;
use crate::{
    support::{
        api_session::{Kept, open, refresh, signing_with},
        fixture::{CHEAP, PASSWORD, World, client, credentials},
    },
    user::password_change::{hold_user, until_waiting},
};

const KEPT_BY_THE_FORM: CallId = CallId(Uuid::from_u128(0x0199_a0c2_7d1e_4c3a_9f10_2b6f_0e5c_8a11));

fn named(call: CallId, device: Option<DeviceToken>) -> ClientInfo {
    ClientInfo {
        device,
        call_id: Some(call),
        ..client("a test")
    }
}

async fn log_in(
    service: &Service,
    client: ClientInfo,
    previous: Option<SessionToken>,
) -> NewBrowserSession {
    let login = service.log_in(credentials("ona", PASSWORD), previous, client);
    login.await.expect("right password")
}

/// With the same form, in a browser that has got no answer yet.
async fn press(service: &Service) -> NewBrowserSession {
    log_in(service, named(KEPT_BY_THE_FORM, None), None).await
}

async fn call(service: &Service) -> Kept {
    let client = named(KEPT_BY_THE_FORM, None);
    let login = service.log_in_device(credentials("ona", PASSWORD), client);
    login.await.expect("right password").into()
}

/// What a browser keeps of an answer.
fn kept(answer: &NewBrowserSession) -> (String, [u8; 16], [u8; 32]) {
    let device = &answer.device;
    let cookie = answer.token.expose().to_owned();
    (cookie, device.nonce, device.password_tag)
}

/// Less the one that she has from the start.
async fn sessions(world: &World) -> usize {
    let sessions = world.service.sessions(&world.ona).await;
    sessions.expect("listed").len() - 1
}

#[sqlx::test]
async fn a_login_form_sent_twice_starts_one_session(pool: MySqlPool) {
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
    let (one, two, ()) = tokio::join!(press(&world.service), press(&other), release);
    assert_eq!(kept(&one), kept(&two), "in flight, on two instances");
    world.clock.advance(Duration::seconds(58));
    for service in [&world.service, &other] {
        assert_eq!(kept(&press(service).await), kept(&one), "a lost answer");
    }
    assert!(is_logged_in(&world, &one.token).await);
    assert_eq!(sessions(&world).await, 1);
}

/// Its answer had come, and the form is sent once more all the same.
#[sqlx::test]
async fn a_repeated_login_keeps_the_cookie_of_the_browser(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let first = press(&world.service).await;
    let client = named(KEPT_BY_THE_FORM, Some(first.device.clone()));
    let again = log_in(&world.service, client, Some(first.token.clone())).await;
    assert_eq!(kept(&again), kept(&first));
    assert!(is_logged_in(&world, &first.token).await);
}

#[sqlx::test]
async fn logins_with_different_call_ids_are_different_sessions(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let service = &world.service;
    let mut logins = vec![press(service).await];
    for _ in 0..2 {
        logins.push(log_in(service, client("a test"), None).await);
        logins.push(log_in(service, named(CallId::random(), None), None).await);
    }
    call(service).await;
    assert_eq!(sessions(&world).await, 6, "one of them on a phone");
    let jonas = service.log_in(
        credentials("jonas", PASSWORD),
        None,
        named(KEPT_BY_THE_FORM, None),
    );
    logins.push(jonas.await.expect("right password"));
    for (place, login) in logins.iter().enumerate() {
        assert!(is_logged_in(&world, &login.token).await);
        let same = logins
            .iter()
            .filter(|other| other.token.id == login.token.id);
        assert_eq!(same.count(), 1, "{place}");
    }
}

#[sqlx::test]
async fn a_repeated_form_does_not_revive_an_ended_session(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let service = &world.service;
    let (browser, phone) = (press(service).await, call(service).await);
    for session in [browser.token.id, phone.session] {
        service.log_out(session).await.expect("logged out");
    }
    let (next, next_phone) = (press(service).await, call(service).await);
    assert_ne!(next.token.id, browser.token.id);
    assert_ne!(next_phone.session, phone.session);
    assert!(is_logged_in(&world, &next.token).await);
    assert!(!is_logged_in(&world, &browser.token).await);
    assert!(open(service, &next_phone.access).await.is_ok());
    assert!(open(service, &phone.access).await.is_err());
    assert!(refresh(service, &phone.refresh).await.is_err());
    let again = press(service).await;
    assert_eq!(
        kept(&again),
        kept(&next),
        "that can be repeated in its turn"
    );
}

#[sqlx::test]
async fn a_form_repeated_after_a_minute_starts_another_session(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let service = &world.service;
    let (browser, phone) = (press(service).await, call(service).await);
    world.clock.advance(Duration::seconds(61));
    let (late, late_phone) = (press(service).await, call(service).await);
    assert_ne!(late.token.id, browser.token.id);
    assert_ne!(late_phone.session, phone.session);
    assert!(is_logged_in(&world, &browser.token).await, "it lives on");
    assert_eq!(kept(&press(service).await), kept(&late));
}

#[sqlx::test]
async fn a_phone_repeating_its_login_has_one_session(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let other = world.with_effort(CHEAP);
    let (one, two) = tokio::join!(call(&world.service), call(&other));
    assert_eq!((&one.refresh, one.session), (&two.refresh, two.session));
    for service in [&world.service, &other] {
        let again = call(service).await;
        assert_eq!(
            (again.refresh, again.session),
            (one.refresh.clone(), one.session)
        );
        assert!(open(service, &again.access).await.is_ok());
    }
    // A late one, when the phone has gone on: what it gets leads to the same place.
    let next = refresh(&other, &one.refresh).await.expect("alive");
    let late = call(&world.service).await;
    assert_eq!(late.session, one.session);
    let same = refresh(&other, &late.refresh).await.expect("alive");
    assert_eq!(same.refresh, next.refresh);
    // One that would be taken for a thief's begins a session of its own.
    let third = refresh(&other, &next.refresh).await.expect("alive");
    refresh(&other, &third.refresh).await.expect("alive");
    assert_ne!(call(&world.service).await.session, one.session);
    assert_eq!(sessions(&world).await, 2);
}

/// Whoever has the database alone, and guesses the id of the call, must have no cookie of it.
#[sqlx::test]
async fn the_database_does_not_reveal_a_replayable_login_secret(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let first = press(&world.service).await;
    let elsewhere = signing_with(&world, "another secret of thirty-two bytes", None);
    let second = press(&elsewhere).await;
    assert_ne!(second.token.expose(), first.token.expose());
    assert_ne!(second.token.id, first.token.id);
    let stored: Vec<Vec<u8>> = sqlx::query_scalar("SELECT call_hash FROM sessions WHERE id = ?")
        .bind(first.token.id.0)
        .fetch_all(&mut world.connect().await)
        .await
        .expect("read");
    assert_ne!(stored[0], KEPT_BY_THE_FORM.0.as_bytes());
}

/// The count of the first one has been taken back; that of the second one must be too.
#[sqlx::test]
async fn a_repeated_login_does_not_count_as_an_attempt(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let service = world.with_limits();
    for _ in 0..12 {
        press(&service).await;
    }
    let counted = "SELECT CAST(COALESCE(SUM(hits + in_flight), 0) AS SIGNED) FROM rate_limits";
    let counted: i64 = sqlx::query_scalar(counted)
        .fetch_one(&mut world.connect().await)
        .await
        .expect("read");
    assert_eq!(counted, 0);
}
