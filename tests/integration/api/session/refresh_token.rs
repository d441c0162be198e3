//! `POST /api/v1/refresh_token`

use serde_json::{Value, json};
use sqlx::MySqlPool;
use tickbox::domain::session::{ABSOLUTE_TIMEOUT, IDLE_TIMEOUT};
use time::Duration;

use crate::support::{
    bearer_calls::{REFRESH, begin, call_with, check_refused, post, string},
    test_server::Site,
    tokens::text,
};

#[sqlx::test]
async fn refresh_expires_in_is_the_remaining_session_time(pool: MySqlPool) {
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
async fn other_values_are_refused_as_refresh_tokens(pool: MySqlPool) {
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
