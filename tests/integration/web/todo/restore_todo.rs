//! `POST /restore-todo`

use sqlx::MySqlPool;
use time::Duration;

use crate::support::test_server::Site;

#[sqlx::test]
async fn an_undo_after_30_days_says_it_is_too_late(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    let id = browser.add("Milk").await;
    browser.post("/remove-todo", &[("todo_id", &id)]).await;
    site.world.clock.advance(Duration::days(20));
    browser.get("/").await;
    site.world.uses_are_noted(1).await;
    site.world.clock.advance(Duration::days(10));
    let late = browser.post("/restore-todo", &[("todo_id", &id)]).await;
    assert_eq!(late.status, 410);
    let words = late.texts("main").join(" ");
    assert!(words.contains("too long ago"), "{words}");
    let browser = browser.with_htmx();
    let late = browser.post("/restore-todo", &[("todo_id", &id)]).await;
    assert_eq!((late.status, late.targets()), (410, vec!["#status".into()]));
}
