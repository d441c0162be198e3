//! The list and the forms of its rows: a file for each route, and here what all of them share.

mod add_todo;
mod edit_plan;
mod edit_repeat;
mod edit_todo;
mod list;
mod move_todo;
mod quick_add;
mod remove_todo;
mod restore_todo;
mod search;
mod tags;
mod update_todo;
mod views;

use sqlx::MySqlPool;

use crate::support::test_server::Site;

#[sqlx::test]
async fn a_plain_form_redirects_to_the_page(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    let id = browser.add("Milk").await;
    let id = id.as_str();
    for (path, form, location, words, open) in [
        (
            "/update-todo",
            vec![("todo_id", id)],
            "/?notice=completed",
            "Done: the to-do.",
            "0 of 1 open",
        ),
        (
            "/update-todo",
            vec![("todo_id", id), ("is_done", "false")],
            "/?notice=reopened",
            "Open again: the to-do.",
            "1 of 1 open",
        ),
        (
            "/edit-todo",
            vec![("todo_id", id), ("description", "Oat milk")],
            "/?notice=saved",
            "Saved the to-do.",
            "1 of 1 open",
        ),
        (
            "/remove-todo",
            vec![("todo_id", id)],
            "/?notice=removed",
            "Removed the to-do.",
            "0 of 0 open",
        ),
        (
            "/restore-todo",
            vec![("todo_id", id)],
            "/?notice=restored",
            "Restored the to-do.",
            "1 of 1 open",
        ),
    ] {
        let answer = browser.post(path, &form).await;
        assert_eq!(answer.status, 303, "{path}");
        assert!(answer.header("location").starts_with(location), "{path}");
        assert!(answer.body.is_empty(), "{path}");
        let page = browser.get(answer.header("location")).await;
        assert_eq!(page.texts("#status > span"), [words]);
        assert_eq!(page.texts("#count"), [open]);
    }
}

#[sqlx::test]
async fn for_htmx_a_change_updates_row_count_and_status(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await.with_htmx();
    let id = browser.add("Milk").await;
    let row = format!("#todo-{id}");
    for (path, form, swap) in [
        (
            "/update-todo",
            vec![("todo_id", id.as_str()), ("is_done", "true")],
            "outerMorph",
        ),
        (
            "/update-todo",
            vec![("todo_id", id.as_str()), ("is_done", "false")],
            "outerMorph",
        ),
        (
            "/edit-todo",
            vec![("todo_id", id.as_str()), ("description", "Oat milk")],
            "outerHTML",
        ),
        ("/remove-todo", vec![("todo_id", id.as_str())], "outerMorph"),
        (
            "/restore-todo",
            vec![("todo_id", id.as_str())],
            "outerMorph",
        ),
    ] {
        let answer = browser.post(path, &form).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.targets(), [row.as_str(), "#count", "#status"]);
        assert_eq!(answer.attributes("hx-partial", "hx-swap")[0], swap);
    }
}

#[sqlx::test]
async fn an_unreadable_form_is_refused_with_a_message(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    let id = browser.add("Milk").await;
    let id = id.as_str();
    for (path, form) in [
        ("/", vec![("todo_id", "7"), ("description", "x")]),
        ("/update-todo", vec![("todo_id", "7")]),
        ("/update-todo", vec![]),
        ("/update-todo", vec![("todo_id", id), ("is_done", "maybe")]),
        ("/update-todo", vec![("todo_id", id), ("cursor", "x")]),
        ("/remove-todo", vec![("todo_id", "' OR 1=1 --")]),
        ("/remove-todo", vec![("todo_id", id), ("show", "none")]),
        ("/restore-todo", vec![("todo_id", "")]),
        ("/edit-todo", vec![("todo_id", "7"), ("description", "x")]),
        (
            "/edit-todo",
            vec![("todo_id", id), ("expected_rev", "some")],
        ),
        ("/edit-todo", vec![("todo_id", id), ("description", " ")]),
    ] {
        let page = browser.post(path, &form).await;
        assert_eq!(page.status, 422, "{path} {form:?}");
        let fragments = browser.with_htmx().post(path, &form).await;
        assert_eq!(fragments.status, 422, "{path} {form:?}");
        assert!(fragments.body.starts_with("<hx-partial"), "{path} {form:?}");
    }
    assert_eq!(browser.get("/").await.todos(), ["Milk"]);
}

#[sqlx::test]
async fn responses_and_rows_carry_their_revision(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    let id = browser.add("Milk").await;
    browser.add("Bread").await;
    let htmx = browser.with_htmx();
    let form = [("todo_id", id.as_str())];
    for (answer, rev, row) in [
        (browser.get("/").await, "2", Some("1")),
        (htmx.get("/").await, "2", Some("1")),
        (htmx.post("/", &[]).await, "2", None),
        (htmx.post("/update-todo", &form).await, "3", Some("3")),
        (htmx.post("/update-todo", &form).await, "3", Some("3")),
        (htmx.post("/remove-todo", &form).await, "4", Some("4")),
        (htmx.post("/restore-todo", &form).await, "5", Some("5")),
    ] {
        assert_eq!(answer.attribute("#count", "data-rev"), rev);
        let found = answer.attributes(&format!("#todo-{id}"), "data-rev");
        assert_eq!(found.first().map(String::as_str), row, "{}", answer.body);
    }
    let added = htmx.post("/", &[("description", "Tea")]).await;
    assert_eq!(added.attributes("#count, li", "data-rev"), ["6", "6"]);
}
