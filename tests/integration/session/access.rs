//! Access tokens: what they say, how long they open the API, and what ends that earlier.

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use sqlx::MySqlPool;
use tickbox::{
    domain::{
        error::{AuthError, Error},
        session::{ABSOLUTE_TIMEOUT, IDLE_TIMEOUT, SessionId},
    },
    service::TokenSigner,
};
use time::{Duration, macros::datetime};
use uuid::Uuid;

use super::{is_logged_in, log_in as log_in_browser};
use crate::support::{
    api_session::{Kept, log_in, open, refresh, signing_with},
    fixture::{PASSWORD, SECRET, World, client, credentials, signer},
    tokens::{Jwt, key_id},
};

const NEW_SECRET: &str = "another secret of thirty-two bytes, or more";

#[sqlx::test]
async fn an_access_token_claims_only_user_session_and_expiry(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let before = world.clock.now().unix_timestamp();
    let phone = log_in(&world.service, "ona").await;
    let jwt = Jwt::read(&phone.access, SECRET);
    let issued = jwt.claims["iat"].as_i64().expect("a number");
    assert!((before..=world.clock.now().unix_timestamp()).contains(&issued));
    assert_eq!(
        jwt.header,
        json!({"typ": "JWT", "alg": "HS256", "kid": key_id(SECRET)})
    );
    assert_eq!(
        jwt.claims,
        json!({
            "iss": "tickbox", "aud": "tickbox-api", "sub": world.ona.public_id,
            "sid": phone.session.0, "iat": issued, "exp": issued + 600,
        })
    );
}

#[test]
fn an_access_token_is_valid_for_ten_minutes_and_a_leeway() {
    let noon = datetime!(2026-01-01 12:00:00.9 UTC);
    let (signer, session) = (signer(), SessionId(Uuid::from_u128(7)));
    let token = signer.sign(Uuid::nil(), session, noon).expect("signed");
    let expires = datetime!(2026-01-01 12:10 UTC);
    for (milliseconds, is_good) in [
        (-600_000, true),
        (0, true),
        (4_000, true),
        (4_999, true),
        (5_000, false),
        (6_000, false),
        (86_400_000, false),
    ] {
        let now = expires + Duration::milliseconds(milliseconds);
        let verified = signer.verify(token.expose_secret(), now);
        let is_right = if is_good {
            verified.is_ok()
        } else {
            matches!(
                verified,
                Err(Error::Unauthenticated(AuthError::ExpiredToken))
            )
        };
        assert!(is_right, "{milliseconds} ms: {verified:?}");
    }
}

#[sqlx::test]
async fn an_expired_access_token_is_refused_until_refreshed(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let phone = log_in(&world.service, "ona").await;
    let account = open(&world.service, &phone.access).await.expect("open");
    assert_eq!(account.public_id, world.ona.public_id);
    assert_eq!(account.session_id, phone.session);
    world.clock.advance(Duration::minutes(10));
    assert!(open(&world.service, &phone.access).await.is_ok(), "leeway");
    world.clock.advance(Duration::seconds(6));
    let late = open(&world.service, &phone.access).await;
    assert_eq!(late.err(), Some(AuthError::ExpiredToken));
    let next = refresh(&world.service, &phone.refresh)
        .await
        .expect("alive");
    assert_eq!(next.session, phone.session);
    assert!(open(&world.service, &next.access).await.is_ok());
}

#[sqlx::test]
async fn an_access_token_outlives_one_rotation_of_the_secret(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let old = log_in(&world.service, "ona").await.access;
    let rotating = signing_with(&world, NEW_SECRET, Some(SECRET));
    let new = log_in(&rotating, "ona").await.access;
    assert_eq!(
        Jwt::read(&new, NEW_SECRET).header["kid"],
        key_id(NEW_SECRET)
    );
    let rotated = signing_with(&world, NEW_SECRET, None);
    let swapped = signing_with(&world, SECRET, Some(NEW_SECRET));
    for (case, service, opened_by_old, opened_by_new) in [
        ("before", &world.service, true, false),
        ("meanwhile", &rotating, true, true),
        ("afterwards", &rotated, false, true),
        ("taken back", &swapped, true, true),
    ] {
        for (token, is_good) in [(&old, opened_by_old), (&new, opened_by_new)] {
            let opened = open(service, token).await.map(|_| ());
            let expected = is_good.then_some(()).ok_or(AuthError::InvalidToken);
            assert_eq!(opened, expected, "{case}");
        }
    }
}

/// The kid picks the key; it must not open what the other one signed.
#[sqlx::test]
async fn each_key_verifies_only_tokens_with_its_own_key_id(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let phone = log_in(&world.service, "ona").await;
    let rotating = signing_with(&world, NEW_SECRET, Some(SECRET));
    let jwt = Jwt::new(&world.clock, world.ona.public_id, phone.session);
    for (kid, secret, is_good) in [
        (SECRET, SECRET, true),
        (NEW_SECRET, NEW_SECRET, true),
        (SECRET, NEW_SECRET, false),
        (NEW_SECRET, SECRET, false),
        ("neither", SECRET, false),
    ] {
        let token = jwt.with_header("kid", key_id(kid));
        let token = token.signed_with(ring::hmac::HMAC_SHA256, secret);
        let opened = open(&rotating, &token).await;
        assert_eq!(opened.is_ok(), is_good, "{kid} and {secret}");
    }
}

#[sqlx::test]
async fn the_same_secret_as_current_and_previous_is_accepted(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let both = signing_with(&world, SECRET, Some(SECRET));
    let phone = log_in(&both, "ona").await;
    assert!(open(&both, &phone.access).await.is_ok());
    assert!(open(&world.service, &phone.access).await.is_ok());
    let next = refresh(&both, &phone.refresh).await.expect("alive");
    assert!(open(&both, &next.access).await.is_ok());
}

#[test]
fn a_key_id_reveals_nothing_of_its_secret() {
    let secrets = ["a", "b", SECRET, NEW_SECRET];
    let names = secrets.map(|secret| {
        let signer = TokenSigner::new(&SecretString::from(secret), None);
        let token = signer.sign(
            Uuid::nil(),
            SessionId(Uuid::nil()),
            datetime!(2026-01-01 00:00 UTC),
        );
        let jwt = Jwt::read(token.expect("signed").expose_secret(), secret);
        assert_eq!(jwt.header["kid"], key_id(secret));
        key_id(secret)
    });
    for (place, name) in names.iter().enumerate() {
        assert!(!names[..place].contains(name), "{name} names two");
        assert_eq!(name.len(), 16);
    }
}

#[sqlx::test]
async fn logging_out_ends_the_access_of_that_session_only(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let here = log_in(&world.service, "ona").await;
    let there = log_in(&world.service, "ona").await;
    let browser = log_in_browser(&world, "ona", None).await.token;
    for _ in 0..2 {
        let ended = world.service.log_out(here.session).await;
        ended.expect("logged out");
        refuses_all(&world, &here).await;
        assert!(open(&world.service, &there.access).await.is_ok());
        assert!(is_logged_in(&world, &browser).await);
    }
    let there = refresh(&world.service, &there.refresh)
        .await
        .expect("alive");
    let ended = world.service.log_out(browser.id).await;
    ended.expect("logged out");
    assert!(open(&world.service, &there.access).await.is_ok());
}

async fn refuses_all(world: &World, phone: &Kept) {
    let opened = open(&world.service, &phone.access).await;
    assert_eq!(opened.err(), Some(AuthError::SessionEnded));
    let refreshed = refresh(&world.service, &phone.refresh).await;
    assert_eq!(refreshed.err(), Some(AuthError::SessionEnded));
}

#[sqlx::test]
async fn deleting_a_user_ends_only_their_access_at_once(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let (ona, jonas) = (
        log_in(&world.service, "ona").await,
        log_in(&world.service, "jonas").await,
    );
    sqlx::query("DELETE FROM users WHERE id = ?")
        .bind(world.ona.user_id.0)
        .execute(&mut world.connect().await)
        .await
        .expect("deleted");
    refuses_all(&world, &ona).await;
    assert!(open(&world.service, &jonas.access).await.is_ok());
    let login = world
        .service
        .log_in_device(credentials("ona", PASSWORD), client(""));
    assert!(matches!(
        login.await,
        Err(Error::Unauthenticated(AuthError::WrongCredentials))
    ));
}

/// With tokens signed by hand that are fresh themselves.
#[sqlx::test]
async fn an_access_token_of_an_expired_session_is_refused(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let phone = log_in(&world.service, "ona").await;
    let fresh = || Jwt::new(&world.clock, world.ona.public_id, phone.session).signed();
    world.clock.advance(IDLE_TIMEOUT - Duration::minutes(1));
    assert!(open(&world.service, &fresh()).await.is_ok());
    world.clock.advance(Duration::minutes(1));
    let opened = open(&world.service, &fresh()).await;
    assert_eq!(opened.err(), Some(AuthError::SessionEnded));
    let refreshed = refresh(&world.service, &phone.refresh).await;
    assert_eq!(refreshed.err(), Some(AuthError::SessionEnded));
}

#[sqlx::test]
async fn refreshing_keeps_a_session_alive_for_at_most_90_days(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let mut phone = log_in(&world.service, "ona").await;
    for day in [29, 58, 87] {
        world.clock.advance(Duration::days(29));
        phone = refresh(&world.service, &phone.refresh)
            .await
            .unwrap_or_else(|denied| panic!("day {day}: {denied}"));
    }
    world
        .clock
        .advance(ABSOLUTE_TIMEOUT - Duration::days(87) - Duration::minutes(5));
    let last = refresh(&world.service, &phone.refresh)
        .await
        .expect("alive");
    assert!(open(&world.service, &last.access).await.is_ok());
    world.clock.advance(Duration::minutes(5));
    refuses_all(&world, &last).await;
}

#[sqlx::test]
async fn a_browser_session_is_refused_by_the_api(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let browser = log_in_browser(&world, "ona", None).await.token;
    let jwt = Jwt::new(&world.clock, world.ona.public_id, browser.id);
    let opened = open(&world.service, &jwt.signed()).await;
    assert_eq!(opened.err(), Some(AuthError::SessionEnded));
    assert!(is_logged_in(&world, &browser).await);
}
