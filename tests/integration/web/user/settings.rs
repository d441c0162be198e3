//! `GET` and `POST /settings`: the time zone, chosen by a person or guessed by a script.

use serde_json::{Value, json};
use sqlx::MySqlPool;
use time::Date;

use crate::support::{api_client::Phone, browser::Browser, test_server::Site};

/// The stored name.
async fn stored(site: &Site) -> Option<String> {
    let mut connection = site.world.connect().await;
    sqlx::query_scalar("SELECT time_zone FROM users WHERE id = ?")
        .bind(site.world.ona.user_id.0)
        .fetch_one(&mut connection)
        .await
        .expect("read")
}

async fn set(browser: &Browser<'_>, name: &str) -> u16 {
    let answer = browser.post("/settings", &[("time_zone", name)]).await;
    answer.status
}

async fn guess(browser: &Browser<'_>, name: &str) -> u16 {
    let form = [("time_zone", name), ("guess", "1")];
    browser.post("/settings", &form).await.status
}

fn said(date: Date) -> String {
    let (year, month, day) = date.to_calendar_date();
    format!("{}, {day} {month} {year}", date.weekday())
}

#[sqlx::test]
async fn the_time_zone_is_set_by_page_and_says_what_today_is(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    let account = browser.get("/account").await;
    assert!(
        account
            .attributes("main a", "href")
            .contains(&"/settings".to_owned())
    );
    let page = browser.get("/settings").await;
    assert_eq!(page.attribute("#time_zone", "value"), "UTC");
    assert!(page.body.contains("as long as you have set no time zone"));
    let offered = page.attributes("#time-zones option", "value");
    assert!(offered.len() > 400 && offered.contains(&"Europe/Vilnius".to_owned()));
    for name in ["Pacific/Kiritimati", "Pacific/Pago_Pago", " europe/kiev "] {
        let answer = browser.post("/settings", &[("time_zone", name)]).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        let page = browser.get(answer.header("location")).await;
        let zone = tickbox::domain::user::TimeZone::parse(name).expect("a zone");
        let notice = format!(
            "Your time zone is saved. Today is {}, in the time zone {zone}.",
            said(zone.date(site.world.clock.now()))
        );
        assert_eq!(page.texts(".notice"), [notice]);
        assert_eq!(page.attribute("#time_zone", "value"), zone.as_str());
        assert_eq!(stored(&site).await.as_deref(), Some(zone.as_str()));
    }
    let me = Phone::log_in(&site, "ona")
        .await
        .get("me", Value::Null)
        .await;
    assert_eq!(me.json["time_zone"], "Europe/Kiev");
}

#[sqlx::test]
async fn an_unknown_time_zone_is_refused_and_given_back(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    for typed in [
        "",
        "Vilnius",
        "<b>Europe/Nowhere</b>",
        "localtime",
        "+02:00",
    ] {
        let refused = browser.post("/settings", &[("time_zone", typed)]).await;
        assert_eq!(refused.status, 422, "{typed}");
        assert_eq!(refused.attribute("#time_zone", "value"), typed);
        let words = "The time zone must be one of the IANA names, such as Europe/Vilnius";
        assert_eq!(
            refused.texts("#time_zone-error"),
            [format!("Error: {words}")]
        );
        assert_eq!(refused.texts("title"), ["Error: Settings – Tickbox"]);
    }
    assert_eq!(stored(&site).await, None);
}

#[sqlx::test]
async fn a_guess_is_taken_only_while_no_zone_is_set(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    assert_eq!(guess(&browser, "Mars/Olympus").await, 204);
    assert_eq!(stored(&site).await, None);
    assert_eq!(guess(&browser, "Europe/Kiev").await, 204);
    assert_eq!(stored(&site).await.as_deref(), Some("Europe/Kiev"));
    assert_eq!(guess(&browser, "Asia/Tokyo").await, 204);
    assert_eq!(stored(&site).await.as_deref(), Some("Europe/Kiev"));
    // Chosen by the API, and as what nobody has set looks like.
    let phone = Phone::log_in(&site, "ona").await;
    phone.post("update_me", json!({ "time_zone": "UTC" })).await;
    assert_eq!(guess(&browser, "Asia/Tokyo").await, 204);
    assert_eq!(stored(&site).await.as_deref(), Some("UTC"));
    assert_eq!(set(&browser, "Asia/Tokyo").await, 303);
    assert_eq!(stored(&site).await.as_deref(), Some("Asia/Tokyo"));
    let jonas = Phone::log_in(&site, "jonas").await;
    let me = jonas.get("me", Value::Null).await;
    assert_eq!(me.json["time_zone"], "UTC", "nobody else's");
}

#[sqlx::test]
async fn the_list_asks_a_script_only_while_no_zone_is_set(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    let asks = async || {
        browser
            .get("/")
            .await
            .attributes("[data-zone-unknown]", "href")
    };
    assert_eq!(asks().await, ["/account"]);
    assert_eq!(set(&browser, "UTC").await, 303);
    assert!(asks().await.is_empty(), "UTC is one, too");
}

#[sqlx::test]
async fn the_edit_form_says_which_time_zone_counts(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    let id = browser.add("Milk").await;
    for (browser, words) in [
        (
            browser.clone(),
            "in UTC, as long as you have set no time zone.",
        ),
        (browser.with_htmx(), "in the time zone Europe/Vilnius."),
    ] {
        let form = browser.get(&format!("/edit-todo?id={id}")).await;
        assert_eq!(form.attributes("form.edit .hint a", "href"), ["/settings"]);
        assert!(
            form.texts("form.edit .hint")[0].contains(words),
            "{}",
            form.body
        );
        assert_eq!(set(&browser, "Europe/Vilnius").await, 303);
    }
}
