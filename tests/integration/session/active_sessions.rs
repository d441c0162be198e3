//! Seeing and ending all of one's sessions, and how many there may be.

use sqlx::MySqlPool;
use tickbox::{
    domain::{
        error::AuthError,
        session::{ABSOLUTE_TIMEOUT, IDLE_TIMEOUT, SESSIONS_MAX, Session, SessionId, SessionKind},
        user::Account,
    },
    service::Service,
};
use time::Duration;
use uuid::Uuid;

use super::{is_logged_in, log_in};
use crate::support::{
    api_session::{self, open, refresh},
    fixture::{PASSWORD, World, client, credentials},
};

async fn list(world: &World, who: &Account) -> Vec<Session> {
    let sessions = world.service.sessions(who).await;
    sessions.expect("no fault")
}

fn ids(sessions: &[Session]) -> Vec<SessionId> {
    sessions.iter().map(|session| session.id).collect()
}

#[sqlx::test]
async fn a_user_sees_their_own_sessions_last_used_first(pool: MySqlPool) {
    let world = World::new(&pool).await;
    world.clock.advance(Duration::hours(2));
    let phone = api_session::log_in(&world.service, "ona").await;
    world.clock.advance(Duration::hours(2));
    let browser = log_in(&world, "ona", None).await.token;
    let sessions = list(&world, &world.ona).await;
    assert_eq!(
        ids(&sessions),
        [browser.id, phone.session, world.ona.session_id]
    );
    let kinds: Vec<_> = sessions.iter().map(|session| session.kind).collect();
    assert_eq!(
        kinds,
        [SessionKind::Web, SessionKind::Api, SessionKind::Web]
    );
    let clients: Vec<_> = sessions.iter().map(|it| it.client.as_str()).collect();
    assert_eq!(clients, ["a test", "a phone", "a test"]);
    let current: Vec<_> = sessions.iter().map(|session| session.is_current).collect();
    assert_eq!(current, [false, false, true]);
    assert_eq!(sessions[1].created, sessions[1].seen);
    assert!(sessions[0].seen - sessions[1].seen >= Duration::hours(2));

    refresh(&world.service, &phone.refresh)
        .await
        .expect("alive");
    let used = list(&world, &world.ona).await;
    assert_eq!(used[0].id, phone.session);
    assert_eq!(used[0].created, sessions[1].created);
    let jonas = list(&world, &world.jonas).await;
    assert_eq!(ids(&jonas), [world.jonas.session_id]);
}

#[sqlx::test]
async fn an_ended_session_is_not_listed(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let out = log_in(&world, "ona", None).await.token;
    world.service.log_out(out.id).await.expect("logged out");
    let last = IDLE_TIMEOUT - Duration::minutes(1);
    world.clock.advance(last);
    let young = log_in(&world, "ona", None).await.token;
    let both = [young.id, world.ona.session_id];
    assert_eq!(ids(&list(&world, &world.ona).await), both);
    world.clock.advance(Duration::minutes(1));
    assert_eq!(ids(&list(&world, &world.ona).await), [young.id]);
    world.clock.advance(ABSOLUTE_TIMEOUT);
    assert!(list(&world, &world.ona).await.is_empty());
}

#[sqlx::test]
async fn the_owner_ends_one_session_and_no_other(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let phone = api_session::log_in(&world.service, "ona").await;
    let browser = log_in(&world, "ona", None).await.token;
    let ended = world.service.end_session(&world.ona, phone.session).await;
    ended.expect("ended");
    let opened = open(&world.service, &phone.access).await;
    assert_eq!(opened.err(), Some(AuthError::SessionEnded));
    let refreshed = refresh(&world.service, &phone.refresh).await;
    assert_eq!(refreshed.err(), Some(AuthError::SessionEnded));
    assert!(is_logged_in(&world, &browser).await);

    let ended = world.service.end_session(&world.ona, browser.id).await;
    ended.expect("ended");
    assert!(!is_logged_in(&world, &browser).await);
    let left = list(&world, &world.ona).await;
    assert_eq!(ids(&left), [world.ona.session_id]);
    let itself = world.service.end_session(&world.ona, world.ona.session_id);
    itself.await.expect("ended");
    assert!(list(&world, &world.ona).await.is_empty());
}

#[sqlx::test]
async fn ending_a_foreign_or_unknown_session_changes_nothing(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let browser = log_in(&world, "ona", None).await.token;
    let end = async |who, id| world.service.end_session(who, id).await.expect("no fault");
    end(&world.jonas, browser.id).await;
    end(&world.ona, SessionId(Uuid::nil())).await;
    assert!(is_logged_in(&world, &browser).await);
    let all = [browser.id, world.ona.session_id];
    assert_eq!(ids(&list(&world, &world.ona).await), all);
    for _ in 0..2 {
        end(&world.ona, browser.id).await;
        assert_eq!(ids(&list(&world, &world.ona).await), all[1..]);
    }
    assert_eq!(list(&world, &world.jonas).await.len(), 1);
}

#[sqlx::test]
async fn ending_all_others_keeps_this_session_and_other_users(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let here = log_in(&world, "ona", None).await.token;
    let there = log_in(&world, "ona", None).await.token;
    let phone = api_session::log_in(&world.service, "ona").await;
    let jonas = log_in(&world, "jonas", None).await.token;
    let account = world.service.authenticate(&here).await;
    let account = account.expect("no fault").expect("a session");
    for _ in 0..2 {
        let ended = world.service.end_other_sessions(&account).await;
        ended.expect("a second time there is nothing to end");
        assert_eq!(ids(&list(&world, &account).await), [here.id]);
        assert!(is_logged_in(&world, &here).await);
        assert!(!is_logged_in(&world, &there).await);
        let opened = open(&world.service, &phone.access).await;
        assert_eq!(opened.err(), Some(AuthError::SessionEnded));
        assert!(is_logged_in(&world, &jonas).await);
    }
}

async fn log_in_often(service: &Service, times: u32) {
    for _ in 0..times {
        let login = service.log_in(credentials("ona", PASSWORD), None, client("a test"));
        login.await.expect("right password");
    }
}

#[sqlx::test]
async fn login_101_ends_the_least_recently_used_session(pool: MySqlPool) {
    let world = World::new(&pool).await;
    // Ona's first session is the oldest; the second one is used again.
    let idle = log_in(&world, "ona", None).await.token;
    let used = log_in(&world, "ona", None).await.token;
    log_in_often(&world.service, SESSIONS_MAX - 4).await;
    world.clock.advance(Duration::hours(1));
    assert!(is_logged_in(&world, &used).await);
    world.uses_are_noted(1).await;
    let last = log_in(&world, "ona", None).await.token;
    assert_eq!(list(&world, &world.ona).await.len(), 100);
    assert!(is_logged_in(&world, &idle).await, "a hundred may live");
    world.uses_are_noted(2).await;
    world.clock.advance(Duration::hours(1));
    let later = world.clock.now();
    assert!(is_logged_in(&world, &used).await);
    world.uses_are_noted_since(later, 1).await;
    assert!(is_logged_in(&world, &last).await);
    world.uses_are_noted_since(later, 2).await;
    log_in_often(&world.service, 98).await;
    let left = ids(&list(&world, &world.ona).await);
    assert_eq!(left.len(), 100);
    assert!(!left.contains(&world.ona.session_id));
    assert!(!left.contains(&idle.id));
    assert!(!is_logged_in(&world, &idle).await);
    let jonas = list(&world, &world.jonas).await;
    assert_eq!(jonas.len(), 1, "nobody else's");
}

/// They take turns: each sees those that the ones before it began.
#[sqlx::test]
async fn concurrent_logins_leave_at_most_a_hundred_sessions(pool: MySqlPool) {
    let world = World::new(&pool).await;
    log_in_often(&world.service, SESSIONS_MAX - 3).await;
    let logins = (0..12).map(|_| log_in(&world, "ona", None));
    for login in futures_util::future::join_all(logins).await {
        assert!(is_logged_in(&world, &login.token).await);
    }
    let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM sessions WHERE user_id = ?")
        .bind(world.ona.user_id.0)
        .fetch_one(&mut world.connect().await)
        .await
        .expect("read");
    assert_eq!(count, 100);
}
