//! `POST /remove-todo`

use sqlx::MySqlPool;

use crate::support::test_server::Site;

#[sqlx::test]
async fn for_htmx_a_removal_offers_an_undo_that_restores_the_row(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await.with_htmx();
    let id = browser.add("Milk").await;
    let removed = browser.post("/remove-todo", &[("todo_id", &id)]).await;
    assert_eq!(
        removed.attribute("form[action='/restore-todo'] [name=todo_id]", "value"),
        id
    );
    assert_eq!(removed.attributes("#undo[data-focus]", "id"), ["undo"]);
    let place = format!("template#todo-{id}");
    assert_eq!(
        removed.texts(&place),
        [""],
        "its place is kept, and nothing of it shown"
    );
    let restored = browser.post("/restore-todo", &[("todo_id", &id)]).await;
    let row = format!("#todo-{id}");
    assert_eq!(restored.targets(), [row.as_str(), "#count", "#status"]);
    assert_eq!(restored.todos(), ["Milk"]);
    let focused = restored.attributes("button[data-focus]", "id");
    assert_eq!(focused, [format!("check-{id}")]);
}
