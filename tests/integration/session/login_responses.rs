//! Logging in and refreshing over HTTP: what is answered, what is stored of it, and what is refused.

use serde_json::{Value, json};
use sqlx::MySqlPool;
use tickbox::domain::session::{ABSOLUTE_TIMEOUT, IDLE_TIMEOUT};
use time::Duration;

use crate::support::{
    api_session::row,
    bearer_calls::{
        LOGIN, REFRESH, begin, call_with, check_refused, credentials, post, post_from, session,
        string,
    },
    browser::Answer,
    fixture::PASSWORD,
    test_server::Site,
    tokens::text,
};

#[sqlx::test]
async fn logging_in_and_refreshing_answer_tokens_that_nobody_keeps(pool: MySqlPool) {
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
                "expires_in",
                "refresh_expires_in",
                "refresh_token",
                "session_id",
                "token",
                "token_type"
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
async fn refresh_expires_in_is_what_is_left_of_the_session(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let mut tokens = begin(&site).await;
    let mut age = Duration::ZERO;
    for days in [1, 0, 29, 29, 20, 10] {
        site.world.clock.advance(Duration::days(days));
        age += Duration::days(days);
        let left = IDLE_TIMEOUT.min(ABSOLUTE_TIMEOUT - age).whole_seconds();
        let old = json!({"refresh_token": tokens["refresh_token"]});
        let (answer, new) = post(&site, REFRESH, &old).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let told = |tokens: &Value| tokens["refresh_expires_in"].as_i64().expect("a number");
        // Real time passes too.
        assert!((left - 60..=left).contains(&told(&new)), "{new}");
        site.world.clock.advance(Duration::hours(1));
        age += Duration::hours(1);
        let (_, again) = post(&site, REFRESH, &old).await;
        let expected = told(&new) - 3_600;
        assert!(
            (expected - 60..=expected).contains(&told(&again)),
            "{again}"
        );
        assert_eq!(again["refresh_token"], new["refresh_token"]);
        tokens = new;
    }
}

#[sqlx::test]
async fn an_unknown_user_and_a_wrong_password_get_the_same_answer_byte_for_byte(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let mut answers = Vec::new();
    for (username, password) in [
        ("ona", "another password"),
        ("nobody", "another password"),
        ("nobody", PASSWORD),
        ("no name that anybody could have", PASSWORD),
        ("ona' OR '1'='1", PASSWORD),
        (&"x".repeat(5_000), PASSWORD),
        ("ona", &"x".repeat(5_000)),
    ] {
        let body = json!({"username": username, "password": password});
        let (mut answer, problem) = post(&site, LOGIN, body).await;
        check_challenge(&answer);
        assert_eq!(problem["code"], "wrong_credentials");
        for own in ["date", "x-request-id"] {
            answer.headers.remove(own).expect("there");
        }
        answers.push((answer.status, answer.headers, answer.body));
    }
    for answer in &answers {
        assert_eq!(answer, &answers[0]);
    }
}

fn check_challenge(answer: &Answer) {
    assert_eq!(answer.status, 401, "{}", answer.body);
    assert_eq!(
        answer.header("www-authenticate"),
        r#"Bearer realm="tickbox""#
    );
}

#[sqlx::test]
async fn the_device_is_named_by_itself_or_by_its_user_agent(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let mut connection = site.world.connect().await;
    let long = "a".repeat(1_000);
    for (name, user_agent, stored) in [
        (Some("Ona's phone 🥛"), "an app/1", "Ona's phone 🥛"),
        (Some("  trimmed  "), "an app/1", "trimmed"),
        (Some(&"ž".repeat(100)), "an app/1", &"ž".repeat(100)),
        (None, "an app/1", "an app/1"),
        (None, &long, &long[..200]),
        (None, "", ""),
    ] {
        let mut body = credentials();
        if let Some(name) = name {
            body["device_name"] = json!(name);
        }
        let (answer, tokens) = post_from(&site, LOGIN, body, user_agent.as_bytes()).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let found = row(&mut connection, session(&tokens)).await;
        assert_eq!(found.expect("stored").user_agent, stored);
    }
    let (answer, _) = post_from(&site, LOGIN, credentials(), b"no text \xff").await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

#[sqlx::test]
async fn a_wrong_body_is_refused_before_anything_is_looked_up(pool: MySqlPool) {
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

#[sqlx::test]
async fn what_is_no_refresh_token_of_a_living_session_is_refused(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let tokens = begin(&site).await;
    let refresh = string(&tokens["refresh_token"]);
    let cookie = site.browser("ona").await.cookie.expect("logged in");
    let cookie = cookie.split_once('=').expect("a value").1;
    for (case, token) in [
        ("rubbish", "x"),
        ("access token", string(&tokens["token"])),
        ("session id", string(&tokens["session_id"])),
        ("cookie", cookie),
        ("cut", &refresh[1..]),
        ("padded", &format!("{refresh}=")),
        ("spaced", &format!(" {refresh}")),
        ("no text", "\u{0}"),
        ("long", &"A".repeat(10_000)),
        ("of nobody", &text([7; 80])),
    ] {
        let (answer, _) = post(&site, REFRESH, json!({"refresh_token": token})).await;
        check_refused(case, &answer, "session_ended");
    }
    assert_eq!(call_with(&site, string(&tokens["token"])).await.status, 200);
}
