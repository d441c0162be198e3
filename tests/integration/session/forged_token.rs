//! Access tokens that are not ours. Each is one change away from a good one, and most are signed with
//! the right secret: what refuses them is the change and nothing else.

use ring::hmac::{HMAC_SHA256, HMAC_SHA384, HMAC_SHA512};
use serde_json::{Value, json};
use sqlx::MySqlPool;
use uuid::Uuid;

use super::log_in as log_in_browser;
use crate::support::{
    api_session::log_in,
    bearer_calls::{call_with, check_all_invalid, check_refused, good},
    fixture::SECRET,
    test_server::Site,
    tokens::{key_id, text},
};

const OTHER_SECRET: &str = "another secret of thirty-two bytes, or more";

#[sqlx::test]
async fn an_unexpected_jwt_header_is_refused(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let (_, jwt) = good(&site).await;
    let own_key = json!({"kty": "oct", "alg": "HS256", "k": text(SECRET)});
    let changes = [
        ("alg", json!("none")),
        ("alg", json!("None")),
        ("alg", json!("NONE")),
        ("alg", json!("nOnE")),
        ("alg", json!("hs256")),
        ("alg", json!("HS384")),
        ("alg", json!("HS512")),
        ("alg", json!("RS256")),
        ("alg", json!("ES256")),
        ("alg", json!("PS256")),
        ("alg", json!("EdDSA")),
        ("alg", json!("")),
        ("alg", json!(["HS256"])),
        ("alg", Value::Null),
        ("typ", json!("jwt")),
        ("typ", json!("at+jwt")),
        ("typ", Value::Null),
        ("kid", json!(key_id(OTHER_SECRET))),
        ("kid", json!(key_id(SECRET).to_uppercase() + "x")),
        ("kid", json!("")),
        ("kid", json!("../../dev/null")),
        ("kid", Value::Null),
        ("jwk", own_key),
        ("jku", json!("https://127.0.0.1/keys")),
        ("x5u", json!("https://127.0.0.1/certificate")),
        ("x5c", json!(["MIIB"])),
        ("x5t", json!("AAAA")),
        ("x5t#S256", json!("AAAA")),
        ("crit", json!(["exp"])),
        ("crit", json!([])),
        ("b64", json!(false)),
        ("cty", json!("JWT")),
        ("enc", json!("A256GCM")),
        ("zip", json!("DEF")),
        ("url", json!("https://127.0.0.1")),
        ("nonce", json!("1")),
        ("extra", json!("anything")),
        ("extra", Value::Null),
    ];
    let changed = changes.map(|(name, value)| {
        let case = format!("{name}: {value}");
        (case, jwt.with_header(name, value).signed())
    });
    let missing = ["alg", "typ", "kid"].map(|name| {
        let case = format!("without {name}");
        (case, jwt.without_header(name).signed())
    });
    check_all_invalid(&site, changed.into_iter().chain(missing)).await;
}

#[sqlx::test]
async fn an_unexpected_jwt_algorithm_is_refused(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let (_, jwt) = good(&site).await;
    let mut cases = Vec::new();
    for (name, algorithm) in [("HS384", HMAC_SHA384), ("HS512", HMAC_SHA512)] {
        for said in [name, "HS256"] {
            let token = jwt.with_header("alg", said);
            let token = token.signed_with(algorithm, SECRET);
            cases.push((format!("{name} that says {said}"), token));
        }
    }
    for alg in ["none", "None", "NONE", "HS256"] {
        let token = jwt.with_header("alg", alg).signed();
        let (message, signature) = token.rsplit_once('.').expect("three parts");
        cases.push((format!("{alg}, empty signature"), format!("{message}.")));
        cases.push((format!("{alg}, no signature"), message.to_owned()));
        cases.push((
            format!("{alg}, zeros"),
            format!("{message}.{}", text([0; 32])),
        ));
        let cut = &signature[..signature.len() - 4];
        cases.push((format!("{alg}, cut"), format!("{message}.{cut}")));
    }
    check_all_invalid(&site, cases).await;
}

#[sqlx::test]
async fn unexpected_values_of_jwt_claims_are_refused(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let (_, jwt) = good(&site).await;
    let expires = jwt.claims["exp"].as_i64().expect("a number");
    let changes = [
        ("iss", json!("tickbox2")),
        ("iss", json!("Tickbox")),
        ("iss", json!("")),
        ("iss", json!(["tickbox"])),
        ("iss", Value::Null),
        ("aud", json!("tickbox")),
        ("aud", json!("tickbox-web")),
        ("aud", json!(["tickbox-api"])),
        ("aud", json!(["tickbox-api", "another"])),
        ("aud", json!([])),
        ("aud", Value::Null),
        ("sub", json!("")),
        ("sub", json!("ona")),
        ("sub", json!(1)),
        ("sub", Value::Null),
        ("sid", json!("")),
        ("sid", json!("' OR 1=1 -- ")),
        ("sid", Value::Null),
        ("iat", json!("now")),
        ("iat", Value::Null),
        ("exp", json!(expires.to_string())),
        ("exp", json!(1.5)),
        ("exp", json!(1e300)),
        ("exp", json!(-1)),
        ("exp", json!(i64::MIN)),
        ("exp", json!(i64::MAX)),
        ("exp", json!(i64::MAX - 5)),
        ("exp", json!(u64::MAX)),
        ("exp", json!([expires])),
        ("exp", json!(true)),
        ("exp", Value::Null),
    ];
    let changed = changes.map(|(name, value)| {
        let case = format!("{name}: {value}");
        (case, jwt.with_claim(name, value).signed())
    });
    let missing = ["iss", "aud", "sub", "sid", "iat", "exp"].map(|name| {
        let case = format!("without {name}");
        (case, jwt.without_claim(name).signed())
    });
    check_all_invalid(&site, changed.into_iter().chain(missing)).await;
}

/// RFC 7519, 4: so a later version can say more while this one still runs beside it.
#[sqlx::test]
async fn additional_jwt_claims_are_ignored(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let (_, jwt) = good(&site).await;
    let token = jwt
        .with_claim("scope", "read")
        .with_claim("jti", "1")
        .signed();
    let answer = call_with(&site, &token).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

#[sqlx::test]
async fn a_jwt_signed_with_another_key_is_refused(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let (_, jwt) = good(&site).await;
    let far = jwt.with_claim("exp", 32_503_680_000_i64);
    let cases = [
        ("same header", jwt.clone(), OTHER_SECRET),
        ("far in the future", far, OTHER_SECRET),
        (
            "its own kid",
            jwt.with_header("kid", key_id(OTHER_SECRET)),
            OTHER_SECRET,
        ),
        ("empty secret", jwt.clone(), ""),
        ("the kid as secret", jwt.clone(), &key_id(SECRET)),
        ("more claims", jwt.with_claim("admin", true), OTHER_SECRET),
        (
            "a secret one byte longer",
            jwt.clone(),
            &format!("{SECRET}0"),
        ),
    ];
    let cases =
        cases.map(|(case, jwt, secret)| (case.to_owned(), jwt.signed_with(HMAC_SHA256, secret)));
    check_all_invalid(&site, cases).await;
}

#[sqlx::test]
async fn a_jwt_is_valid_only_for_the_owner_of_its_session(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let (phone, jwt) = good(&site).await;
    let world = &site.world;
    let jonas = log_in(&world.service, "jonas").await;
    let browser = log_in_browser(world, "ona", None).await.token;
    for (case, jwt) in [
        (
            "session of another",
            jwt.with_claim("sid", jonas.session.0.to_string()),
        ),
        (
            "another's name",
            jwt.with_claim("sub", world.jonas.public_id.to_string()),
        ),
        (
            "nobody's name",
            jwt.with_claim("sub", Uuid::nil().to_string()),
        ),
        ("no session", jwt.with_claim("sid", Uuid::nil().to_string())),
        (
            "the user as session",
            jwt.with_claim("sid", world.ona.public_id.to_string()),
        ),
        (
            "session of a browser",
            jwt.with_claim("sid", browser.id.0.to_string()),
        ),
    ] {
        let answer = call_with(&site, &jwt.signed()).await;
        check_refused(case, &answer, "session_ended");
    }
    assert_eq!(call_with(&site, &phone.access).await.status, 200);
    assert_eq!(call_with(&site, &jonas.access).await.status, 200);
}
