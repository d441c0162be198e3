//! `POST /api/v1/change_password`

use serde_json::{Value, json};
use sqlx::MySqlPool;

use crate::support::{api_client::Phone, fixture::PASSWORD, log, test_server::Site};

const NEW: &str = "planted amber \u{202e}kettle <8> 🥛";

#[sqlx::test]
async fn a_change_keeps_the_phones_tokens_and_ends_all_others(pool: MySqlPool) {
    log::register_secret(NEW);
    let site = Site::open(&pool).await;
    let log_in = async |password: &str| {
        let form = [("username", "ona"), ("password", password)];
        site.stranger().post("/login", &form).await
    };
    let browser = site.browser("ona").await;
    let there = Phone::log_in(&site, "ona").await;
    let mut here = Phone::log_in(&site, "ona").await;
    let body = json!({ "current_password": PASSWORD, "new_password": NEW });
    let reply = here.post("change_password", body.clone()).await;
    assert_eq!((reply.status, reply.answer.body.as_str()), (204, ""));
    assert_eq!(here.get("me", Value::Null).await.status, 200);
    here.refresh().await;
    assert_eq!(here.get("me", Value::Null).await.status, 200);
    let other = there.get("me", Value::Null).await;
    assert_eq!(other.json["code"], "session_ended");
    assert_eq!(there.ask_to_refresh().await.json["code"], "session_ended");
    assert_eq!(browser.get("/").await.header("location"), "/login");
    assert_eq!(log_in(PASSWORD).await.status, 401);
    assert_eq!(log_in(NEW).await.status, 303);

    site.world.clock.advance(time::Duration::seconds(61));
    let again = here.post("change_password", body).await;
    assert_eq!(again.json["errors"][0]["code"], "wrong_password");
}
