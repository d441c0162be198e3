//! The listener: takes connections, bounds what each may cost, and ends without cutting anybody off.
//! hyper under the poem application instead of poem's own server, which has no time limit for the
//! head of a request, spins when descriptors run out, and leaves `TCP_NODELAY` off. HTTP/1.1 only: a
//! balancer speaks the newer ones to the outside. Imports `detach_on_drop` and `domain::client_ip` only.

mod connection;
mod lifecycle;
mod limits;
mod peers;
mod rejection;
mod request_limits;
mod timed_socket;

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use futures_util::FutureExt as _;
use poem::{Endpoint, Response};
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    signal::unix::{Signal, SignalKind, signal},
    sync::{OwnedSemaphorePermit, Semaphore},
    task::unconstrained,
    time::{sleep, timeout},
};

use self::{connection::Connections, lifecycle::Phase};
pub use self::{
    lifecycle::Lifecycle,
    limits::{Limits, RequestLimits},
    peers::Room,
    request_limits::with_request_limits,
};
use crate::domain::client_ip::ClientIp;

/// Between closing the port and closing idle connections: whoever is about to ask on one is still
/// answered, and told that it was the last time.
const KEEP_ALIVE_DRAIN: Duration = Duration::from_millis(500);
/// How long requests under way may take after that.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(9);
/// Before accepting is tried again when it fails. Without it the loop would spin: a connection for
/// which there is no descriptor stays in the queue.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Before it is looked again whether a connection rests whose place can be had.
const PERMIT_PAUSE: Duration = Duration::from_millis(100);
/// Connections that the system takes in while nobody accepts them, where its own limit (`somaxconn`) is
/// not lower. Those beyond it believe that they are connected, and are reset when the port closes.
const BACKLOG: u32 = 4_096;
/// What the system keeps of requests that are not read yet, a connection; it takes twice that in memory.
/// A whole request is no larger, and a client that sends many at once waits.
const RECEIVE_BYTES: u32 = 32 * 1024;
/// What the system takes from us of an answer beyond that which is on its way. Without it it takes what
/// may be on its way some time: megabytes of an answer that nobody reads, all in kernel memory, which counts as
/// ours in a container. How much is on its way follows from the line alone, so that a long one is not slower.
#[cfg(target_os = "linux")]
const UNSENT_BYTES: u32 = 16 * 1024;

/// Takes a port. tokio's own way has a queue of 128.
///
/// # Errors
/// When the address cannot be had.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    // An instance that follows another one must not wait until the last of its connections is forgotten.
    socket.set_reuseaddr(true)?;
    // Connections that are accepted have it from here.
    socket.set_recv_buffer_size(RECEIVE_BYTES)?;
    #[cfg(target_os = "linux")]
    socket2::SockRef::from(&socket).set_tcp_notsent_lowat(UNSENT_BYTES)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// What tells the process to end: SIGINT and SIGTERM, heard from the moment that this is made.
pub struct StopSignals {
    interrupt: Signal,
    terminate: Signal,
}

impl StopSignals {
    /// # Errors
    /// When the signals cannot be heard.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Waits for the next one.
    pub async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Serves until a signal to stop; then goes on for the time that `drain` gives, and ends once the
/// requests under way are answered, within ten seconds. A second signal ends it at once.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    endpoint: impl Endpoint<Output = Response> + 'static,
    lifecycle: Lifecycle,
    drain: Duration,
    behind_proxy: bool,
    mut signals: StopSignals,
) -> io::Result<()> {
    let limits = Limits::of_process(behind_proxy);
    metrics::gauge!("tickbox_http_connections_max").set(f64::from(limits.connections));
    // Said only now: whoever waits for this line may send a signal.
    let (address, connections) = (listener.local_addr()?, limits.connections);
    tracing::info!(%address, connections, "listening");
    let mut server = tokio::spawn(run(listener, endpoint, limits, lifecycle.clone()));

    tokio::select! {
        () = signals.next() => {}
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
        () = signals.next() => tracing::warn!("stopped at once"),
    }
    Ok(())
}

/// Answers connections until `lifecycle` closes; then what the system has taken in already, and what
/// is under way.
pub async fn run(
    listener: TcpListener,
    endpoint: impl Endpoint<Output = Response> + 'static,
    limits: Limits,
    lifecycle: Lifecycle,
) {
    let permits = Arc::new(Semaphore::new(limits.permits()));
    let connections = Connections::new(endpoint, limits, lifecycle.clone());
    let mut accepted = None;
    loop {
        tokio::select! {
            biased;
            () = lifecycle.reached(Phase::Closing) => break,
            (socket, permit) = next(&listener, &permits, &connections, &mut accepted) => {
                connections.begin(socket, Some(permit));
            }
        }
    }
    if let Some((socket, _)) = accepted {
        connections.begin(socket, None);
    }
    let taken = timeout(KEEP_ALIVE_DRAIN, take_in_the_queue(&listener, &connections));
    if taken.await.is_err() {
        tracing::warn!("connections were cut off: there were no descriptors for them");
    }
    drop(listener);
    sleep(KEEP_ALIVE_DRAIN).await;
    if timeout(SHUTDOWN_TIMEOUT, connections.end()).await.is_err() {
        tracing::warn!("requests were cut off: they took too long to end");
    }
}

/// Begins with all connections that the system has taken in, beyond the places there are: to close the
/// port resets those that still wait.
async fn take_in_the_queue<E: Endpoint<Output = Response> + 'static>(
    listener: &TcpListener,
    connections: &Connections<E>,
) {
    // Bounded, since more may come as quickly as they are taken.
    for _ in 0..2 * BACKLOG {
        // tokio lets a task have no more than 128 of what is ready, and then says that nothing is.
        match unconstrained(listener.accept()).now_or_never() {
            Some(Ok((socket, _))) => connections.begin(socket, None),
            // Without a descriptor; those that end soon give theirs back.
            Some(Err(_)) => sleep(ACCEPT_PAUSE).await,
            None => break,
        }
    }
}

/// The next connection, as soon as there is a place for one: beyond the limit they wait in the
/// system's queue. The first of these is `accepted`, so that it is not lost when nobody waits any more.
async fn next<E: Endpoint<Output = Response> + 'static>(
    listener: &TcpListener,
    permits: &Arc<Semaphore>,
    connections: &Connections<E>,
    accepted: &mut Option<(TcpStream, IpAddr)>,
) -> (TcpStream, OwnedSemaphorePermit) {
    let network = if let Some((_, network)) = accepted {
        *network
    } else {
        let (socket, network) = accept(listener, connections).await;
        *accepted = Some((socket, network));
        network
    };
    let permit = loop {
        if let Ok(permit) = permits.clone().try_acquire_owned() {
            break permit;
        }
        connections.make_room(network);
        let waited = timeout(PERMIT_PAUSE, permits.clone().acquire_owned()).await;
        if let Ok(permit) = waited {
            break permit.expect("nobody closes it");
        }
    };
    let (socket, _) = accepted.take().expect("it has been accepted");
    (socket, permit)
}

/// The next connection of an address that may have one more. What is beyond that is closed at once.
async fn accept<E: Endpoint<Output = Response> + 'static>(
    listener: &TcpListener,
    connections: &Connections<E>,
) -> (TcpStream, IpAddr) {
    loop {
        match listener.accept().await {
            Ok((socket, peer)) => {
                let network = ClientIp::from(peer.ip()).network();
                if connections.admit(network) {
                    return (socket, network);
                }
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}
