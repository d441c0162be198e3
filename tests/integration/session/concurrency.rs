//! Many who exchange tokens, log in and log out at the same moment.

use futures_util::{
    StreamExt as _,
    future::{join, join_all},
    stream,
};
use ring::digest::{SHA256, digest};
use sqlx::{
    Connection as _, Executor as _, MySqlConnection, MySqlPool, mysql::MySqlConnectOptions,
};
use tickbox::{
    database::Database,
    domain::{
        error::{AuthError, Error},
        session::IDLE_TIMEOUT,
    },
    service::{Hasher, Service},
    store,
};
use time::Duration;

use crate::support::{
    api_session::{Kept, Parts, log_in, open, refresh, row},
    fixture::{CHEAP, UNKNOWN, World, options, registration, signer},
};

/// Connections of the one service, as many as in production.
const CONNECTIONS: usize = 10;
const USERS: usize = 20;

/// The world, and a service over it with enough connections to stand in its own way.
async fn crowd(options: MySqlConnectOptions) -> (World, Service) {
    let database = Database::new(options.clone(), CONNECTIONS);
    database
        .open(CONNECTIONS)
        .await
        .expect("the database answers");
    let world = World::new(options).await;
    let hasher = Hasher::new(CHEAP).expect("argon2 can do that");
    let service = Service::new(database, world.clock.clone(), hasher, signer());
    for number in 0..USERS {
        let user = service.register(registration(&name(number)), UNKNOWN).await;
        user.expect("the name is free");
    }
    (world, service)
}

fn name(number: usize) -> String {
    format!("rita{number}")
}

/// That many sessions, one after the other of each user.
async fn sessions(service: &Service, count: usize) -> Vec<Kept> {
    let mut phones = Vec::new();
    while phones.len() < count {
        let names: Vec<_> = (0..USERS).map(name).collect();
        let logins = names.iter().map(|name| log_in(service, name));
        phones.extend(join_all(logins).await);
    }
    phones
}

/// All of them, so many at a time that none waits longer for a connection than the pool allows.
async fn each<T>(all: impl IntoIterator<Item = impl Future<Output = T>>) -> Vec<T> {
    stream::iter(all).buffered(4 * CONNECTIONS).collect().await
}

/// Both present the same token at once.
async fn refresh_twice(service: &Service, token: &str) -> Kept {
    let (one, other) = join(refresh(service, token), refresh(service, token)).await;
    let (one, other) = (one.expect("alive"), other.expect("alive"));
    assert_eq!(one.refresh, other.refresh, "one child");
    one
}

/// The session stands exactly one exchange behind `before`.
async fn check_rotated_once(connection: &mut MySqlConnection, before: &Kept, after: &Kept) {
    let stored = row(connection, before.session).await;
    let stored = stored.expect("alive");
    let hash = |kept: &Kept| digest(&SHA256, &Parts::of(&kept.refresh).secret);
    assert_eq!(stored.secret_hash, hash(after).as_ref());
    assert_eq!(stored.previous_hash.as_deref(), Some(hash(before).as_ref()));
}

#[sqlx::test]
async fn a_thousand_concurrent_double_refreshes_yield_one_token_each(pool: MySqlPool) {
    let options = options(&pool);
    let (world, service) = Box::pin(crowd(options)).await;
    let mut connection = world.connect().await;
    let phones = sessions(&service, 1_000).await;
    assert_eq!(phones.len(), 1_000);
    let refreshed = phones
        .iter()
        .map(|phone| refresh_twice(&service, &phone.refresh));
    for (before, after) in phones.iter().zip(each(refreshed).await) {
        check_rotated_once(&mut connection, before, &after).await;
        let opened = open(&service, &after.access).await;
        assert!(opened.is_ok(), "no false alarm");
    }
}

#[sqlx::test]
async fn a_session_survives_two_hundred_double_refreshes(pool: MySqlPool) {
    let options = options(&pool);
    let (world, service) = Box::pin(crowd(options)).await;
    let mut connection = world.connect().await;
    let mut last = log_in(&service, "ona").await;
    for _ in 0..200 {
        let next = refresh_twice(&service, &last.refresh).await;
        check_rotated_once(&mut connection, &last, &next).await;
        last = next;
    }
    assert!(open(&service, &last.access).await.is_ok());
}

/// Of two who present a token, the quicker one may have gone on already when the other is served.
#[sqlx::test]
async fn a_refresh_never_undoes_the_next_one(pool: MySqlPool) {
    let options = options(&pool);
    let (world, service) = Box::pin(crowd(options)).await;
    let mut connection = world.connect().await;
    let mut last = log_in(&service, "ona").await;
    for _ in 0..100 {
        let twin = refresh(&service, &last.refresh);
        let quick = async {
            let next = refresh(&service, &last.refresh).await.expect("alive");
            let after = refresh(&service, &next.refresh).await.expect("alive");
            (next, after)
        };
        let (twin, (next, after)) = join(twin, quick).await;
        assert_eq!(twin.expect("alive").refresh, next.refresh);
        check_rotated_once(&mut connection, &next, &after).await;
        last = after;
    }
}

/// What keeps the test above from depending on luck.
#[sqlx::test]
async fn concurrent_refreshes_of_a_session_wait_for_each_other(pool: MySqlPool) {
    let world = Box::pin(World::new(&pool)).await;
    let phone = log_in(&world.service, "ona").await;
    let (mut first, mut second) = (world.connect().await, world.connect().await);
    let mut held = first.begin().await.expect("begun");
    let locked = store::session::lock(&mut held, phone.session).await;
    assert!(locked.expect("no fault").is_some());
    let impatient = second.execute("SET SESSION innodb_lock_wait_timeout = 1");
    impatient.await.expect("set");
    let Err(Error::Internal(cause)) = store::session::lock(&mut second, phone.session).await else {
        panic!("it did not wait");
    };
    assert!(cause.to_string().contains("Lock wait timeout"), "{cause}");
    held.rollback().await.expect("undone");
    let locked = store::session::lock(&mut second, phone.session).await;
    assert!(locked.expect("no fault").is_some());
}

/// Half of the reuses come at the same moment as the holder's own exchange.
#[sqlx::test]
async fn two_hundred_reuses_each_end_only_their_own_session(pool: MySqlPool) {
    let options = options(&pool);
    let (world, service) = Box::pin(crowd(options)).await;
    let phones = sessions(&service, 200).await;
    let others = sessions(&service, 200).await;
    let second = each(phones.iter().map(|it| refresh(&service, &it.refresh))).await;
    let second: Vec<_> = second.into_iter().map(|it| it.expect("alive")).collect();
    let third = each(second.iter().map(|it| refresh(&service, &it.refresh))).await;
    let third: Vec<_> = third.into_iter().map(|it| it.expect("alive")).collect();
    world.clock.advance(Duration::seconds(61));
    let reuses = phones.iter().zip(&third).enumerate();
    let reuses = reuses.map(async |(number, (first, third))| {
        let stolen = refresh(&service, &first.refresh);
        if number % 2 == 0 {
            let own = refresh(&service, &third.refresh);
            let (stolen, own) = join(stolen, own).await;
            (stolen, own.unwrap_or_else(|_| third.clone()))
        } else {
            (stolen.await, third.clone())
        }
    });
    for (stolen, last) in each(reuses).await {
        assert_eq!(stolen.err(), Some(AuthError::SessionEnded));
        let opened = open(&service, &last.access).await;
        assert_eq!(opened.err(), Some(AuthError::SessionEnded));
        let refreshed = refresh(&service, &last.refresh).await;
        assert_eq!(refreshed.err(), Some(AuthError::SessionEnded));
    }
    for other in others {
        assert!(open(&service, &other.access).await.is_ok());
        assert!(refresh(&service, &other.refresh).await.is_ok());
    }
}

#[sqlx::test]
async fn a_refresh_racing_a_logout_does_not_revive_the_session(pool: MySqlPool) {
    let options = options(&pool);
    let (world, service) = Box::pin(crowd(options)).await;
    let phones = sessions(&service, 100).await;
    let ends = phones.iter().map(|phone| {
        let refreshed = refresh(&service, &phone.refresh);
        join(refreshed, service.log_out(phone.session))
    });
    let mut connection = world.connect().await;
    for (phone, (refreshed, ended)) in phones.iter().zip(each(ends).await) {
        ended.expect("logged out");
        let last = refreshed.unwrap_or_else(|_| phone.clone());
        let opened = open(&service, &last.access).await;
        assert_eq!(opened.err(), Some(AuthError::SessionEnded));
        let again = refresh(&service, &last.refresh).await;
        assert_eq!(again.err(), Some(AuthError::SessionEnded));
        let gone = row(&mut connection, phone.session).await;
        assert_eq!(gone, None);
    }
}

/// Each login sweeps the user's ended sessions, and so does the purge: both lock the place where new
/// sessions go and where an exchange moves its own.
#[sqlx::test]
async fn logins_refreshes_and_the_purge_do_not_block_each_other(pool: MySqlPool) {
    let options = options(&pool);
    let (world, service) = Box::pin(crowd(options)).await;
    let mut ended = Vec::new();
    for _ in 0..30 {
        ended.push(log_in(&service, "ona").await);
    }
    world.clock.advance(IDLE_TIMEOUT - Duration::days(1));
    let mut phones = Vec::new();
    for _ in 0..50 {
        phones.push(log_in(&service, "ona").await);
    }
    world.clock.advance(Duration::days(1));
    let exchanges = phones.iter().map(|it| refresh(&service, &it.refresh));
    let logins = (0..50).map(|_| log_in(&service, "ona"));
    let purge = service.purge_if_due();
    let ((exchanged, new), purged) = join(join(join_all(exchanges), join_all(logins)), purge).await;
    purged.expect("purged");
    for phone in exchanged
        .into_iter()
        .map(|it| it.expect("alive"))
        .chain(new)
    {
        assert!(open(&service, &phone.access).await.is_ok());
    }
    let mut connection = world.connect().await;
    for phone in ended {
        assert_eq!(row(&mut connection, phone.session).await, None);
    }
}
