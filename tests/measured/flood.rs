//! Right passwords from eight addresses at ten a second each, more than one processor can hash, delay a
//! stranger's login by less than a second. Of the program that is shipped: `./tests/load/run quick`.

use sqlx::MySqlPool;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::future::{join, join_all};
use tokio::time::{interval, sleep};

use crate::{Program, client, form, options, statistics::quantile};

const ADDRESSES: u8 = 8;
/// Of each address, so that neither its allowance nor that of an account ends the flood.
const ACCOUNTS: u8 = 2;
/// Between two logins of one address.
const EACH: Duration = Duration::from_millis(100);
const LASTING: Duration = Duration::from_secs(20);
/// Until the flood is at its height.
const RISE: Duration = Duration::from_secs(2);
/// A stranger's login, but for one in a hundred.
const LOGIN_WITHIN: Duration = Duration::from_secs(1);
/// Between two requests for the list, and between two logins of the stranger.
const PAUSE: Duration = Duration::from_millis(20);
const PASSWORD: &str = "violet teapot 7";
/// Where the stranger is.
const ELSEWHERE: u8 = 100;

#[sqlx::test(migrations = false)]
async fn a_flood_of_right_passwords_does_not_delay_a_stranger(pool: MySqlPool) {
    let options = options(&pool);
    let limits = [("RATE_LIMITS", "on"), ("TRUSTED_PROXY_HOPS", "1")];
    let program = Arc::new(Program::start_with(&options, &limits).await);
    for address in 0..ADDRESSES {
        for account in 0..ACCOUNTS {
            Visitor::new(&program, address, account).register().await;
        }
    }
    let stranger = Visitor::new(&program, ELSEWHERE, 0);
    stranger.register().await;
    let cookie = stranger.log_in().await.cookie;
    stranger.ask(&cookie, RISE).await; // warm
    let alone = stranger.ask(&cookie, LASTING / 2).await;

    let floods = (0..ADDRESSES).map(|address| tokio::spawn(flood(program.clone(), address)));
    let floods: Vec<_> = floods.collect();
    sleep(RISE).await;
    let lasting = LASTING - RISE * 2;
    let beside = join(stranger.log_in_for(lasting), stranger.ask(&cookie, lasting));
    let (logins, beside) = beside.await;
    let hashed = join_all(floods)
        .await
        .into_iter()
        .map(|it| it.expect("no panic"));

    let (hashed, login) = (hashed.sum::<usize>(), quantile(&logins, 0.99));
    let (alone, beside) = (quantile(&alone, 0.99), quantile(&beside, 0.99));
    println!(
        "flood: {hashed} logins of {ADDRESSES} addresses got in within {LASTING:?}; {} of a stranger beside them, \
         p99 {login:?}; lists p99 alone {alone:?}, beside {beside:?}",
        logins.len(),
    );
    assert!(login < LOGIN_WITHIN, "{login:?}");
}

/// Sends the next login without waiting for the one before, and says how many got in.
async fn flood(program: Arc<Program>, address: u8) -> usize {
    let mut ticks = interval(EACH);
    let visitors: Vec<_> = (0..ACCOUNTS)
        .map(|it| Visitor::new(&program, address, it))
        .collect();
    let until = Instant::now() + LASTING;
    let mut sent = Vec::new();
    for visitor in visitors.into_iter().cycle() {
        ticks.tick().await;
        if Instant::now() >= until {
            break;
        }
        sent.push(tokio::spawn(async move { visitor.log_in().await.status }));
    }
    let statuses = join_all(sent).await;
    statuses
        .into_iter()
        .filter(|it| matches!(it, Ok(303)))
        .count()
}

/// Somebody with an account, at an address.
#[derive(Clone)]
struct Visitor {
    program: Arc<Program>,
    client: reqwest::Client,
    address: String,
    username: String,
}

struct Login {
    status: u16,
    cookie: String,
    taken: Duration,
}

impl Visitor {
    fn new(program: &Arc<Program>, address: u8, account: u8) -> Self {
        Self {
            program: program.clone(),
            client: client(),
            address: format!("192.0.2.{address}"),
            username: format!("rita{address}.{account}"),
        }
    }

    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> reqwest::Response {
        let request = self.client.post(self.program.url(path));
        let request = request
            .header("content-type", "application/x-www-form-urlencoded")
            .header("x-forwarded-for", &self.address)
            .body(form(fields));
        request.send().await.expect("an answer")
    }

    async fn register(&self) {
        let fields = [
            ("first_name", "Rita"),
            ("last_name", "Ritaitė"),
            ("username", &self.username),
            ("password", PASSWORD),
            ("password_again", PASSWORD),
        ];
        assert_eq!(self.post("/register", &fields).await.status(), 303);
    }

    async fn log_in(&self) -> Login {
        let fields = [("username", self.username.as_str()), ("password", PASSWORD)];
        let began = Instant::now();
        let answer = self.post("/login", &fields).await;
        let taken = began.elapsed();
        let cookie = answer.headers().get("set-cookie");
        let cookie = cookie.and_then(|it| it.to_str().ok()?.split(';').next());
        Login {
            status: answer.status().as_u16(),
            cookie: cookie.unwrap_or_default().to_owned(),
            taken,
        }
    }

    /// One login after the other: how long each took. All get in.
    async fn log_in_for(&self, lasting: Duration) -> Vec<Duration> {
        let (mut times, until) = (Vec::new(), Instant::now() + lasting);
        while Instant::now() < until {
            let login = self.log_in().await;
            assert_eq!(login.status, 303, "a stranger is sent away");
            times.push(login.taken);
            sleep(PAUSE * 5).await;
        }
        times
    }

    /// The list, again and again: how long each took.
    async fn ask(&self, cookie: &str, lasting: Duration) -> Vec<Duration> {
        let (mut times, until) = (Vec::new(), Instant::now() + lasting);
        while Instant::now() < until {
            let began = Instant::now();
            let request = self
                .client
                .get(self.program.url("/"))
                .header("cookie", cookie);
            // Somewhere else: each request counts for its address.
            let answer = request
                .header("x-forwarded-for", "192.0.2.101")
                .send()
                .await;
            let answer = answer.expect("an answer");
            assert_eq!(answer.status(), 200);
            answer.bytes().await.expect("read");
            times.push(began.elapsed());
            sleep(PAUSE).await;
        }
        times
    }
}
