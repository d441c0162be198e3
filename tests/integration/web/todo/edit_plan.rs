//! `GET /edit-todo` and `POST /edit-todo`: notes, due date, priority and repeat, in the form and in the row.

use serde_json::json;
use sqlx::MySqlPool;
use time::Duration;

use super::edit_todo::{fields, open, send, with};
use crate::support::{
    api_client::Phone,
    browser::{Answer, Browser},
    test_server::Site,
};

/// What the line below the text of the first row says, but for the date on which it was added.
async fn said(browser: &Browser<'_>) -> Vec<String> {
    let list = browser.get("/").await;
    let parts = list.texts("#todos li:first-child small > span");
    let parts = parts.into_iter().filter(|part| !part.starts_with("Added"));
    parts.collect()
}

/// Sends the form of the to-do with these values.
async fn save(browser: &Browser<'_>, id: &str, typed: &[(&str, &str)]) -> Answer {
    let form = open(browser, id).await;
    send(browser, &with(fields(&form), typed), &[]).await
}

fn value(form: &Answer, name: &str) -> String {
    form.attribute(&format!("form.edit input[name={name}]"), "value")
}

const PLAN: [(&str, &str); 8] = [
    ("notes", "Oat,\nor soy\n\nif there is none"),
    ("due_date", "2026-12-24"),
    ("due_time", "17:05"),
    ("priority", "high"),
    ("repeat_every", "week"),
    ("repeat_interval", "2"),
    ("repeat_from", "completion"),
    ("description", "Buy milk #home"),
];

#[sqlx::test]
async fn a_plan_is_saved_and_said_in_words_and_cleared_again(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    let id = browser.add("Buy milk").await;
    assert!(said(&browser).await.is_empty());
    assert_eq!(save(&browser, &id, &PLAN).await.status, 303);
    let words = [
        "Due 24 Dec 2026 17:05",
        "High priority",
        "Every 2 weeks after it is done",
        "Has notes",
    ];
    assert_eq!(said(&browser).await, words);
    let list = browser.get("/").await;
    assert_eq!(list.todos(), ["Buy milk #home"]);
    assert_eq!(
        list.attributes("small time", "datetime")[0],
        "2026-12-24T17:05"
    );

    let form = open(&browser, &id).await;
    let shown = fields(&form);
    for (name, typed) in PLAN {
        let value = typed.replace('\n', "\r\n");
        assert!(shown.contains(&(name.into(), value)), "{name}: {shown:?}");
    }
    let again = send(&browser, &shown, &[]).await;
    assert_eq!(again.header("location"), "/?notice=saved");
    let rev = browser.get("/").await.attribute("#count", "data-rev");
    assert_eq!(rev, "2", "nothing has changed");

    let nothing = [
        ("notes", " "),
        ("due_date", ""),
        ("due_time", ""),
        ("priority", "none"),
        ("repeat_every", ""),
    ];
    assert_eq!(save(&browser, &id, &nothing).await.status, 303);
    assert!(said(&browser).await.is_empty());
}

#[sqlx::test]
async fn each_bad_value_is_named_at_its_field_and_kept(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    let id = browser.add("Buy milk").await;
    let long = "ž".repeat(5_001);
    for (typed, at, words) in [
        (("due_date", "2026-02-31"), "due_date", "written as in 2026"),
        (("due_date", "24.12.2026"), "due_date", "written as in 2026"),
        (("due_date", "2200-01-01"), "due_date", "from 1970-01-01"),
        (("due_time", "25:00"), "due_time", "from 00:00 to 23:59"),
        (("due_time", "17:00"), "due_time", "needs a due date"),
        (("repeat_every", "week"), "repeat", "needs a due date"),
        (("priority", "urgent"), "priority", "high, medium, low"),
        (("notes", &long), "notes", "they have 5001"),
        (("notes", "a\tb"), "notes", "no tabs"),
    ] {
        for browser in [browser.clone(), browser.with_htmx()] {
            let refused = save(&browser, &id, &[typed, ("description", "Typed")]).await;
            assert_eq!(refused.status, 422, "{typed:?}");
            let error = refused.texts(&format!("#{at}-{id}-error"));
            assert!(error[0].contains(words), "{typed:?}: {error:?}");
            assert_eq!(refused.texts(".error").len(), 1, "{typed:?}");
            let (name, text) = typed;
            if !["priority"].contains(&name) {
                let kept = (name.to_owned(), text.to_owned());
                assert!(fields(&refused).contains(&kept), "{typed:?}");
            }
            assert_eq!(value(&refused, "description"), "Typed");
        }
    }
    for interval in ["0", "100", "two"] {
        let typed = [
            ("due_date", "2026-12-24"),
            ("repeat_every", "day"),
            ("repeat_interval", interval),
        ];
        let refused = save(&browser, &id, &typed).await;
        assert_eq!(refused.status, 422, "{interval}");
        assert!(refused.texts(&format!("#repeat-{id}-error"))[0].contains("1 to 99"));
        assert_eq!(value(&refused, "repeat_interval"), interval);
    }
    let two = [("due_date", "soon"), ("priority", "urgent")];
    let refused = save(&browser, &id, &two).await;
    assert_eq!(refused.texts(".errors li").len(), 2, "all are said at once");
    assert_eq!(browser.get("/").await.todos(), ["Buy milk"]);
    assert!(said(&browser).await.is_empty());
}

#[sqlx::test]
async fn buttons_save_the_days_that_are_chosen_most_in_the_users_zone(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    let phone = Phone::log_in(&site, "ona").await;
    let zone = json!({"time_zone": "Pacific/Kiritimati"});
    let id = browser.add("Buy milk").await;
    let today = site.world.clock.now().date();
    for days in [0, 1] {
        if days == 1 {
            // It is 14 hours ahead; the clock of the tests stands in the afternoon or is moved there.
            let now = site.world.clock.now();
            let noon = now.replace_time(time::macros::time!(12:00));
            site.world.clock.advance((noon - now).max(Duration::ZERO));
            assert_eq!(phone.post("update_me", zone.clone()).await.status, 200);
        }
        let form = open(&browser, &id).await;
        let choices = form.attributes("form.edit [name=due_choice]", "value");
        let day = today + Duration::days(days);
        let monday = day.next_occurrence(time::Weekday::Monday);
        let expected = [day, day + Duration::DAY, monday].map(|date| date.to_string());
        assert_eq!(choices, expected);
        for choice in &choices {
            let saved = send(&browser, &fields(&form), &[("due_choice", choice)]).await;
            assert!([303, 409].contains(&saved.status));
            let form = open(&browser, &id).await;
            if saved.status == 303 {
                assert_eq!(&value(&form, "due_date"), choice);
            }
        }
    }
}

#[sqlx::test]
async fn overdue_is_said_in_words_by_the_users_calendar(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    let id = browser.add("Buy milk").await;
    let today = site.world.clock.now().date().to_string();
    save(&browser, &id, &[("due_date", &today)]).await;
    assert!(said(&browser).await[0].starts_with("Due "));
    site.world.clock.advance(Duration::DAY);
    assert!(said(&browser).await[0].starts_with("Overdue, due "));
    browser.post("/update-todo", &[("todo_id", &id)]).await;
    assert!(
        said(&browser).await[0].starts_with("Due "),
        "what is done is not overdue"
    );
}

#[sqlx::test]
async fn a_conflict_names_each_part_and_the_user_chooses_for_each(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    let id = browser.add("Buy milk").await;
    let form = open(&browser, &id).await;
    save(&browser, &id, &PLAN).await;
    let mine = [
        ("notes", "Rice"),
        ("due_date", "2026-12-31"),
        ("priority", "low"),
        ("repeat_every", "day"),
    ];
    let conflict = send(&browser, &with(fields(&form), &mine), &[]).await;
    assert_eq!(conflict.status, 409);
    assert_eq!(
        conflict.texts("form.edit bdi"),
        [
            "Oat,\nor soy\n\nif there is none",
            "2026-12-24",
            "High",
            "Every 2 weeks after it is done"
        ]
    );
    // What only the other device has changed is there already.
    assert_eq!(value(&conflict, "description"), "Buy milk #home");
    assert_eq!(value(&conflict, "due_time"), "17:05");
    let shown = fields(&conflict);
    for (name, typed) in mine {
        assert!(shown.contains(&(name.into(), typed.into())), "{name}");
    }
    let take = [("take", "notes"), ("take", "repeat")];
    assert_eq!(send(&browser, &shown, &take).await.status, 303);
    let words = [
        "Due 31 Dec 2026 17:05",
        "Low priority",
        "Every 2 weeks after it is done",
        "Has notes",
    ];
    assert_eq!(said(&browser).await, words);
    let form = open(&browser, &id).await;
    assert!(form.texts("textarea")[0].contains("or soy"));
}

#[sqlx::test]
async fn what_a_phone_has_set_and_the_form_does_not_show_stays(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    let phone = Phone::log_in(&site, "ona").await;
    let id = browser.add("Buy milk").await;
    let repeat = json!({"every": "week", "interval": 1, "weekdays": ["mo", "th"], "from": "due", "until": "2027-06-30"});
    let edit = json!({"id": id, "due_date": "2026-12-24", "repeat": repeat});
    assert_eq!(phone.post("update_todo", edit).await.status, 200);
    save(&browser, &id, &[("priority", "low")]).await;
    save(&browser, &id, &[("repeat_interval", "3")]).await;
    let words = "Every 3 weeks on Mon and Thu until 30 Jun 2027";
    assert_eq!(said(&browser).await[2], words);
    save(&browser, &id, &[("repeat_every", "month")]).await;
    assert_eq!(
        said(&browser).await[2],
        "Every 3 months until 30 Jun 2027",
        "months have no weekdays"
    );
    // A page of an earlier version knows the text alone.
    let old = [("todo_id", id.as_str()), ("description", "Oat milk")];
    assert_eq!(browser.post("/edit-todo", &old).await.status, 303);
    assert_eq!(said(&browser).await.len(), 3);
}

#[sqlx::test]
async fn notes_of_five_thousand_characters_fit_into_this_form_alone(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    let id = browser.add("Buy milk").await;
    let notes = "𠜎".repeat(5_000);
    assert_eq!(save(&browser, &id, &[("notes", &notes)]).await.status, 303);
    assert!(open(&browser, &id).await.body.contains(&notes));
    let form = with(fields(&open(&browser, &id).await), &[("notes", "x")]);
    let kept = [("notes", notes.as_str())];
    let large = with(form.clone(), &kept);

    let stranger = site.stranger();
    let refused = send(&stranger, &large, &[]).await;
    assert_eq!(
        (refused.status, refused.texts("h1")),
        (403, vec!["Forbidden".into()])
    );
    assert!(refused.body.contains("You have been logged out"));
    let with_script = send(&stranger.with_htmx(), &large, &[]).await;
    assert_eq!(with_script.status, 401);
    assert_eq!(with_script.header("hx-redirect"), "/login");
    // Too long for the form that logs in, and read: it is given back.
    let medium = "x".repeat(15_000);
    let given = send(&stranger, &with(form, &[("notes", &medium)]), &[]).await;
    assert_eq!(given.status, 403);
    assert!(given.texts("textarea[readonly]")[0].contains(&medium));

    let other = browser.post("/update-todo", &kept).await;
    assert_eq!(other.status, 413);
}
