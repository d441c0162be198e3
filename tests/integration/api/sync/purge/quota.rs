//! How many tombstones one user may have.

use serde_json::json;
use sqlx::{AssertSqlSafe, MySqlPool};
use tickbox::domain::todo::{TOMBSTONES_MAX, TOMBSTONES_SURPLUS};
use time::Duration;

use super::{
    super::{Replica, add, add_many, assert_refused, done, remove},
    count, purge, restore,
};
use crate::support::{api_client::Phone, fixture::World, test_server::Site};

const TOMBSTONES: &str = "SELECT COUNT(*) FROM todos WHERE removed_date IS NOT NULL";
const COUNTED: &str = "SELECT CAST(SUM(removed_count) AS SIGNED) FROM users";

/// Ona gets so many tombstones, one a second until now, with a revision each, and so many are counted.
async fn fill(world: &World, number: i32, counted: i32) {
    let mut connection = world.connect().await;
    let (ona, now) = (world.ona.user_id.0, world.clock.now().to_string());
    let now = &now[..19];
    for statement in [
        format!(
            "INSERT INTO todos (user_id, id, description, created_date, removed_date, rev)
             WITH RECURSIVE few (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM few WHERE n < 150),
                  many (n) AS (SELECT (a.n - 1) * 150 + b.n FROM few AS a CROSS JOIN few AS b)
             SELECT {ona}, UNHEX(REPLACE(UUID(), '-', '')), 'removed', '{now}',
                    '{now}' - INTERVAL {number} - n SECOND, n FROM many WHERE n <= {number}"
        ),
        format!("UPDATE users SET rev = {number}, removed_count = {counted} WHERE id = {ona}"),
    ] {
        let filled = sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection);
        filled.await.expect("filled");
    }
}

#[sqlx::test]
async fn too_many_tombstones_delete_the_oldest_and_expire_tokens(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let mut old = Replica::default();
    old.sync(&phone, 10).await;
    fill(&site.world, TOMBSTONES_MAX, TOMBSTONES_MAX).await;
    let mut recent = Replica::default();
    recent.sync(&phone, 10).await;
    let ids = add_many(&phone, 2).await;
    remove(&phone, &ids[0]).await;
    let left = i64::from(TOMBSTONES_MAX) + 1 - i64::from(TOMBSTONES_SURPLUS);
    assert_eq!(count(&site.world, TOMBSTONES).await, left);
    assert_eq!(count(&site.world, COUNTED).await, left);
    let oldest = "SELECT CAST(MIN(rev) AS SIGNED) FROM todos WHERE removed_date IS NOT NULL";
    assert_eq!(
        count(&site.world, oldest).await,
        i64::from(TOMBSTONES_SURPLUS) + 1
    );
    let reply = phone.get("todo_changes", old.request(10)).await;
    assert_refused(&reply, 410, "sync_token_expired");
    recent.sync(&phone, 10).await;
    assert_eq!(recent.todos.len(), 1);
    assert_eq!(restore(&phone, &ids[0]).await.0, 200);
    assert_eq!(count(&site.world, COUNTED).await, left - 1);
    // A hundred more may come before the next are deleted.
    remove(&phone, &ids[1]).await;
    assert_eq!(count(&site.world, TOMBSTONES).await, left);
}

#[sqlx::test]
async fn ten_thousand_to_dos_removed_at_once_can_all_be_restored(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let first = add(&phone, "Milk").await;
    remove(&phone, &first).await;
    // As many as are removed after it, and those of a month.
    fill(&site.world, 10_000 + 30 * 300, 10_000 + 30 * 300 + 1).await;
    let id = add(&phone, "Bread").await;
    remove(&phone, &id).await;
    assert_eq!(restore(&phone, &first).await.0, 200);
}

/// Those of before they were counted, or removed by an older program.
#[sqlx::test]
async fn the_purge_recounts_the_tombstones_of_a_user(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let ids = add_many(&phone, 3).await;
    remove(&phone, &ids[0]).await;
    site.world.clock.advance(Duration::days(31));
    let phone = Phone::log_in(&site, "ona").await;
    remove(&phone, &ids[1]).await;
    let mut connection = site.world.connect().await;
    for wrong in [0, 7_000, -5] {
        let statement = format!("UPDATE users SET removed_count = {wrong}");
        let counted = sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection);
        counted.await.expect("updated");
        let tombstones = purge(&site).await.tombstones;
        assert_eq!(tombstones, 1, "{wrong}");
        let phone = Phone::log_in(&site, "ona").await;
        let ona = "SELECT CAST(removed_count AS SIGNED) FROM users WHERE username = 'ona'";
        assert_eq!(count(&site.world, ona).await, 1, "{wrong}");
        // One more that is old at the next time.
        done(&phone, "restore_todo", json!({"id": ids[1]})).await;
        remove(&phone, &ids[1]).await;
        let age = "UPDATE todos SET removed_date = removed_date - INTERVAL 31 DAY WHERE id = ?";
        let old = add(&phone, "old").await;
        remove(&phone, &old).await;
        let old = uuid::Uuid::try_parse(&old).expect("a UUID");
        let aged = sqlx::query(age).bind(old).execute(&mut connection);
        aged.await.expect("aged");
        site.world.clock.advance(Duration::DAY);
    }
}
