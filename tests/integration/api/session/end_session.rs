//! `POST /api/v1/end_session`

use serde_json::{Value, json};
use sqlx::MySqlPool;

use crate::{
    api::sync::assert_refused,
    support::{api_client::Phone, test_server::Site},
};

async fn own_id(phone: &Phone<'_>) -> Value {
    let list = phone.get("session_list", Value::Null).await;
    let sessions = list.json["sessions"].as_array().expect("a list").clone();
    let mut current = sessions.into_iter().filter(|it| it["is_current"] == true);
    current.next().expect("its own")["session_id"].clone()
}

#[sqlx::test]
async fn ending_a_session_ends_its_tokens_and_no_others(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let here = Phone::log_in(&site, "ona").await;
    let there = Phone::log_in(&site, "ona").await;
    let body = json!({ "session_id": own_id(&there).await });
    for _ in 0..2 {
        let ended = here.post("end_session", body.clone()).await;
        assert_eq!((ended.status, ended.answer.body.as_str()), (204, ""));
    }
    assert_refused(&there.get("me", Value::Null).await, 401, "session_ended");
    assert_refused(&there.ask_to_refresh().await, 401, "session_ended");
    assert_eq!(here.get("me", Value::Null).await.status, 200);
}

#[sqlx::test]
async fn ending_a_session_of_another_user_leaves_it_alone(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let ona = Phone::log_in(&site, "ona").await;
    let jonas = Phone::log_in(&site, "jonas").await;
    let body = json!({ "session_id": own_id(&ona).await });
    let ended = jonas.post("end_session", body.clone()).await;
    assert_eq!(ended.status, 204, "as for a session that does not exist");
    assert_eq!(ona.get("me", Value::Null).await.status, 200);
    let stranger = Phone::stranger(&site).post("end_session", body).await;
    assert_refused(&stranger, 401, "unauthenticated");
}
