//! Adding, completing, reopening, removing and restoring: each as a plain form and for htmx.

use sqlx::MySqlPool;
use time::Duration;

use crate::support::test_server::Site;

#[sqlx::test]
async fn a_plain_form_is_answered_with_the_way_to_the_page(pool: MySqlPool) {
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
async fn adding_for_htmx_brings_the_row_a_fresh_form_and_the_count(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await.with_htmx();
    let page = site.browser("ona").await.get("/").await;
    let id = page.attribute("#add [name=todo_id]", "value");
    let added = browser
        .post("/", &[("todo_id", &id), ("description", " Milk ")])
        .await;
    assert_eq!(added.status, 200);
    assert_eq!(
        added.targets(),
        ["#todos", "#errors", "#add", "#count", "#status"]
    );
    assert_eq!(added.todos(), ["Milk"]);
    assert_eq!(added.attribute("li", "id"), format!("todo-{id}"));
    assert_ne!(
        added.attribute("#add [name=todo_id]", "value"),
        id,
        "the next one has its own id"
    );
    assert_eq!(added.attribute("#description", "value"), "");
    assert_eq!(
        added.attributes("#description[data-focus]", "id"),
        ["description"]
    );
    assert!(added.body.contains("1 of 1 open"));
    assert!(added.body.contains("Added “<bdi>Milk</bdi>”."));
}

#[sqlx::test]
async fn a_fragment_is_what_the_page_shows(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    let id = browser.add("Milk").await;
    let done = browser
        .with_htmx()
        .post("/update-todo", &[("todo_id", &id)])
        .await;
    let page = browser.get("/").await;
    let row = |body: &str| {
        let begin = body.find("<li id").expect("a row");
        let end = body[begin..].find("</li>").expect("its end");
        body[begin..begin + end].to_owned()
    };
    assert_eq!(row(&done.body), row(&page.body));
    assert!(row(&done.body).contains("aria-checked=\"true\""));
}

#[sqlx::test]
async fn changing_for_htmx_updates_the_row_the_count_and_the_status(pool: MySqlPool) {
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
async fn removing_for_htmx_offers_to_undo_and_undoing_brings_the_row_back(pool: MySqlPool) {
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

#[sqlx::test]
async fn a_refused_to_do_keeps_what_was_typed(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    let long = "ž".repeat(201);
    let page = browser.post("/", &[("description", &long)]).await;
    assert_eq!(page.status, 422);
    assert_eq!(page.texts("title"), ["Error: My to-do list – Tickbox"]);
    assert_eq!(page.attribute("#description", "value"), long);
    assert_eq!(page.attribute(".errors a", "href"), "#description");
    let words = "The to-do must be 200 characters or fewer; it has 201";
    assert_eq!(page.texts(".errors a"), [words]);
    assert_eq!(
        page.texts("#description-error"),
        [format!("Error: {words}")]
    );

    let fragments = browser
        .with_htmx()
        .post("/", &[("description", &long)])
        .await;
    assert_eq!(fragments.status, 422);
    assert_eq!(
        fragments.targets(),
        ["#errors", "#add", "#count", "#status"]
    );
    assert_eq!(fragments.attribute("#description", "value"), long);
    assert_eq!(
        fragments.texts("#description-error"),
        [format!("Error: {words}")]
    );
    assert!(browser.get("/").await.todos().is_empty());
}

#[sqlx::test]
async fn the_same_form_sent_twice_adds_once(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    let id = uuid::Uuid::new_v4().to_string();
    for browser in [browser.clone(), browser.with_htmx(), browser.clone()] {
        let form = [("todo_id", id.as_str()), ("description", "Milk")];
        let answer = browser.post("/", &form).await;
        assert!([200, 303].contains(&answer.status));
    }
    assert_eq!(browser.get("/").await.todos(), ["Milk"]);
}

#[sqlx::test]
async fn a_used_form_with_another_text_is_kept_and_can_be_sent_again(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    let id = browser.add("Milk").await;
    let refused = browser
        .post("/", &[("todo_id", &id), ("description", "Bread")])
        .await;
    assert_eq!(refused.status, 422);
    assert_eq!(refused.attribute("#description", "value"), "Bread");
    let fresh = refused.attribute("#add [name=todo_id]", "value");
    let again = browser
        .post("/", &[("todo_id", &fresh), ("description", "Bread")])
        .await;
    assert_eq!(again.status, 303);
    assert_eq!(browser.get("/").await.todos(), ["Bread", "Milk"]);
}

#[sqlx::test]
async fn the_form_of_a_to_do_that_was_removed_since_is_kept_and_can_be_sent_again(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    let id = browser.add("Milk").await;
    browser.post("/remove-todo", &[("todo_id", &id)]).await;
    for browser in [browser.clone(), browser.with_htmx()] {
        let form = [("todo_id", id.as_str()), ("description", "Milk")];
        let refused = browser.post("/", &form).await;
        assert_eq!(refused.status, 422);
        assert_eq!(refused.attribute("#description", "value"), "Milk");
        assert_ne!(refused.attribute("#add [name=todo_id]", "value"), id);
    }
    assert!(browser.get("/").await.todos().is_empty());
}

#[sqlx::test]
async fn what_cannot_be_read_is_refused_in_words(pool: MySqlPool) {
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
async fn an_undo_that_comes_thirty_days_late_says_that_it_does(pool: MySqlPool) {
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

#[sqlx::test]
async fn answers_and_rows_say_of_which_revision_they_are(pool: MySqlPool) {
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

#[sqlx::test]
async fn what_was_added_before_is_answered_with_its_row_as_it_is_now(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    let id = browser.add("Milk").await;
    browser.post("/update-todo", &[("todo_id", &id)]).await;
    browser.add("Bread").await;
    for (show, shown) in [("all", true), ("open", false), ("done", true)] {
        let form = [
            ("todo_id", id.as_str()),
            ("description", "Milk"),
            ("show", show),
        ];
        let again = browser.with_htmx().post("/", &form).await;
        assert_eq!(again.status, 200);
        let rows: &[_] = if shown { &["Milk"] } else { &[] };
        assert_eq!(again.todos(), rows, "{show}");
        assert_eq!(again.attributes("li", "class").len(), rows.len(), "done");
    }
}
