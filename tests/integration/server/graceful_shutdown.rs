//! How an instance ends: nobody who is answered, or about to be, is cut off.

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;
use poem::{EndpointExt as _, Request};
use tickbox::server::Limits;
use tokio::{
    sync::Notify,
    time::{sleep, timeout},
};

use super::{ASK, PATIENCE, Wire, listen, ready, statuses};

#[tokio::test]
async fn a_request_in_flight_is_answered_with_connection_close() {
    let begun = Arc::new(Notify::new());
    let begins = begun.clone();
    let slow = poem::endpoint::make(move |_: Request| {
        let begins = begins.clone();
        async move {
            begins.notify_one();
            sleep(Duration::from_millis(300)).await;
            "done\n"
        }
    });
    let (address, lifecycle) = listen(slow.map_to_response(), Limits::default()).await;
    let mut wire = Wire::to(&address).await;
    wire.send(ASK).await.expect("sent");
    begun.notified().await;
    lifecycle.close();
    let answer = wire.rest().await;
    assert_eq!(statuses(&answer), ["200"]);
    assert!(answer.contains("connection: close"), "{answer}");
}

#[tokio::test]
async fn an_idle_connection_gets_one_more_response_then_closes() {
    let (address, lifecycle) = listen(ready(), Limits::default()).await;
    let (mut asks, mut rests) = (Wire::to(&address).await, Wire::to(&address).await);
    for wire in [&mut asks, &mut rests] {
        wire.send(ASK).await.expect("sent");
        let answer = wire.answer().await;
        assert!(!answer.contains("connection: close"), "{answer}");
    }
    lifecycle.close();
    sleep(Duration::from_millis(100)).await;
    asks.send(ASK).await.expect("still open");
    assert_eq!(statuses(&asks.rest().await), ["200"]);
    assert_eq!(rests.rest().await, "");
}

#[tokio::test]
async fn a_client_that_connected_before_shutdown_is_answered() {
    // One place, and it is taken: the others wait in the system's queue.
    let limits = Limits {
        connections: 1,
        ..Limits::default()
    };
    let (address, lifecycle) = listen(ready(), limits).await;
    let mut first = Wire::to(&address).await;
    first.send(ASK).await.expect("sent");
    first.answer().await;
    let mut queued = Wire::to(&address).await;
    queued.send(ASK).await.expect("sent");
    lifecycle.close();
    assert_eq!(statuses(&queued.rest().await), ["200"]);
}

/// More than what tokio's own queue holds, and than one task is given in a row.
#[tokio::test]
async fn queued_connections_are_answered_when_the_port_closes() {
    const WAITING: usize = 500;
    rlimit::increase_nofile_limit(u64::MAX).expect("as many as may be had");
    let limits = Limits {
        connections: 1,
        ..Limits::default()
    };
    let (address, lifecycle) = listen(ready(), limits).await;
    let mut first = Wire::to(&address).await;
    first.send(ASK).await.expect("sent");
    first.answer().await;
    let mut waiting = vec![];
    for number in 0..WAITING {
        let connected = timeout(PATIENCE, Wire::to(&address)).await;
        let mut wire = connected.unwrap_or_else(|_| panic!("no room for number {number}"));
        wire.send(ASK).await.expect("sent");
        waiting.push(wire);
    }
    lifecycle.close();
    let answers = join_all(waiting.iter_mut().map(Wire::rest)).await;
    let answered = answers.iter().filter(|it| statuses(it) == ["200"]).count();
    assert_eq!(answered, WAITING);
}

#[tokio::test]
async fn no_request_fails_while_instances_stop_under_load() {
    for _ in 0..5 {
        let (address, lifecycle) = listen(ready(), Limits::default()).await;
        let clients: Vec<_> = (0..16)
            .map(|_| tokio::spawn(ask_until_refused(address.clone())))
            .collect();
        sleep(Duration::from_millis(200)).await;
        lifecycle.close();
        for client in clients {
            let asked = timeout(PATIENCE, client).await.expect("it ends");
            assert!(asked.expect("a failed request") > 0);
        }
    }
}

/// Asks on one connection after another until there is nobody to connect to; each request on a
/// connection must be answered, unless the last answer said that it was the last.
async fn ask_until_refused(address: String) -> usize {
    let mut answered = 0;
    while let Ok(socket) = tokio::net::TcpStream::connect(&address).await {
        let mut wire = Wire(socket);
        loop {
            wire.send(ASK).await.expect("it reads");
            let answer = wire.answer().await;
            assert_eq!(statuses(&answer), ["200"], "after {answered}");
            answered += 1;
            if answer.contains("connection: close") {
                break;
            }
        }
    }
    answered
}
