//! `GET /sessions`: the page of the active sessions.

use serde_json::Value;
use sqlx::MySqlPool;
use time::Duration;

use crate::support::{
    api_client::Phone,
    fixture::{PASSWORD, client, credentials},
    test_server::Site,
};

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";

#[sqlx::test]
async fn the_page_lists_the_users_sessions_without_secrets(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let service = &site.world.service;
    site.world.clock.advance(Duration::minutes(1));
    let login = service.log_in(credentials("ona", PASSWORD), None, client(FIREFOX));
    login.await.expect("right password");
    site.world.clock.advance(Duration::minutes(1));
    let phone = site.session_of("ona", "<b>Ona's</b> phone").await;
    site.session_of("jonas", "the phone of Jonas").await;
    site.world.clock.advance(Duration::minutes(1));
    let browser = site.browser("ona").await;
    let page = browser.get("/sessions").await;
    assert_eq!(page.status, 200);
    let names = page.texts(".sessions .text > span");
    assert_eq!(
        names,
        [
            "A device without a name",
            "“<b>Ona's</b> phone”",
            "Firefox on Linux",
            "“a test”",
        ]
    );
    let own = page.texts(".sessions li[aria-current=true] .badge");
    assert_eq!(own, ["This one"]);
    assert_eq!(page.texts(".sessions .badge").len(), 1);
    assert!(!page.body.contains("Jonas") && !page.body.contains("<b>"));
    assert_eq!(page.texts(".sessions time").len(), 7, "two each, one here");
    let ids = page.attributes("[name=session_id]", "value");
    assert_eq!((ids.len(), ids[0].as_str()), (3, phone.as_str()));
    let mut connection = site.world.connect().await;
    let secrets: Vec<(String, Option<String>, String)> = sqlx::query_as(
        "SELECT LOWER(HEX(secret_hash)), LOWER(HEX(successor_key)), password
         FROM sessions JOIN users ON users.id = user_id",
    )
    .fetch_all(&mut connection)
    .await
    .expect("read");
    let phone = Phone::log_in(&site, "ona").await;
    let list = phone.get("session_list", Value::Null).await;
    let sessions = list.json["sessions"].as_array().expect("a list");
    assert_eq!(sessions.len(), 5);
    assert_eq!(sessions[0]["is_current"], true);
    for session in sessions {
        let fields: Vec<_> = session.as_object().expect("an object").keys().collect();
        let expected = [
            "session_id",
            "kind",
            "device",
            "created_date",
            "last_seen_date",
            "is_current",
        ];
        assert_eq!(fields, expected);
        assert_ne!(session["device"], "the phone of Jonas");
    }
    for (hash, key, password) in secrets {
        for body in [&page.body, &list.answer.body] {
            let body = body.to_lowercase();
            assert!(!body.contains(&hash) && !body.contains(&password));
            assert!(key.as_ref().is_none_or(|key| !body.contains(key)));
        }
    }
}
