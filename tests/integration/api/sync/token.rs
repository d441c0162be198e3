//! What a phone sends back: `since` and the `ETag`.

use fastrand::Rng;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::MySqlPool;

use super::{Replica, add, add_many, assert_refused, edit, todos};
use crate::support::{
    api_client::{Phone, Reply},
    test_server::Site,
};

/// The calls that answer an `ETag`.
const VERSIONED: [&str; 2] = ["todo_list", "todo_changes"];

async fn ask(phone: &Phone<'_>, operation: &str, known: &str) -> Reply {
    let headers = [("if-none-match", known)];
    phone
        .call(Method::GET, operation, json!({"limit": 5}), &headers)
        .await
}

#[sqlx::test]
async fn an_unchanged_list_is_a_304_without_a_body(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let id = add(&phone, "Milk").await;
    for operation in VERSIONED {
        let first = ask(&phone, operation, "\"unknown\"").await;
        assert_eq!(first.status, 200);
        let tag = first.answer.header("etag").to_owned();
        let strong = tag.trim_start_matches("W/").to_owned();
        for known in [&tag, &strong, &format!("\"a\", {tag}"), "*"] {
            let again = ask(&phone, operation, known).await;
            assert_eq!(
                (again.status, again.answer.body.as_str()),
                (304, ""),
                "{known}"
            );
            for (name, value) in [
                ("etag", tag.as_str()),
                ("cache-control", "private, no-cache"),
                ("vary", "Authorization"),
            ] {
                assert_eq!(first.answer.header(name), value);
                assert_eq!(again.answer.header(name), value);
            }
        }
        // An edit that changes nothing keeps it, one that does not gives another.
        edit(&phone, &id, "Milk").await;
        assert_eq!(ask(&phone, operation, &tag).await.status, 304);
        edit(&phone, &id, operation).await;
        let changed = ask(&phone, operation, &tag).await;
        assert_eq!(changed.status, 200);
        assert_ne!(changed.answer.header("etag"), tag);
        edit(&phone, &id, "Milk").await;
    }
}

#[sqlx::test]
async fn an_etag_of_another_user_does_not_match(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let ona = Phone::log_in(&site, "ona").await;
    let jonas = Phone::log_in(&site, "jonas").await;
    // Both at the same revision, also at none.
    for text in [None, Some("Milk")] {
        for phone in [&ona, &jonas] {
            if let Some(text) = text {
                add(phone, text).await;
            }
        }
        for operation in VERSIONED {
            let tag = ask(&ona, operation, "")
                .await
                .answer
                .header("etag")
                .to_owned();
            let theirs = ask(&jonas, operation, &tag).await;
            assert_eq!(theirs.status, 200);
            assert_ne!(theirs.answer.header("etag"), tag);
        }
    }
}

#[sqlx::test]
async fn a_sync_token_of_another_account_counts_as_expired(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let ona = Phone::log_in(&site, "ona").await;
    let jonas = Phone::log_in(&site, "jonas").await;
    add_many(&ona, 3).await;
    add_many(&jonas, 3).await;
    let mut replica = Replica::default();
    // In the middle of a first copy, and at its end.
    for limit in [1, 5] {
        replica.part(&ona, limit).await;
        let theirs = jonas.get("todo_changes", replica.request(limit)).await;
        assert_refused(&theirs, 410, "sync_token_expired");
    }
}

#[sqlx::test]
async fn a_sync_token_from_before_a_database_restore_has_expired(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    add_many(&phone, 4).await;
    let mut middle = Replica::default();
    middle.part(&phone, 1).await;
    let mut end = Replica::default();
    end.sync(&phone, 5).await;
    let mut connection = site.world.connect().await;
    sqlx::raw_sql("DELETE FROM todos WHERE rev > 2; UPDATE users SET rev = 2 WHERE rev > 2")
        .execute(&mut connection)
        .await
        .expect("set back");
    for replica in [middle, end] {
        let reply = phone.get("todo_changes", replica.request(5)).await;
        assert_refused(&reply, 410, "sync_token_expired");
    }
    let mut anew = Replica::default();
    assert_eq!(anew.sync(&phone, 5).await.len(), 2);
}

#[sqlx::test]
async fn an_invalid_sync_token_is_a_field_error(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    add_many(&phone, 3).await;
    let end = phone.get("todo_changes", json!({})).await.json["next"].clone();
    let middle = phone.get("todo_changes", json!({"limit": 1})).await.json["next"].clone();
    let (end, middle) = (text(&end), text(&middle));
    let user = &end[..8];
    let table = [
        " ".into(),
        "0".into(),
        user.into(),
        format!("{user}."),
        format!("{user}.x"),
        format!("{user}.-1"),
        format!("{user}.+3"),
        format!("{user}.03"),
        format!("{user}.18446744073709551616"),
        format!(
            "{}.3",
            user.to_uppercase()
                .replace(|c: char| c.is_ascii_digit(), "A")
        ),
        format!("{}.3", &user[1..]),
        format!("0{user}.3"),
        format!("{user}.3."),
        format!("{user}.3.x"),
        format!("{user}.3.ffffffff-ffff-ffff-ffff-ffffffffffff"),
        format!("{middle}."),
        format!("{middle}.1"),
        format!("{middle}x"),
        format!(" {end}"),
        format!("{end} "),
        format!("{end}\0"),
        "é".repeat(200),
        "9".repeat(3_000),
    ];
    for token in table {
        let reply = phone.get("todo_changes", json!({"since": token})).await;
        // As one that has expired: the remedy is the same.
        assert_refused(&reply, 410, "sync_token_expired");
    }
    for token in [
        format!("{user}.{}", u64::MAX),
        format!("{user}.3.00000000-0000-0000-0000-000000000000.{}", u64::MAX),
        format!("{user}.{}.00000000-0000-0000-0000-000000000000.1", u64::MAX),
    ] {
        let reply = phone.get("todo_changes", json!({"since": token})).await;
        assert_refused(&reply, 410, "sync_token_expired");
    }
}

#[sqlx::test]
async fn a_damaged_sync_token_never_causes_a_500(pool: MySqlPool) {
    let seed = fastrand::u64(..);
    let mut random = Rng::with_seed(seed);
    let site = Site::open(&pool).await;
    let phone = Phone::log_in(&site, "ona").await;
    let ids = add_many(&phone, 3).await;
    let first = phone.get("todo_changes", json!({"limit": 1})).await.json;
    let mut end = Replica::default();
    end.sync(&phone, 5).await;
    edit(&phone, &ids[0], "edited").await;
    edit(&phone, &ids[1], "edited").await;
    let query = json!({"since": end.since, "limit": 1});
    let delta = phone.get("todo_changes", query).await.json;
    let tokens = [
        text(&first["next"]),
        text(&end.since.into()),
        text(&delta["next"]),
    ];
    for _ in 0..300 {
        let mut bytes = tokens[random.usize(..tokens.len())].clone().into_bytes();
        for _ in 0..random.usize(1..=3) {
            let place = random.usize(..bytes.len());
            match random.u8(..3) {
                0 => bytes[place] = *random.choice(b"0123456789abcdef.-+ ").expect("some"),
                1 => bytes.insert(place, random.u8(b' '..=b'~')),
                _ => drop(bytes.remove(place)),
            }
        }
        let token = String::from_utf8(bytes).expect("ASCII");
        let reply = phone.get("todo_changes", json!({"since": token})).await;
        let told = format!("seed {seed}: {token:?}: {}", reply.answer.body);
        match reply.status {
            // Another place, or the same one.
            200 => assert!(todos(&reply.json).len() <= 3, "{told}"),
            status => assert_eq!(
                (status, &reply.json["code"]),
                (410, &json!("sync_token_expired")),
                "{told}"
            ),
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}
