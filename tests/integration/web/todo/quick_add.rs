//! `POST /` with words that set other fields: what is said of them, and the button that makes them text again.

use serde_json::json;
use sqlx::MySqlPool;
use time::{Duration, Time};

use super::edit_todo::send;
use crate::support::{
    api_client::Phone,
    browser::{Answer, Browser},
    test_server::Site,
};

const TYPED: &str = "Call mum due:2026-12-04 at:9:05 every:2weeks !high";
const SAID: &str =
    "Added “Call mum”, due Friday, 4 December 2026 at 09:05, every 2 weeks, high priority.";

/// Sends the form that adds, and gives what is answered: without htmx, the page after the redirect.
async fn add(browser: &Browser<'_>, show: &str, text: &str) -> Answer {
    let id = uuid::Uuid::new_v4().to_string();
    send_add(browser, show, text, &id).await
}

async fn send_add(browser: &Browser<'_>, show: &str, text: &str, id: &str) -> Answer {
    let form = [("todo_id", id), ("description", text), ("show", show)];
    let answer = browser.post("/", &form).await;
    let location = answer.header("location");
    if location.is_empty() {
        return answer;
    }
    assert_eq!(answer.status, 303);
    assert!(!location.contains("mum"), "nothing typed: {location}");
    browser.get(location).await
}

/// The status message of a page or of the fragments.
fn status(answer: &Answer) -> String {
    let page = answer.texts("#status > span");
    let fragment = answer.texts("[hx-target='#status'] > span");
    page.into_iter().chain(fragment).collect()
}

const BUTTON: &str = "form:has([name=description][type=hidden])";

/// The fields of the form that takes the words back.
fn take_back(answer: &Answer) -> Vec<(String, String)> {
    let inputs = format!("{BUTTON} input");
    let names = answer.attributes(&inputs, "name").into_iter();
    names.zip(answer.attributes(&inputs, "value")).collect()
}

/// What the line below the text of the first row says of its plan.
async fn plan(browser: &Browser<'_>) -> usize {
    let list = browser.without_htmx().get("/").await;
    list.texts("#todos li:first-child small > span").len() - 1
}

#[sqlx::test]
async fn the_status_says_what_the_words_have_set(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    for browser in [browser.clone(), browser.with_htmx()] {
        let added = add(&browser, "", TYPED).await;
        assert_eq!(added.status, 200);
        assert_eq!(status(&added), SAID);
        assert_eq!(added.todos()[0], "Call mum");
        assert_eq!(
            added.texts(&format!("{BUTTON} button")),
            ["Keep it as plain text"]
        );
        let plain = add(&browser, "", "Buy a monitor on Monday").await;
        assert!(status(&plain).starts_with("Added "), "{}", status(&plain));
        assert!(take_back(&plain).is_empty());
        let hidden = add(&browser, "done", TYPED).await;
        assert!(status(&hidden).starts_with("Added "));
        assert_eq!(
            hidden.attributes("#status a, [hx-target='#status'] a", "href"),
            ["/"]
        );
    }
    assert_eq!(browser.get("/").await.todos().len(), 6);
}

#[sqlx::test]
async fn a_word_that_is_nearly_one_stays_text_and_is_said(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    for browser in [browser.clone(), browser.with_htmx()] {
        for (typed, text) in [
            ("Milk due:tomorow", "Milk due:tomorow"),
            ("Milk due:tomorow !low", "Milk due:tomorow"),
            (r"Milk due:tomorow \due:fri", "Milk due:tomorow due:fri"),
        ] {
            let added = add(&browser, "", typed).await;
            assert_eq!(added.todos()[0], text);
            let said = status(&added);
            let note = "“due:tomorow” stays text. After due: comes a day without a blank";
            assert!(said.contains(note), "{said}");
            assert_eq!(take_back(&added).is_empty(), !typed.contains("!low"));
        }
        let escaped = add(&browser, "", r"Milk \due:tomorow !low").await;
        assert!(
            !status(&escaped).contains("stays text"),
            "{}",
            status(&escaped)
        );
    }
}

#[sqlx::test]
async fn words_alone_are_refused_and_given_back(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    for browser in [browser.clone(), browser.with_htmx()] {
        for typed in ["!high", r#"due:fri at:9:00  "!low" "#] {
            let refused = add(&browser, "", typed).await;
            if typed != "!high" {
                assert_eq!(refused.todos()[0], r#""!low""#, "it is no word of these");
                continue;
            }
            assert_eq!(refused.status, 422);
            assert_eq!(refused.attribute("#description", "value"), typed);
            let error = &refused.texts("#description-error")[0];
            assert!(error.contains("these words only say when"), "{error}");
        }
        let long = format!("{} !high", "x".repeat(195));
        let refused = add(&browser, "", &long).await;
        assert_eq!(refused.status, 422, "what is typed must fit, too");
        assert_eq!(refused.attribute("#description", "value"), long);
    }
}

#[sqlx::test]
async fn the_words_are_taken_back_as_plain_text(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    let stored = "Call mum due:2026-12-04 at:09:05 every:2weeks !high";
    for (browser, text) in [(browser.clone(), stored), (browser.with_htmx(), TYPED)] {
        let added = add(&browser, "", TYPED).await;
        assert_eq!(plan(&browser).await, 3);
        let saved = send(&browser, &take_back(&added), &[]).await;
        assert!([200, 303].contains(&saved.status), "{}", saved.body);
        assert_eq!(browser.without_htmx().get("/").await.todos()[0], text);
        assert_eq!(plan(&browser).await, 0, "the fields are clear");
        let again = send(&browser, &take_back(&added), &[]).await;
        assert!([200, 303].contains(&again.status), "sent twice");
    }
}

#[sqlx::test]
async fn taking_words_back_overwrites_no_newer_change(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    let phone = Phone::log_in(&site, "ona").await;
    for browser in [browser.clone(), browser.with_htmx()] {
        let id = uuid::Uuid::new_v4().to_string();
        let added = send_add(&browser, "", TYPED, &id).await;
        let edit = json!({ "id": id, "due_date": "2027-05-01", "notes": "by phone" });
        assert_eq!(phone.post("update_todo", edit).await.status, 200);
        let conflict = send(&browser, &take_back(&added), &[]).await;
        assert_eq!(conflict.status, 409);
        assert!(
            conflict
                .body
                .contains("Another device has changed this to-do")
        );
        assert!(conflict.body.contains("2027-05-01"), "the other one's date");
        let got = phone.get("get_todo", json!({ "id": id })).await.json;
        assert_eq!(got["due_date"], "2027-05-01");
        assert_eq!(
            (&got["description"], &got["notes"]),
            (&json!("Call mum"), &json!("by phone"))
        );
    }
}

#[sqlx::test]
async fn a_text_that_would_be_too_long_has_no_button(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    let typed = format!("{} due:fri", "x".repeat(192));
    assert_eq!(typed.chars().count(), 200);
    let added = add(&browser, "", &typed).await;
    assert!(
        take_back(&added).is_empty(),
        "a date is longer than its word"
    );
    let added = add(&browser.with_htmx(), "", &typed).await;
    assert_eq!(take_back(&added).len(), 8);
}

#[sqlx::test]
async fn the_same_form_after_midnight_adds_once(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    let clock = &site.world.clock;
    let midnight = (clock.now() + Duration::days(2)).replace_time(Time::MIDNIGHT);
    clock.advance(midnight - clock.now() - Duration::minutes(1));
    let id = uuid::Uuid::new_v4().to_string();
    let first = send_add(&browser, "", "Milk due:tomorrow", &id).await;
    clock.advance(Duration::minutes(2));
    for browser in [browser.clone(), browser.with_htmx()] {
        let again = send_add(&browser, "", "Milk due:tomorrow", &id).await;
        assert_eq!((again.status, status(&again)), (200, status(&first)));
    }
    assert_eq!(browser.get("/").await.todos(), ["Milk"]);
}

#[sqlx::test]
async fn words_survive_a_login_as_they_were_typed(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let mut browser = site.browser("ona").await;
    let page = browser.get("/").await;
    let fields = ["account", "todo_id"].map(|name| {
        let value = page.attribute(&format!("#add [name={name}]"), "value");
        (name, value)
    });
    browser.cookie = None;
    let [account, id] = fields;
    let form = [
        (account.0, account.1.as_str()),
        (id.0, id.1.as_str()),
        ("description", TYPED),
    ];
    let login = browser.post("/", &form).await;
    assert_eq!(login.attribute("[name=description]", "value"), TYPED);
}

#[sqlx::test]
async fn the_list_explains_the_words_outside_of_what_answers_replace(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let page = site.browser("ona").await.get("/").await;
    assert_eq!(page.texts("details > summary"), ["Words that plan it"]);
    assert!(page.texts("details code").contains(&"due:fri".to_owned()));
    assert!(
        page.texts("#add details, #status details, #todos details")
            .is_empty()
    );
}
