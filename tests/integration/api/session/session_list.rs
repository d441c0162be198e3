//! `GET /api/v1/session_list`

use serde_json::Value;
use sqlx::MySqlPool;
use time::Duration;

use crate::{
    api::sync::assert_refused,
    support::{api_client::Phone, snapshot, test_server::Site},
};

#[sqlx::test]
async fn the_users_sessions_are_listed_last_used_first(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    site.world.clock.advance(Duration::minutes(1));
    site.session_of("ona", "<b>Ona's</b> tablet").await;
    site.session_of("jonas", "the phone of Jonas").await;
    site.world.clock.advance(Duration::minutes(1));
    let phone = Phone::log_in(&site, "ona").await;
    let list = phone.get("session_list", Value::Null).await;
    insta::assert_snapshot!(snapshot::json(&list.answer));
    let stranger = Phone::stranger(&site)
        .get("session_list", Value::Null)
        .await;
    assert_refused(&stranger, 401, "unauthenticated");
}
