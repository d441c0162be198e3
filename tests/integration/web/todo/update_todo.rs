//! `POST /update-todo`

use sqlx::MySqlPool;

use super::list::add_many;
use crate::support::test_server::Site;

#[sqlx::test]
async fn a_fragment_equals_its_part_of_the_page(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    let id = browser.add("Milk").await;
    let done = browser
        .with_htmx()
        .post("/update-todo", &[("todo_id", &id)])
        .await;
    let page = browser.get("/").await;
    let row = |body: &str| {
        let begin = body.find("<li id").expect("a row");
        let end = body[begin..].find("</li>").expect("its end");
        body[begin..begin + end].to_owned()
    };
    assert_eq!(row(&done.body), row(&page.body));
    assert!(row(&done.body).contains("aria-checked=\"true\""));
}

#[sqlx::test]
async fn an_update_redirects_to_the_page_it_came_from(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    add_many(&browser, 60).await;
    let link = browser
        .get("/?show=open")
        .await
        .attribute("#more a", "href");
    let page = browser.get(&link).await;
    let after = page.attributes("li [name=cursor]", "value").remove(0);
    let id = page.attributes("li [name=todo_id]", "value").remove(0);
    let form = [
        ("todo_id", id.as_str()),
        ("show", "open"),
        ("cursor", &after),
    ];
    let answer = browser.post("/update-todo", &form).await;
    assert_eq!(
        answer.header("location"),
        format!("{link}&notice=completed")
    );
}
