//! Old tombstones and ended sessions are deleted, and phones notice what they must.

mod passing;
mod quota;

use futures_util::future::join_all;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, MySqlPool};
use tickbox::{
    database::Database,
    domain::todo::TOMBSTONE_LIFE,
    service::{Hasher, Purged, Service},
};
use time::Duration;
use uuid::Uuid;

use super::{Replica, add, add_many, assert_refused, done, edit, list, remove};
use crate::support::{
    api_client::Phone,
    fixture::{CHEAP, World, options, signer},
    test_server::Site,
};

/// Time passes; the phone logs in again.
async fn later(site: &Site, by: Duration) -> Phone<'_> {
    site.world.clock.advance(by);
    Phone::log_in(site, "ona").await
}

async fn purge(site: &Site) -> Purged {
    let purged = site.world.service.purge_if_due().await;
    purged.expect("no fault").expect("it was due")
}

async fn restore(phone: &Phone<'_>, id: &str) -> (u16, Value) {
    let reply = phone.post("restore_todo", json!({"id": id})).await;
    (reply.status, reply.json["code"].clone())
}

pub(super) async fn count(world: &World, statement: &'static str) -> i64 {
    let mut connection = world.connect().await;
    let count = sqlx::query_scalar(statement);
    count.fetch_one(&mut connection).await.expect("counted")
}

const GONE: (u16, &str) = (410, "todo_gone");

#[sqlx::test]
async fn a_removed_to_do_can_be_restored_for_30_days(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let ids = add_many(&phone, 3).await;
    remove(&phone, &ids[0]).await;
    remove(&phone, &ids[1]).await;
    let phone = later(&site, TOMBSTONE_LIFE - Duration::MINUTE).await;
    assert_eq!(purge(&site).await.tombstones, 0);
    assert_eq!(restore(&phone, &ids[0]).await, (200, Value::Null));
    let phone = later(&site, Duration::MINUTE).await;
    assert_eq!(
        restore(&phone, &ids[1]).await,
        (GONE.0, json!(GONE.1)),
        "not purged yet"
    );
    assert_eq!(
        restore(&phone, &ids[0]).await.0,
        200,
        "it was restored in time"
    );
    let phone = later(&site, Duration::DAY).await;
    assert_eq!(purge(&site).await.tombstones, 1);
    assert_eq!(
        restore(&phone, &ids[1]).await,
        (GONE.0, json!(GONE.1)),
        "purged"
    );
    let listed = list(&phone).await;
    assert_eq!(listed.keys().len(), 2);
    assert!(listed.contains_key(&ids[0]) && listed.contains_key(&ids[2]));
}

#[sqlx::test]
async fn an_unknown_id_is_not_found_rather_than_gone(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let id = add(&phone, "Milk").await;
    remove(&phone, &id).await;
    later(&site, Duration::days(31)).await;
    assert_eq!(purge(&site).await.tombstones, 1);
    // Ona's purge is nothing to Jonas.
    let phone = Phone::log_in(&site, "jonas").await;
    for id in [id, Uuid::new_v4().to_string()] {
        assert_eq!(restore(&phone, &id).await, (404, json!("todo_not_found")));
    }
}

#[sqlx::test]
async fn a_purge_expires_only_the_tokens_from_before_it(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let ids = add_many(&phone, 6).await;
    let mut before = Replica::default();
    before.sync(&phone, 10).await;
    let mut middle = Replica::default();
    middle.part(&phone, 2).await;
    remove(&phone, &ids[0]).await;
    let mut after = Replica::default();
    after.sync(&phone, 10).await;
    let mut middle_after = Replica::default();
    middle_after.part(&phone, 2).await;

    let phone = later(&site, Duration::days(31)).await;
    for mut replica in [before.clone(), middle.clone()] {
        replica.sync(&phone, 10).await;
        assert_eq!(replica.todos, list(&phone).await, "not purged yet");
    }
    remove(&phone, &ids[1]).await;
    assert_eq!(purge(&site).await.tombstones, 1);
    for replica in [before, middle] {
        let reply = phone.get("todo_changes", replica.request(10)).await;
        assert_refused(&reply, 410, "sync_token_expired");
    }
    edit(&phone, &ids[2], "edited").await;
    for mut replica in [after, middle_after, Replica::default()] {
        replica.sync(&phone, 2).await;
        assert_eq!(replica.todos, list(&phone).await);
    }
}

#[sqlx::test]
async fn a_delta_interrupted_by_a_purge_must_start_over(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let ids = add_many(&phone, 5).await;
    let mut delta = Replica::default();
    delta.sync(&phone, 10).await;
    for id in &ids[..3] {
        remove(&phone, id).await;
    }
    // It has seen the first tombstone, and not those behind it.
    delta.part(&phone, 1).await;
    let phone = later(&site, Duration::days(31)).await;
    assert_eq!(purge(&site).await.tombstones, 3);
    let reply = phone.get("todo_changes", delta.request(1)).await;
    assert_refused(&reply, 410, "sync_token_expired");
}

#[sqlx::test]
async fn only_old_tombstones_are_purged(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let ids = add_many(&phone, 6).await;
    done(&phone, "update_todo_status", json!({"id": ids[0]})).await;
    remove(&phone, &ids[1]).await;
    remove(&phone, &ids[2]).await;
    done(&phone, "restore_todo", json!({"id": ids[2]})).await;
    let other = Phone::log_in(&site, "jonas").await;
    let theirs = add(&other, "somebody else's").await;
    let phone = later(&site, Duration::days(20)).await;
    remove(&phone, &ids[3]).await;
    let phone = later(&site, Duration::days(11)).await;
    remove(&phone, &ids[4]).await;
    let before = list(&phone).await;
    assert_eq!(purge(&site).await.tombstones, 1);
    assert_eq!(list(&phone).await, before);
    assert_eq!(count(&site.world, "SELECT COUNT(*) FROM todos").await, 6);
    for id in &ids[3..5] {
        assert_eq!(restore(&phone, id).await.0, 200);
    }
    let other = Phone::log_in(&site, "jonas").await;
    assert!(list(&other).await.contains_key(&theirs));
    let counts =
        "SELECT CAST(open_count * 100 + todo_count AS SIGNED) FROM users WHERE username = 'ona'";
    assert_eq!(count(&site.world, counts).await, 405, "one is done");
}

#[sqlx::test]
async fn only_ended_sessions_are_purged(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    Phone::log_in(&site, "ona").await;
    let mut used_phone = Phone::log_in(&site, "ona").await;
    site.browser("ona").await;
    let used_browser = site.browser("ona").await;
    site.world.clock.advance(Duration::days(20));
    used_phone.refresh().await;
    assert_eq!(used_browser.get("/").await.status, 200);
    site.world.uses_are_noted(2).await;
    site.world.clock.advance(Duration::days(11));
    let all = count(&site.world, "SELECT COUNT(*) FROM sessions").await;
    assert_eq!(all, 6, "these, and those that the two people arrived with");
    assert_eq!(purge(&site).await.sessions, 4);
    assert_eq!(count(&site.world, "SELECT COUNT(*) FROM sessions").await, 2);
    used_phone.refresh().await;
    assert_eq!(used_phone.get("me", Value::Null).await.status, 200);
    assert_eq!(used_browser.get("/").await.status, 200);
}

#[sqlx::test]
async fn one_of_ten_instances_purges_each_day(pool: MySqlPool) {
    let options = options(&pool);
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let ids = add_many(&phone, 3).await;
    let instance = || {
        let hasher = Hasher::new(CHEAP).expect("argon2 can do that");
        let database = Database::new(options.clone(), 2);
        Service::new(database, site.world.clock.clone(), hasher, signer())
    };
    let instances: Vec<_> = (0..10).map(|_| instance()).collect();
    for (day, id) in (0..3).zip(&ids) {
        let purges = join_all(instances.iter().map(Service::purge_if_due)).await;
        let purged: Vec<_> = purges.into_iter().map(|it| it.expect("no fault")).collect();
        assert_eq!(purged.iter().flatten().count(), 1, "day {day}: {purged:?}");
        let again = instances[0].purge_if_due().await;
        assert_eq!(again.expect("no fault"), None, "twice on day {day}");
        let phone = Phone::log_in(&site, "ona").await;
        remove(&phone, id).await;
        site.world.clock.advance(Duration::DAY);
    }
}

#[sqlx::test]
async fn thousands_of_tombstones_and_users_are_all_purged(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let id = add(&phone, "Milk").await;
    let mut replica = Replica::default();
    replica.sync(&phone, 10).await;
    fill(&site.world).await;
    site.world.clock.advance(Duration::days(31));
    let purged = purge(&site).await;
    assert_eq!(purged.tombstones, TOMBSTONES + THEIR_TOMBSTONES);
    assert_eq!(purged.sessions, USERS + 3);
    let left = "SELECT COUNT(*) FROM todos WHERE removed_date IS NOT NULL";
    assert_eq!(count(&site.world, left).await, 0);
    let noted = "SELECT COUNT(*) FROM users WHERE purged_rev = 2";
    let noted = count(&site.world, noted).await;
    assert_eq!(u64::try_from(noted), Ok(THEIR_TOMBSTONES));
    let phone = Phone::log_in(&site, "ona").await;
    let reply = phone.get("todo_changes", replica.request(10)).await;
    assert_refused(&reply, 410, "sync_token_expired");
    assert_eq!(list(&phone).await.keys().collect::<Vec<_>>(), [&id]);
}

/// More than one turn may delete.
const TOMBSTONES: u64 = 6_400;
/// More than one statement looks at.
const USERS: u64 = 1_250;
/// Of those, one in ten has a tombstone.
const THEIR_TOMBSTONES: u64 = USERS / 10;

/// Ona gets that many tombstones, and that many others come with a to-do and a session each.
async fn fill(world: &World) {
    let mut connection = world.connect().await;
    let now = world.clock.now().to_string();
    let now = &now[..19];
    let ona = world.ona.user_id.0;
    for statement in [
        "CREATE TABLE numbers AS
         WITH RECURSIVE few (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM few WHERE n < 80)
         SELECT (a.n - 1) * 80 + b.n AS n FROM few AS a CROSS JOIN few AS b"
            .to_owned(),
        format!(
            "INSERT INTO todos (user_id, id, description, created_date, removed_date, rev)
             SELECT {ona}, UNHEX(REPLACE(UUID(), '-', '')), 'old', '{now}', '{now}', n + 1 FROM numbers"
        ),
        format!("UPDATE users SET rev = {TOMBSTONES} + 1 WHERE id = {ona}"),
        format!(
            "INSERT INTO users (public_id, firstname, lastname, username, password, rev, created_date)
             SELECT UNHEX(REPLACE(UUID(), '-', '')), 'a', 'b', CONCAT('user', n), 'c', 2, '{now}'
             FROM numbers WHERE n <= {USERS}"
        ),
        format!(
            "INSERT INTO todos (user_id, id, description, created_date, removed_date, rev)
             SELECT id, UNHEX(REPLACE(UUID(), '-', '')), 'theirs', '{now}', NULL, 1
             FROM users WHERE username LIKE 'user%'"
        ),
        format!(
            "INSERT INTO todos (user_id, id, description, created_date, removed_date, rev)
             SELECT id, UNHEX(REPLACE(UUID(), '-', '')), 'old', '{now}', '{now}', 2
             FROM users WHERE username LIKE 'user%0'"
        ),
        format!(
            "INSERT INTO sessions (id, user_id, kind, secret_hash, created_date, seen_date, expires_date, user_agent)
             SELECT UNHEX(REPLACE(UUID(), '-', '')), id, 'web', REPEAT('x', 32), '{now}', '{now}',
                    '{now}' + INTERVAL 30 DAY, 'a test'
             FROM users WHERE username LIKE 'user%'"
        ),
    ] {
        let filled = sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection);
        filled.await.expect("filled");
    }
}
