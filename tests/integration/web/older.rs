//! Browsers that know less than others, and pages that were loaded before an update.

use crate::support::test_server::Site;
use sqlx::MySqlPool;

#[sqlx::test]
async fn a_browser_without_formaction_can_still_remove(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    let id = browser.add("Milk").await;
    let page = browser.get("/").await;
    let button = "form[action='/update-todo'] [formaction='/remove-todo']";
    let name = page.attribute(button, "name");
    let value = page.attribute(button, "value");
    let form = [("todo_id", id.as_str()), (name.as_str(), &value)];
    let answer = browser.post("/update-todo", &form).await;
    assert_eq!(
        answer.header("location"),
        format!("/?notice=removed&id={id}")
    );
    assert!(browser.get("/").await.todos().is_empty());
}

#[sqlx::test]
async fn a_page_with_the_former_field_names_still_works(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    let id = uuid::Uuid::new_v4().to_string();
    let form = [("id", id.as_str()), ("description", "Milk")];
    for _ in 0..2 {
        assert_eq!(browser.post("/", &form).await.status, 303);
    }
    let answer = browser.post("/update-todo", &[("id", &id)]).await;
    assert_eq!(answer.header("location"), "/?notice=completed");
    assert_eq!(browser.get("/?after=x").await.status, 404);
    assert_eq!(browser.get("/").await.todos(), ["Milk"]);
}
