//! Forms that are sent twice: by a second press, by a browser that lost the answer, by a manager of
//! passwords.

use sqlx::MySqlPool;
use std::collections::BTreeSet;

use time::Duration;

use crate::support::{
    browser::{Answer, Browser},
    fixture::PASSWORD,
    log,
    test_server::Site,
};

const NEW: &str = "planted amber kettle 8";
const CALL: &str = "0199a0c2-7d1e-4c3a-9f10-2b6f0e5c8a11";
const CHANGE: [(&str, &str); 3] = [
    ("current_password", PASSWORD),
    ("new_password", NEW),
    ("new_password_again", NEW),
];

/// Status, place and session cookie of an answer.
fn seen(answer: &Answer) -> (u16, String, Option<String>) {
    let cookie = answer.headers.contains_key("set-cookie");
    let location = answer.header("location").to_owned();
    (answer.status, location, cookie.then(|| answer.session()))
}

/// Every form that changes something, as a browser would send it.
async fn forms(
    browser: &Browser<'_>,
    site: &Site,
) -> Vec<(&'static str, Vec<(&'static str, String)>)> {
    let (open, gone) = (
        browser.add("Water the cactus").await,
        browser.add("Feed the cat").await,
    );
    let removed = browser.post("/remove-todo", &[("id", &gone)]).await;
    assert_eq!(removed.status, 303);
    let (last, kept) = (browser.add("Salt").await, browser.add("Rice").await);
    let id = |id: &str| vec![("id", id.to_owned())];
    let new = "0199a0c2-7d1e-7c3a-9f10-2b6f0e5c8a12".to_owned();
    let session = site.session_of("ona", "a phone").await;
    let person = ["first_name", "last_name", "username"].map(|field| (field, "Ruta".to_owned()));
    let passwords = ["password", "password_again"].map(|field| (field, PASSWORD.to_owned()));
    let login = [
        ("username", "ona"),
        ("password", PASSWORD),
        ("call_id", CALL),
    ];
    let text = |fields: &[(&'static str, &str)]| -> Vec<_> {
        let fields = fields.iter();
        fields
            .map(|(name, value)| (*name, (*value).to_owned()))
            .collect()
    };
    vec![
        ("/register", [&person[..], &passwords[..]].concat()),
        ("/login", text(&login)),
        ("/", vec![("id", new), ("description", "Bread".to_owned())]),
        (
            "/edit-todo",
            text(&[
                ("todo_id", &open),
                ("expected_rev", "1"),
                ("description", "Water the cacti"),
            ]),
        ),
        ("/update-todo", id(&open)),
        ("/remove-todo", id(&open)),
        ("/move-todo", vec![("todo_id", kept), ("after_id", last)]),
        ("/restore-todo", id(&gone)),
        ("/settings", text(&[("time_zone", "Asia/Tokyo")])),
        ("/end-session", vec![("session_id", session)]),
        ("/end-other-sessions", vec![]),
        ("/change-password", text(&CHANGE)),
        ("/logout", vec![]),
    ]
}

#[sqlx::test]
async fn every_form_sent_twice_gets_the_same_response(pool: MySqlPool) {
    log::register_secret(NEW);
    let site = Site::open(&pool).await;
    let mut browser = site.browser("ona").await;
    let forms = forms(&browser, &site).await;
    let pages = tickbox::web::pages().into_iter();
    let posts = pages.filter(|page| page.methods.contains(&"POST"));
    let posts: BTreeSet<_> = posts.map(|page| page.path).collect();
    assert_eq!(posts, forms.iter().map(|(path, _)| *path).collect());
    for (path, fields) in &forms {
        let fields: Vec<_> = fields
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let press = || browser.post(path, &fields);
        let (one, two) = tokio::join!(press(), press());
        let lost = press().await;
        assert_eq!(one.status, 303, "{path} {}", one.body);
        assert_eq!(seen(&two), seen(&one), "{path} in flight");
        assert_eq!(seen(&lost), seen(&one), "{path} after a lost answer");
        if ["/login", "/change-password"].contains(path) {
            browser.cookie = Some(one.session());
        }
    }
    let mut browser = site.stranger();
    let login = [("username", "ona"), ("password", NEW)];
    browser.cookie = Some(browser.post("/login", &login).await.session());
    assert_eq!(
        browser.get("/").await.todos(),
        ["Bread", "Salt", "Feed the cat", "Rice"]
    );
    let sessions = browser.get("/sessions").await;
    assert_eq!(
        sessions.texts(".sessions li").len(),
        1,
        "the others have ended"
    );
}

#[sqlx::test]
async fn an_outdated_cookie_repeats_its_change_and_opens_nothing(pool: MySqlPool) {
    log::register_secret(NEW);
    let site = Site::open(&pool).await;
    let before = site.browser("ona").await;
    let first = before.post("/change-password", &CHANGE).await;
    let cookies: Vec<_> = first.headers.get_all("set-cookie").iter().collect();
    assert_eq!(cookies.len(), 2, "the browser is known anew: {cookies:?}");
    let refused = (303, "/login?next=%2Fchange-password".to_owned(), None);
    for path in [
        "/",
        "/account",
        "/settings",
        "/sessions",
        "/change-password",
    ] {
        let location = before.get(path).await.header("location").to_owned();
        assert!(location.starts_with("/login"), "{path}");
    }
    let mut other = CHANGE;
    other[1].1 = "planted ivory ladle 9";
    assert_eq!(
        seen(&before.post("/change-password", &other).await),
        refused
    );
    let again = before.post("/change-password", &CHANGE).await;
    assert_eq!(seen(&again), seen(&first));
    let mut beside = before.clone();
    let planted = format!("tickbox={}", "A".repeat(64));
    beside.cookie = before
        .cookie
        .as_ref()
        .map(|ours| format!("{planted}; {ours}"));
    let again = beside.post("/change-password", &CHANGE).await;
    assert_eq!(seen(&again), seen(&first), "beside a neighbour's cookie");
    site.world.clock.advance(Duration::seconds(61));
    assert_eq!(
        seen(&before.post("/change-password", &CHANGE).await),
        refused
    );
}

#[sqlx::test]
async fn a_repeated_change_after_a_logout_does_not_log_in(pool: MySqlPool) {
    log::register_secret(NEW);
    let site = Site::open(&pool).await;
    let before = site.browser("ona").await;
    let mut here = before.clone();
    here.cookie = Some(here.post("/change-password", &CHANGE).await.session());
    here.post("/logout", &[]).await;
    let again = before.post("/change-password", &CHANGE).await;
    let refused = (303, "/login?next=%2Fchange-password".to_owned(), None);
    assert_eq!(seen(&again), refused);
}

#[sqlx::test]
async fn a_login_page_keeps_its_call_id_while_it_fails(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.stranger();
    let id = async || {
        browser
            .get("/login")
            .await
            .attribute("[name=call_id]", "value")
    };
    let (one, two) = (id().await, id().await);
    assert_ne!(one, two);
    assert_eq!(one.as_bytes()[14], b'4', "random: {one}");
    let wrong = [
        ("username", "ona"),
        ("password", "x"),
        ("call_id", one.as_str()),
    ];
    let refused = browser.post("/login", &wrong).await;
    assert_eq!(refused.attribute("[name=call_id]", "value"), one);
}

#[sqlx::test]
async fn a_login_form_without_a_valid_call_id_still_works(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let mut cookies = BTreeSet::new();
    for call in ["", "", "17", "'\u{0}<b>", "'\u{0}<b>"] {
        let form = [
            ("username", "ona"),
            ("password", PASSWORD),
            ("call_id", call),
        ];
        let answer = site.stranger().post("/login", &form).await;
        assert_eq!(answer.status, 303, "{call:?}");
        assert!(cookies.insert(answer.session()), "a session of its own");
    }
}

/// A login form of a page that was left open is sent by two people.
#[sqlx::test]
async fn one_login_form_sent_by_two_users_logs_in_each(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    for name in ["ona", "jonas"] {
        let mut browser = site.stranger();
        let form = [
            ("username", name),
            ("password", PASSWORD),
            ("call_id", CALL),
        ];
        browser.cookie = Some(browser.post("/login", &form).await.session());
        let page = browser.get("/account").await;
        assert!(page.texts("main").join(" ").contains(name), "{name}");
    }
}
