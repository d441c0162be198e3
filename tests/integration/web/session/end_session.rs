//! `POST /end-session`

use sqlx::MySqlPool;

use crate::support::test_server::Site;

#[sqlx::test]
async fn a_session_is_ended_by_its_button(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let (here, there) = (site.browser("ona").await, site.browser("ona").await);
    let page = there.get("/sessions").await;
    let shown = page.attributes("[name=session_id]", "value");
    let page = here.get("/sessions").await;
    let theirs = page.attributes("[name=session_id]", "value");
    // What `there` does not offer to end is its own.
    let id = theirs.iter().find(|id| !shown.contains(id)).expect("there");
    assert_eq!(page.attributes("form", "action")[0], "/end-session");
    let ended = here.post("/end-session", &[("session_id", id)]).await;
    assert_eq!(ended.status, 303);
    let after = here.get(ended.header("location")).await;
    assert_eq!(after.texts(".notice"), ["That session has ended."]);
    assert_eq!(after.texts(".sessions li").len(), 2);
    assert_eq!(there.get("/").await.header("location"), "/login");
    let again = here.post("/end-session", &[("session_id", id)]).await;
    assert_eq!(
        (again.status, again.header("location")),
        (303, ended.header("location"))
    );
    let wrong = here.post("/end-session", &[("session_id", "17")]).await;
    assert_eq!(wrong.status, 422);
}

#[sqlx::test]
async fn a_session_may_end_itself(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let (here, there) = (site.browser("ona").await, site.browser("ona").await);
    let offered = here
        .get("/sessions")
        .await
        .attributes("[name=session_id]", "value");
    let all = there
        .get("/sessions")
        .await
        .attributes("[name=session_id]", "value");
    let own = all.iter().find(|id| !offered.contains(id)).expect("here");
    let ended = here.post("/end-session", &[("session_id", own)]).await;
    assert_eq!(ended.status, 303);
    let after = here.get("/sessions").await;
    assert_eq!(after.header("location"), "/login?next=%2Fsessions");
    assert_eq!(there.get("/").await.status, 200);
}
