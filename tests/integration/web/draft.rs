//! What was typed when the session had ended, without JavaScript: the login page keeps it in its form, and
//! its owner finds it in the field of the list, wherever that was. No address and no log line holds it.

use sqlx::{Executor as _, MySqlPool};
use time::Duration;

use crate::support::{
    browser::{Answer, Browser},
    fixture::PASSWORD,
    log,
    test_server::Site,
};

const ID: &str = "0195f3a2-7c1e-7b3a-9d52-3f1f6f0c2a11";

/// All that the form of the login page would send, with a username and a password.
fn filled(login: &Answer, username: &str, password: &str) -> Vec<(String, String)> {
    let names = login.attributes("form [type=hidden]", "name").into_iter();
    let values = login.attributes("form [type=hidden]", "value");
    let typed = [("username", username), ("password", password)];
    let typed = typed.map(|(name, value)| (name.to_owned(), value.to_owned()));
    names.zip(values).chain(typed).collect()
}

/// Sends that form; the browser keeps the cookies of the answer.
async fn log_in(
    browser: &mut Browser<'_>,
    login: &Answer,
    username: &str,
    password: &str,
) -> Answer {
    let fields = filled(login, username, password);
    let fields: Vec<_> = fields
        .iter()
        .map(|(name, value)| (&**name, &**value))
        .collect();
    let answer = browser.post("/login", &fields).await;
    let cookies = answer.headers.get_all("set-cookie").iter();
    let cookies = cookies.map(|cookie| cookie.to_str().expect("visible ASCII"));
    let pairs: Vec<_> = cookies
        .filter_map(|cookie| cookie.split(';').next())
        .collect();
    browser.cookie = (answer.status == 303).then(|| pairs.join("; "));
    answer
}

/// The cookie that holds what was typed.
fn kept(answer: &Answer) -> Option<&str> {
    let cookies = answer.headers.get_all("set-cookie").iter();
    let mut cookies = cookies.map(|cookie| cookie.to_str().expect("visible ASCII"));
    cookies.find(|cookie| cookie.starts_with("tickbox-draft="))
}

/// The names of the cookies that an answer has the browser forget.
fn forgotten(answer: &Answer) -> Vec<&str> {
    let cookies = answer.headers.get_all("set-cookie").iter();
    let cookies = cookies.map(|cookie| cookie.to_str().expect("visible ASCII"));
    let ended = cookies.filter(|cookie| cookie.contains("Max-Age=0;"));
    ended
        .filter_map(|cookie| cookie.split('=').next())
        .collect()
}

#[sqlx::test]
async fn a_draft_on_a_filtered_page_survives_its_session(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let ona = site.world.ona.public_id.to_string();
    let mut browser = site.browser("ona").await;
    for _ in 0..51 {
        browser.add("Milk").await;
    }
    let further = browser
        .get("/?show=open")
        .await
        .attribute("#more a", "href");
    let cursor = further.split("cursor=").nth(1).expect("a cursor");
    let text = "🪤".repeat(200);
    log::register_secret(&text);
    log::register_secret("%F0%9F%AA%A4");
    site.world.clock.advance(Duration::days(31));

    let form = [
        ("description", text.as_str()),
        ("todo_id", ID),
        ("account", &ona),
        ("show", "open"),
        ("cursor", cursor),
    ];
    let login = browser.post("/", &form).await;
    assert_eq!((login.status, login.header("location")), (403, ""));
    assert_eq!(login.header("cache-control"), "no-store");
    let said = "Log in to continue. What you typed is kept for you.";
    assert_eq!(login.texts(".notice"), [said]);
    let wrong = log_in(&mut browser, &login, "ona", "not the password").await;
    assert_eq!(wrong.status, 401);
    let right = log_in(&mut browser, &wrong, "ona", PASSWORD).await;
    assert_eq!((right.status, right.header("location")), (303, &*further));
    let again = log_in(&mut browser, &wrong, "ona", PASSWORD).await;
    assert_eq!(again.session(), right.session(), "a second press");
    assert_eq!(kept(&again), kept(&right));

    for _ in 0..2 {
        let list = browser.get(right.header("location")).await;
        assert_eq!(list.attribute("#description", "value"), text);
        assert_eq!(list.attribute("#add [name=todo_id]", "value"), ID);
        assert_eq!(list.attribute("nav [aria-current]", "href"), "/?show=open");
        assert_eq!(list.todos(), ["Milk"], "nothing is added without asking");
    }
    let added = browser.post("/", &form).await;
    assert_eq!(added.status, 303);
    assert_eq!(forgotten(&added), ["tickbox-draft"]);
    assert_eq!(browser.get("/").await.todos()[0], text);
    let log = log::read();
    assert!(log.contains(right.header("x-request-id")));
    assert!(
        !log.contains('🪤') && !log.contains("%F0%9F"),
        "it was logged"
    );
}

#[sqlx::test]
async fn a_draft_is_returned_to_its_owner_only(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let ona = site.world.ona.public_id.to_string();
    let form = [
        ("description", "Ona's secret"),
        ("todo_id", ID),
        ("account", &ona),
    ];
    let mut browser = site.stranger();
    let login = browser.post("/", &form).await;
    let answer = log_in(&mut browser, &login, "jonas", PASSWORD).await;
    assert_eq!(answer.headers.get_all("set-cookie").iter().count(), 2);
    let list = browser.get("/").await;
    assert!(!list.body.contains("secret"), "{}", list.body);

    let jonas = browser.cookie.take().expect("logged in");
    log_in(&mut browser, &login, "ona", PASSWORD).await;
    let list = browser.get("/").await;
    assert_eq!(list.attribute("#description", "value"), "Ona's secret");
    // Somebody else at the same browser, who finds her cookie there.
    let kept = browser.cookie.take().expect("logged in");
    let kept = kept
        .split("; ")
        .find(|pair| pair.starts_with("tickbox-draft="));
    browser.cookie = Some(format!("{jonas}; {}", kept.expect("kept")));
    let list = browser.get("/").await;
    assert!(!list.body.contains("secret"), "{}", list.body);
}

#[sqlx::test]
async fn a_draft_is_forgotten_at_logout(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let ona = site.world.ona.public_id.to_string();
    let form = [("description", "Milk"), ("todo_id", ID), ("account", &ona)];
    let mut browser = site.stranger();
    let login = browser.post("/", &form).await;
    log_in(&mut browser, &login, "ona", PASSWORD).await;
    let out = browser.post("/logout", &[]).await;
    assert_eq!(forgotten(&out), ["tickbox", "tickbox-draft"]);
}

#[sqlx::test]
async fn no_url_contains_or_sets_a_draft(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let ona = site.world.ona.public_id.to_string();
    let browser = site.browser("ona").await;
    let brought = format!("/?show=open&description=Milk&account={ona}");
    let list = browser.get(&brought).await;
    assert_eq!(list.attribute("#description", "value"), "");
    let form = [
        ("description", "Milk"),
        ("todo_id", ID),
        ("account", &ona),
        ("show", "open"),
    ];
    let stranger = site.stranger();
    let htmx = stranger.with_htmx().post("/", &form).await;
    assert_eq!(htmx.status, 401);
    assert_eq!(htmx.header("hx-redirect"), "/login?next=%2F%3Fshow%3Dopen");
    assert_eq!(htmx.body, "", "the text is still in the page");
    let moved = stranger.get(&brought).await;
    assert_eq!(moved.header("location"), "/login?next=%2F%3Fshow%3Dopen");
}

#[sqlx::test]
async fn a_draft_is_cut_to_the_size_of_a_cookie(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let ona = site.world.ona.public_id.to_string();
    let (long, mut browser) = ("ž".repeat(1_500), site.stranger());
    let form = [
        ("description", long.as_str()),
        ("todo_id", ID),
        ("account", &ona),
    ];
    let login = browser.post("/", &form).await;
    let kept = login.attribute("form [name=description]", "value");
    assert_eq!(kept, "ž".repeat(1_400));
    let answer = log_in(&mut browser, &login, "ona", PASSWORD).await;
    let cookies = answer.headers.get_all("set-cookie").iter();
    let longest = cookies.map(|cookie| cookie.as_bytes().split(|byte| *byte == b';'));
    let longest = longest
        .filter_map(|mut parts| parts.next())
        .map(<[u8]>::len)
        .max();
    assert!(longest <= Some(4_096), "{longest:?}");
    assert_eq!(
        browser.get("/").await.attribute("#description", "value"),
        kept
    );
    for form in [
        vec![("description", "Milk"), ("todo_id", ID)],
        vec![("description", "Milk"), ("todo_id", ID), ("account", "x")],
        vec![("description", " "), ("todo_id", ID), ("account", &ona)],
    ] {
        let answer = site.stranger().post("/", &form).await;
        assert_eq!((answer.status, answer.header("location")), (303, "/login"));
    }
}

#[sqlx::test]
async fn a_login_that_cannot_be_answered_keeps_input_but_no_password(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let ona = site.world.ona.public_id.to_string();
    let form = [("description", "Milk"), ("todo_id", ID), ("account", &ona)];
    let mut browser = site.stranger();
    let login = browser.post("/", &form).await;
    let mut connection = site.world.connect().await;
    let dropped = connection.execute("DROP TABLE sessions").await;
    dropped.expect("dropped");
    let failed = log_in(&mut browser, &login, "ona", PASSWORD).await;
    assert_eq!(failed.status, 500);
    assert_eq!(failed.attribute("form", "action"), "/");
    let names = failed.attributes("form input", "name");
    assert_eq!(names, ["account", "todo_id", "description"]);
    let values = failed.attributes("form input", "value");
    assert_eq!(values, [ona.as_str(), ID, "Milk"]);
}
