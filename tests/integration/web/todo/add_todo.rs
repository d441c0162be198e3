//! `POST /`: the form that adds a to-do.

use sqlx::MySqlPool;

use crate::support::{snapshot, test_server::Site};

#[sqlx::test]
async fn for_htmx_an_add_returns_row_fresh_form_and_count(pool: MySqlPool) {
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
async fn a_refused_to_do_keeps_the_input(pool: MySqlPool) {
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
async fn a_reused_form_with_another_text_can_be_sent_again(pool: MySqlPool) {
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
async fn the_form_of_a_removed_to_do_can_be_sent_again(pool: MySqlPool) {
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
async fn a_repeated_add_returns_the_row_as_it_is_now(pool: MySqlPool) {
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

#[sqlx::test]
async fn a_new_row_appears_only_under_a_matching_filter(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await.with_htmx();
    for (show, shown) in [("all", true), ("open", true), ("done", false)] {
        let form = [("description", "Milk"), ("show", show)];
        let added = browser.post("/", &form).await;
        assert_eq!(!added.todos().is_empty(), shown, "{show}");
        let way = added.attributes("[hx-target='#status'] a", "href");
        assert_eq!(
            way.is_empty(),
            shown,
            "{show}: a way to it where it is not shown"
        );
    }
}

#[sqlx::test]
async fn the_fragments_of_an_add_are_as_recorded(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await.with_htmx();
    let page = browser.post("/", &[("description", "Milk")]).await;
    insta::assert_snapshot!(snapshot::html(&page));
}
