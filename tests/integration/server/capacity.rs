//! More connections than there are places for, and more from one address than it may have.

use std::{net::Ipv4Addr, sync::Arc, time::Duration};

use futures_util::future::join_all;
use poem::{Endpoint, EndpointExt as _, Request, Response};
use tickbox::server::Limits;
use tokio::{
    net::{TcpSocket, TcpStream},
    sync::Semaphore,
    time::sleep,
};

use super::{ASK, Wire, listen, ready, statuses};

/// Longer than a connection has to rest before its place may be another's.
const RESTED: Duration = Duration::from_millis(1_200);

#[tokio::test]
async fn a_connection_beyond_the_limit_waits_and_is_answered() {
    let limits = Limits {
        connections: 2,
        ..Limits::default()
    };
    let (address, _) = listen(ready(), limits).await;
    let places = [
        asked(Wire::to(&address).await).await,
        asked(Wire::to(&address).await).await,
    ];
    let mut waiting = Wire::to(&address).await;
    waiting.send(ASK).await.expect("sent");
    sleep(RESTED).await;
    assert!(waiting.is_open().await, "it was answered beyond the limit");
    drop(places);
    assert_eq!(statuses(&waiting.answer().await), ["200"]);
}

/// From that address of loopback; only Linux has more than one without being told.
async fn from(number: u8, address: &str) -> Wire {
    let socket = TcpSocket::new_v4().expect("a socket");
    let own = (Ipv4Addr::new(127, 0, 0, number), 0).into();
    socket.bind(own).expect("of loopback");
    let address = address.parse().expect("an address");
    let socket: TcpStream = socket.connect(address).await.expect("it listens");
    Wire(socket)
}

/// A connection that has been answered, and rests.
async fn asked(mut wire: Wire) -> Wire {
    wire.send(ASK).await.expect("sent");
    assert_eq!(statuses(&wire.answer().await), ["200"]);
    wire
}

/// Answers each request when the semaphore lets it.
fn slow(go: &Arc<Semaphore>) -> impl Endpoint<Output = Response> + 'static {
    let go = go.clone();
    poem::endpoint::make(move |_: Request| {
        let go = go.clone();
        async move {
            go.acquire().await.expect("open").forget();
            "done\n"
        }
    })
    .map_to_response()
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_full_server_closes_the_oldest_idle_of_the_top_address() {
    let limits = Limits {
        connections: 4,
        of_one: Some(3),
        ..Limits::default()
    };
    let (address, _) = listen(ready(), limits).await;
    let mut greedy = vec![];
    for _ in 0..3 {
        greedy.push(asked(from(2, &address).await).await);
        sleep(Duration::from_millis(20)).await;
    }
    let mut modest = asked(from(3, &address).await).await;
    sleep(RESTED).await;
    let mut comes = asked(from(4, &address).await).await;
    let open = join_all(greedy.iter_mut().map(Wire::is_open)).await;
    assert_eq!(open, [false, true, true]);
    assert!(modest.is_open().await && comes.is_open().await);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn an_address_at_its_limit_can_replace_only_idle_connections() {
    let limits = Limits {
        of_one: Some(2),
        ..Limits::default()
    };
    let go = Arc::new(Semaphore::new(2));
    let (address, _) = listen(slow(&go), limits).await;
    let mut first = vec![];
    for _ in 0..2 {
        let mut wire = from(2, &address).await;
        wire.send(ASK).await.expect("sent");
        assert!(wire.answer().await.contains("done"));
        first.push(wire);
    }
    sleep(RESTED).await;
    let mut busy = vec![];
    for _ in 0..2 {
        let mut wire = from(2, &address).await;
        wire.send(ASK).await.expect("sent");
        busy.push(wire);
    }
    sleep(RESTED).await;
    let open = join_all(first.iter_mut().map(Wire::is_open)).await;
    assert_eq!(open, [false, false], "they rested");
    let mut refused = from(2, &address).await;
    refused.send(ASK).await.ok();
    assert_eq!(refused.rest().await, "");
    let mut other = from(3, &address).await;
    other.send(ASK).await.expect("sent");
    go.add_permits(3);
    for wire in busy.iter_mut().chain([&mut other]) {
        assert!(wire.answer().await.contains("done"));
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_connection_that_does_not_read_can_be_closed_for_another() {
    let limits = Limits {
        connections: 2,
        of_one: Some(2),
        ..Limits::default()
    };
    let large = |request: Request| match request.uri().path() {
        "/large" => "x".repeat(20 << 20),
        _ => "small".to_owned(),
    };
    let large = poem::endpoint::make_sync(large).map_to_response();
    let (address, _) = listen(large, limits).await;
    let mut unread = vec![];
    for _ in 0..2 {
        let mut wire = from(2, &address).await;
        let ask = ASK.replacen("GET /", "GET /large", 1);
        wire.send(ask).await.expect("sent");
        unread.push(wire);
    }
    sleep(RESTED).await;
    let mut comes = from(3, &address).await;
    comes.send(ASK).await.expect("sent");
    assert!(comes.answer().await.contains("small"));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn connections_of_proxies_are_not_limited_by_address() {
    let limits = Limits {
        connections: 3,
        of_one: None,
        ..Limits::default()
    };
    let (address, _) = listen(ready(), limits).await;
    let mut pooled = vec![];
    for _ in 0..3 {
        pooled.push(asked(from(2, &address).await).await);
    }
    sleep(RESTED).await;
    let mut waiting = from(3, &address).await;
    waiting.send(ASK).await.expect("sent");
    sleep(Duration::from_millis(300)).await;
    let open = join_all(pooled.iter_mut().map(Wire::is_open)).await;
    assert_eq!(open, [true; 3]);
    pooled.clear();
    assert_eq!(statuses(&waiting.answer().await), ["200"]);
}

/// hyper answers the next request of a connection when the answer before it has been taken.
#[tokio::test]
async fn pipelined_requests_are_answered_one_at_a_time() {
    const LENGTH: usize = 8 << 20;
    let asked = Arc::new(Semaphore::new(0));
    let counts = asked.clone();
    let large = poem::endpoint::make_sync(move |_: Request| {
        counts.add_permits(1);
        "x".repeat(LENGTH)
    });
    let (address, _) = listen(large.map_to_response(), Limits::default()).await;
    let mut wire = Wire::to(&address).await;
    wire.send(ASK.repeat(50)).await.expect("sent");
    sleep(Duration::from_millis(500)).await;
    assert_eq!(asked.available_permits(), 1);
}
