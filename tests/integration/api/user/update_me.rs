//! `POST /api/v1/update_me`

use serde_json::{Value, json};
use sqlx::MySqlPool;

use crate::{
    api::sync::{assert_refused, done},
    support::{api_client::Phone, test_server::Site},
};

#[sqlx::test]
async fn the_time_zone_is_set_and_shown(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let before = phone.get("me", Value::Null).await.json;
    assert_eq!(before["time_zone"], "UTC");
    let set = done(
        &phone,
        "update_me",
        json!({ "time_zone": "europe/vilnius" }),
    )
    .await;
    assert_eq!(set["time_zone"], "Europe/Vilnius");
    assert_eq!(done(&phone, "update_me", json!({})).await, set);
    assert_eq!(phone.get("me", Value::Null).await.json, set);
    let jonas = Phone::log_in(&site, "jonas").await;
    let other = jonas.get("me", Value::Null).await.json;
    assert_eq!(other["time_zone"], "UTC", "another account");
}

#[sqlx::test]
async fn an_unknown_time_zone_is_refused_by_name(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    for name in ["Vilnius", "posixrules", "", "+02:00"] {
        let refused = phone.post("update_me", json!({ "time_zone": name })).await;
        assert_refused(&refused, 422, "invalid_input");
        let error = &refused.json["errors"][0];
        assert_eq!(
            (&error["field"], &error["code"]),
            (&json!("time_zone"), &json!("invalid_value"))
        );
    }
    let stranger = Phone::stranger(&site).post("update_me", json!({})).await;
    assert_refused(&stranger, 401, "unauthenticated");
}
