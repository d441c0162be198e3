//! `POST /end-other-sessions`

use sqlx::MySqlPool;

use crate::support::test_server::Site;

#[sqlx::test]
async fn one_button_ends_all_other_sessions_if_there_are_any(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let (here, there) = (site.browser("ona").await, site.browser("ona").await);
    let jonas = site.browser("jonas").await;
    let others = "form[action='/end-other-sessions']";
    assert_eq!(here.get("/sessions").await.texts(others).len(), 1);
    let ended = here.post("/end-other-sessions", &[]).await;
    let after = here.get(ended.header("location")).await;
    assert_eq!(
        after.texts(".notice"),
        ["You are logged out everywhere else."]
    );
    assert_eq!(after.texts(".sessions li").len(), 1);
    assert!(after.texts(others).is_empty());
    assert_eq!(there.get("/").await.header("location"), "/login");
    assert_eq!(jonas.get("/").await.status, 200);
}
