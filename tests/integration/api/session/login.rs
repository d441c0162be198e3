//! `POST /api/v1/login`

use serde_json::json;
use sqlx::MySqlPool;

use crate::support::{
    api_session::row,
    bearer_calls::{LOGIN, credentials, post, post_from, session},
    browser::Answer,
    fixture::PASSWORD,
    test_server::Site,
};

#[sqlx::test]
async fn unknown_user_and_wrong_password_responses_are_identical(pool: MySqlPool) {
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
async fn a_device_is_named_by_device_name_or_user_agent(pool: MySqlPool) {
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
