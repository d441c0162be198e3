//! `POST /api/v1/end_other_sessions`

use serde_json::Value;
use sqlx::MySqlPool;

use crate::{
    api::sync::assert_refused,
    support::{api_client::Phone, test_server::Site},
};

#[sqlx::test]
async fn only_the_calling_session_of_the_user_remains(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let here = Phone::log_in(&site, "ona").await;
    let there = Phone::log_in(&site, "ona").await;
    let browser = site.browser("ona").await;
    let jonas = Phone::log_in(&site, "jonas").await;
    let ended = here.post("end_other_sessions", Value::Null).await;
    assert_eq!((ended.status, ended.answer.body.as_str()), (204, ""));
    assert_refused(&there.get("me", Value::Null).await, 401, "session_ended");
    assert_eq!(browser.get("/").await.header("location"), "/login");
    assert_eq!(here.get("me", Value::Null).await.status, 200);
    assert_eq!(jonas.get("me", Value::Null).await.status, 200);
    let stranger = Phone::stranger(&site)
        .post("end_other_sessions", Value::Null)
        .await;
    assert_refused(&stranger, 401, "unauthenticated");
}
