//! `GET /account`

use sqlx::MySqlPool;

use crate::support::test_server::Site;

#[sqlx::test]
async fn the_account_page_shows_the_user_and_its_links(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    let list = browser.get("/").await;
    assert_eq!(list.attributes(".who a", "href"), ["/account"]);
    let page = browser.get("/account").await;
    assert_eq!(page.texts(".facts dd"), ["Ona Onaitė", "ona", "UTC"]);
    let links = page.attributes("main a", "href");
    assert_eq!(links, ["/settings", "/change-password", "/sessions", "/"]);
    assert!(page.texts(".notice").is_empty());
}
