//! Logging in and out.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use ring::digest::{SHA256, digest};
use sqlx::{Connection as _, MySqlPool};
use tickbox::{
    domain::{
        error::{AuthError, Error},
        session::{SessionToken, USER_AGENT_MAX},
    },
    service::{Argon2Cost, Service},
    store,
};
use uuid::Uuid;

use super::{is_logged_in, log_in, stored};
use crate::support::fixture::{PASSWORD, UNKNOWN, World, client, credentials, registration};

#[sqlx::test]
async fn the_right_password_starts_a_session(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let ona = log_in(&world, "Ona", None).await;
    let account = world.service.authenticate(&ona.token).await;
    let account = account.expect("no fault").expect("a session");
    assert_eq!(account.user_id, world.ona.user_id);
    assert_eq!(account.public_id, ona.public_id);
    assert_eq!(account.session_id, ona.token.id);
    assert_eq!(account.counts, world.ona.counts);
}

#[sqlx::test]
async fn a_wrong_password_and_an_unknown_user_are_refused_alike(pool: MySqlPool) {
    let world = World::new(&pool).await;
    for (username, password) in [
        ("ona", "violet teapot 8"),
        ("ona", "Violet teapot 7"),
        ("ona", "violet teapot 7 "),
        ("nobody", PASSWORD),
        ("no name that anybody could have", PASSWORD),
    ] {
        let login = world
            .service
            .log_in(credentials(username, password), None, client(""));
        let refused = matches!(login.await, Err(Error::Unauthenticated(_)));
        assert!(refused, "{username}, {password}");
    }
}

/// With the effort of production. The fastest of many tries is what the work costs; whatever else it
/// takes is the machine's, which other tests keep busy.
#[sqlx::test]
async fn an_unknown_user_costs_as_much_as_a_wrong_password(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let service = world.with_effort(Argon2Cost::STANDARD);
    let rita = service.register(registration("rita"), UNKNOWN).await;
    rita.expect("registered");
    let (mut wrong, mut unknown, mut impossible) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..25 {
        wrong.push(refusal(&service, "rita").await);
        unknown.push(refusal(&service, "nobody").await);
        impossible.push(refusal(&service, "no name").await);
    }
    let wrong = fastest(&wrong);
    for (case, other) in [
        ("unknown", fastest(&unknown)),
        ("impossible", fastest(&impossible)),
    ] {
        let ratio = other.as_secs_f64() / wrong.as_secs_f64();
        assert!(
            (0.7..1.4).contains(&ratio),
            "{case}: {other:?} to {wrong:?}"
        );
    }
}

async fn refusal(service: &Service, username: &str) -> Duration {
    let start = Instant::now();
    let login = service.log_in(credentials(username, "another one"), None, client(""));
    let refused = login.await.map(drop);
    let elapsed = start.elapsed();
    assert!(
        matches!(
            refused,
            Err(Error::Unauthenticated(AuthError::WrongCredentials))
        ),
        "{refused:?}"
    );
    elapsed
}

fn fastest(times: &[Duration]) -> Duration {
    *times.iter().min().expect("many tries")
}

#[sqlx::test]
async fn each_login_replaces_the_session_of_its_browser(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let first = log_in(&world, "ona", None).await.token;
    let phone = log_in(&world, "ona", None).await.token;
    let second = log_in(&world, "ona", Some(first.clone())).await.token;
    assert_ne!(first.id, second.id);
    assert_ne!(first.expose(), second.expose());
    assert!(!is_logged_in(&world, &first).await);
    assert!(is_logged_in(&world, &phone).await, "another browser's");
    assert!(is_logged_in(&world, &second).await);
}

/// Else a planted cookie could carry the victim's other session away, or an attacker's id could end
/// sessions of others.
#[sqlx::test]
async fn a_login_with_a_forged_cookie_ends_no_session(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let jonas = log_in(&world, "jonas", None).await.token;
    let planted = SessionToken::new(jonas.id.0, [0; 32]);
    let ona = log_in(&world, "ona", Some(planted)).await.token;
    assert!(is_logged_in(&world, &jonas).await);
    assert_ne!(ona.id, jonas.id);
}

#[sqlx::test]
async fn a_failed_login_keeps_the_session_of_its_browser(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let token = log_in(&world, "ona", None).await.token;
    let wrong = credentials("jonas", "another one");
    let login = world
        .service
        .log_in(wrong, Some(token.clone()), client(""))
        .await;
    assert!(login.is_err());
    assert!(is_logged_in(&world, &token).await);
}

#[sqlx::test]
async fn concurrent_first_logins_all_succeed(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let everyone: Vec<_> = (0..5).map(|number| format!("rita{number}")).collect();
    for username in &everyone {
        let user = world
            .service
            .register(registration(username), UNKNOWN)
            .await;
        user.expect("registered");
    }
    // Each on four devices.
    let logins = (0..20).map(|number| log_in(&world, &everyone[number % 5], None));
    for login in join_all(logins).await {
        assert!(is_logged_in(&world, &login.token).await);
    }
}

/// The place where a first session goes lies beside those of others.
#[sqlx::test]
async fn a_first_login_does_not_wait_for_another_users_logout(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let ended = world.service.log_out(world.ona.session_id).await;
    ended.expect("logged out");
    let mut other = world.connect().await;
    let mut logging_out = other.begin().await.expect("begun");
    let ended = store::session::delete(&mut logging_out, world.jonas.session_id).await;
    ended.expect("deleted, not committed");
    let login = log_in(&world, "ona", None);
    let login = tokio::time::timeout(Duration::from_millis(1_500), login).await;
    assert!(login.is_ok(), "it waited for a lock");
}

#[sqlx::test]
async fn a_session_token_needs_its_own_id_and_secret(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let ona = log_in(&world, "ona", None).await.token;
    let unknown_id = SessionToken::new(Uuid::nil(), [0; 32]);
    let wrong_secret = SessionToken::new(ona.id.0, [0; 32]);
    assert!(!is_logged_in(&world, &unknown_id).await);
    assert!(!is_logged_in(&world, &wrong_secret).await);
    assert!(is_logged_in(&world, &ona).await);
}

#[sqlx::test]
async fn logging_out_ends_that_session_and_no_other(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let here = log_in(&world, "ona", None).await.token;
    let there = log_in(&world, "ona", None).await.token;
    for _ in 0..2 {
        world.service.log_out(here.id).await.expect("logged out");
        assert!(!is_logged_in(&world, &here).await);
        assert!(is_logged_in(&world, &there).await);
    }
}

#[sqlx::test]
async fn only_the_hash_of_the_session_secret_is_stored(pool: MySqlPool) {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

    let world = World::new(&pool).await;
    let token = log_in(&world, "ona", None).await.token;
    let bytes = URL_SAFE_NO_PAD.decode(token.expose()).expect("a token");
    let (id, secret) = bytes.split_at(16);
    let row = stored(&mut world.connect().await, token.id).await;
    let row = row.expect("stored");
    assert_eq!(id, token.id.0.as_bytes());
    assert_eq!(row.user_id, world.ona.user_id.0);
    assert_eq!(row.secret_hash, digest(&SHA256, secret).as_ref());
}

#[sqlx::test]
async fn a_long_user_agent_is_cut_between_characters(pool: MySqlPool) {
    let world = World::new(&pool).await;
    for agent in ["a".repeat(1_000), "🥛".repeat(1_000), "short 🥛".into()] {
        let login = world
            .service
            .log_in(credentials("ona", PASSWORD), None, client(&agent));
        let id = login.await.expect("right password").token.id;
        let row = stored(&mut world.connect().await, id).await;
        let expected: String = agent.chars().take(USER_AGENT_MAX).collect();
        assert_eq!(row.expect("stored").user_agent, expected);
    }
}
