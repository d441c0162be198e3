//! The HTTP listener: accepts connections, limits the cost of each, and shuts down gracefully. hyper under the
//! poem application instead of poem's own server, which has no time limit for the head of a request, spins when
//! descriptors run out, and leaves `TCP_NODELAY` off. HTTP/1.1 only: a balancer speaks the newer ones to the
//! outside. Imports `detach_on_drop` and `domain` only.

mod connection;
mod large_bodies;
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
    large_bodies::LargeBodySender,
    lifecycle::Lifecycle,
    limits::{Limits, RequestLimits},
    peers::Room,
    request_limits::with_request_limits,
};
use crate::domain::client_ip::ClientIp;

/// Time between closing the port and closing idle connections: a request that a client is just sending on one is
/// still answered, with `Connection: close`.
const KEEP_ALIVE_DRAIN: Duration = Duration::from_millis(500);
/// Time limit of requests under way after that.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(9);
/// Pause after a failed accept. Without it the loop would spin: a connection for
/// which there is no descriptor stays in the queue.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Pause before the next search for an idle connection to close.
const PERMIT_PAUSE: Duration = Duration::from_millis(100);
/// Length of the system's queue of connections that are not accepted yet, where its own limit (`somaxconn`) is
/// not lower. Those beyond it believe that they are connected, and are reset when the port closes.
const BACKLOG: u32 = 4_096;
/// Receive buffer of a connection; the system takes twice that in memory. A whole request is no larger, and a
/// client that sends many at once waits.
const RECEIVE_BYTES: u32 = 32 * 1024;
/// `TCP_NOTSENT_LOWAT`: the send buffer beyond the bytes on their way. Without it the system buffers megabytes
/// of a response that the client does not read, in kernel memory, which counts towards a container's. How much
/// is on its way follows from the line alone, so that a long one is not slower.
#[cfg(target_os = "linux")]
const UNSENT_BYTES: u32 = 16 * 1024;

/// Binds a listener. tokio's own function has a queue of 128.
///
/// # Errors
/// When the address cannot be bound.
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

/// The signals that stop the process, SIGINT and SIGTERM, handled from the creation of this value on.
pub struct StopSignals {
    interrupt: Signal,
    terminate: Signal,
}

impl StopSignals {
    /// Installs the signal handlers.
    ///
    /// # Errors
    /// When the handlers cannot be installed.
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

/// Serves until a signal to stop, then for the time of `drain`; returns once the requests under way are answered,
/// within ten seconds. A second signal ends it immediately.
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
    // Logged only after signal handlers are installed.
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

/// Serves connections until `lifecycle` closes; then those in the system's queue, and the requests under way.
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
    let taken = timeout(KEEP_ALIVE_DRAIN, accept_queue(&listener, &connections));
    if taken.await.is_err() {
        tracing::warn!("connections were aborted: there were no file descriptors for them");
    }
    drop(listener);
    sleep(KEEP_ALIVE_DRAIN).await;
    if timeout(SHUTDOWN_TIMEOUT, connections.end()).await.is_err() {
        tracing::warn!("requests were aborted: they did not finish within the drain time");
    }
}

/// Accepts all connections in the system's queue, beyond the limit: closing the port would reset them.
async fn accept_queue<E: Endpoint<Output = Response> + 'static>(
    listener: &TcpListener,
    connections: &Connections<E>,
) {
    // Bounded, since more may come as quickly as they are taken.
    for _ in 0..2 * BACKLOG {
        // tokio's cooperative budget would report nothing ready after 128 connections.
        match unconstrained(listener.accept()).now_or_never() {
            Some(Ok((socket, _))) => connections.begin(socket, None),
            // No descriptor is free; connections that end soon release theirs.
            Some(Err(_)) => sleep(ACCEPT_PAUSE).await,
            None => break,
        }
    }
}

/// The next connection, as soon as there is a permit for one: beyond the limit they wait in the system's queue. The
/// first of these is `accepted`, so that it is not lost when this future is dropped.
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

/// The next connection of a network that may have one more. Connections beyond that are closed immediately.
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
