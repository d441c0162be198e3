//! `GET /edit-todo` and `POST /edit-todo`: the days of the week and the last date of a repeat.

use serde_json::{Value, json};
use sqlx::MySqlPool;

use super::edit_todo::{fields, open, send, with};
use crate::support::{
    api_client::Phone,
    browser::{Answer, Browser},
    fixture::PASSWORD,
    test_server::Site,
};

const DAYS: &str = "repeat_weekdays";

/// A to-do that repeats on two days of the week until some date.
async fn stock(phone: &Phone<'_>, browser: &Browser<'_>) -> String {
    let id = browser.add("Run").await;
    let repeat = json!({ "every": "week", "weekdays": ["mo", "th"], "until": "2027-06-30" });
    let edit = json!({ "id": id, "due_date": "2026-12-24", "repeat": repeat });
    assert_eq!(phone.post("update_todo", edit).await.status, 200);
    id
}

/// The rule that is stored.
async fn repeat(phone: &Phone<'_>, id: &str) -> Value {
    let got = phone.get("get_todo", json!({ "id": id })).await;
    got.json["repeat"].clone()
}

/// The fields of the form with these boxes ticked and no others.
fn ticked(form: &Answer, days: &[&str]) -> Vec<(String, String)> {
    let fields = fields(form).into_iter();
    let others = fields.filter(|(name, value)| name != DAYS || value.is_empty());
    let days = days.iter().map(|day| (DAYS.into(), (*day).into()));
    others.chain(days).collect()
}

/// The boxes that are ticked.
fn days(form: &Answer) -> Vec<String> {
    form.attributes(&format!("[type=checkbox][name={DAYS}][checked]"), "value")
}

#[sqlx::test]
async fn days_of_the_week_and_the_last_date_are_set_by_page(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    let phone = Phone::log_in(&site, "ona").await;
    for browser in [browser.clone(), browser.with_htmx()] {
        let id = browser.add("Run").await;
        let form = open(&browser, &id).await;
        let boxes = form.attributes(&format!("[type=checkbox][name={DAYS}]"), "value");
        assert_eq!(boxes, ["mo", "tu", "we", "th", "fr", "sa", "su"]);
        assert!(days(&form).is_empty());
        let typed = [
            ("due_date", "2026-12-24"),
            ("repeat_every", "week"),
            ("repeat_until", "2027-06-30"),
        ];
        let saved = send(&browser, &with(ticked(&form, &["sa", "mo"]), &typed), &[]).await;
        assert!([200, 303].contains(&saved.status), "{}", saved.body);
        let rule = repeat(&phone, &id).await;
        assert_eq!(rule["weekdays"], json!(["mo", "sa"]));
        assert_eq!(rule["until"], "2027-06-30");

        let form = open(&browser, &id).await;
        assert_eq!(days(&form), ["mo", "sa"]);
        let unchanged = send(&browser, &fields(&form), &[]).await;
        assert!([200, 303].contains(&unchanged.status));
        assert_eq!(repeat(&phone, &id).await, rule, "sent as it was shown");

        let none = with(ticked(&form, &[]), &[("repeat_until", "")]);
        send(&browser, &none, &[]).await;
        let rule = repeat(&phone, &id).await;
        assert_eq!(
            (&rule["weekdays"], &rule["until"]),
            (&json!([]), &Value::Null)
        );
    }
}

#[sqlx::test]
async fn a_bad_last_date_is_said_of_the_repeat_and_kept(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    let phone = Phone::log_in(&site, "ona").await;
    let id = stock(&phone, &browser).await;
    for typed in ["2027-02-31", "2200-01-01", "soon"] {
        let form = open(&browser, &id).await;
        let sent = with(ticked(&form, &["tu"]), &[("repeat_until", typed)]);
        let refused = send(&browser, &sent, &[]).await;
        assert_eq!(refused.status, 422, "{typed}");
        let error = &refused.texts(&format!("#repeat-{id}-error"))[0];
        assert!(
            error.contains("The last date of a repeat must be"),
            "{error}"
        );
        assert_eq!(refused.attribute("[name=repeat_until]", "value"), typed);
        assert_eq!(days(&refused), ["tu"], "and what was ticked");
    }
    let form = open(&browser, &id).await;
    let sent = send(&browser, &ticked(&form, &["xy"]), &[]).await;
    assert_eq!(sent.status, 422);
    assert!(sent.texts(&format!("#repeat-{id}-error"))[0].contains("mo, tu, we"));
}

#[sqlx::test]
async fn other_days_on_two_devices_are_a_conflict_of_the_repeat(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    let phone = Phone::log_in(&site, "ona").await;
    let id = stock(&phone, &browser).await;
    let form = open(&browser, &id).await;
    let other = json!({ "every": "week", "weekdays": ["fr"], "until": "2028-01-31" });
    let edit = json!({ "id": id, "repeat": other });
    assert_eq!(phone.post("update_todo", edit).await.status, 200);
    let conflict = send(&browser, &ticked(&form, &["tu", "we"]), &[]).await;
    assert_eq!(conflict.status, 409);
    assert_eq!(
        conflict.texts("form.edit bdi"),
        ["Every week on Fri until 31 Jan 2028"]
    );
    assert_eq!(days(&conflict), ["tu", "we"]);
    assert_eq!(
        repeat(&phone, &id).await["weekdays"],
        json!(["fr"]),
        "nothing is stored"
    );
    assert_eq!(
        send(&browser, &fields(&conflict), &[("take", "repeat")])
            .await
            .status,
        303
    );
    assert_eq!(repeat(&phone, &id).await["weekdays"], json!(["fr"]));
    assert_eq!(
        send(&browser, &ticked(&conflict, &["tu"]), &[])
            .await
            .status,
        303
    );
    assert_eq!(repeat(&phone, &id).await["weekdays"], json!(["tu"]));
    // What the other device has changed elsewhere is none.
    let form = open(&browser, &id).await;
    let edit = json!({ "id": id, "notes": "by phone" });
    assert_eq!(phone.post("update_todo", edit).await.status, 200);
    assert_eq!(
        send(&browser, &ticked(&form, &["su"]), &[]).await.status,
        303
    );
}

#[sqlx::test]
async fn ticked_days_survive_the_end_of_the_session(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    let phone = Phone::log_in(&site, "ona").await;
    let id = stock(&phone, &browser).await;
    let form = open(&browser, &id).await;
    let login = send(&site.stranger(), &ticked(&form, &["tu", "we", "su"]), &[]).await;
    let hidden = login.attributes("form [type=hidden]", "name").into_iter();
    let hidden = hidden.zip(login.attributes("form [type=hidden]", "value"));
    let hidden: Vec<_> = hidden.collect();
    let mut sent: Vec<_> = hidden
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    sent.extend([("username", "ona"), ("password", PASSWORD)]);
    let given = site.stranger().post("/login", &sent).await;
    let names = given.attributes("form input", "name").into_iter();
    let back: Vec<_> = names.zip(given.attributes("form input", "value")).collect();
    let of_days = back.iter().filter(|(name, _)| name == DAYS);
    let of_days: Vec<_> = of_days.map(|(_, value)| value.as_str()).collect();
    assert_eq!(of_days, ["", "tu", "we", "su"]);
    assert_eq!(send(&browser, &back, &[]).await.status, 303);
    assert_eq!(
        repeat(&phone, &id).await["weekdays"],
        json!(["tu", "we", "su"])
    );
}
