//! Nobody holds a connection for ever, and nobody's answer is waited for longer than is said.

use sqlx::MySqlPool;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use poem::{Endpoint, EndpointExt as _, Request, Response};
use serde_json::Value;
use tickbox::{
    api,
    server::{Limits, RequestLimits, with_request_limits},
    web,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
    sync::Notify,
    time::{sleep, timeout},
};

use super::{ASK, PATIENCE, Wire, listen, ready, statuses};
use crate::support::test_server::Site;

/// Short enough for a test, and far enough from each other to be told apart.
const SHORT: Limits = Limits {
    connections: 100,
    of_one: None,
    head: Duration::from_millis(400),
    idle: Duration::from_millis(1_500),
    write: Duration::from_millis(400),
};

#[tokio::test]
async fn an_incomplete_head_times_out() {
    let (address, _) = listen(ready(), SHORT).await;
    for begin in ["", "GET / HTTP/1.1\r\nHost: here\r\n", "PRI * HT"] {
        let begun = Instant::now();
        let mut wire = Wire::to(&address).await;
        wire.send(begin).await.expect("sent");
        assert_eq!(wire.rest().await, "", "{begin:?}");
        assert!(begun.elapsed() >= SHORT.head, "{begin:?}");
        assert!(begun.elapsed() < SHORT.idle, "{begin:?}");
    }
}

#[tokio::test]
async fn a_dripped_head_gains_no_time() {
    let (address, _) = listen(ready(), SHORT).await;
    let begun = Instant::now();
    let mut wire = Wire::to(&address).await;
    while wire.send("x").await.is_ok() {
        sleep(Duration::from_millis(50)).await;
        assert!(begun.elapsed() < SHORT.idle, "it is still let in");
    }
    assert!(begun.elapsed() >= SHORT.head);
}

#[tokio::test]
async fn a_later_request_has_the_same_head_timeout() {
    let (address, _) = listen(ready(), SHORT).await;
    let mut wire = Wire::to(&address).await;
    wire.send(ASK).await.expect("sent");
    wire.answer().await;
    let begun = Instant::now();
    while wire.send("x").await.is_ok() {
        sleep(Duration::from_millis(50)).await;
        assert!(begun.elapsed() < SHORT.idle, "it is still let in");
    }
    assert!(begun.elapsed() >= SHORT.head);
}

/// More than fits into the buffers of both systems, taken in longer than a connection may rest.
#[tokio::test]
async fn a_slow_reader_gets_the_whole_response() {
    const LENGTH: usize = 48 << 20;
    let large = poem::endpoint::make_sync(|_| vec![b'x'; LENGTH]).map_to_response();
    let (address, _) = listen(large, SHORT).await;
    let mut socket = TcpStream::connect(&address).await.expect("it listens");
    socket.write_all(ASK.as_bytes()).await.expect("sent");
    let begun = Instant::now();
    let (mut taken, mut part) = (0, vec![0; 1 << 20]);
    while taken < LENGTH {
        let read = timeout(PATIENCE, socket.read(&mut part)).await;
        let read = read.expect("in time").expect("not reset");
        assert!(
            read > 0,
            "cut off after {taken} bytes, {:?}",
            begun.elapsed()
        );
        taken += read;
        sleep(Duration::from_millis(50)).await;
    }
    assert!(
        begun.elapsed() > SHORT.idle,
        "taken too fast to show anything"
    );
    let resting = Instant::now();
    let rest = timeout(PATIENCE, socket.read_to_end(&mut part)).await;
    rest.expect("it is closed in the end").ok();
    assert!(resting.elapsed() >= SHORT.idle / 2);
}

#[tokio::test]
async fn the_idle_timeout_is_longer_than_the_head_timeout() {
    let (address, _) = listen(ready(), SHORT).await;
    let mut wire = Wire::to(&address).await;
    for _ in 0..2 {
        wire.send(ASK).await.expect("still open");
        assert_eq!(statuses(&wire.answer().await), ["200"]);
        sleep(SHORT.head * 2).await;
    }
    let resting = Instant::now();
    assert_eq!(wire.rest().await, "");
    assert!(resting.elapsed() < SHORT.idle, "it rested before");
}

#[tokio::test]
async fn a_client_that_reads_nothing_is_disconnected() {
    // More than the system keeps for both sides.
    let long = poem::endpoint::make_sync(|_| "x".repeat(20 << 20)).map_to_response();
    let (address, _) = listen(long, SHORT).await;
    let mut wire = Wire::to(&address).await;
    wire.send(ASK).await.expect("sent");
    sleep(SHORT.write * 3).await;
    let answer = wire.rest().await;
    assert!(answer.len() < 20 << 20, "it got all of it");
}

#[tokio::test]
async fn a_client_that_reads_too_slowly_is_disconnected() {
    const LENGTH: usize = 4 << 20;
    let long = poem::endpoint::make_sync(|_| "x".repeat(LENGTH)).map_to_response();
    let (address, _) = listen(long, SHORT).await;
    let socket = TcpSocket::new_v4().expect("a socket");
    // So that the system takes no more for it than it reads.
    socket
        .set_recv_buffer_size(4 * 1024)
        .expect("not connected");
    let address = address.parse().expect("an address");
    let mut socket = socket.connect(address).await.expect("it listens");
    socket.write_all(ASK.as_bytes()).await.expect("sent");
    let begun = Instant::now();
    let (mut taken, mut part) = (0, [0; 3 * 1024]);
    while let Ok(length @ 1..) = socket.read(&mut part).await {
        taken += length;
        assert!(begun.elapsed() < PATIENCE, "it is still given more");
        sleep(Duration::from_millis(50)).await;
    }
    assert!(begun.elapsed() >= SHORT.write);
    assert!(taken < LENGTH);
}

/// Answers when it is told to, and tells when it has been.
fn waiting(resume: &Arc<Notify>, done: &Arc<Notify>) -> impl Endpoint<Output = Response> + 'static {
    let (resume, done) = (resume.clone(), done.clone());
    poem::endpoint::make(move |_: Request| {
        let (resume, done) = (resume.clone(), done.clone());
        async move {
            resume.notified().await;
            done.notify_one();
            "done\n"
        }
    })
    .map_to_response()
}

#[tokio::test]
async fn a_client_that_disconnects_does_not_cancel_its_request() {
    let (resume, done) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (address, _) = listen(waiting(&resume, &done), SHORT).await;
    let mut wire = Wire::to(&address).await;
    wire.send(ASK).await.expect("sent");
    sleep(Duration::from_millis(50)).await;
    drop(wire);
    sleep(Duration::from_millis(50)).await;
    resume.notify_one();
    let finished = timeout(PATIENCE, done.notified()).await;
    finished.expect("it was cancelled");
}

#[tokio::test]
async fn a_handler_timeout_is_a_page_or_problem_with_retry_after() {
    let request = || Request::builder().header("host", "here").finish();
    let never = || poem::endpoint::make(|_: Request| std::future::pending::<Response>());
    let limits = RequestLimits {
        uri_bytes: 100,
        body_bytes: 100,
        body: PATIENCE,
        handler: Duration::from_millis(50),
    };
    let page = web::error_page::with_error_pages(with_request_limits(never(), limits));
    let page = page.get_response(request()).await;
    let problem = api::with_problem_responses(with_request_limits(never(), limits));
    let problem = problem.get_response(request()).await;
    for (mut answer, kind) in [(page, "text/html"), (problem, "application/problem+json")] {
        assert_eq!(answer.status(), 503);
        assert_eq!(answer.header("retry-after"), Some("5"));
        assert!(answer.content_type().is_some_and(|it| it.starts_with(kind)));
        let body = answer.take_body().into_string().await.expect("text");
        assert!(body.contains("cannot answer right now"), "{body}");
    }
}

#[sqlx::test]
async fn a_body_timeout_is_a_page_or_a_problem(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let drip = async |path: &str, kind: &str| {
        let mut wire = Wire::to(&site.address).await;
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: {kind}\r\nContent-Length: 1000\r\n\r\n",
            site.address
        );
        wire.send(head).await.expect("sent");
        let begun = Instant::now();
        while wire.is_open().await && begun.elapsed() < PATIENCE * 2 {
            wire.send(" ").await.ok();
            sleep(Duration::from_millis(200)).await;
            if begun.elapsed() > Duration::from_millis(14_800) {
                break;
            }
        }
        (wire.rest().await, begun.elapsed())
    };
    let (page, problem) = tokio::join!(
        drip("/login", "application/x-www-form-urlencoded"),
        drip("/api/v1/login", "application/json"),
    );
    for (answer, after) in [&page, &problem] {
        assert_eq!(statuses(answer), ["408"], "{answer}");
        assert!(answer.contains("connection: close"), "{answer}");
        assert!(*after < Duration::from_secs(17), "{after:?}");
    }
    assert!(page.0.contains("took too long to arrive"), "{}", page.0);
    let body = problem.0.split("\r\n\r\n").nth(1).expect("a body");
    let problem: Value = serde_json::from_str(body).expect("JSON");
    assert_eq!(problem["code"], "request_timeout");
}
