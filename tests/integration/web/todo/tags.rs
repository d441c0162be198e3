//! `GET /tags`: all tags with their counts, and the lists that they lead to.

use sqlx::MySqlPool;

use crate::support::test_server::Site;

#[sqlx::test]
async fn the_page_of_tags_counts_them_and_leads_to_their_lists(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    assert_eq!(
        browser.get("/").await.attributes(".narrowed a", "href"),
        ["/tags"]
    );
    let empty = browser.get("/tags").await;
    assert!(empty.body.contains("No to-do has a tag"), "{}", empty.body);
    let milk = browser.add("Milk #Home #žąsis").await;
    browser.add("Bread #home").await;
    browser.add("Plain").await;
    browser.post("/update-todo", &[("todo_id", &milk)]).await;
    let page = browser.get("/tags").await;
    assert_eq!(page.texts(".tags a"), ["#Home", "#žąsis"]);
    assert_eq!(page.texts(".tags span"), ["1 of 2 open", "0 of 1 open"]);
    let links = page.attributes(".tags a", "href");
    let home = browser.get(&links[0]).await;
    assert_eq!(home.todos(), ["Bread #home", "Milk #Home #žąsis"]);
    assert_eq!(browser.get(&links[1]).await.todos(), ["Milk #Home #žąsis"]);
    assert!(
        site.browser("jonas")
            .await
            .get("/tags")
            .await
            .texts(".tags a")
            .is_empty()
    );
}

#[sqlx::test]
async fn a_page_of_tags_has_fifty_and_a_link_to_the_next(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    for number in 10..70 {
        browser.add(&format!("#tag{number}")).await;
    }
    let first = browser.get("/tags").await;
    assert_eq!(first.texts(".tags a").len(), 50);
    let next = browser.get(&first.attribute("a.button", "href")).await;
    assert_eq!(next.texts(".tags a").len(), 10);
    assert_eq!(next.texts(".tags a")[9], "#tag69");
    assert!(next.attributes("a.button", "href").is_empty());
    assert_eq!(browser.get("/tags?cursor=%20").await.status, 404);
    let stranger = site.stranger().get("/tags?cursor=a").await;
    let login = "/login?next=%2Ftags%3Fcursor%3Da";
    assert_eq!((stranger.status, stranger.header("location")), (303, login));
}
