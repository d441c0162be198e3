//! The page that shows where one is logged in.

use serde_json::Value;
use sqlx::MySqlPool;
use time::Duration;

use crate::support::{
    api_client::Phone,
    fixture::{PASSWORD, client, credentials},
    test_server::Site,
};

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";

#[sqlx::test]
async fn it_shows_ones_own_sessions_with_names_and_dates_and_nothing_that_opens_them(
    pool: MySqlPool,
) {
    let site = Site::open(&pool).await;
    let service = &site.world.service;
    site.world.clock.advance(Duration::minutes(1));
    let login = service.log_in(credentials("ona", PASSWORD), None, client(FIREFOX));
    login.await.expect("right password");
    site.world.clock.advance(Duration::minutes(1));
    let phone = site.session_of("ona", "<b>Ona's</b> phone").await;
    site.session_of("jonas", "the phone of Jonas").await;
    site.world.clock.advance(Duration::minutes(1));
    let browser = site.browser("ona").await;
    let page = browser.get("/sessions").await;
    assert_eq!(page.status, 200);
    let names = page.texts(".sessions .text > span");
    assert_eq!(
        names,
        [
            "A device without a name",
            "“<b>Ona's</b> phone”",
            "Firefox on Linux",
            "“a test”",
        ]
    );
    let own = page.texts(".sessions li[aria-current=true] .badge");
    assert_eq!(own, ["This one"]);
    assert_eq!(page.texts(".sessions .badge").len(), 1);
    assert!(!page.body.contains("Jonas") && !page.body.contains("<b>"));
    assert_eq!(page.texts(".sessions time").len(), 7, "two each, one here");
    let ids = page.attributes("[name=session_id]", "value");
    assert_eq!((ids.len(), ids[0].as_str()), (3, phone.as_str()));
    let mut connection = site.world.connect().await;
    let secrets: Vec<(String, Option<String>, String)> = sqlx::query_as(
        "SELECT LOWER(HEX(secret_hash)), LOWER(HEX(successor_key)), password
         FROM sessions JOIN users ON users.id = user_id",
    )
    .fetch_all(&mut connection)
    .await
    .expect("read");
    let phone = Phone::log_in(&site, "ona").await;
    let list = phone.get("session_list", Value::Null).await;
    let sessions = list.json["sessions"].as_array().expect("a list");
    assert_eq!(sessions.len(), 5);
    assert_eq!(sessions[0]["is_current"], true);
    for session in sessions {
        let fields: Vec<_> = session.as_object().expect("an object").keys().collect();
        let expected = [
            "created_date",
            "device",
            "is_current",
            "kind",
            "last_seen_date",
        ];
        assert_eq!(fields[..5], expected);
        assert_eq!(fields[5..], ["session_id"]);
        assert_ne!(session["device"], "the phone of Jonas");
    }
    for (hash, key, password) in secrets {
        for body in [&page.body, &list.answer.body] {
            let body = body.to_lowercase();
            assert!(!body.contains(&hash) && !body.contains(&password));
            assert!(key.as_ref().is_none_or(|key| !body.contains(key)));
        }
    }
}

#[sqlx::test]
async fn one_session_is_ended_by_its_button_and_the_page_says_so(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let (here, there) = (site.browser("ona").await, site.browser("ona").await);
    let page = there.get("/sessions").await;
    let shown = page.attributes("[name=session_id]", "value");
    let page = here.get("/sessions").await;
    let theirs = page.attributes("[name=session_id]", "value");
    // What `there` does not offer to end is its own.
    let id = theirs.iter().find(|id| !shown.contains(id)).expect("there");
    assert_eq!(page.attributes("form", "action")[0], "/end-session");
    let ended = here.post("/end-session", &[("session_id", id)]).await;
    assert_eq!(ended.status, 303);
    let after = here.get(ended.header("location")).await;
    assert_eq!(after.texts(".notice"), ["That session has ended."]);
    assert_eq!(after.texts(".sessions li").len(), 2);
    assert_eq!(there.get("/").await.header("location"), "/login");
    let again = here.post("/end-session", &[("session_id", id)]).await;
    assert_eq!(
        (again.status, again.header("location")),
        (303, ended.header("location"))
    );
    let wrong = here.post("/end-session", &[("session_id", "17")]).await;
    assert_eq!(wrong.status, 422);
}

#[sqlx::test]
async fn all_others_are_ended_by_one_button_that_is_there_only_if_there_are_any(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let (here, there) = (site.browser("ona").await, site.browser("ona").await);
    let jonas = site.browser("jonas").await;
    let others = "form[action='/end-other-sessions']";
    assert_eq!(here.get("/sessions").await.texts(others).len(), 1);
    let ended = here.post("/end-other-sessions", &[]).await;
    let after = here.get(ended.header("location")).await;
    assert_eq!(
        after.texts(".notice"),
        ["You are logged out everywhere else."]
    );
    assert_eq!(after.texts(".sessions li").len(), 1);
    assert!(after.texts(others).is_empty());
    assert_eq!(there.get("/").await.header("location"), "/login");
    assert_eq!(jonas.get("/").await.status, 200);
}

#[sqlx::test]
async fn the_session_that_asks_may_end_itself(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let (here, there) = (site.browser("ona").await, site.browser("ona").await);
    let offered = here
        .get("/sessions")
        .await
        .attributes("[name=session_id]", "value");
    let all = there
        .get("/sessions")
        .await
        .attributes("[name=session_id]", "value");
    let own = all.iter().find(|id| !offered.contains(id)).expect("here");
    let ended = here.post("/end-session", &[("session_id", own)]).await;
    assert_eq!(ended.status, 303);
    let after = here.get("/sessions").await;
    assert_eq!(after.header("location"), "/login?next=%2Fsessions");
    assert_eq!(there.get("/").await.status, 200);
}

#[sqlx::test]
async fn the_account_says_who_one_is_and_leads_on(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    let list = browser.get("/").await;
    assert_eq!(list.attributes(".who a", "href"), ["/account"]);
    let page = browser.get("/account").await;
    assert_eq!(page.texts(".facts dd"), ["Ona Onaitė", "ona"]);
    let links = page.attributes("main a", "href");
    assert_eq!(links, ["/change-password", "/sessions", "/"]);
    assert!(page.texts(".notice").is_empty());
}
