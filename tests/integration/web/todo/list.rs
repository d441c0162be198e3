//! `GET /`: the list, its order, its parts, its filters, what it says of itself.

use std::collections::HashSet;

use sqlx::MySqlPool;

use crate::support::{browser::Browser, snapshot, test_server::Site};

pub(super) async fn add_many(browser: &Browser<'_>, count: usize) {
    for number in 1..=count {
        browser.add(&format!("Number {number}")).await;
    }
}

#[sqlx::test]
async fn an_empty_list_explains_what_to_do(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let page = site.browser("ona").await.get("/").await;
    assert_eq!(
        page.texts(".empty"),
        ["Nothing to do. Add your first to-do above."]
    );
    assert_eq!(page.texts("#count"), ["0 of 0 open"]);
    assert_eq!(page.attributes(".empty", "hidden").len(), 0);
}

#[sqlx::test]
async fn a_list_with_rows_has_no_empty_message(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    browser.add("Milk").await;
    // Not by style alone: a text browser has none.
    assert_eq!(browser.get("/").await.attribute(".empty", "hidden"), "");
}

#[sqlx::test]
async fn open_to_dos_come_first_newest_first(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    let mut ids = Vec::new();
    for description in ["one", "two", "three", "four"] {
        ids.push(browser.add(description).await);
    }
    browser.post("/update-todo", &[("todo_id", &ids[3])]).await;
    browser.post("/update-todo", &[("todo_id", &ids[1])]).await;
    let page = browser.get("/").await;
    assert_eq!(page.todos(), ["three", "one", "four", "two"]);
    assert_eq!(page.texts("#count"), ["2 of 4 open"]);
    assert_eq!(browser.get("/?show=open").await.todos(), ["three", "one"]);
    // The last done first.
    assert_eq!(browser.get("/?show=done").await.todos(), ["two", "four"]);
}

#[sqlx::test]
async fn each_row_shows_its_created_and_done_dates(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    let id = browser.add("Milk").await;
    assert_eq!(browser.get("/").await.texts("li time").len(), 1);
    site.world.clock.advance(time::Duration::days(2));
    browser.post("/update-todo", &[("todo_id", &id)]).await;
    let times = browser.get("/").await.attributes("li time", "datetime");
    assert_eq!(times.len(), 2);
    assert!(times[0] < times[1], "{times:?}");
}

#[sqlx::test]
async fn the_next_links_cover_all_to_dos_once(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    add_many(&browser, 120).await;
    let mut seen = Vec::new();
    let mut sizes = Vec::new();
    let mut next = Some("/".to_owned());
    while let Some(link) = next {
        let page = browser.get(&link).await;
        sizes.push(page.todos().len());
        seen.extend(page.todos());
        next = page.attributes("#more a", "href").pop();
    }
    assert_eq!(sizes, [50, 50, 20]);
    assert_eq!(seen.iter().collect::<HashSet<_>>().len(), 120);
    assert_eq!(seen[0], "Number 120");
    assert_eq!(seen[119], "Number 1");
}

#[sqlx::test]
async fn a_full_last_page_has_no_next_link(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    add_many(&browser, 50).await;
    let page = browser.get("/").await;
    assert_eq!(page.todos().len(), 50);
    assert!(page.attributes("#more a", "href").is_empty());
}

#[sqlx::test]
async fn for_htmx_more_rows_are_appended_and_the_first_focused(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    add_many(&browser, 60).await;
    let page = browser.get("/").await;
    let link = page.attribute("#more a", "href");
    assert_eq!(page.attribute("#more a", "hx-get"), link);
    let more = browser.with_htmx().get(&link).await;
    assert_eq!(more.header("vary"), "HX-Request");
    assert_eq!(more.targets(), ["#todos", "#more"]);
    assert_eq!(
        more.attributes("hx-partial", "hx-swap"),
        ["beforeend", "outerHTML"]
    );
    assert_eq!(more.todos().len(), 10);
    assert_eq!(
        more.attributes("li:first-child [data-focus]", "role"),
        ["checkbox"]
    );
}

#[sqlx::test]
async fn an_invalid_link_is_a_404(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    for link in [
        "/?cursor=x",
        "/?show=x",
        "/?cursor=0.1.2",
        "/nowhere",
        "/assets/none.css",
    ] {
        assert_eq!(browser.get(link).await.status, 404, "{link}");
    }
}

#[sqlx::test]
async fn another_tab_can_fetch_the_list_fragments(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    browser.add("Milk").await;
    let page = browser.get("/?show=open").await;
    let refresh = page.attribute("#refresh", "hx-get");
    assert_eq!(refresh, "/?show=open");
    let fragments = browser.with_htmx().get(&refresh).await;
    assert_eq!(fragments.targets(), ["#todos", "#more", "#count"]);
    assert_eq!(fragments.todos(), ["Milk"]);
}

#[sqlx::test]
async fn restoring_from_history_gets_the_whole_page(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    let request = site
        .request(reqwest::Method::GET, "/")
        .header("cookie", browser.cookie.expect("logged in"))
        .header("hx-request", "true")
        .header("hx-history-restore-request", "true");
    let page = crate::support::browser::Answer::to(request).await;
    assert!(page.body.starts_with("<!DOCTYPE html>"));
}

#[sqlx::test]
async fn no_page_needs_eval_or_inline_code(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    add_many(&browser, 51).await;
    let pages = [
        browser.get("/").await,
        browser.get("/logout").await,
        browser.get("/nowhere").await,
        site.stranger().get("/login").await,
        site.stranger().post("/register", &[]).await,
    ];
    for page in pages {
        for word in ["hx-on", "js:", "javascript:", "<style"] {
            assert!(!page.body.contains(word), "{word} in {}", page.body);
        }
        for name in page.attribute_names() {
            assert!(name != "style" && !name.starts_with("on"), "{name}");
        }
        for trigger in page.attributes("[hx-trigger]", "hx-trigger") {
            assert!(!trigger.contains('['), "{trigger}");
        }
        for script in page.texts("script") {
            assert_eq!(script, "", "an inline script");
        }
    }
}

#[sqlx::test]
async fn a_list_of_an_open_and_a_done_to_do_is_as_recorded(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    let id = browser.add("Milk").await;
    browser.add("Bread & <b>butter</b>").await;
    browser.post("/update-todo", &[("todo_id", &id)]).await;
    let page = browser.get("/").await;
    insta::assert_snapshot!(snapshot::html(&page));
}
