//! How many to-dos somebody may have.

use futures_util::future::join_all;
use sqlx::MySqlPool;
use tickbox::{
    domain::{
        error::{Conflict, Error},
        todo::{Description, QUOTA, TodoId},
        user::Account,
    },
    service::TodoUpdate,
};
use uuid::Uuid;

use crate::support::{
    fixture::{PASSWORD, World, client, credentials},
    test_server::Site,
};

/// As if the user had that many to-dos.
async fn set_count(world: &World, count: i32) {
    let updated = sqlx::query("UPDATE users SET todo_count = ? WHERE id = ?")
        .bind(count)
        .bind(world.ona.user_id.0)
        .execute(&mut world.connect().await)
        .await;
    updated.expect("updated");
}

async fn count(world: &World) -> i32 {
    sqlx::query_scalar("SELECT todo_count FROM users WHERE id = ?")
        .bind(world.ona.user_id.0)
        .fetch_one(&mut world.connect().await)
        .await
        .expect("read")
}

/// What a request knows when it begins.
async fn ona(world: &World) -> Account {
    let login = world
        .service
        .log_in(credentials("ona", PASSWORD), None, client("a test"));
    let token = login.await.expect("right password").token;
    let account = world.service.authenticate(&token).await;
    account.expect("no fault").expect("a session")
}

async fn add(world: &World, account: &Account, id: TodoId) -> Result<TodoUpdate, Error> {
    let milk = Description::parse("Buy milk").expect("valid");
    world.service.add(account, id, milk).await
}

fn new_id() -> TodoId {
    TodoId(Uuid::new_v4())
}

fn is_refused<T>(result: &Result<T, Error>) -> bool {
    matches!(result, Err(Error::Conflict(Conflict::TodoQuotaReached)))
}

#[sqlx::test]
async fn a_list_holds_at_most_its_quota(pool: MySqlPool) {
    let world = World::new(&pool).await;
    set_count(&world, QUOTA - 1).await;
    let account = ona(&world).await;
    let last = new_id();
    add(&world, &account, last).await.expect("there is a place");
    let full = ona(&world).await;
    for account in [&account, &full] {
        let refused = add(&world, account, new_id()).await;
        assert!(is_refused(&refused), "{refused:?}");
    }
    let replayed = add(&world, &full, last).await.expect("stored already");
    assert!(!replayed.changed);
    assert_eq!(count(&world).await, QUOTA);
    let left = ona(&world).await;
    assert_eq!(
        left.counts, full.counts,
        "what was refused has left nothing"
    );
}

#[sqlx::test]
async fn a_removed_to_do_is_restored_only_within_the_quota(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let id = new_id();
    add(&world, &world.ona, id).await.expect("added");
    world.service.remove(&world.ona, id).await.expect("removed");
    set_count(&world, QUOTA).await;
    let refused = world.service.restore(&world.ona, id).await;
    assert!(is_refused(&refused), "{refused:?}");
    set_count(&world, QUOTA - 1).await;
    let restored = world.service.restore(&world.ona, id).await;
    restored.expect("there is a place");
    let done = world.service.complete(&world.ona, id).await;
    done.expect("what is there may be changed");
}

#[sqlx::test]
async fn concurrent_adds_stay_within_the_quota(pool: MySqlPool) {
    let world = World::new(&pool).await;
    set_count(&world, QUOTA - 3).await;
    let account = ona(&world).await;
    let added = join_all((0..20).map(|_| add(&world, &account, new_id()))).await;
    assert_eq!(added.iter().filter(|it| it.is_ok()).count(), 3);
    assert_eq!(added.iter().filter(|it| is_refused(it)).count(), 17);
    assert_eq!(count(&world).await, QUOTA);
}

#[sqlx::test]
async fn the_page_of_a_full_list_keeps_the_input_and_says_what_to_do(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    set_count(&site.world, QUOTA).await;
    let browser = site.browser("ona").await;
    let answer = browser.post("/", &[("description", "Buy milk")]).await;
    assert_eq!(answer.status, 422);
    assert_eq!(answer.attribute("#description", "value"), "Buy milk");
    assert!(answer.body.contains("Remove some"), "{}", answer.body);
}
