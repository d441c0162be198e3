//! Pages of other origins: they may read every answer of the API, errors included, and send no cookie. Pages of ours
//! they may not read.

use std::num::NonZeroU32;

use reqwest::Method;
use serde_json::json;
use sqlx::MySqlPool;
use tickbox::{domain::rate_limit::RequestQuota, http::origin::TrustedProxies};

use crate::support::{api_client::Phone, browser::Answer, test_server::Site};

const ORIGIN: &str = "https://app.example";

async fn preflight(site: &Site, path: &str, method: &str) -> Answer {
    let request = site
        .request(Method::OPTIONS, path)
        .header("origin", ORIGIN)
        .header("access-control-request-method", method)
        .header(
            "access-control-request-headers",
            "authorization,content-type",
        );
    Answer::to(request).await
}

#[sqlx::test]
async fn a_preflight_is_granted_to_every_origin_and_kept_for_a_day(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    for (path, method) in [
        ("/api/v1/sync", "POST"),
        ("/api/v1/todo_list?limit=5", "GET, HEAD"),
        ("/api/v1/logout/", "POST"),
    ] {
        let answer = preflight(&site, path, "POST").await;
        assert_eq!((answer.status, answer.body.as_str()), (204, ""), "{path}");
        for (name, value) in [
            ("access-control-allow-origin", "*"),
            ("access-control-allow-methods", method),
            (
                "access-control-allow-headers",
                "Authorization, Content-Type, If-None-Match",
            ),
            ("access-control-max-age", "86400"),
            ("access-control-allow-credentials", ""),
        ] {
            assert_eq!(answer.header(name), value, "{path} {name}");
        }
    }
    // What no browser asks is answered as before.
    let plain = Answer::to(site.request(Method::OPTIONS, "/api/v1/me")).await;
    assert_eq!(plain.status, 405);
}

#[sqlx::test]
async fn every_answer_of_the_api_can_be_read_by_every_origin(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let list = phone.get("todo_list", json!({})).await.answer;
    let known = [("if-none-match", list.header("etag"))];
    let unchanged = phone
        .call(Method::GET, "todo_list", json!({}), &known)
        .await
        .answer;
    let large = phone
        .post("add_todo", json!({"description": "x".repeat(70_000)}))
        .await
        .answer;
    let get = async |path: &str| Answer::to(site.request(Method::GET, path)).await;
    for (status, answer) in [
        (200, &list),
        (304, &unchanged),
        (401, &get("/api/v1/me").await),
        (404, &get("/api/v1/nowhere").await),
        (405, &get("/api/v1/logout").await),
        (413, &large),
        (422, &phone.post("add_todo", json!({})).await.answer),
        (200, &get("/api/openapi.json").await),
    ] {
        assert_eq!(answer.status, status);
        assert_eq!(
            answer.header("access-control-allow-origin"),
            "*",
            "{status}"
        );
        let exposed = "Allow, ETag, Retry-After, WWW-Authenticate, X-Request-Id";
        assert_eq!(
            answer.header("access-control-expose-headers"),
            exposed,
            "{status}"
        );
        assert_eq!(answer.header("access-control-allow-credentials"), "");
    }
}

#[sqlx::test]
async fn a_refusal_at_the_edge_can_be_read_too(pool: MySqlPool) {
    let quota = RequestQuota {
        burst: NonZeroU32::MIN,
        replenish: std::time::Duration::from_hours(1),
    };
    let site = Site::limited(&pool, TrustedProxies(0), quota).await;
    Answer::to(site.request(Method::GET, "/login")).await;
    for (path, allowed) in [("/api/v1/me", "*"), ("/login", "")] {
        let answer = Answer::to(site.request(Method::GET, path)).await;
        assert_eq!(answer.status, 429);
        assert_eq!(
            answer.header("access-control-allow-origin"),
            allowed,
            "{path}"
        );
    }
}

#[sqlx::test]
async fn pages_are_for_no_other_origin(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    for path in ["/login", "/api/docs", "/healthz"] {
        let request = site.request(Method::GET, path).header("origin", ORIGIN);
        let answer = Answer::to(request).await;
        assert_eq!(answer.header("access-control-allow-origin"), "", "{path}");
        assert_eq!(
            answer.header("cross-origin-resource-policy"),
            "same-origin",
            "{path}"
        );
    }
    assert_eq!(preflight(&site, "/login", "POST").await.status, 405);
}

#[sqlx::test]
async fn json_carries_only_headers_that_mean_something_for_it(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    for answer in [
        phone.get("todo_changes", json!({})).await.answer,
        phone.get("nothing", json!({})).await.answer,
    ] {
        for (name, value) in [
            (
                "content-security-policy",
                "default-src 'none'; frame-ancestors 'none'",
            ),
            ("x-content-type-options", "nosniff"),
            ("cross-origin-resource-policy", "cross-origin"),
            ("permissions-policy", ""),
            ("referrer-policy", ""),
            ("cross-origin-opener-policy", ""),
        ] {
            assert_eq!(answer.header(name), value, "{name}");
        }
    }
}
