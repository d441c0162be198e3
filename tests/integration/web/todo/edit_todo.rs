//! `GET /edit-todo` and `POST /edit-todo`: the form that edits a to-do.

use sqlx::MySqlPool;

use crate::support::{
    browser::{Answer, Browser},
    fixture::PASSWORD,
    snapshot,
    test_server::Site,
};

/// All fields of the form, as a browser sends it after typing this text.
pub(super) fn filled(form: &Answer, typed: &str) -> Vec<(String, String)> {
    with(fields(form), &[("description", typed)])
}

/// All fields of the form, as a browser sends them.
pub(super) fn fields(form: &Answer) -> Vec<(String, String)> {
    let inputs = "form.edit input:not([type=checkbox]), form.edit input[type=checkbox][checked]";
    let names = form.attributes(inputs, "name").into_iter();
    let mut fields: Vec<_> = names.zip(form.attributes(inputs, "value")).collect();
    let notes = form.texts("form.edit textarea").remove(0);
    fields.push((
        "notes".into(),
        notes.trim_start_matches('\n').replace('\n', "\r\n"),
    ));
    for name in form.attributes("form.edit select", "name") {
        let chosen = format!("form.edit [name={name}] [selected]");
        let value = form.attributes(&chosen, "value").pop();
        fields.push((name, value.unwrap_or_default()));
    }
    fields
}

/// The same with other values.
pub(super) fn with(fields: Vec<(String, String)>, typed: &[(&str, &str)]) -> Vec<(String, String)> {
    let fields = fields.into_iter().map(|(name, value)| {
        let typed = typed.iter().find(|(typed, _)| *typed == name);
        let value = typed.map_or(value, |(_, value)| (*value).to_owned());
        (name, value)
    });
    fields.collect()
}

pub(super) async fn send(
    browser: &Browser<'_>,
    form: &[(String, String)],
    more: &[(&str, &str)],
) -> Answer {
    let fields = form
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    let fields: Vec<_> = fields.chain(more.iter().copied()).collect();
    browser.post("/edit-todo", &fields).await
}

pub(super) async fn open(browser: &Browser<'_>, id: &str) -> Answer {
    let form = browser.get(&format!("/edit-todo?id={id}")).await;
    assert_eq!(form.status, 200, "{}", form.body);
    form
}

/// What stands in the field.
fn text(form: &Answer) -> String {
    form.attribute("form.edit [name=description]", "value")
}

#[sqlx::test]
async fn the_owner_edits_the_text_and_returns_to_the_same_part_of_the_list(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    let id = browser.add("Buy mlik").await;
    let list = browser.get("/?show=open").await;
    let link = list.attribute("#todos .text a", "href");
    assert_eq!(link, format!("/edit-todo?id={id}&show=open"));
    let form = browser.get(&link).await;
    assert_eq!(form.texts("h1"), ["Edit a to-do"]);
    assert_eq!(form.texts("title"), ["Edit a to-do – Tickbox"]);
    assert_eq!(text(&form), "Buy mlik");
    let cancel = form.attribute("form.edit a.cancel", "href");
    assert_eq!(cancel, format!("/?show=open#text-{id}"));
    let saved = send(&browser, &filled(&form, " Buy milk & <b> "), &[]).await;
    assert_eq!(saved.status, 303);
    assert_eq!(saved.header("location"), "/?show=open&notice=saved");
    assert_eq!(browser.get("/").await.todos(), ["Buy milk & <b>"]);
}

#[sqlx::test]
async fn for_htmx_the_form_replaces_the_row_and_the_row_the_form(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await.with_htmx();
    let id = browser.add("Milk").await;
    let form = open(&browser, &id).await;
    let vary: Vec<_> = form.headers.get_all("vary").iter().collect();
    assert!(vary.iter().any(|value| *value == "HX-Request"), "{vary:?}");
    let row = format!("#todo-{id}");
    assert_eq!(form.targets(), [row.as_str()]);
    assert_eq!(
        form.attributes("hx-partial", "hx-swap"),
        ["outerHTML"],
        "never morphed"
    );
    assert_eq!(form.attributes("li[hx-morph-skip]", "data-rev"), ["1"]);
    assert_eq!(
        form.attributes("[data-focus]", "name"),
        ["description"],
        "the keyboard goes there"
    );

    let saved = send(&browser, &filled(&form, "Oat milk"), &[]).await;
    assert_eq!(saved.status, 200);
    assert_eq!(saved.targets(), [row.as_str(), "#count", "#status"]);
    assert_eq!(saved.todos(), ["Oat milk"]);
    let link = format!("text-{id}");
    assert_eq!(
        saved.attributes("li [data-focus]", "id"),
        [link.as_str()],
        "and back to the row"
    );

    let cancel = form.attribute("form.edit a.cancel", "hx-get");
    let row = browser.get(&cancel).await;
    assert_eq!(row.todos(), ["Oat milk"], "as it is now");
    assert_eq!(row.attributes("li [data-focus]", "id"), [link.as_str()]);
}

#[sqlx::test]
async fn a_conflict_shows_both_texts_and_the_user_chooses(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    for (browser, keeps_theirs) in [
        (browser.clone(), false),
        (browser.clone(), true),
        (browser.with_htmx(), false),
    ] {
        let id = browser.add("Buy milk").await;
        let form = open(&browser, &id).await;
        let other = open(&browser, &id).await;
        let sent = send(&browser, &filled(&other, "Buy “oat” milk"), &[]).await;
        assert!([200, 303].contains(&sent.status));

        let conflict = send(&browser, &filled(&form, "Buy tea"), &[]).await;
        assert_eq!(conflict.status, 409);
        assert_eq!(text(&conflict), "Buy tea", "nothing typed is lost");
        assert_eq!(conflict.texts("form.edit bdi"), ["Buy “oat” milk"]);
        assert_eq!(browser.get("/").await.todos()[0], "Buy “oat” milk");
        assert_eq!(
            conflict.attributes("form.edit [role=alert]", "class"),
            ["notice"]
        );
        let choice = conflict.attribute("form.edit [name=take]", "value");
        let more: &[_] = if keeps_theirs {
            &[("take", choice.as_str())]
        } else {
            &[]
        };
        let chosen = send(&browser, &filled(&conflict, "Buy tea"), more).await;
        assert!([200, 303].contains(&chosen.status), "{}", chosen.body);
        let stored = if keeps_theirs {
            "Buy “oat” milk"
        } else {
            "Buy tea"
        };
        assert_eq!(browser.get("/").await.todos()[0], stored);
        browser.post("/remove-todo", &[("todo_id", &id)]).await;
    }
}

#[sqlx::test]
async fn a_second_change_of_another_device_is_a_conflict_again(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    let id = browser.add("Milk").await;
    let mut form = open(&browser, &id).await;
    for theirs in ["Tea", "Coffee"] {
        let other = open(&browser, &id).await;
        send(&browser, &filled(&other, theirs), &[]).await;
        form = send(&browser, &filled(&form, "Cocoa"), &[]).await;
        assert_eq!(form.status, 409, "{theirs}");
        assert_eq!(form.texts("form.edit bdi"), [theirs]);
    }
    assert_eq!(browser.get("/").await.todos(), ["Coffee"]);
}

#[sqlx::test]
async fn what_only_another_device_changed_is_no_conflict_and_stays(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    let id = browser.add("Milk").await;
    let form = open(&browser, &id).await;
    browser.post("/update-todo", &[("todo_id", &id)]).await;
    let saved = send(&browser, &filled(&form, "Oat milk"), &[]).await;
    assert_eq!(saved.status, 303, "the tick is another field");
    let list = browser.get("/").await;
    assert_eq!(list.todos(), ["Oat milk"]);
    assert_eq!(list.attribute("[role=checkbox]", "aria-checked"), "true");

    let form = open(&browser, &id).await;
    let other = open(&browser, &id).await;
    send(&browser, &filled(&other, "Soy milk"), &[]).await;
    let saved = send(&browser, &filled(&form, "Oat milk"), &[]).await;
    assert_eq!(saved.status, 303, "nothing was typed");
    assert_eq!(browser.get("/").await.todos(), ["Soy milk"]);
}

#[sqlx::test]
async fn a_to_do_removed_meanwhile_is_restored_with_what_was_typed(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    for browser in [browser.clone(), browser.with_htmx()] {
        let id = browser.add("Milk").await;
        let form = open(&browser, &id).await;
        browser.post("/remove-todo", &[("todo_id", &id)]).await;
        let removed = send(&browser, &filled(&form, "Oat milk"), &[]).await;
        assert_eq!(removed.status, 409);
        assert_eq!(text(&removed), "Oat milk");
        assert!(
            removed.texts("[role=alert]")[0].contains("removed"),
            "{}",
            removed.body
        );
        let button = removed.attribute("form.edit .actions button", "name");
        assert!(browser.get("/").await.todos().is_empty(), "not by itself");
        let fields = filled(&removed, "Oat milk!");
        for _ in 0..2 {
            let restored = send(&browser, &fields, &[(&button, "true")]).await;
            assert!([200, 303].contains(&restored.status), "{}", restored.body);
        }
        assert_eq!(browser.get("/").await.todos(), ["Oat milk!"]);
        browser.post("/remove-todo", &[("todo_id", &id)]).await;

        let late = open(&browser, &id).await;
        assert_eq!(
            late.texts("form.edit .actions button"),
            ["Restore and save"],
            "an old link offers it too"
        );
    }
}

#[sqlx::test]
async fn a_refused_text_is_shown_with_its_error_and_what_was_typed(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    let id = browser.add("Milk").await;
    let long = "ž".repeat(201);
    for browser in [browser.clone(), browser.with_htmx()] {
        for (typed, words) in [
            (" ", "Enter what there is to do"),
            (long.as_str(), "it has 201"),
            ("a\u{7}b", "control characters"),
        ] {
            let form = open(&browser, &id).await;
            let refused = send(&browser, &filled(&form, typed), &[]).await;
            assert_eq!(refused.status, 422, "{typed}");
            assert_eq!(text(&refused), typed);
            let error = format!("#description-{id}-error");
            assert!(refused.texts(&error)[0].contains(words), "{}", refused.body);
            let described = refused.attribute("[aria-invalid=true]", "aria-describedby");
            assert_eq!(format!("#{described}"), error);
            let links = refused.attributes(".errors a", "href");
            let link = format!("#description-{id}");
            assert!(links.iter().all(|found| *found == link), "{links:?}");
            // What was seen stays what was seen.
            let again = filled(&refused, "Milk");
            assert!(again.contains(&("expected_rev".into(), "1".into())));
        }
    }
    assert_eq!(browser.get("/").await.todos(), ["Milk"]);
}

#[sqlx::test]
async fn an_edit_without_the_field_or_without_a_revision_keeps_or_overwrites(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    let id = browser.add("Milk").await;
    // As a page of an earlier version lacks fields of a later one.
    let kept = browser.post("/edit-todo", &[("todo_id", &id)]).await;
    assert_eq!(kept.status, 303);
    assert_eq!(browser.get("/").await.todos(), ["Milk"]);
    let form = [("todo_id", id.as_str()), ("description", "Oat milk")];
    assert_eq!(browser.post("/edit-todo", &form).await.status, 303);
    assert_eq!(browser.get("/").await.todos(), ["Oat milk"]);
}

#[sqlx::test]
async fn a_form_whose_id_is_none_leads_to_the_404_of_all_pages(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    for path in [
        "/edit-todo",
        "/edit-todo?id=7",
        "/edit-todo?id=0195f3a2-7c1e-7b3a-9d52-3f1f6f0c2a11&show=none",
    ] {
        let missing = browser.get(path).await;
        assert_eq!(missing.status, 404, "{path}");
        assert_eq!(missing.body, browser.get("/nowhere").await.body, "{path}");
    }
}

#[sqlx::test]
async fn an_edit_whose_session_has_ended_is_given_back_after_the_login(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    let id = browser.add("Milk").await;
    let form = open(&browser, &id).await;
    let stranger = site.stranger();
    let login = send(&stranger, &filled(&form, "Oat & <milk>"), &[]).await;
    assert_eq!((login.status, login.header("location")), (403, ""));
    let names = login.attributes("form [type=hidden]", "name").into_iter();
    let values = login.attributes("form [type=hidden]", "value");
    let kept: Vec<_> = names.zip(values).collect();
    for (username, password, status) in [
        ("ona", "not the password", 401),
        ("ona", PASSWORD, 200),
        ("jonas", PASSWORD, 303),
    ] {
        let typed = [("username", username), ("password", password)];
        let kept = kept
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let fields: Vec<_> = kept.chain(typed).collect();
        let answer = stranger.post("/login", &fields).await;
        assert_eq!(answer.status, status, "{username}");
        if status == 401 {
            let again = answer.attribute("form [name=description]", "value");
            assert_eq!(again, "Oat & <milk>");
        }
        if status == 303 {
            assert_eq!(answer.header("location"), "/", "it is Ona's alone");
        }
        if status == 200 {
            assert_eq!(
                answer.attribute("#description", "value"),
                "Oat & <milk>",
                "to look at before it is saved"
            );
            let names = answer.attributes("form input", "name");
            let values = answer.attributes("form input", "value");
            let fields: Vec<_> = names.iter().zip(&values).collect();
            let fields: Vec<_> = fields
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect();
            let action = answer.attribute("form", "action");
            assert_eq!(browser.post(&action, &fields).await.status, 303);
        }
    }
    assert_eq!(browser.get("/").await.todos(), ["Oat & <milk>"]);
}

#[sqlx::test]
async fn the_edit_form_is_as_recorded(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await.with_htmx();
    let id = browser.add("Milk").await;
    insta::assert_snapshot!(snapshot::html(&open(&browser, &id).await));
}
