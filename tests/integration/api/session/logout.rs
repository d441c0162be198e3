//! `POST /api/v1/logout`

use reqwest::Method;
use serde_json::json;
use sqlx::MySqlPool;
use time::Duration;

use crate::support::{
    bearer_calls::{LOGOUT, REFRESH, begin, call_with, check_refused, post, string},
    browser::Answer,
    test_server::Site,
};

#[sqlx::test]
async fn logging_out_ends_the_session_of_this_phone(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let (here, there) = (begin(&site).await, begin(&site).await);
    let token = string(&here["token"]);
    let log_out = || {
        let request = site.request(Method::POST, LOGOUT);
        Answer::to(request.bearer_auth(token))
    };
    for _ in 0..2 {
        let answer = log_out().await;
        assert_eq!((answer.status, answer.body.as_str()), (204, ""));
    }
    check_refused("access", &call_with(&site, token).await, "session_ended");
    let body = json!({"refresh_token": here["refresh_token"]});
    let (answer, _) = post(&site, REFRESH, body).await;
    check_refused("refresh", &answer, "session_ended");
    assert_eq!(call_with(&site, string(&there["token"])).await.status, 200);
    let nobody = Answer::to(site.request(Method::POST, LOGOUT)).await;
    check_refused("nobody", &nobody, "unauthenticated");
    site.world.clock.advance(Duration::minutes(11));
    let late = call_with(&site, string(&there["token"])).await;
    check_refused("late", &late, "token_expired");
    assert!(late.header("www-authenticate").contains("expired"));
}

#[sqlx::test]
async fn a_refresh_token_logs_out_without_a_living_access_token(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let (here, there) = (begin(&site).await, begin(&site).await);
    site.world.clock.advance(Duration::minutes(11));
    let body = json!({"refresh_token": here["refresh_token"]});
    // Sent again it opens nothing, which is all that is wanted.
    for _ in 0..2 {
        let (answer, _) = post(&site, LOGOUT, body.clone()).await;
        assert_eq!((answer.status, answer.body.as_str()), (204, ""));
    }
    let (answer, _) = post(&site, REFRESH, body).await;
    check_refused("refresh", &answer, "session_ended");
    let body = json!({"refresh_token": there["refresh_token"]});
    assert_eq!(
        post(&site, REFRESH, body).await.0.status,
        200,
        "the other goes on"
    );
}

#[sqlx::test]
async fn of_two_tokens_that_disagree_the_access_token_counts(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let (here, ended) = (begin(&site).await, begin(&site).await);
    let older = json!({"refresh_token": ended["refresh_token"]});
    assert_eq!(post(&site, LOGOUT, older.clone()).await.0.status, 204);
    let request = site.request(Method::POST, LOGOUT);
    let request = request
        .bearer_auth(string(&here["token"]))
        .header("content-type", "application/json")
        .body(older.to_string());
    assert_eq!(Answer::to(request).await.status, 204);
    let access = call_with(&site, string(&here["token"])).await;
    check_refused("access", &access, "session_ended");
}

#[sqlx::test]
async fn a_refresh_token_that_was_exchanged_still_logs_out(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let first = begin(&site).await;
    let old = json!({"refresh_token": first["refresh_token"]});
    let (answer, next) = post(&site, REFRESH, old.clone()).await;
    assert_eq!(answer.status, 200);
    assert_eq!(post(&site, LOGOUT, old).await.0.status, 204);
    let access = call_with(&site, string(&next["token"])).await;
    check_refused("access", &access, "session_ended");
}

#[sqlx::test]
async fn a_forged_refresh_token_ends_nothing(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let tokens = begin(&site).await;
    let text = string(&tokens["refresh_token"]);
    let last = if text.ends_with('A') { "B" } else { "A" };
    let forged = format!("{}{last}", &text[..text.len() - 1]);
    let (answer, _) = post(&site, LOGOUT, json!({"refresh_token": forged})).await;
    assert!([204, 422].contains(&answer.status), "{}", answer.body);
    let (answer, problem) = post(&site, LOGOUT, json!({"refresh_token": "x"})).await;
    assert_eq!(answer.status, 422);
    assert_eq!(problem["errors"][0]["field"], "refresh_token");
    let (answer, _) = post(&site, LOGOUT, json!({})).await;
    check_refused("nothing", &answer, "unauthenticated");
    assert_eq!(call_with(&site, string(&tokens["token"])).await.status, 200);
}
