//! What one account or address may cost an instance, right passwords and whole lists among it.

use sqlx::MySqlPool;
use std::{num::NonZeroU32, time::Duration};

use reqwest::Method;
use serde_json::json;
use tickbox::{
    domain::{
        rate_limit::{Allowance, RequestQuota},
        todo::{Description, Filter, PAGE_SIZE, TodoId},
    },
    service::ClientInfo,
};
use uuid::Uuid;

use super::{address, end, from, hits, try_login, wait};
use crate::support::{
    api_client::Phone,
    browser::Answer,
    fixture::{PASSWORD, World, part_of},
    test_server::Site,
};

/// A browser at one of many addresses.
fn somewhere(number: u32) -> ClientInfo {
    from(&format!("198.51.{}.{}", number / 250, number % 250))
}

#[sqlx::test]
async fn right_passwords_are_limited_except_in_a_known_browser(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let service = world.with_limits();
    let mut known = somewhere(0);
    for number in 0..Allowance::HASHES_OF_ACCOUNT.at_once {
        let login = try_login(&service, "ona", PASSWORD, somewhere(number)).await;
        assert_eq!(end(&login), "ok", "{number}");
        known.device = login.ok().map(|login| login.device);
    }
    let counted = hits(&world).await;
    let refused = wait(
        try_login(&service, "ona", PASSWORD, somewhere(500))
            .await
            .map(drop),
    );
    assert!(refused <= Allowance::HASHES_OF_ACCOUNT.each, "{refused:?}");
    assert_eq!(hits(&world).await, counted, "a refusal asks no database");
    let login = try_login(&service, "ona", PASSWORD, known).await;
    assert_eq!(end(&login), "ok", "her own browser counts apart");
    let login = try_login(&service, "jonas", PASSWORD, somewhere(500)).await;
    assert_eq!(end(&login), "ok");
    // It is the instance's processors that are spent.
    let other = world.with_limits();
    let login = try_login(&other, "ona", PASSWORD, somewhere(500)).await;
    assert_eq!(end(&login), "ok");
}

#[sqlx::test]
async fn an_attempt_refused_by_a_limit_costs_no_allowance(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let service = world.with_limits();
    for _ in 0..Allowance::HASHES_OF_ACCOUNT.at_once + 10 {
        let guess = try_login(&service, "ona", "another teapot 7", somewhere(1)).await;
        assert!(guess.is_err());
    }
    let login = try_login(&service, "ona", PASSWORD, somewhere(2)).await;
    assert_eq!(end(&login), "ok");
}

#[sqlx::test]
async fn an_address_may_log_in_300_users_and_then_one_a_second(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let service = world.with_limits();
    let names = ["ona", "jonas"];
    // By two accounts in browsers that are known and in such that are not, in place of three hundred.
    let mut devices = [None, None];
    let most = Allowance::HASHES_OF_ADDRESS.at_once;
    let began = std::time::Instant::now();
    let mut made = 0;
    let refused = loop {
        let pupil = usize::try_from(made).expect("few") % 2;
        let is_known = made / 2 % 2 == 1;
        let client = ClientInfo {
            address: address("198.51.100.1"),
            device: devices[pupil].clone().filter(|_| is_known),
            ..ClientInfo::default()
        };
        match try_login(&service, names[pupil], PASSWORD, client).await {
            Ok(login) => devices[pupil] = Some(login.device),
            refused => break refused,
        }
        made += 1;
        assert!(made < most * 2, "nobody is refused");
    };
    let since = u32::try_from(began.elapsed().as_secs()).expect("soon");
    assert!(
        (most..=most + since + 1).contains(&made),
        "{made} in {since} s"
    );
    assert_eq!(wait(refused.map(drop)), Duration::from_secs(1));
    let login = try_login(&service, "ona", PASSWORD, from("198.51.100.2")).await;
    assert_eq!(end(&login), "ok", "elsewhere");
}

/// One page of two to-dos and no more, for a long time.
const LITTLE: Allowance = Allowance {
    at_once: 13,
    each: Duration::from_hours(1),
};

#[sqlx::test]
async fn an_overdrawn_account_must_wait_but_still_gets_a_304(pool: MySqlPool) {
    let quota = RequestQuota {
        burst: NonZeroU32::new(1_000).expect("more than none"),
        ..RequestQuota::STANDARD
    };
    let site = Site::frugal(&pool, quota, LITTLE).await;
    for account in [&site.world.ona, &site.world.jonas] {
        for text in ["Milk", "Bread"] {
            let text = Description::parse(text).expect("valid");
            let id = TodoId(Uuid::new_v4());
            let added = site.world.service.add(account, id, text).await;
            added.expect("added");
        }
    }
    let phone = Phone::log_in(&site, "ona").await;
    let first = phone.get("todo_list", json!({})).await;
    assert_eq!(first.status, 200, "{}", first.answer.body);
    let last = phone.get("todo_list", json!({})).await;
    assert_eq!(last.status, 200, "what is left may be overdrawn");
    let add = json!({"description": "Tea"});
    for refused in [
        phone.get("todo_list", json!({})).await,
        phone.get("todo_changes", json!({})).await,
        phone.post("add_todo", add).await,
        phone
            .post("remove_todo", json!({"id": Uuid::new_v4()}))
            .await,
    ] {
        assert_eq!(refused.status, 429, "{}", refused.answer.body);
        assert_eq!(refused.json["code"], "rate_limited");
        let seconds: u64 = refused
            .answer
            .header("retry-after")
            .parse()
            .expect("seconds");
        assert!(seconds > 3_600, "{seconds}");
    }
    let known = first.answer.header("etag").to_owned();
    let unchanged = site
        .request(Method::GET, "/api/v1/todo_list")
        .bearer_auth(&phone.token)
        .header("if-none-match", known);
    assert_eq!(Answer::to(unchanged).await.status, 304);
    let other = Phone::log_in(&site, "jonas").await;
    assert_eq!(other.get("todo_list", json!({})).await.status, 200);
}

#[sqlx::test]
async fn the_page_of_an_overdrawn_account_says_when_to_retry(pool: MySqlPool) {
    let site = Site::frugal(&pool, RequestQuota::STANDARD, LITTLE).await;
    let browser = site.browser("ona").await;
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(browser.get("/").await.status);
    }
    assert_eq!(statuses, [200, 200, 429, 429]);
    let refused = browser.get("/").await;
    assert_eq!(refused.texts("h1"), ["Too Many Requests"]);
    assert!(refused.header("retry-after").parse::<u64>().is_ok());
}

#[sqlx::test]
async fn without_limits_an_account_has_no_allowance(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let service = world
        .with_effort(crate::support::fixture::CHEAP)
        .with_work_allowance(LITTLE);
    for _ in 0..4 {
        let page = service
            .list(&world.ona, part_of(Filter::All, None, PAGE_SIZE))
            .await;
        page.expect("listed");
    }
}
