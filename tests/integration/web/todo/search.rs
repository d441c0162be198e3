//! `GET /?q=` and `GET /?tag=`: what is found, marked and said, in every view, with and without htmx.

use sqlx::MySqlPool;

use crate::support::{browser::Browser, test_server::Site};

async fn filled(site: &Site) -> Browser<'_> {
    let browser = site.browser("ona").await;
    for text in ["Keptas žąsis #Home", "100% a_b", "1000 axb", r"C:\temp <b>"] {
        browser.add(text).await;
    }
    browser
}

#[sqlx::test]
async fn hits_are_marked_and_the_search_stays_in_its_field(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = filled(&site).await;
    let page = browser.get("/?q=ZAS+kept").await;
    assert_eq!(page.status, 200);
    assert_eq!(page.todos(), ["Keptas žąsis #Home"]);
    assert_eq!(page.texts("mark"), ["Kept", "žąs"]);
    assert_eq!(page.attribute("#q", "value"), "ZAS kept");
    assert_eq!(page.texts("#count"), ["4 of 4 open"], "of the whole list");
    for (query, expected) in [
        ("100%25", vec!["100% a_b"]),
        ("a_b", vec!["100% a_b"]),
        ("%5C", vec![r"C:\temp <b>"]),
        ("%3Cb%3E", vec![r"C:\temp <b>"]),
        ("bread", vec![]),
    ] {
        assert_eq!(
            browser.get(&format!("/?q={query}")).await.todos(),
            expected,
            "{query}"
        );
    }
    assert_eq!(
        browser.get("/?q=bread").await.texts(".empty"),
        ["Nothing was found."]
    );
    let stranger = site.browser("jonas").await;
    assert!(stranger.get("/?q=zas").await.todos().is_empty());
}

#[sqlx::test]
async fn the_line_of_the_notes_with_a_hit_is_shown(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    let id = browser.add("Milk").await;
    let notes = [
        ("todo_id", id.as_str()),
        ("description", "Milk"),
        ("notes", "two bottles\nfrom the <i>farm</i>\ncold"),
    ];
    assert_eq!(browser.post("/edit-todo", &notes).await.status, 303);
    let page = browser.get("/?q=FARM").await;
    assert_eq!(page.todos(), ["Milk"]);
    assert_eq!(page.texts(".found"), ["from the <i>farm</i>"]);
    assert_eq!(page.texts(".found mark"), ["farm"]);
    assert!(browser.get("/").await.texts(".found").is_empty());
}

#[sqlx::test]
async fn a_tag_has_a_heading_and_a_link_that_takes_it_off(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = filled(&site).await;
    let page = browser.get("/?show=open&tag=%23home").await;
    assert_eq!(page.todos(), ["Keptas žąsis #Home"]);
    assert_eq!(page.texts("h2"), ["Tagged #home"]);
    assert_eq!(page.attributes("h2 + a", "href"), ["/?show=open"]);
    assert_eq!(
        page.attributes("nav a", "href"),
        [
            "/?tag=home",
            "/?show=open&tag=home",
            "/?show=today&tag=home",
            "/?show=upcoming&tag=home",
            "/?show=done&tag=home",
        ]
    );
    let both = browser.get("/?tag=home&q=kept").await;
    assert_eq!(both.todos(), ["Keptas žąsis #Home"]);
    assert_eq!(both.attributes("h2 + a", "href"), ["/?q=kept"]);
    assert_eq!(
        both.attributes(".narrowed a", "href"),
        ["/?tag=home", "/tags"]
    );
    let done = browser.get("/?show=done&tag=home").await;
    assert_eq!(done.texts(".empty"), ["Nothing here has this tag."]);
}

#[sqlx::test]
async fn forms_of_a_narrowed_list_lead_back_to_it(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = filled(&site).await;
    let page = browser.get("/?tag=home&q=kept").await;
    let id = page.attribute("li [name=todo_id]", "value");
    let fields = [("todo_id", id.as_str()), ("tag", "home"), ("q", "kept")];
    for name in ["tag", "q"] {
        assert!(
            page.attributes(&format!("li [name={name}]"), "value").len() == 1,
            "{name}"
        );
    }
    let done = browser.post("/update-todo", &fields).await;
    assert_eq!(
        done.header("location"),
        "/?tag=home&q=kept&notice=completed"
    );
    let edit = page.attribute("li .text > a", "href");
    let form = browser.get(&edit).await;
    let back = form.attribute("a.cancel", "href");
    assert_eq!(back, format!("/?tag=home&q=kept#text-{id}"));
    let row = browser.with_htmx().post("/update-todo", &fields).await;
    assert_eq!(row.texts("mark"), ["Kept"], "the row stays as it was found");
}

#[sqlx::test]
async fn a_new_to_do_without_the_tag_is_said_and_not_shown(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = filled(&site).await.with_htmx();
    for (text, is_shown) in [("Plain", false), ("Tea #HOME", true)] {
        let form = [("description", text), ("tag", "home")];
        let added = browser.post("/", &form).await;
        assert_eq!(
            added.targets().contains(&"#todos".to_owned()),
            is_shown,
            "{text}"
        );
        let links = added.attributes("hx-partial[hx-target='#status'] a", "href");
        assert_eq!(links.is_empty(), is_shown, "{text}: {links:?}");
    }
}

#[sqlx::test]
async fn what_cannot_be_searched_for_is_said_at_the_field(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = filled(&site).await;
    let long = "x".repeat(101);
    for (query, words) in [
        (
            "q=a%00b",
            "The search must not contain line breaks, tabs or other control characters",
        ),
        (
            &format!("q={long}"),
            "The search must be 100 characters or fewer; it has 101",
        ),
        ("q=%E3%85%A4", "Type what to search for"),
    ] {
        let page = browser.get(&format!("/?{query}")).await;
        assert_eq!(page.status, 422, "{query}");
        assert_eq!(page.texts("#q-error"), [format!("Error: {words}")]);
        assert_eq!(page.attribute("#q", "aria-invalid"), "true");
        assert!(page.todos().is_empty());
    }
    assert_eq!(
        browser
            .get(&format!("/?q={long}"))
            .await
            .attribute("#q", "value"),
        long
    );
    let tag = browser.get("/?tag=two+words").await;
    assert_eq!((tag.status, tag.texts("#tag-error").len()), (422, 1));
    assert_eq!(
        browser.get("/?q=%20").await.status,
        200,
        "nothing is no search"
    );
    assert_eq!(browser.get("/?q=%FF").await.status, 400, "no text");
    let huge = browser.get(&format!("/?q={}", "x".repeat(60_000))).await;
    assert!([414, 431].contains(&huge.status), "{}", huge.status);
}

#[sqlx::test]
async fn for_htmx_further_hits_are_appended_and_counted(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    super::list::add_many(&browser, 60).await;
    let page = browser.get("/?q=number").await;
    assert_eq!(page.todos().len(), 50);
    assert_eq!(page.texts("#more a"), ["Show more"]);
    let link = page.attribute("#more a", "href");
    let more = browser.with_htmx().get(&link).await;
    assert_eq!(more.targets(), ["#todos", "#more", "#status"]);
    assert_eq!(
        more.texts("hx-partial[hx-target='#status']"),
        ["10 more found. That was all."]
    );
}
