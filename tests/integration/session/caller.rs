//! Calls of the API with one access token or another, and how they are refused.

use reqwest::{Method, header::HeaderValue};
use serde_json::Value;

use super::{
    jwt::Jwt,
    phone::{Kept, log_in},
};
use crate::{
    log,
    web::site::{Answer, Site},
};

/// A call with these `Authorization` headers.
pub(super) async fn call<const N: usize>(site: &Site, headers: [&[u8]; N]) -> Answer {
    let mut request = site.request(Method::GET, "/api/v1/me");
    for header in headers {
        let header = HeaderValue::from_bytes(header).expect("can be sent");
        request = request.header("authorization", header);
    }
    Answer::to(request).await
}

pub(super) async fn call_with(site: &Site, token: &str) -> Answer {
    call(site, [format!("Bearer {token}").as_bytes()]).await
}

/// Whether the call was refused as RFC 6750 and our document have it.
pub(super) fn check_refused(case: &str, answer: &Answer, code: &str) {
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

pub(super) async fn good(site: &Site) -> (Kept, Jwt) {
    let phone = log_in(&site.world.service, "ona").await;
    let jwt = Jwt::new(&site.world.clock, site.world.ona.public_id, phone.session);
    for token in [&phone.access, &jwt.signed()] {
        log::plant(token);
        let answer = call_with(site, token).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    (phone, jwt)
}

pub(super) async fn check_all_invalid(
    site: &Site,
    cases: impl IntoIterator<Item = (String, String)>,
) {
    for (case, token) in cases {
        let answer = call_with(site, &token).await;
        check_refused(&case, &answer, "invalid_token");
    }
}
