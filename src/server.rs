//! The listener: takes connections, bounds what each may cost, and ends without cutting anybody off.
//! hyper under the poem application instead of poem's own server, which has no time limit for the
//! head of a request, spins when descriptors run out, and leaves `TCP_NODELAY` off. HTTP/1.1 only: a
//! balancer speaks the newer ones to the outside. Imports `unabandoned` only.

mod connection;
mod lifecycle;
mod limits;
mod request;
mod socket;

use std::{io, sync::Arc, time::Duration};

use futures_util::FutureExt as _;
use poem::{Endpoint, Response};
use tokio::{
    net::{TcpListener, TcpStream},
    signal::unix::{Signal, SignalKind, signal},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{sleep, timeout},
};

use self::{connection::Connections, lifecycle::Phase};
pub use self::{
    lifecycle::Lifecycle,
    limits::{Limits, RequestLimits},
    request::bounded,
};

/// Between closing the port and closing idle connections: whoever is about to ask on one is still
/// answered, and told that it was the last time.
const LINGER: Duration = Duration::from_millis(500);
/// How long requests under way may take after that.
const GRACE: Duration = Duration::from_secs(9);
/// Before accepting is tried again when it fails. Without it the loop would spin: a connection for
/// which there is no descriptor stays in the queue.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Connections that the system has taken in while nobody accepted them; the length of tokio's queue.
const BACKLOG: usize = 1_024;

/// Serves until SIGINT or SIGTERM; then goes on for the time that `drain` gives, and ends once the
/// requests under way are answered, within ten seconds. A second signal ends it at once.
///
/// # Errors
/// When the signals cannot be heard or the listener fails.
pub async fn serve(
    listener: TcpListener,
    endpoint: impl Endpoint<Output = Response> + 'static,
    lifecycle: Lifecycle,
    drain: Duration,
) -> io::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let limits = Limits::of_process();
    metrics::gauge!("tickbox_http_connections_max").set(f64::from(limits.connections));
    // Said only now: whoever waits for this line may send a signal.
    let (address, connections) = (listener.local_addr()?, limits.connections);
    tracing::info!(%address, connections, "listening");
    let mut server = tokio::spawn(run(listener, endpoint, limits, lifecycle.clone()));

    tokio::select! {
        () = stop_signal(&mut interrupt, &mut terminate) => {}
        end = &mut server => {
            end?;
            return Err(io::Error::other("the listener ended by itself"));
        }
    }
    tracing::info!(seconds = drain.as_secs(), "stopping");
    lifecycle.enter(Phase::Draining);
    let end = async {
        sleep(drain).await;
        lifecycle.enter(Phase::Closing);
        server.await
    };
    tokio::select! {
        end = end => {
            end?;
            tracing::info!("stopped");
        }
        () = stop_signal(&mut interrupt, &mut terminate) => tracing::warn!("stopped at once"),
    }
    Ok(())
}

async fn stop_signal(interrupt: &mut Signal, terminate: &mut Signal) {
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}

/// Answers connections until `lifecycle` closes; then what the system has taken in already, and what
/// is under way.
pub async fn run(
    listener: TcpListener,
    endpoint: impl Endpoint<Output = Response> + 'static,
    limits: Limits,
    lifecycle: Lifecycle,
) {
    let places = Arc::new(Semaphore::new(limits.places()));
    let connections = Connections::new(endpoint, limits, lifecycle.clone());
    loop {
        tokio::select! {
            biased;
            () = lifecycle.reached(Phase::Closing) => break,
            (socket, place) = next(&listener, &places) => connections.begin(socket, Some(place)),
        }
    }
    for _ in 0..BACKLOG {
        match listener.accept().now_or_never() {
            Some(Ok((socket, _))) => connections.begin(socket, None),
            _ => break,
        }
    }
    drop(listener);
    sleep(LINGER).await;
    if timeout(GRACE, connections.end()).await.is_err() {
        tracing::warn!("requests were cut off: they took too long to end");
    }
}

/// The next connection, as soon as there is a place for one: beyond the limit they wait in the
/// system's queue.
async fn next(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> (TcpStream, OwnedSemaphorePermit) {
    let place = places.clone().acquire_owned().await;
    let place = place.expect("nobody closes it");
    loop {
        match listener.accept().await {
            Ok((socket, _)) => return (socket, place),
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}
