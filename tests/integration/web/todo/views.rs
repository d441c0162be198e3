//! `GET /?show=`: the lists by due date, with a heading for each day.

use sqlx::MySqlPool;
use time::{Date, Duration};

use crate::support::{browser::Browser, test_server::Site};

/// The day on which the to-dos of a browser of a user without a time zone are due so many days from now.
fn day(site: &Site, days: i64) -> Date {
    site.world.clock.now().date() + Duration::days(days)
}

async fn add_due(site: &Site, browser: &Browser<'_>, text: &str, days: i64) -> String {
    browser
        .add(&format!("{text} due:{}", day(site, days)))
        .await
}

#[sqlx::test]
async fn what_is_due_stands_below_its_day(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    browser.add("Without a day").await;
    for (text, days) in [
        ("In a week", 7),
        ("Now", 0),
        ("Last week", -7),
        ("Next", 1),
        ("Yesterday", -1),
        ("Also in a week", 7),
    ] {
        add_due(&site, &browser, text, days).await;
    }
    let today = browser.get("/?show=today").await;
    assert_eq!(today.texts("#todos h2"), ["Overdue", "Today"]);
    assert_eq!(today.todos(), ["Last week", "Yesterday", "Now"]);
    assert_eq!(today.texts("#count-by-day"), ["3 due by today"]);
    let week = day(&site, 7);
    let week = format!(
        "{}, {} {} {}",
        week.weekday(),
        week.day(),
        week.month(),
        week.year()
    );
    let upcoming = browser.get("/?show=upcoming").await;
    assert_eq!(upcoming.texts("#todos h2"), ["Tomorrow", &week]);
    assert_eq!(upcoming.todos(), ["Next", "Also in a week", "In a week"]);
    let current = "nav a[aria-current]";
    assert_eq!(upcoming.texts(current), ["Upcoming"]);
    assert!(browser.get("/").await.texts("#todos h2").is_empty());
}

#[sqlx::test]
async fn a_day_that_fills_two_pages_has_its_heading_once(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    for number in 0..60 {
        add_due(&site, &browser, &format!("Number {number}"), 3).await;
    }
    let first = browser.get("/?show=upcoming").await;
    let more = first.attribute("#more a", "href");
    let second = browser.get(&more).await;
    let counts = [&first, &second].map(|page| (page.todos().len(), page.texts("#todos h2").len()));
    assert_eq!(counts, [(50, 1), (10, 0)]);
    assert_eq!(
        first.texts("#count-by-day"),
        ["More than 50 due after today"]
    );
    assert!(second.texts("#count-by-day").is_empty());
    let appended = browser.with_htmx().get(&more).await;
    assert!(appended.texts("h2").is_empty());
}

#[sqlx::test]
async fn a_list_by_day_shows_what_is_added_to_it_in_its_place(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    add_due(&site, &browser, "Before", -1).await;
    let htmx = browser.with_htmx();
    let id = uuid::Uuid::new_v4().to_string();
    for (text, shown) in [("Now due:today", 1), ("Later", 0)] {
        let fields = [
            ("todo_id", id.as_str()),
            ("description", text),
            ("show", "today"),
        ];
        let fields = if shown == 0 {
            &fields[1..]
        } else {
            &fields[..]
        };
        let answer = htmx.post("/", fields).await;
        // A row that the page does not have makes it fetch the list.
        assert_eq!(answer.todos().len(), shown, "{text}");
        assert!(!answer.targets().contains(&"#todos".to_owned()));
        let link = answer.texts("[hx-target='#status'] a");
        assert_eq!(link.len(), usize::from(shown == 0), "{text}");
    }
}

#[sqlx::test]
async fn a_list_by_day_without_to_dos_says_so(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    browser.add("Without a day").await;
    for (show, words) in [
        ("today", "Nothing is due today."),
        ("upcoming", "Nothing is due after today."),
    ] {
        let page = browser.get(&format!("/?show={show}")).await;
        assert_eq!(page.texts(".empty"), [words]);
        assert_eq!(page.attribute(".empty", "class"), "empty");
        assert_eq!(page.texts("#count"), ["1 of 1 open"]);
    }
    assert_eq!(browser.get("/?show=tomorrow").await.status, 404);
}

/// A search may not have looked at all of them.
#[sqlx::test]
async fn a_search_by_day_says_no_number_of_what_is_due(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    add_due(&site, &browser, "Milk", 0).await;
    for (search, numbers) in [("", 1), ("&q=milk", 0), ("&q=bread", 0)] {
        let page = browser.get(&format!("/?show=today{search}")).await;
        assert_eq!(page.texts("#count-by-day").len(), numbers, "{search}");
    }
}
