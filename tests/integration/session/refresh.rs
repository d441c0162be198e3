//! Exchanging refresh tokens: what the current one, an earlier one and a made-up one get.

use ring::digest::{SHA256, digest};
use sqlx::{Connection as _, MySqlPool};
use tickbox::{
    domain::{
        error::AuthError,
        session::{IDLE_TIMEOUT, RefreshToken},
    },
    store,
};
use time::Duration;
use uuid::Uuid;

use super::log_in as log_in_browser;
use crate::support::{
    api_session::{Kept, Parts, log_in, open, refresh, row, signing_with},
    fixture::{SECRET, World},
    tokens::{Jwt, text},
};

const NEW_SECRET: &str = "another secret of thirty-two bytes, or more";

/// A session and the first tokens of its chain, exchanged a moment apart; the last is the current one.
async fn chain<const N: usize>(world: &World) -> [Kept; N] {
    let mut last = log_in(&world.service, "ona").await;
    let mut chain = vec![last.clone()];
    while chain.len() < N {
        last = refresh(&world.service, &last.refresh).await.expect("alive");
        chain.push(last.clone());
    }
    chain.try_into().expect("as many")
}

#[sqlx::test]
async fn a_refresh_rotates_the_tokens_and_prolongs_the_session(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let mut connection = world.connect().await;
    let first = log_in(&world.service, "ona").await;
    let begun = row(&mut connection, first.session).await.expect("stored");
    assert_eq!(begun.rotated_date, None);
    world.clock.advance(Duration::hours(5));
    let second = refresh(&world.service, &first.refresh)
        .await
        .expect("alive");
    assert_eq!(second.session, first.session);
    assert_ne!(second.refresh, first.refresh);
    assert_ne!(second.access, first.access);
    let rotated = row(&mut connection, first.session).await.expect("stored");
    assert_eq!(rotated.previous_hash, Some(begun.secret_hash));
    assert!(rotated.seen_date - begun.seen_date >= Duration::hours(5));
    assert_eq!(rotated.rotated_date, Some(rotated.seen_date));
    assert_eq!(rotated.expires_date, rotated.seen_date + IDLE_TIMEOUT);
    assert_eq!(rotated.successor_key, begun.successor_key);
}

/// Whoever reads the database holds no token: neither the secret nor the text stands there.
#[sqlx::test]
async fn only_hashes_of_refresh_tokens_are_stored(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let [first, second] = chain(&world).await;
    let stored = row(&mut world.connect().await, first.session).await;
    let stored = stored.expect("stored");
    let secrets = [&first, &second].map(|kept| Parts::of(&kept.refresh).secret);
    let hashes = secrets.each_ref().map(|secret| digest(&SHA256, secret));
    assert_eq!(stored.previous_hash.as_deref(), Some(hashes[0].as_ref()));
    assert_eq!(stored.secret_hash, hashes[1].as_ref());
    assert!(!secrets.contains(&stored.successor_key));
    // With all that the row holds, and without a token, nothing can be presented that is accepted.
    for secret in [&stored.secret_hash, &stored.successor_key] {
        let known = [&stored.secret_hash, &stored.successor_key, secret];
        for tag in known {
            let made_up = Parts {
                id: first.session.0.as_bytes().into(),
                secret: secret.clone(),
                tag: tag.clone(),
            };
            let refused = refresh(&world.service, &made_up.text()).await;
            assert_eq!(refused.err(), Some(AuthError::SessionEnded));
        }
    }
    assert!(open(&world.service, &second.access).await.is_ok());
}

#[sqlx::test]
async fn a_lost_refresh_response_can_be_fetched_again(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let mut connection = world.connect().await;
    let [first, second] = chain(&world).await;
    let stored = row(&mut connection, first.session).await;
    for round in 0..100 {
        let again = refresh(&world.service, &first.refresh).await;
        let again = again.unwrap_or_else(|denied| panic!("round {round}: {denied}"));
        assert_eq!(again.refresh, second.refresh, "round {round}");
        assert!(open(&world.service, &again.access).await.is_ok());
        world.clock.advance(Duration::hours(7));
    }
    let unchanged = row(&mut connection, first.session).await;
    assert_eq!(unchanged, stored, "a repetition is no use of the session");
    let third = refresh(&world.service, &second.refresh).await;
    assert!(third.is_ok());
}

#[sqlx::test]
async fn a_late_refresh_is_tolerated_for_a_minute(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let [first, second, third] = chain(&world).await;
    world.clock.advance(Duration::seconds(50));
    let late = refresh(&world.service, &first.refresh).await.expect("late");
    assert_eq!(late.refresh, second.refresh);
    let lost = refresh(&world.service, &second.refresh)
        .await
        .expect("lost");
    assert_eq!(lost.refresh, third.refresh);
    world.clock.advance(Duration::seconds(11));
    let stolen = refresh(&world.service, &first.refresh).await;
    assert_eq!(stolen.err(), Some(AuthError::SessionEnded));
    for token in [&first, &second, &third] {
        let opened = open(&world.service, &token.access).await;
        assert_eq!(opened.err(), Some(AuthError::SessionEnded));
        let refreshed = refresh(&world.service, &token.refresh).await;
        assert_eq!(refreshed.err(), Some(AuthError::SessionEnded));
    }
}

#[sqlx::test]
async fn refresh_token_reuse_ends_that_session_and_no_other(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let other = log_in(&world.service, "ona").await;
    let jonas = log_in(&world.service, "jonas").await;
    let browser = log_in_browser(&world, "ona", None).await.token;
    let [first, .., last] = chain::<5>(&world).await;
    assert!(open(&world.service, &last.access).await.is_ok());
    world.clock.advance(Duration::seconds(61));
    let reused = refresh(&world.service, &first.refresh).await;
    assert_eq!(reused.err(), Some(AuthError::SessionEnded));
    let opened = open(&world.service, &last.access).await;
    assert_eq!(opened.err(), Some(AuthError::SessionEnded));
    for alive in [&other, &jonas] {
        assert!(open(&world.service, &alive.access).await.is_ok());
        assert!(refresh(&world.service, &alive.refresh).await.is_ok());
    }
    assert!(super::is_logged_in(&world, &browser).await);
}

/// The id of a session is no secret; it stands in answers and in logs.
#[sqlx::test]
async fn a_forged_refresh_token_does_not_end_the_session(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let [first, second, third] = chain(&world).await;
    let jonas = log_in(&world.service, "jonas").await;
    let browser = log_in_browser(&world, "ona", None).await.token;
    let stored = row(&mut world.connect().await, first.session).await;
    let [old, current, others] = [&first, &third, &jonas].map(|kept| Parts::of(&kept.refresh));
    let swapped = |id: &[u8], secret: &[u8], tag: &[u8]| {
        let parts = [id, secret, tag].map(<[u8]>::to_vec);
        let [id, secret, tag] = parts;
        Parts { id, secret, tag }
    };
    let nothing = [0; 32];
    for (case, parts) in [
        ("zeros", swapped(&old.id, &nothing, &nothing)),
        (
            "the current secret",
            swapped(&old.id, &current.secret, &nothing),
        ),
        ("an old secret", swapped(&old.id, &old.secret, &nothing)),
        (
            "the tag of another of its tokens",
            swapped(&old.id, &old.secret, &current.tag),
        ),
        (
            "a tag for a secret",
            swapped(&old.id, &current.tag, &current.tag),
        ),
        (
            "secret and tag exchanged",
            swapped(&old.id, &current.tag, &current.secret),
        ),
        (
            "another's token with this id",
            swapped(&old.id, &others.secret, &others.tag),
        ),
        (
            "this token with another's id",
            swapped(&others.id, &old.secret, &old.tag),
        ),
        (
            "a browser's session",
            swapped(browser.id.0.as_bytes(), &current.secret, &current.tag),
        ),
        (
            "no session",
            swapped(Uuid::new_v4().as_bytes(), &current.secret, &current.tag),
        ),
    ] {
        let refused = refresh(&world.service, &parts.text()).await;
        assert_eq!(refused.err(), Some(AuthError::SessionEnded), "{case}");
    }
    let unchanged = row(&mut world.connect().await, first.session).await;
    assert_eq!(unchanged, stored);
    for alive in [&third, &jonas] {
        assert!(open(&world.service, &alive.access).await.is_ok());
        assert!(refresh(&world.service, &alive.refresh).await.is_ok());
    }
    assert!(super::is_logged_in(&world, &browser).await);
    assert_ne!(first.refresh, second.refresh);
}

/// Else anybody could keep a session's holder out, or those whose new sessions go where an unknown id
/// would stand.
#[sqlx::test]
async fn a_forged_refresh_token_waits_for_no_lock(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let phone = log_in(&world.service, "ona").await;
    let mut holder = world.connect().await;
    let mut held = holder.begin().await.expect("begun");
    let locked = store::session::lock(&mut held, phone.session).await;
    assert!(locked.expect("no fault").is_some());
    let unknown = Uuid::new_v4();
    sqlx::query(
        "INSERT INTO sessions
         SELECT ?, user_id, kind, secret_hash, NULL, NULL, created_date, seen_date, expires_date, '', successor_key, NULL, NULL
         FROM sessions WHERE id = ?",
    )
    .bind(unknown)
    .bind(phone.session.0)
    .execute(&mut *held)
    .await
    .expect("stored");
    let mut parts = Parts::of(&phone.refresh);
    parts.tag[0] ^= 1;
    for id in [phone.session.0, unknown, Uuid::new_v4()] {
        parts.id = id.as_bytes().into();
        let refused = refresh(&world.service, &parts.text()).await;
        assert_eq!(refused.err(), Some(AuthError::SessionEnded));
    }
    held.rollback().await.expect("undone");
    assert!(refresh(&world.service, &phone.refresh).await.is_ok());
}

/// The tag is made with the session's own key, so that no bit of a token can be anything else.
#[sqlx::test]
async fn an_old_token_with_one_bit_changed_is_not_reuse(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let [first, .., last] = chain::<5>(&world).await;
    let bytes = crate::support::tokens::bytes(&first.refresh);
    for bit in (0..bytes.len() * 8).step_by(3) {
        let mut changed = bytes.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let refused = refresh(&world.service, &text(changed)).await;
        assert_eq!(refused.err(), Some(AuthError::SessionEnded), "bit {bit}");
    }
    assert!(open(&world.service, &last.access).await.is_ok());
    let reused = refresh(&world.service, &first.refresh).await;
    assert_eq!(reused.err(), Some(AuthError::SessionEnded));
    let opened = open(&world.service, &last.access).await;
    assert_eq!(
        opened.err(),
        Some(AuthError::SessionEnded),
        "the token itself is"
    );
}

#[sqlx::test]
async fn rotating_the_signing_key_keeps_refresh_tokens_valid(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let first = log_in(&world.service, "ona").await;
    let before = refresh(&world.service, &first.refresh)
        .await
        .expect("alive");
    let rotating = signing_with(&world, NEW_SECRET, Some(SECRET));
    let rotated = signing_with(&world, NEW_SECRET, None);
    for service in [&rotating, &rotated] {
        let again = refresh(service, &first.refresh).await.expect("lost");
        assert_eq!(again.refresh, before.refresh);
        assert_eq!(
            Jwt::read(&again.access, NEW_SECRET).claims["sub"],
            world.ona.public_id.to_string()
        );
        assert!(open(service, &again.access).await.is_ok());
    }
    let next = refresh(&rotating, &before.refresh).await.expect("alive");
    for service in [&world.service, &rotating, &rotated] {
        let again = refresh(service, &before.refresh).await.expect("lost");
        assert_eq!(again.refresh, next.refresh);
    }
    world.clock.advance(Duration::seconds(61));
    let reused = refresh(&rotated, &first.refresh).await;
    assert_eq!(reused.err(), Some(AuthError::SessionEnded));
    let opened = open(&rotating, &next.access).await;
    assert_eq!(opened.err(), Some(AuthError::SessionEnded));
}

#[sqlx::test]
async fn a_refresh_does_not_revive_an_ended_session(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let [old, current] = chain(&world).await;
    let unused = log_in(&world.service, "ona").await;
    world
        .service
        .log_out(old.session)
        .await
        .expect("logged out");
    for token in [&old, &current] {
        let refused = refresh(&world.service, &token.refresh).await;
        assert_eq!(refused.err(), Some(AuthError::SessionEnded));
    }
    world.clock.advance(IDLE_TIMEOUT);
    let refused = refresh(&world.service, &unused.refresh).await;
    assert_eq!(refused.err(), Some(AuthError::SessionEnded));
    let stored = row(&mut world.connect().await, unused.session).await;
    let stored = stored.expect("not purged yet");
    assert_eq!(stored.rotated_date, None, "left as it was");
}

#[test]
fn only_the_canonical_text_of_a_refresh_token_is_read() {
    let bytes = [7; 80];
    let good = text(bytes);
    assert!(RefreshToken::parse(&good).is_some());
    let (head, last) = good.split_at(good.len() - 1);
    assert_eq!(last, "c");
    for other in [
        String::new(),
        text([7; 79]),
        text([7; 81]),
        // The same bytes: the last character holds four bits that say nothing.
        format!("{head}d"),
        format!("{good}="),
        format!("{good} "),
        format!(" {good}"),
        format!("{good}\n"),
        good.replace('c', "+"),
        "é".repeat(53),
        "A".repeat(1_000_000),
    ] {
        let shown: String = other.chars().take(120).collect();
        assert!(RefreshToken::parse(&other).is_none(), "{shown:?}");
    }
}
