//! Access tokens that were cut, bent or sent in another way than in one `Authorization: Bearer`.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use proptest::{prelude::*, test_runner::TestRunner};
use ring::hmac::HMAC_SHA256;
use secrecy::ExposeSecret as _;
use serde_json::Value;
use sqlx::MySqlPool;
use tickbox::domain::session::SessionId;
use time::macros::datetime;
use uuid::Uuid;

use crate::support::{
    bearer_calls::{call, check_all_invalid, check_refused, good},
    fixture::{SECRET, signer},
    test_server::Site,
    tokens::{sign, text},
};

#[sqlx::test]
async fn a_damaged_access_token_is_refused(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let (phone, jwt) = good(&site).await;
    let token = jwt.signed();
    let parts: Vec<_> = token.split('.').collect();
    let [header, claims, signature] = parts[..] else {
        panic!("three parts")
    };
    let signed = |header: &str, claims: &str| sign(HMAC_SHA256, SECRET, header, claims);
    let (head, last) = signature.split_at(signature.len() - 1);
    // The last character of 32 bytes holds two bits that say nothing.
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let place = alphabet.find(last).expect("base64");
    let twin = &alphabet[place + 1..place + 2];
    let long = jwt.with_claim("sub", "x".repeat(10_000)).signed();
    let cases = [
        ("empty parts", "..".to_owned()),
        ("one part", header.to_owned()),
        ("two parts", format!("{header}.{claims}")),
        ("no signature", format!("{header}.{claims}.")),
        ("four parts", format!("{token}.{signature}")),
        ("a dot before", format!(".{token}")),
        ("a dot behind", format!("{token}.")),
        ("no header", format!(".{claims}.{signature}")),
        ("no claims", format!("{header}..{signature}")),
        ("cut", token[..token.len() - 1].to_owned()),
        (
            "half a signature",
            format!("{header}.{claims}.{}", &signature[..21]),
        ),
        (
            "another last bit",
            format!("{header}.{claims}.{head}{twin}"),
        ),
        ("padded", format!("{token}=")),
        ("padded claims", signed(header, &format!("{claims}="))),
        ("a space inside", format!("{header}. {claims}.{signature}")),
        ("a signed space", signed(header, &format!("{claims} "))),
        ("a tab", format!("{header}\t.{claims}.{signature}")),
        ("10 kB", long),
        ("10 kB of nothing", "a".repeat(10_000)),
        ("10 kB of dots", ".".repeat(10_000)),
        ("header is no JSON", signed(&text("x"), claims)),
        ("header is a list", signed(&text("[]"), claims)),
        ("header is not UTF-8", signed(&text([0xff]), claims)),
        ("claims are no JSON", signed(header, &text("{"))),
        ("claims are a list", signed(header, &text("[]"))),
        ("claims are a number", signed(header, &text("1"))),
        ("claims are empty", signed(header, &text("{}"))),
        ("claims are deep", signed(header, &text("[".repeat(500)))),
        (
            "claims twice",
            signed(header, &text(doubled(&jwt.claims, "exp"))),
        ),
        (
            "header twice",
            signed(&text(doubled(&jwt.header, "alg")), claims),
        ),
        ("two tokens", format!("{token},{token}")),
        ("quoted", format!("\"{token}\"")),
        ("a refresh token", phone.refresh.clone()),
        ("\"null\"", "null".to_owned()),
    ];
    let cases = cases.map(|(case, token)| (case.to_owned(), token));
    check_all_invalid(&site, cases).await;
}

/// An object with one of its fields twice.
fn doubled(object: &Value, field: &str) -> String {
    let text = object.to_string();
    let value = &object[field];
    text.replacen('{', &format!("{{\"{field}\":{value},"), 1)
}

#[sqlx::test]
async fn exactly_one_bearer_authorization_header_is_accepted(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let (phone, _) = good(&site).await;
    let token = phone.access.as_str();
    let basic = STANDARD.encode(format!("ona:{token}"));
    for header in [
        token.to_owned(),
        format!("Basic {basic}"),
        format!("Token {token}"),
        format!("Bearer:{token}"),
        format!("Bearer{token}"),
        format!("Bearer={token}"),
        format!("Bearer\t{token}"),
        format!("Bearers {token}"),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        String::new(),
        format!("Bearer {token}\u{e9}"),
        format!("Bearer žodis{token}"),
        format!("Digest username=\"{token}\""),
    ] {
        let answer = call(&site, [header.as_bytes()]).await;
        check_refused(&header, &answer, "unauthenticated");
    }
    let answer = call(&site, [b"Bearer \xff\xfe"]).await;
    check_refused("no text", &answer, "unauthenticated");
    check_refused("none", &call(&site, []).await, "unauthenticated");
    let good = format!("Bearer {token}");
    for other in ["Bearer x", "Basic eDp5", "", &good] {
        for pair in [
            [good.as_bytes(), other.as_bytes()],
            [other.as_bytes(), good.as_bytes()],
        ] {
            let answer = call(&site, pair).await;
            check_refused(&format!("beside {other}"), &answer, "unauthenticated");
        }
    }
    // RFC 9110, 11.1: the name of a scheme is not case-sensitive.
    for scheme in ["bearer", "BEARER", "bEaReR"] {
        let answer = call(&site, [format!("{scheme} {token}").as_bytes()]).await;
        assert_eq!(answer.status, 200, "{scheme}");
        let answer = call(&site, [format!("{scheme} x{token}").as_bytes()]).await;
        check_refused(scheme, &answer, "invalid_token");
    }
}

#[test]
fn an_access_token_with_any_byte_changed_is_refused() {
    let noon = datetime!(2026-01-01 12:00 UTC);
    let signer = signer();
    let token = signer.sign(Uuid::max(), SessionId(Uuid::from_u128(7)), noon);
    let token = token.expect("signed").expose_secret().to_owned();
    assert!(signer.verify(&token, noon).is_ok());
    let verify = |place: usize, byte: char| {
        let mut text = token.clone();
        text.replace_range(place..=place, byte.encode_utf8(&mut [0; 4]));
        text == token || signer.verify(&text, noon).is_err()
    };
    for place in 0..token.len() {
        for byte in ' '..='~' {
            assert!(verify(place, byte), "{byte:?} at {place}");
        }
    }
    let anywhere = (0..token.len(), any::<char>());
    let mut runner = TestRunner::default();
    let checked = runner.run(&anywhere, |(place, byte)| {
        prop_assert!(verify(place, byte));
        Ok(())
    });
    checked.expect("refused");
}
