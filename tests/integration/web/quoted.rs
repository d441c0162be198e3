//! What somebody wrote stands beside words of ours, and may say the same: it is told apart by its element,
//! which also keeps its direction of writing to itself.

use scraper::{ElementRef, Selector};
use serde_json::Value;
use sqlx::MySqlPool;

use crate::support::{
    api_client::Phone,
    browser::{Answer, Browser},
    fixture::PASSWORD,
    test_server::Site,
};

/// As a client sends it: words of ours, an end to our quotes, and signs that turn all that follows around.
const DEVICE: &str = "Firefox”. (this one) You are logged out\u{202e}\u{2067}";
const TODO: &str = "Milk”. Removed “everything\u{202e}\u{2067}";
const FIRST_NAME: &str = "Jo\u{202e}\u{2067} has the username root";
const LAST_NAME: &str = "Account: root\u{202e}\u{2067}";
const WRITTEN: [&str; 4] = [DEVICE, TODO, FIRST_NAME, LAST_NAME];

/// A piece of each by which it is found wherever it stands.
const PIECES: [&str; 4] = ["(this one)", "everything", "Jo\u{202e}", "Account: root"];

fn holds_a_piece(text: &str) -> bool {
    PIECES.iter().any(|piece| text.contains(piece))
}

/// Where a text that somebody wrote does not stand alone, in an element that holds nothing else.
fn mixed(answer: &Answer) -> Vec<String> {
    let html = answer.html();
    let all = Selector::parse("*").expect("a selector");
    let mut mixed = Vec::new();
    for element in html.select(&all) {
        let is_apart = element.value().name() == "bdi" || element.attr("dir") == Some("auto");
        let texts = element
            .children()
            .filter_map(|child| child.value().as_text());
        for text in texts.filter(|text| holds_a_piece(text)) {
            if !is_apart || !WRITTEN.contains(&&**text) {
                mixed.push(element.html());
            }
        }
        mixed.extend(attributes(element));
    }
    mixed
}

/// Attributes that hold such a text; the value of a field is a place of its own.
fn attributes(element: ElementRef<'_>) -> Option<String> {
    let attributes = element.value().attrs();
    let mut others = attributes.filter(|(name, _)| *name != "value");
    let found = others.any(|(_, value)| holds_a_piece(value));
    found.then(|| element.html())
}

/// Somebody with these names, that to-do, and a browser and a phone with that name.
async fn arrive(site: &Site) -> (Browser<'_>, String) {
    let mut browser = site.stranger();
    let form = [
        ("first_name", FIRST_NAME),
        ("last_name", LAST_NAME),
        ("username", "jo.x"),
        ("password", PASSWORD),
        ("password_again", PASSWORD),
    ];
    assert_eq!(browser.post("/register", &form).await.status, 303);
    let login = [("username", "jo.x"), ("password", PASSWORD)];
    browser.cookie = Some(browser.post("/login", &login).await.session());
    site.session_of("jo.x", DEVICE).await;
    let id = browser.add(TODO).await;
    (browser, id)
}

#[sqlx::test]
async fn user_text_is_quoted_and_isolated_on_every_page(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let (browser, id) = arrive(&site).await;
    let (htmx, todo) = (browser.with_htmx(), [("todo_id", id.as_str())]);
    let other = [("todo_id", id.as_str()), ("description", FIRST_NAME)];
    let nobodys = [("description", TODO), ("account", "7")];
    let edit = format!("/edit-todo?id={id}");
    let conflict = [&other[..], &[("expected_rev", "0")]].concat();
    let same = [("todo_id", id.as_str()), ("description", TODO)];
    let person = [("first_name", FIRST_NAME), ("last_name", LAST_NAME)];
    let named = [("username", DEVICE), ("password", "x")];
    // Where it stands, and how many of these texts must be found there.
    let places = [
        ("the list", browser.get("/").await, 3),
        ("the account", browser.get("/account").await, 2),
        ("the sessions", browser.get("/sessions").await, 2),
        ("the settings", browser.get("/settings").await, 0),
        ("added", htmx.post("/", &same).await, 3),
        ("done", htmx.post("/update-todo", &todo).await, 3),
        ("edited", browser.get(&edit).await, 1),
        ("edited in place", htmx.get(&edit).await, 1),
        ("saved", htmx.post("/edit-todo", &same).await, 3),
        ("a conflict", browser.post("/edit-todo", &conflict).await, 2),
        ("removed", htmx.post("/remove-todo", &todo).await, 1),
        ("restored", htmx.post("/restore-todo", &todo).await, 3),
        ("the list again", htmx.get("/").await, 2),
        ("a refused form", browser.post("/", &other).await, 4),
        ("a refused form in place", htmx.post("/", &other).await, 1),
        ("somebody else's page", browser.post("/", &nobodys).await, 1),
        (
            "a registration",
            site.stranger().post("/register", &person).await,
            2,
        ),
        ("a login", site.stranger().post("/login", &named).await, 1),
        ("logging out", browser.get("/logout").await, 0),
        ("the password", browser.get("/change-password").await, 0),
        ("an error", browser.get("/(this one)everything").await, 0),
    ];
    for (place, answer, times) in places {
        assert_eq!(mixed(&answer), Vec::<String>::new(), "{place}");
        let found = PIECES
            .iter()
            .map(|piece| answer.body.matches(piece).count());
        assert_eq!(found.sum::<usize>(), times, "{place}: {}", answer.body);
        assert!(
            !answer
                .texts("title")
                .iter()
                .any(|title| holds_a_piece(title))
        );
    }
}

#[sqlx::test]
async fn labels_of_a_session_precede_its_quoted_name(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let (browser, _) = arrive(&site).await;
    let page = browser.get("/sessions").await;
    let rows = page.texts(".sessions li .text");
    assert!(rows[0].starts_with(&format!("“{DEVICE}” ")), "{rows:?}");
    let own = "This one A device without a name ";
    assert!(rows[1].starts_with(own), "{rows:?}");
    assert_eq!(page.texts(".sessions strong.badge"), ["This one"]);
    assert_eq!(page.attributes(".sessions li", "aria-current"), ["true"]);
    let phone = Phone::log_in(&site, "jo.x").await;
    let list = phone.get("session_list", Value::Null).await;
    let sessions = list.json["sessions"].as_array().expect("a list");
    let devices: Vec<_> = sessions.iter().map(|session| &session["device"]).collect();
    assert!(devices.contains(&&Value::from(DEVICE)), "{devices:?}");
    let current = sessions
        .iter()
        .filter(|session| session["is_current"] == true);
    assert_eq!(current.count(), 1, "a field of its own says it");
}
