//! `GET /api/v1/me`

use serde_json::{Value, json};
use sqlx::MySqlPool;

use crate::{
    api::sync::assert_refused,
    support::{api_client::Phone, test_server::Site},
};

#[sqlx::test]
async fn me_is_the_user_of_the_token(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    for (username, user) in [("ona", &site.world.ona), ("jonas", &site.world.jonas)] {
        let phone = Phone::log_in(&site, username).await;
        let me = phone.get("me", Value::Null).await;
        assert_eq!(me.status, 200, "{}", me.answer.body);
        assert_eq!(me.json["user_name"], username);
        assert_eq!(me.json["public_id"], json!(user.public_id));
    }
    let stranger = Phone::stranger(&site).get("me", Value::Null).await;
    assert_refused(&stranger, 401, "unauthenticated");
}
