//! What opens the API and what the pages, what ends it, and what is logged of it.

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::MySqlPool;
use time::Duration;

use crate::support::{
    api_session::Parts,
    bearer_calls::{
        LOGIN, LOGOUT, REFRESH, begin, call_with, check_refused, credentials, post, string,
    },
    browser::Answer,
    fixture::PASSWORD,
    log,
    test_server::Site,
    tokens::text,
};

/// Every call that the document says needs a token.
async fn calls(site: &Site) -> Vec<(Method, String)> {
    let document = Answer::to(site.request(Method::GET, "/api/openapi.json")).await;
    let document: Value = serde_json::from_str(&document.body).expect("JSON");
    let mut calls = Vec::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for (method, call) in methods.as_object().expect("methods") {
            let is_open =
                ["login", "refresh_token", "register_user"].contains(&string(&call["operationId"]));
            let asks = call["security"].as_array().is_some_and(|it| !it.is_empty());
            assert_eq!(asks, !is_open, "{path}");
            if !is_open {
                let method = method.to_uppercase().parse().expect("a method");
                calls.push((method, format!("/api/v1{path}")));
            }
        }
    }
    calls
}

#[sqlx::test]
async fn the_api_does_not_accept_a_cookie(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let cookie = site.browser("ona").await.cookie.expect("logged in");
    let value = cookie.split_once('=').expect("a value").1.to_owned();
    let tokens = begin(&site).await;
    let calls = calls(&site).await;
    assert!(calls.len() >= 9, "{calls:?}");
    for (method, path) in calls {
        for body in ["{}", "", "not JSON"] {
            let request = || {
                site.request(method.clone(), &path)
                    .header("cookie", &cookie)
                    .header("sec-fetch-site", "same-origin")
                    .header("content-type", "application/json")
                    .body(body)
            };
            let answer = Answer::to(request()).await;
            check_refused(&path, &answer, "unauthenticated");
            let answer = Answer::to(request().bearer_auth(&value)).await;
            check_refused(&path, &answer, "invalid_token");
            if path != LOGOUT {
                let opened = request().bearer_auth(string(&tokens["token"]));
                let opened = Answer::to(opened).await;
                assert_ne!(opened.status, 401, "{path}: the token opens it");
            }
        }
    }
}

#[sqlx::test]
async fn the_pages_do_not_accept_a_token(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let tokens = begin(&site).await;
    let (access, refresh) = (string(&tokens["token"]), string(&tokens["refresh_token"]));
    let cookie = site.browser("ona").await.cookie.expect("logged in");
    let name = cookie.split_once('=').expect("a name").0;
    let parts = Parts::of(refresh);
    let id_and_secret = text([parts.id, parts.secret].concat());
    for (method, path) in [
        (Method::GET, "/"),
        (Method::POST, "/"),
        (Method::POST, "/update-todo"),
        (Method::POST, "/remove-todo"),
    ] {
        let request = || site.request(method.clone(), path);
        for (case, request) in [
            ("access token", request().bearer_auth(access)),
            ("refresh token", request().bearer_auth(refresh)),
            (
                "access token as cookie",
                request().header("cookie", format!("{name}={access}")),
            ),
            (
                "refresh token as cookie",
                request().header("cookie", format!("{name}={refresh}")),
            ),
            (
                "its session and secret as cookie",
                request().header("cookie", format!("{name}={id_and_secret}")),
            ),
        ] {
            let request = request.header("sec-fetch-site", "same-origin");
            let request = request.header("content-type", "application/x-www-form-urlencoded");
            let answer = Answer::to(request.body("")).await;
            assert_eq!(answer.status, 303, "{path}, {case}: {}", answer.body);
            assert!(
                answer.header("location").starts_with("/login"),
                "{path}, {case}"
            );
        }
    }
    assert_eq!(
        call_with(&site, access).await.status,
        200,
        "nothing has ended"
    );
}

/// The line of a request, and all others that its id stands in.
fn logged(answer: &Answer) -> (Value, String) {
    let id = answer.header("x-request-id");
    let log = log::read();
    let lines: Vec<_> = log.lines().filter(|line| line.contains(id)).collect();
    let values = lines
        .iter()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let mut requests = values.filter(|line| line["fields"]["message"] == "request");
    let request = requests.next().expect("logged");
    assert!(requests.next().is_none(), "one line a request");
    (request, lines.join("\n"))
}

#[sqlx::test]
async fn the_log_line_of_a_call_has_user_route_and_status(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let (login, tokens) = post(&site, LOGIN, credentials()).await;
    let body = json!({"refresh_token": tokens["refresh_token"]});
    let (refresh, _) = post(&site, REFRESH, body).await;
    let token = string(&tokens["token"]);
    let me = call_with(&site, token).await;
    let logout = site.request(Method::POST, LOGOUT).bearer_auth(token);
    let logout = Answer::to(logout).await;
    for (answer, route, status) in [
        (login, LOGIN, 200),
        (refresh, REFRESH, 200),
        (me, "/api/v1/me", 200),
        (logout, LOGOUT, 204),
    ] {
        let (line, _) = logged(&answer);
        assert_eq!(line["span"]["user"], site.world.ona.public_id.to_string());
        assert_eq!(line["fields"]["route"], route);
        assert_eq!(line["fields"]["status"], status);
    }
    let forged = call_with(&site, "x").await;
    let (line, _) = logged(&forged);
    assert_eq!(line["fields"]["status"], 401);
    assert!(line["span"].get("user").is_none(), "{line}");
}

/// A token may be sent to the wrong place, or be a good one with something at its end.
#[sqlx::test]
async fn tokens_and_passwords_are_never_logged(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let tokens = begin(&site).await;
    let (access, refresh) = (string(&tokens["token"]), string(&tokens["refresh_token"]));
    assert_eq!(call_with(&site, access).await.status, 200);
    let reused = {
        let (_, second) = post(&site, REFRESH, json!({"refresh_token": refresh})).await;
        post(
            &site,
            REFRESH,
            json!({"refresh_token": second["refresh_token"]}),
        )
        .await;
        site.world.clock.advance(Duration::seconds(61));
        post(&site, REFRESH, json!({"refresh_token": refresh}))
            .await
            .0
    };
    let (_, lines) = logged(&reused);
    assert!(lines.contains("was used again"), "{lines}");
    assert!(lines.contains(string(&tokens["session_id"])), "{lines}");
    let get = |path: String| Answer::to(site.request(Method::GET, &path));
    for answer in [
        call_with(&site, access).await,
        call_with(&site, &format!("{access}x")).await,
        call_with(&site, refresh).await,
        get(format!("/api/v1/me?access_token={access}")).await,
        get(format!("/api/v1/me?{access}")).await,
        get(format!("/api/v1/{access}")).await,
        get(format!("/{refresh}")).await,
        post(
            &site,
            REFRESH,
            json!({"refresh_token": format!("{refresh}x")}),
        )
        .await
        .0,
        post(&site, REFRESH, json!({refresh: "x"})).await.0,
        post(&site, REFRESH, format!("{{\"refresh_token\":\"{refresh}"))
            .await
            .0,
        post(&site, LOGIN, json!({"username": PASSWORD, "password": "x"}))
            .await
            .0,
        post(
            &site,
            LOGIN,
            json!({"username": "ona", "password": [PASSWORD]}),
        )
        .await
        .0,
        post(
            &site,
            LOGIN,
            json!({"username": "ona", "password": PASSWORD, "device_name": ""}),
        )
        .await
        .0,
    ] {
        let (_, lines) = logged(&answer);
        for secret in [access, refresh, PASSWORD] {
            assert!(!lines.contains(secret), "{lines}");
        }
    }
    let log = log::read();
    for secret in [access, refresh, PASSWORD] {
        assert!(!log.contains(secret), "{secret} was logged");
    }
}
