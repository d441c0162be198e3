//! How many requests one address may send.

use sqlx::MySqlPool;
use std::{num::NonZeroU32, time::Duration};

use reqwest::Method;
use serde_json::Value;
use tickbox::{domain::rate_limit::RequestQuota, http::origin::TrustedProxies};

use crate::support::{browser::Answer, test_server::Site};

/// No more come while a test runs.
const FIVE: RequestQuota = RequestQuota {
    burst: NonZeroU32::new(5).expect("more than none"),
    replenish: Duration::from_hours(1),
};

async fn get(site: &Site, path: &str, name: &'static str, value: &str) -> Answer {
    Answer::to(site.request(Method::GET, path).header(name, value)).await
}

#[sqlx::test]
async fn too_many_requests_are_refused_but_health_checks_pass(pool: MySqlPool) {
    let site = Site::limited(&pool, TrustedProxies(0), FIVE).await;
    for path in ["/login", "/nowhere", "/api/v1/me", "/api/nowhere", "/login"] {
        let answer = get(&site, path, "accept", "*/*").await;
        assert_ne!(answer.status, 429, "{path}");
    }
    let page = get(&site, "/login", "accept", "*/*").await;
    assert_eq!(page.status, 429);
    assert_eq!(page.texts("h1"), ["Too Many Requests"]);
    let fragment = get(&site, "/login", "hx-request", "true").await;
    assert_eq!(fragment.status, 429);
    assert_eq!(fragment.targets(), ["#status"]);
    let problem = get(&site, "/api/v1/me", "accept", "*/*").await;
    assert_eq!(problem.header("content-type"), "application/problem+json");
    let code: Value = serde_json::from_str(&problem.body).expect("JSON");
    assert_eq!(
        (problem.status, &code["code"]),
        (429, &"rate_limited".into())
    );
    for answer in [&page, &fragment, &problem] {
        let seconds: u64 = answer.header("retry-after").parse().expect("seconds");
        assert!((3_590..=3_601).contains(&seconds), "{seconds}");
    }
    for path in ["/healthz", "/readyz"] {
        assert_eq!(
            get(&site, path, "accept", "*/*").await.status,
            200,
            "{path}"
        );
    }
}

#[sqlx::test]
async fn behind_a_proxy_each_client_has_its_own_quota(pool: MySqlPool) {
    let site = Site::limited(&pool, TrustedProxies(1), FIVE).await;
    for number in 0..7 {
        let forwarded = format!("9.9.9.{number}, 2001:db8::{number}");
        let answer = get(&site, "/login", "x-forwarded-for", &forwarded).await;
        assert_eq!(answer.status == 429, number >= 5, "{number}");
    }
    let other = get(&site, "/login", "x-forwarded-for", "2001:db8:0:1::1").await;
    assert_eq!(other.status, 200);
}

#[sqlx::test]
async fn without_proxies_forwarded_headers_are_ignored(pool: MySqlPool) {
    let site = Site::limited(&pool, TrustedProxies(0), FIVE).await;
    let headers = ["x-forwarded-for", "x-real-ip", "forwarded"];
    for number in 0..9 {
        let (name, value) = (headers[number % 3], format!("9.9.9.{number}"));
        let value = format!("{}{value}", ["", "", "for="][number % 3]);
        let answer = get(&site, "/login", name, &value).await;
        assert_eq!(answer.status == 429, number >= 5, "{number}");
    }
}
