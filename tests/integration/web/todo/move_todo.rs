//! `POST /move-todo`, and the buttons for it on the page that edits a to-do

use sqlx::MySqlPool;
use uuid::Uuid;

use crate::support::{
    browser::{Answer, Browser},
    test_server::Site,
};

async fn order(browser: &Browser<'_>) -> Vec<String> {
    browser.get("/").await.todos()
}

/// What the two buttons would send.
fn buttons(page: &Answer) -> [Vec<String>; 2] {
    ["before_id", "after_id"].map(|name| page.attributes(&format!("button[name={name}]"), "value"))
}

#[sqlx::test]
async fn a_form_moves_a_to_do_beside_another(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    let milk = browser.add("Milk").await;
    let bread = browser.add("Bread").await;
    let above = [
        ("todo_id", &*milk),
        ("before_id", &*bread),
        ("after_id", ""),
    ];
    for _ in 0..2 {
        let moved = browser.post("/move-todo", &above).await;
        assert_eq!(
            (moved.status, moved.header("location")),
            (303, "/?notice=moved")
        );
        assert_eq!(order(&browser).await, ["Milk", "Bread"]);
    }
    let below = [("todo_id", &*milk), ("after_id", &*bread)];
    let fragments = browser.with_htmx().post("/move-todo", &below).await;
    assert_eq!(fragments.status, 200);
    let row = format!("#todo-{milk}");
    assert_eq!(fragments.targets(), [&*row, "#count", "#status"]);
    assert!(fragments.body.contains("Moved “"), "{}", fragments.body);
    assert_eq!(order(&browser).await, ["Bread", "Milk"]);
}

#[sqlx::test]
async fn a_move_beside_what_is_gone_shows_the_list_with_words(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    let milk = browser.add("Milk").await;
    let bread = browser.add("Bread").await;
    let unknown = Uuid::new_v4().to_string();
    for neighbour in [&unknown, &bread] {
        browser.post("/update-todo", &[("todo_id", &bread)]).await;
        let form = [("todo_id", &*milk), ("after_id", neighbour)];
        let refused = browser.post("/move-todo", &form).await;
        assert_eq!(
            (refused.status, refused.header("location")),
            (303, "/?notice=not_moved")
        );
        let list = browser.get("/?notice=not_moved").await;
        let words = list.texts("#status").join(" ");
        assert!(words.starts_with("Not moved"), "{words}");
        let refused = browser.with_htmx().post("/move-todo", &form).await;
        assert_eq!(
            (refused.status, refused.targets()),
            (409, vec!["#status".into()])
        );
    }
    let nowhere = browser.post("/move-todo", &[("todo_id", &milk)]).await;
    assert_eq!(nowhere.status, 422);
    let form = [("todo_id", &*unknown), ("after_id", &*milk)];
    assert_eq!(browser.post("/move-todo", &form).await.status, 404);
}

#[sqlx::test]
async fn the_edit_page_moves_up_and_down_across_pages(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    let mut ids = Vec::new();
    for number in 0..52 {
        ids.push(browser.add(&format!("Number {number}")).await);
    }
    ids.reverse();
    let page = async |place: String| browser.get(&place).await;
    let edit = |index: usize, query: &str| format!("/edit-todo?id={}{query}", ids[index]);
    let none: Vec<String> = Vec::new();
    let first = page(edit(0, "")).await;
    assert_eq!(buttons(&first), [none.clone(), vec![ids[1].clone()]]);
    let last_of_page = page(edit(49, "&show=open")).await;
    assert_eq!(
        buttons(&last_of_page),
        [vec![ids[48].clone()], vec![ids[50].clone()]]
    );
    let more = browser
        .get("/")
        .await
        .attributes("#more a", "href")
        .remove(0);
    let cursor = format!("&{}", more.trim_start_matches("/?"));
    let first_of_next = page(edit(50, &cursor)).await;
    assert_eq!(
        buttons(&first_of_next),
        [vec![ids[49].clone()], vec![ids[51].clone()]]
    );
    let last = page(edit(51, &cursor)).await;
    assert_eq!(buttons(&last), [vec![ids[50].clone()], none.clone()]);
    let up = [
        ("todo_id", &*ids[51]),
        ("before_id", &*ids[50]),
        ("back", "edit"),
    ];
    let moved = browser.post("/move-todo", &up).await;
    let place = moved.header("location").to_owned();
    assert_eq!(place, edit(51, "&notice=moved"));
    assert_eq!(page(place).await.texts("[role=status]"), ["Moved."]);
    // Those by due date and by when they were done have another order.
    for show in ["today", "upcoming", "done"] {
        let other = page(edit(0, &format!("&show={show}"))).await;
        assert_eq!(buttons(&other), [none.clone(), none.clone()], "{show}");
    }
    browser.post("/remove-todo", &[("todo_id", &ids[0])]).await;
    let removed = page(edit(0, "")).await;
    assert_eq!(buttons(&removed), [none.clone(), none]);
}
