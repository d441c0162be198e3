//! `GET` and `POST /logout`

use sqlx::MySqlPool;

use crate::support::test_server::Site;
use crate::web::cookie::attributes;

#[sqlx::test]
async fn logging_out_ends_the_session_and_clears_the_cookie(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    let page = browser.get("/logout").await;
    assert_eq!(page.attribute("form", "action"), "/logout");
    assert_eq!(browser.get("/").await.status, 200, "a GET changes nothing");

    let out = browser.post("/logout", &[]).await;
    let (name, found) = attributes(&out);
    assert_eq!(name, "tickbox");
    assert_eq!(found, ["Max-Age=0", "HttpOnly", "SameSite=Lax", "Path=/"]);
    assert_eq!(
        out.header("clear-site-data"),
        "",
        "it is slow, and of no use"
    );
    assert_eq!(
        browser.get("/").await.header("location"),
        "/login",
        "the session is gone"
    );
    let notice = site.stranger().get(out.header("location")).await;
    assert_eq!(notice.texts(".notice"), ["You are logged out."]);
}
