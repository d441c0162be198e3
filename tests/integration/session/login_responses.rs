//! Logging in and refreshing over HTTP: what both answer, and which bodies both refuse.

use serde_json::{Value, json};
use sqlx::MySqlPool;

use crate::support::{
    bearer_calls::{LOGIN, REFRESH, begin, call_with, credentials, post, string},
    fixture::PASSWORD,
    test_server::Site,
};

#[sqlx::test]
async fn login_and_refresh_responses_are_not_cacheable(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let (login, first) = post(&site, LOGIN, credentials()).await;
    let body = json!({"refresh_token": first["refresh_token"]});
    let (refresh, second) = post(&site, REFRESH, body).await;
    for (answer, tokens) in [(&login, &first), (&refresh, &second)] {
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("content-type"), "application/json");
        assert!(answer.headers.get("set-cookie").is_none());
        let fields: Vec<_> = tokens.as_object().expect("an object").keys().collect();
        assert_eq!(
            fields,
            [
                "token",
                "token_type",
                "expires_in",
                "refresh_token",
                "refresh_expires_in",
                "session_id"
            ]
        );
        assert_eq!(tokens["token_type"], "Bearer");
        assert_eq!(tokens["expires_in"], 600);
        assert_eq!(tokens["refresh_expires_in"], 30 * 86_400);
        assert_eq!(tokens["session_id"], first["session_id"]);
        let me = call_with(&site, string(&tokens["token"])).await;
        assert_eq!(me.status, 200);
        let me: Value = serde_json::from_str(&me.body).expect("JSON");
        assert_eq!(me["user_name"], "ona");
    }
}

#[sqlx::test]
async fn an_invalid_body_is_refused_before_any_lookup(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let named = |name: Value| {
        let mut body = credentials();
        body["device_name"] = name;
        body
    };
    let tokens = begin(&site).await;
    let token = &tokens["refresh_token"];
    for (path, body, field, code) in [
        (LOGIN, json!({}), "username", "required"),
        (LOGIN, json!({"password": PASSWORD}), "username", "required"),
        (LOGIN, json!({"username": "ona"}), "password", "required"),
        (
            LOGIN,
            json!({"username": 1, "password": PASSWORD}),
            "username",
            "wrong_type",
        ),
        (LOGIN, named(json!(1)), "device_name", "wrong_type"),
        (LOGIN, named(json!("")), "device_name", "required"),
        (LOGIN, named(json!("\u{200b}")), "device_name", "required"),
        (
            LOGIN,
            named(json!("a".repeat(101))),
            "device_name",
            "too_long",
        ),
        (
            LOGIN,
            named(json!("a\nb")),
            "device_name",
            "control_characters",
        ),
        (LOGIN, json!({"user": "ona"}), "user", "unknown_field"),
        (REFRESH, json!({}), "refresh_token", "required"),
        (
            REFRESH,
            json!({"refresh_token": ""}),
            "refresh_token",
            "required",
        ),
        (
            REFRESH,
            json!({"refresh_token": null}),
            "refresh_token",
            "wrong_type",
        ),
        (
            REFRESH,
            json!({"refresh_token": [token]}),
            "refresh_token",
            "wrong_type",
        ),
        (
            REFRESH,
            json!({"refresh_token": token, "token": ""}),
            "token",
            "unknown_field",
        ),
    ] {
        let (answer, problem) = post(&site, path, &body).await;
        assert_eq!(answer.status, 422, "{body}: {}", answer.body);
        assert_eq!(problem["errors"][0]["field"], field, "{body}");
        assert_eq!(problem["errors"][0]["code"], code, "{body}");
        assert!(!answer.body.contains(PASSWORD) && !answer.body.contains(string(token)));
    }
    let body = json!({"refresh_token": token});
    let (answer, _) = post(&site, REFRESH, body).await;
    assert_eq!(answer.status, 200, "none of these exchanged it");
}
