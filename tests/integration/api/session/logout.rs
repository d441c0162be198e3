//! `POST /api/v1/logout`

use reqwest::Method;
use serde_json::json;
use sqlx::MySqlPool;
use time::Duration;

use crate::support::{
    bearer_calls::{LOGOUT, REFRESH, begin, call_with, check_refused, post, string},
    browser::Answer,
    test_server::Site,
};

#[sqlx::test]
async fn logging_out_ends_the_session_of_this_phone(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let (here, there) = (begin(&site).await, begin(&site).await);
    let token = string(&here["token"]);
    let log_out = || {
        let request = site.request(Method::POST, LOGOUT);
        Answer::to(request.bearer_auth(token))
    };
    for _ in 0..2 {
        let answer = log_out().await;
        assert_eq!((answer.status, answer.body.as_str()), (204, ""));
    }
    check_refused("access", &call_with(&site, token).await, "session_ended");
    let body = json!({"refresh_token": here["refresh_token"]});
    let (answer, _) = post(&site, REFRESH, body).await;
    check_refused("refresh", &answer, "session_ended");
    assert_eq!(call_with(&site, string(&there["token"])).await.status, 200);
    let nobody = Answer::to(site.request(Method::POST, LOGOUT)).await;
    check_refused("nobody", &nobody, "unauthenticated");
    site.world.clock.advance(Duration::minutes(11));
    let late = call_with(&site, string(&there["token"])).await;
    check_refused("late", &late, "token_expired");
    assert!(late.header("www-authenticate").contains("expired"));
}
