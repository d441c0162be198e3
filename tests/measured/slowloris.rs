//! Thousands of connections that send a byte now and then cost an honest client next to nothing, and do
//! not stay.

use sqlx::MySqlPool;
use std::{
    thread,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    runtime,
    time::{sleep, timeout},
};

use crate::{Program, client, form, options, post, statistics::quantile};

const DRIPS: usize = 2_000;
/// Until each of them is gone: the limit of a body (15 s), which is the longer one, and what two thousand
/// connections at once take to be let in and to be told.
const GONE: Duration = Duration::from_secs(17);
/// Between two of a drip's bytes.
const PAUSE: Duration = Duration::from_secs(2);
/// Of an honest client, in each of the two phases.
pub(crate) const REQUESTS: usize = 4_000;
/// A tired person's pace would not need so many; this many at once find every delay.
const CLIENTS: usize = 4;

#[sqlx::test(migrations = false)]
async fn two_thousand_slow_clients_do_not_double_the_latency(pool: MySqlPool) {
    let options = options(&pool);
    raise_descriptors();
    let program = Program::start(&options).await;
    let cookie = log_in(&program).await;
    ask(&program, &cookie, REQUESTS / 4).await; // warm
    let alone = ask(&program, &cookie, REQUESTS).await;

    let drips = thread::spawn({
        let address = program.address.clone();
        move || all_drips(&address)
    });
    sleep(PAUSE).await;
    let beside = ask(&program, &cookie, REQUESTS).await;
    let stayed = drips.join().expect("they come to their end");

    let (alone, beside) = (quantile(&alone, 0.99), quantile(&beside, 0.99));
    let longest = stayed.iter().max().expect("there were drips");
    println!(
        "slowloris: p99 alone {alone:?}, beside {DRIPS} drips {beside:?}; the last was gone after {longest:?}"
    );
    assert_eq!(stayed.len(), DRIPS, "some could not connect");
    assert!(*longest < GONE, "{longest:?}");
    assert!(beside < alone * 2, "{beside:?} beside, {alone:?} alone");
}

/// How long each stayed. On a thread of their own: what they cost us is not what they cost the server.
fn all_drips(address: &str) -> Vec<Duration> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let drips = (0..DRIPS).map(|number| tokio::spawn(drip(address.to_owned(), number)));
        let drips: Vec<_> = drips.collect();
        join_all(drips).await.into_iter().flatten().collect()
    })
}

/// Sends the head of a request, or the body, byte by byte. Gives the time until it was cut off.
async fn drip(address: String, number: usize) -> Duration {
    let mut socket = TcpStream::connect(&address).await.expect("let in");
    let begun = Instant::now();
    let begin: &[u8] = if number.is_multiple_of(2) {
        b"GET / HTTP/1.1\r\nX-Slow: "
    } else {
        b"POST /login HTTP/1.1\r\nHost: here\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\n"
    };
    let mut sent = socket.write_all(begin).await;
    let mut buffer = [0; 8 * 1024];
    while sent.is_ok() && begun.elapsed() < GONE * 2 {
        match timeout(PAUSE, socket.read(&mut buffer)).await {
            // Closed, or broken off.
            Ok(Ok(0) | Err(_)) => break,
            // The refusal; the end follows.
            Ok(Ok(_)) => {}
            Err(_) => sent = socket.write_all(b"x").await,
        }
    }
    begun.elapsed()
}

pub(crate) async fn log_in(program: &Program) -> String {
    let client = client();
    program.register(&client, "ona", "violet teapot 7").await;
    let form = form(&[("username", "ona"), ("password", "violet teapot 7")]);
    let answer = post(&client, program.url("/login"), form).await;
    let cookie = answer.headers()["set-cookie"].to_str().expect("ASCII");
    cookie.split(';').next().expect("a cookie").to_owned()
}

/// The list, again and again: how long each took.
pub(crate) async fn ask(program: &Program, cookie: &str, count: usize) -> Vec<Duration> {
    let clients = (0..CLIENTS).map(async |_| {
        let client = client();
        let mut times = Vec::new();
        for _ in 0..count / CLIENTS {
            let begun = Instant::now();
            let request = client.get(program.url("/")).header("cookie", cookie);
            let answer = request.send().await.expect("an answer");
            assert_eq!(answer.status(), 200);
            answer.bytes().await.expect("read");
            times.push(begun.elapsed());
        }
        times
    });
    join_all(clients).await.concat()
}

/// Our own ends of the drips need some too.
pub(crate) fn raise_descriptors() {
    rlimit::increase_nofile_limit(u64::MAX).expect("up to the maximum");
}
