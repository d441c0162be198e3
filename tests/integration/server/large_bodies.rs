//! Bodies of more than 16 KiB, which batches may have: what clients that announce one and then send nothing cost others.

use std::time::{Duration, Instant};

use serde_json::json;
use sqlx::MySqlPool;
use uuid::Uuid;

use super::{Wire, statuses};
use crate::support::{api_client::Phone, test_server::Site};

/// The head of a batch of 200 KB, without any of it.
async fn idle_upload(site: &Site, token: &str) -> Wire {
    let mut wire = Wire::to(&site.address).await;
    let authorization = match token {
        "" => String::new(),
        token => format!("Authorization: Bearer {token}\r\n"),
    };
    let head = format!(
        "POST /api/v1/sync HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n\
         {authorization}Content-Length: 200000\r\n\r\n",
        site.address
    );
    wire.send(head).await.expect("sent");
    wire
}

/// A hundred calls in more than 16 KiB.
async fn large_batch(phone: &Phone<'_>) -> u16 {
    let add = |_| json!({"call": "add_todo", "call_id": Uuid::new_v4(), "description": "milk ".repeat(30).trim()});
    let calls: Vec<_> = (0..100).map(add).collect();
    phone.post("sync", json!({"calls": calls})).await.status
}

#[sqlx::test]
async fn idle_uploads_keep_only_the_next_ones_of_the_same_user_out(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let (ona, jonas) = (
        Phone::log_in(&site, "ona").await,
        Phone::log_in(&site, "jonas").await,
    );
    let begun = Instant::now();
    let mut uploads = Vec::new();
    for _ in 0..10 {
        uploads.push(idle_upload(&site, "").await);
        uploads.push(idle_upload(&site, "not a token").await);
        uploads.push(idle_upload(&site, &ona.token).await);
    }
    let mut refused = 0;
    for wire in &mut uploads {
        refused += usize::from(!wire.is_open().await);
    }
    assert_eq!(large_batch(&jonas).await, 200);
    assert_eq!(
        large_batch(&ona).await,
        503,
        "all but two of its own are refused"
    );
    assert_eq!(refused, 28);
    assert!(
        begun.elapsed() < Duration::from_secs(10),
        "the uploads have ended"
    );
}

#[sqlx::test]
async fn a_large_batch_is_refused_for_its_token_before_it_is_sent(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    for token in ["", "not a token"] {
        let mut wire = idle_upload(&site, token).await;
        let answer = wire.answer().await;
        assert_eq!(statuses(&answer), ["401"], "{answer}");
        assert!(answer.contains("application/problem+json"), "{answer}");
        assert!(answer.contains("connection: close"), "{answer}");
        // What is still on its way does not destroy the answer.
        wire.send(vec![b' '; 100_000]).await.expect("it is read");
    }
}

#[sqlx::test]
async fn a_large_batch_without_a_length_is_read_for_a_verified_user(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let ona = Phone::log_in(&site, "ona").await;
    for (token, status) in [(ona.token.as_str(), "200"), ("not a token", "401")] {
        let mut wire = Wire::to(&site.address).await;
        let head = format!(
            "POST /api/v1/sync HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n\
             Authorization: Bearer {token}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n",
            site.address
        );
        wire.send(head).await.expect("sent");
        let blanks = " ".repeat(100_000);
        let body = format!("{:x}\r\n{{{blanks}}}\r\n0\r\n\r\n", blanks.len() + 2);
        wire.send(body).await.expect("sent");
        let answer = wire.rest().await;
        assert_eq!(statuses(&answer), [status], "{answer}");
    }
}
