//! What comes in floods is a number in the log.

use sqlx::MySqlPool;
use std::{num::NonZeroU32, time::Duration};

use reqwest::Method;
use serde_json::Value;
use tickbox::{
    domain::rate_limit::{Allowance, RequestQuota},
    http::origin::TrustedProxies,
};
use tokio::time::sleep;

use super::WRONG;
use crate::support::{browser::Answer, log, test_server::Site};

/// Until what was counted is in the log.
const LOGGED: Duration = Duration::from_millis(1_500);

/// One more a minute, so that none comes while a test runs.
const FIVE: RequestQuota = RequestQuota {
    burst: NonZeroU32::new(5).expect("more than none"),
    replenish: Duration::from_mins(1),
};

/// One at a time, so that some pass beside those that are refused.
const QUICK: RequestQuota = RequestQuota {
    burst: NonZeroU32::MIN,
    replenish: Duration::from_millis(20),
};

async fn statuses(site: &Site, path: &str, client: &str, times: usize) -> Vec<u16> {
    let mut statuses = vec![];
    for _ in 0..times {
        let request = site.request(Method::GET, path);
        let answer = Answer::to(request.header("x-forwarded-for", client)).await;
        statuses.push(answer.status);
    }
    statuses
}

/// The lines that name this client.
fn lines(client: &str) -> Vec<Value> {
    let log = log::read();
    let lines = log.lines().filter(|line| line.contains(client));
    let lines = lines.map(|line| serde_json::from_str(line).expect("JSON"));
    let of_it = |line: &Value| line["span"]["client"] == client;
    lines.filter(of_it).collect()
}

/// How many lines have that message, and what they count together.
fn counted(lines: &[Value], message: &str) -> (usize, u64) {
    let with_it = lines.iter().filter(|it| it["fields"]["message"] == message);
    let counts: Vec<_> = with_it
        .map(|line| line["fields"]["count"].as_u64().unwrap_or_default())
        .collect();
    (counts.len(), counts.iter().sum())
}

#[sqlx::test]
async fn refusals_are_logged_as_one_count_a_second(pool: MySqlPool) {
    let site = Site::limited(&pool, TrustedProxies(1), FIVE).await;
    let client = "198.51.100.1";
    let answers = statuses(&site, "/login", client, 105).await;
    assert_eq!(answers.iter().filter(|it| **it == 429).count(), 100);
    sleep(LOGGED).await;
    let lines = lines(client);
    let (refusals, count) = counted(&lines, "too many");
    assert_eq!(count, 100, "{lines:?}");
    assert!((1..=3).contains(&refusals), "{refusals} lines");
    assert_eq!(counted(&lines, "request").0, 5, "those that passed");
    let line = lines
        .iter()
        .find(|it| it["fields"]["message"] == "too many");
    let fields = &line.expect("one")["fields"];
    assert_eq!(fields["event"], "rate_limited");
    assert_eq!(fields["limit"], "requests");
}

#[sqlx::test]
async fn successful_reads_beside_refusals_are_only_counted(pool: MySqlPool) {
    let site = Site::limited(&pool, TrustedProxies(1), QUICK).await;
    let client = "198.51.100.2";
    let mut answers = statuses(&site, "/login", client, 2).await;
    while answers.iter().filter(|it| **it == 200).count() < 6 {
        answers.extend(statuses(&site, "/login", client, 1).await);
    }
    let passed = answers.iter().filter(|it| **it == 200).count();
    sleep(LOGGED).await;
    let lines = lines(client);
    let logged = counted(&lines, "request").0;
    let (_, count) = counted(&lines, "requests answered beside rejected ones");
    assert_eq!(logged + usize::try_from(count).expect("few"), passed);
    assert!(count >= 4, "{answers:?} {lines:?}");
}

#[sqlx::test]
async fn writes_beside_refusals_are_logged_one_by_one(pool: MySqlPool) {
    let site = Site::limited(&pool, TrustedProxies(1), QUICK).await;
    let client = "198.51.100.5";
    while !statuses(&site, "/login", client, 3).await.contains(&429) {}
    loop {
        let request = site.request(Method::POST, "/logout");
        let answer = Answer::to(request.header("x-forwarded-for", client)).await;
        if answer.status == 303 {
            break;
        }
        assert_eq!(answer.status, 429);
    }
    let lines = lines(client);
    let line = lines.iter().find(|it| it["fields"]["route"] == "/logout");
    assert_eq!(line.expect("one")["fields"]["status"], 303);
}

#[sqlx::test]
async fn health_checks_are_logged_as_a_count_and_limited(pool: MySqlPool) {
    let site = Site::limited(&pool, TrustedProxies(1), FIVE).await;
    let client = "198.51.100.3";
    // As often as no balancer asks.
    let usual = [
        statuses(&site, "/healthz", client, 50).await,
        statuses(&site, "/readyz", client, 50).await,
    ];
    assert!(usual.concat().iter().all(|status| *status == 200));
    sleep(LOGGED).await;
    let found = lines(client);
    let (checks, count) = counted(&found, "health checks");
    assert_eq!(count, 100);
    assert!((1..=4).contains(&checks), "{checks} lines");
    assert_eq!(counted(&found, "request").0, 0);

    let flood = statuses(&site, "/healthz", client, 400).await;
    assert!(flood.contains(&429));
    assert_eq!(statuses(&site, "/login", client, 1).await, [200]);
    let other = statuses(&site, "/healthz", "198.51.100.4", 1).await;
    assert_eq!(other, [200]);
}

#[sqlx::test]
async fn refused_logins_are_counted_and_failed_ones_logged_singly(pool: MySqlPool) {
    let site = Site::limited(&pool, TrustedProxies(1), RequestQuota::STANDARD).await;
    log::register_secret(WRONG);
    let client = "198.51.100.6";
    let mut statuses = vec![];
    for _ in 0..50 {
        let request = site.request(Method::POST, "/login");
        let request = request.header("x-forwarded-for", client);
        let request = request.header("sec-fetch-site", "same-origin");
        let answer = Answer::to(request.form(&[("username", "ona"), ("password", WRONG)])).await;
        statuses.push(answer.status);
    }
    assert_eq!(statuses.iter().filter(|it| **it == 429).count(), 40);
    sleep(LOGGED).await;
    let lines = lines(client);
    let (refusals, count) = counted(&lines, "too many");
    assert_eq!(count, 40, "{lines:?}");
    assert!((1..=4).contains(&refusals), "{refusals} lines");
    assert_eq!(counted(&lines, "request").0, 10, "those that failed");
    let events = |name| lines.iter().filter(move |it| it["fields"]["event"] == name);
    let ona = site.world.ona.public_id.to_string();
    let failed = events("login_failed").filter(|it| it["fields"]["user"] == *ona);
    assert_eq!(failed.count(), 10);
    assert!(events("rate_limited").all(|it| it["fields"]["limit"] == "login_pair"));
}

#[sqlx::test]
async fn refusals_of_an_account_are_counted_under_its_name(pool: MySqlPool) {
    let nothing_more = Allowance {
        at_once: 1,
        each: Duration::from_hours(1),
    };
    let site = Site::frugal(&pool, RequestQuota::STANDARD, nothing_more).await;
    let browser = site.browser("ona").await;
    let mut statuses = vec![];
    for _ in 0..30 {
        statuses.push(browser.get("/").await.status);
    }
    assert_eq!(statuses.iter().filter(|it| **it == 429).count(), 29);
    sleep(LOGGED).await;
    let ona = site.world.ona.public_id.to_string();
    let log = log::read();
    let lines = log.lines().filter(|line| line.contains(&ona));
    let lines: Vec<Value> = lines
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let (refusals, count) = counted(&lines, "too many");
    assert_eq!(count, 29, "{lines:?}");
    assert!((1..=3).contains(&refusals), "{refusals} lines");
    let refused = lines.iter().find(|it| it["fields"]["limit"] == "work_user");
    let refused = refused.expect("one");
    assert_eq!(refused["span"]["user"], *ona);
    assert_eq!(refused["span"]["client"], "127.0.0.1");
    let answered = |it: &&Value| it["fields"]["status"] == 429;
    assert_eq!(lines.iter().filter(answered).count(), 0);
}
