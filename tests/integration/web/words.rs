//! What a page says to whoever sees neither its style nor its script.

use scraper::{ElementRef, Selector};
use sqlx::MySqlPool;

use crate::support::{browser::Answer, test_server::Site};

fn all<'a>(html: &'a scraper::Html, selector: &str) -> Vec<ElementRef<'a>> {
    let selector = Selector::parse(selector).expect("a selector");
    html.select(&selector).collect()
}

/// Buttons, links and fields that nothing names in words.
fn without_words(page: &Answer) -> Vec<String> {
    let html = page.html();
    let labelled: Vec<_> = all(&html, "label[for]")
        .iter()
        .filter_map(|label| label.attr("for"))
        .map(ToOwned::to_owned)
        .collect();
    let silent = |element: &&ElementRef<'_>| element.text().all(|text| text.trim().is_empty());
    let unnamed = |element: &&ElementRef<'_>| {
        let id = element.attr("id").unwrap_or_default();
        !labelled.iter().any(|labelled| labelled == id)
    };
    let controls = all(&html, "button, a, summary, label");
    let fields = all(&html, "input:not([type=hidden]), textarea, select");
    let controls = controls.iter().filter(silent);
    let fields = fields.iter().filter(unnamed);
    controls.chain(fields).map(ElementRef::html).collect()
}

#[sqlx::test]
async fn every_control_has_an_accessible_name(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    let milk = browser.add("Buy milk").await;
    browser.add("Water the plants").await;
    browser.post("/update-todo", &[("todo_id", &milk)]).await;
    let list = browser.get("/").await;
    let signs = list.texts(".check");
    assert_eq!(signs, ["Complete", "Reopen"], "what the button does");
    let removed = browser.post("/remove-todo", &[("todo_id", &milk)]).await;
    let mut pages = vec![list, browser.get(removed.header("location")).await];
    for path in [
        "/account",
        "/tags",
        "/?q=plants",
        "/settings",
        "/sessions",
        "/change-password",
        "/logout",
    ] {
        pages.push(browser.get(path).await);
    }
    for path in ["/login", "/register", "/no-such-page"] {
        pages.push(site.stranger().get(path).await);
    }
    for page in pages {
        assert!(page.body.contains("<main"), "{}", page.body);
        let silent = without_words(&page);
        assert!(silent.is_empty(), "{silent:#?}");
    }
}

#[sqlx::test]
async fn adjacent_words_are_separated_in_the_markup(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    browser.add("Buy milk").await;
    let page = browser.get("/").await.texts("main").concat();
    for words in [
        "Ona Account",
        "All Open Today",
        "All Open Today Upcoming Done",
        "Buy milk Added",
        "× Remove",
    ] {
        assert!(page.contains(words), "{words} in {page}");
    }
}
