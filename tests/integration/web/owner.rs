//! A page belongs to the account that it was made for. Two people share a browser, so that a page of
//! one is open while the other is logged in.

use crate::support::{
    browser::{Answer, Browser},
    test_server::Site,
};
use sqlx::MySqlPool;

/// These pages are made for nobody.
const NOBODYS: [&str; 2] = ["/register", "/login"];

/// What the form for that address would do for Jonas, with what is his.
fn form<'a>(path: &str, todo: &'a str, session: &'a str) -> Vec<(&'a str, &'a str)> {
    match path {
        "/" => vec![("description", "Typed by Ona")],
        "/edit-todo" => vec![("todo_id", todo), ("description", "Typed by Ona")],
        "/update-todo" | "/remove-todo" | "/restore-todo" => vec![("todo_id", todo)],
        "/move-todo" => vec![("todo_id", todo), ("before_id", session)],
        "/settings" => vec![("time_zone", "Asia/Tokyo")],
        "/end-session" => vec![("session_id", session)],
        "/change-password" => vec![
            ("current_password", crate::support::fixture::PASSWORD),
            ("new_password", "another violet teapot"),
            ("new_password_again", "another violet teapot"),
        ],
        "/logout" | "/end-other-sessions" => vec![],
        _ => panic!("what would the form for {path} send?"),
    }
}

/// Every address that takes a form of a page made for somebody.
fn actions() -> impl Iterator<Item = &'static str> {
    let pages = tickbox::web::pages().into_iter();
    let posts = pages.filter(|page| page.methods.contains(&"POST"));
    posts
        .map(|page| page.path)
        .filter(|path| !NOBODYS.contains(path))
}

/// What Jonas has, as his pages show it.
async fn belongings(jonas: &Browser<'_>) -> Vec<String> {
    let list = jonas.get("/").await;
    assert_eq!(list.status, 200, "he is still logged in");
    let sessions = jonas.get("/sessions").await.texts(".sessions li");
    let rows = list.todos().into_iter();
    let states = list.attributes("[role=checkbox]", "aria-checked");
    rows.chain(states).chain(sessions).collect()
}

#[sqlx::test]
async fn a_form_of_another_users_page_is_a_409(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let jonas = site.browser("jonas").await;
    let todo = jonas.add("Jonas's secret").await;
    let session = site.session_of("jonas", "Jonas's phone").await;
    let ona = site.world.ona.public_id.to_string();
    let before = belongings(&jonas).await;
    for path in actions() {
        for browser in [jonas.clone(), jonas.with_htmx()] {
            let mut form = form(path, &todo, &session);
            form.push(("account", &ona));
            let answer = browser.post(path, &form).await;
            assert_eq!(answer.status, 409, "{path}");
            assert!(answer.body.contains("Somebody else has logged in"));
            assert!(!answer.body.contains("secret"), "{path}: {}", answer.body);
            assert!(!answer.body.contains("teapot"), "{path}: {}", answer.body);
            assert_eq!(answer.header("set-cookie"), "", "{path}");
            let again = answer.attributes("main p a, [hx-target='#status'] a", "href");
            assert_eq!(again, ["/"], "{path}: a way to load the page again");
        }
    }
    assert_eq!(belongings(&jonas).await, before);
    assert!(site.browser("ona").await.get("/").await.todos().is_empty());
}

#[sqlx::test]
async fn a_form_of_the_users_own_page_or_no_page_is_accepted(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let own = site.world.jonas.public_id;
    let (own, shouted) = (own.to_string(), own.to_string().to_uppercase());
    for account in [Some(own), Some(shouted), None] {
        for path in actions() {
            let jonas = site.browser("jonas").await;
            let todo = jonas.add("Milk").await;
            let session = site.session_of("jonas", "a phone").await;
            let mut form = form(path, &todo, &session);
            if path == "/change-password" {
                form[0].1 = "wrong on purpose";
            }
            form.extend(account.as_deref().map(|account| ("account", account)));
            let status = if path == "/change-password" { 422 } else { 303 };
            assert_eq!(jonas.post(path, &form).await.status, status, "{path}");
        }
    }
}

#[sqlx::test]
async fn an_invalid_account_field_counts_as_another_user(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let jonas = site.browser("jonas").await;
    for account in ["7", "x", "' OR 1=1 --"] {
        let form = [("description", "Milk"), ("account", account)];
        assert_eq!(jonas.post("/", &form).await.status, 409, "{account}");
    }
    assert!(jonas.get("/").await.todos().is_empty());
}

/// Asks as htmx does in a page that was made for that account.
async fn ask(site: &Site, browser: &Browser<'_>, path: &str, account: &str) -> Answer {
    let request = site
        .request(reqwest::Method::GET, path)
        .header("cookie", browser.cookie.as_deref().expect("logged in"))
        .header("hx-request", "true")
        .header("tickbox-account", account);
    Answer::to(request).await
}

#[sqlx::test]
async fn fragments_for_another_users_page_are_a_409_without_rows(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let jonas = site.browser("jonas").await;
    jonas.add("Jonas's secret").await;
    for path in [
        "/",
        "/?show=open",
        "/?cursor=0.0.0195f3a2-7c1e-7b3a-9d52-3f1f6f0c2a11",
    ] {
        let refused = ask(&site, &jonas, path, &site.world.ona.public_id.to_string()).await;
        assert_eq!(
            (refused.status, refused.targets()),
            (409, vec!["#status".into()])
        );
        assert!(!refused.body.contains("secret"));
    }
    let own = ask(&site, &jonas, "/", &site.world.jonas.public_id.to_string()).await;
    assert_eq!(
        (own.status, own.todos()),
        (200, vec!["Jonas's secret".into()])
    );
}

/// Each form that posts, with the accounts that it names.
fn owners(answer: &Answer) -> Vec<Vec<String>> {
    let html = answer.html();
    let [form, field] = ["form[method=post]", "[name=account]"]
        .map(|selector| scraper::Selector::parse(selector).expect("a selector"));
    let named = |form: scraper::ElementRef<'_>| {
        let values = form.select(&field).filter_map(|field| field.attr("value"));
        values.map(ToOwned::to_owned).collect()
    };
    html.select(&form).map(named).collect()
}

#[sqlx::test]
async fn every_form_and_htmx_request_names_the_account_once(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    let todo = browser.add("Milk").await;
    site.session_of("ona", "a phone").await;
    let ona = site.world.ona.public_id.to_string();
    let (id, htmx) = ([("todo_id", todo.as_str())], browser.with_htmx());
    let pages = [
        browser.get("/").await,
        browser
            .get("/?notice=removed&id=0195f3a2-7c1e-7b3a-9d52-3f1f6f0c2a11")
            .await,
        browser.post("/", &[]).await,
        browser.get(&format!("/edit-todo?id={todo}")).await,
        browser
            .post("/edit-todo", &[("todo_id", &todo), ("description", "")])
            .await,
        browser.get("/logout").await,
        browser.get("/account").await,
        browser.get("/change-password").await,
        browser.post("/change-password", &[]).await,
        browser.get("/sessions").await,
        browser.get("/settings").await,
        browser.post("/settings", &[]).await,
    ];
    for page in &pages {
        assert_eq!(page.attribute("main", "data-account"), ona);
        let said = page.attribute("main", "hx-headers:inherited");
        assert_eq!(said, format!("Tickbox-Account:{ona}"));
    }
    let fragments = [
        htmx.get("/").await,
        htmx.post("/", &[]).await,
        htmx.post("/", &[("description", "Bread")]).await,
        htmx.get(&format!("/edit-todo?id={todo}")).await,
        htmx.post("/edit-todo", &id).await,
        htmx.post("/update-todo", &id).await,
        htmx.post("/remove-todo", &id).await,
    ];
    for answer in pages.iter().chain(&fragments) {
        let owners = owners(answer);
        assert!(!owners.is_empty(), "{}", answer.body);
        for named in owners {
            assert_eq!(named, [ona.as_str()], "{}", answer.body);
        }
    }
    for page in [
        site.stranger().get("/login").await,
        site.stranger().get("/register").await,
    ] {
        assert_eq!(owners(&page), [Vec::<String>::new()]);
        assert!(page.attributes("main", "data-account").is_empty());
    }
}

#[sqlx::test]
async fn the_409_page_returns_the_submitted_text(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let jonas = site.browser("jonas").await;
    let ona = site.world.ona.public_id.to_string();
    let form = [("description", "Milk & <bread>"), ("account", &ona)];
    let page = jonas.post("/", &form).await;
    assert_eq!(
        page.texts("title"),
        ["Error: Somebody else is logged in – Tickbox"]
    );
    assert_eq!(
        page.attribute("#description[readonly]", "value"),
        "Milk & <bread>"
    );
    assert!(
        page.texts("form").is_empty(),
        "nothing to send for another account"
    );
}

#[sqlx::test]
async fn an_ended_session_redirects_to_login_from_any_page(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let ona = site.world.ona.public_id.to_string();
    for path in actions() {
        let mut form = form(path, "0195f3a2-7c1e-7b3a-9d52-3f1f6f0c2a11", "");
        form.push(("account", &ona));
        let answer = site.stranger().post(path, &form).await;
        if path == "/edit-todo" {
            // The login page itself, which holds what was typed.
            assert_eq!(
                (answer.status, answer.texts("h1")),
                (403, vec!["Login".into()])
            );
            continue;
        }
        assert_eq!(answer.status, 303, "{path}");
        assert!(answer.header("location").starts_with("/login"), "{path}");
    }
}

#[sqlx::test]
async fn logging_out_needs_no_fields_and_no_content_type(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    let cookie = browser.cookie.clone().expect("logged in");
    let request = site.request(reqwest::Method::POST, "/logout");
    let request = request.header("sec-fetch-site", "same-origin");
    let answer = Answer::to(request.header("cookie", cookie)).await;
    assert_eq!(answer.header("location"), "/login?notice=logged_out");
    assert_eq!(browser.get("/").await.status, 303);
}
