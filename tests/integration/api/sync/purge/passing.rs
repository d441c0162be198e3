//! Whoever's rows cannot be deleted keeps nobody else from being purged, and is tried again; so is what an
//! instance leaves that dies.

use sqlx::{Connection as _, MySqlConnection, MySqlPool, mysql::MySqlConnectOptions};
use tickbox::{
    database::Database,
    domain::user::Account,
    service::{Hasher, Purged, Service},
};
use time::Duration;
use tokio::time::timeout;

use super::{add, purge, remove};
use crate::support::{
    api_client::Phone,
    fixture::{CHEAP, options, signer},
    test_server::Site,
};

/// Both have an old tombstone, and Ona is the first.
async fn with_tombstones(pool: &MySqlPool) -> Site {
    let site = Site::open(pool).await;
    for name in ["ona", "jonas"] {
        let phone = Phone::log_in(&site, name).await;
        let id = add(&phone, "Milk").await;
        remove(&phone, &id).await;
    }
    site.world.clock.advance(Duration::days(31));
    site
}

async fn tombstones(connection: &mut MySqlConnection, account: &Account) -> i64 {
    let count = "SELECT COUNT(*) FROM todos WHERE user_id = ? AND removed_date IS NOT NULL";
    let count = sqlx::query_scalar(count).bind(account.user_id.0);
    count.fetch_one(connection).await.expect("counted")
}

fn another_instance(site: &Site, options: &MySqlConnectOptions) -> Service {
    let hasher = Hasher::new(CHEAP).expect("argon2 can do that");
    let database = Database::new(options.clone(), 2);
    Service::new(database, site.world.clock.clone(), hasher, signer())
}

const HOLD: &str = "SELECT id FROM todos WHERE user_id = ? FOR UPDATE";

#[sqlx::test]
async fn a_locked_user_is_skipped_by_the_purge_and_retried(pool: MySqlPool) {
    let site = with_tombstones(&pool).await;
    let (ona, jonas) = (&site.world.ona, &site.world.jonas);
    let mut other = site.world.connect().await;
    let mut held = other.begin().await.expect("begun");
    let hold = sqlx::query(HOLD).bind(ona.user_id.0).execute(&mut *held);
    hold.await.expect("held");
    let purged = purge(&site).await;
    assert_eq!((purged.tombstones, purged.passed_by), (1, 1));
    let mut connection = site.world.connect().await;
    assert_eq!(tombstones(&mut connection, ona).await, 1);
    assert_eq!(tombstones(&mut connection, jonas).await, 0);
    held.rollback().await.expect("released");

    let again = site.world.service.purge_if_due().await;
    assert_eq!(again.expect("no fault"), None, "not at once");
    site.world.clock.advance(Duration::HOUR);
    purge(&site).await;
    assert_eq!(tombstones(&mut connection, ona).await, 0);
    site.world.clock.advance(Duration::HOUR);
    let again = site.world.service.purge_if_due().await;
    assert_eq!(again.expect("no fault"), None, "nothing was left");
}

#[sqlx::test]
async fn another_instance_takes_over_a_dead_ones_purge_in_minutes(pool: MySqlPool) {
    let options = options(&pool);
    let site = with_tombstones(&pool).await;
    let mut other = site.world.connect().await;
    let mut held = other.begin().await.expect("begun");
    let hold = sqlx::query(HOLD).bind(site.world.ona.user_id.0);
    hold.execute(&mut *held).await.expect("held");
    let first = another_instance(&site, &options);
    let dies = timeout(std::time::Duration::from_secs(1), first.purge_if_due()).await;
    assert!(dies.is_err(), "it is at work");
    held.rollback().await.expect("released");

    let early = site.world.service.purge_if_due().await;
    assert_eq!(early.expect("no fault"), None, "it may be alive");
    site.world.clock.advance(Duration::minutes(5));
    purge(&site).await;
    let mut connection = site.world.connect().await;
    for account in [&site.world.ona, &site.world.jonas] {
        assert_eq!(tombstones(&mut connection, account).await, 0);
    }
    site.world.clock.advance(Duration::DAY);
    assert_eq!(purge(&site).await, Purged::default());
}
