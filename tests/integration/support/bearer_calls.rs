//! Calls of the API as a phone makes them, with one token or another, and how they are refused.

use reqwest::{Method, header::HeaderValue};
use serde_json::{Value, json};
use tickbox::domain::session::SessionId;

use crate::support::{
    api_session::{Kept, log_in},
    browser::Answer,
    fixture::PASSWORD,
    log,
    test_server::Site,
    tokens::Jwt,
};

pub(crate) const LOGIN: &str = "/api/v1/login";
pub(crate) const REFRESH: &str = "/api/v1/refresh_token";
pub(crate) const LOGOUT: &str = "/api/v1/logout";

pub(crate) async fn post(site: &Site, path: &str, body: impl ToString) -> (Answer, Value) {
    post_from(site, path, body, b"a phone").await
}

pub(crate) async fn post_from(
    site: &Site,
    path: &str,
    body: impl ToString,
    user_agent: &[u8],
) -> (Answer, Value) {
    let request = site
        .request(Method::POST, path)
        .header("content-type", "application/json")
        .header("user-agent", user_agent)
        .body(body.to_string());
    let answer = Answer::to(request).await;
    let json: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    for token in ["token", "refresh_token"] {
        if let Some(token) = json[token].as_str() {
            log::register_secret(token);
        }
    }
    (answer, json)
}

pub(crate) fn credentials() -> Value {
    json!({"username": "ona", "password": PASSWORD})
}

pub(crate) async fn begin(site: &Site) -> Value {
    let (answer, tokens) = post(site, LOGIN, credentials()).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    tokens
}

pub(crate) fn string(value: &Value) -> &str {
    value.as_str().expect("text")
}

pub(crate) fn session(tokens: &Value) -> SessionId {
    SessionId(string(&tokens["session_id"]).parse().expect("a UUID"))
}

/// A call with these `Authorization` headers.
pub(crate) async fn call<const N: usize>(site: &Site, headers: [&[u8]; N]) -> Answer {
    let mut request = site.request(Method::GET, "/api/v1/me");
    for header in headers {
        let header = HeaderValue::from_bytes(header).expect("can be sent");
        request = request.header("authorization", header);
    }
    Answer::to(request).await
}

pub(crate) async fn call_with(site: &Site, token: &str) -> Answer {
    call(site, [format!("Bearer {token}").as_bytes()]).await
}

/// Whether the call was refused as RFC 6750 and our document have it.
pub(crate) fn check_refused(case: &str, answer: &Answer, code: &str) {
    assert_eq!(answer.status, 401, "{case}: {}", answer.body);
    assert_eq!(
        answer.header("content-type"),
        "application/problem+json",
        "{case}"
    );
    let problem: Value = serde_json::from_str(&answer.body).expect("JSON");
    assert_eq!(problem["code"], code, "{case}");
    let challenge = answer.header("www-authenticate");
    assert!(
        challenge.starts_with(r#"Bearer realm="tickbox""#),
        "{case}: {challenge}"
    );
    let names_error = challenge.contains(r#"error="invalid_token""#);
    assert_eq!(names_error, code != "unauthenticated", "{case}");
}

pub(crate) async fn good(site: &Site) -> (Kept, Jwt) {
    let phone = log_in(&site.world.service, "ona").await;
    let jwt = Jwt::new(&site.world.clock, site.world.ona.public_id, phone.session);
    for token in [&phone.access, &jwt.signed()] {
        log::register_secret(token);
        let answer = call_with(site, token).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    (phone, jwt)
}

pub(crate) async fn check_all_invalid(
    site: &Site,
    cases: impl IntoIterator<Item = (String, String)>,
) {
    for (case, token) in cases {
        let answer = call_with(site, &token).await;
        check_refused(&case, &answer, "invalid_token");
    }
}
