//! The listener: opens the port, serves until it is told to stop, and ends without cutting anybody
//! off. May import `config` only.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use poem::{Endpoint, Server, listener::TcpAcceptor};
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
    time::{sleep, timeout},
};

use crate::config::Config;

/// How long requests under way may take after the listener has closed.
const GRACE: Duration = Duration::from_secs(10);

/// Whether new requests are still wanted; a balancer asks before it sends any.
#[derive(Clone, Debug, Default)]
pub struct Draining(Arc<AtomicBool>);

impl Draining {
    /// Whether the instance was told to stop.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn begin(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Takes the port.
///
/// # Errors
/// When it is taken or may not be used.
pub async fn bind(config: &Config) -> io::Result<TcpListener> {
    TcpListener::bind(config.listen).await
}

/// Serves until SIGINT or SIGTERM; then goes on for the time that `drain` gives, and ends once the
/// requests under way are answered. A second signal ends it at once.
///
/// # Errors
/// When the signals cannot be heard or the listener fails.
pub async fn serve(
    listener: TcpListener,
    endpoint: impl Endpoint + 'static,
    draining: Draining,
    drain: Duration,
) -> io::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    // Said only now: whoever waits for this line may send a signal.
    tracing::info!(address = %listener.local_addr()?, "listening");
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let server = Server::new_with_acceptor(TcpAcceptor::from_tokio(listener)?)
        .run_with_graceful_shutdown(endpoint, async { drop(stopped.await) }, Some(GRACE));
    let mut server = tokio::spawn(server);

    tokio::select! {
        () = stop_signal(&mut interrupt, &mut terminate) => {}
        end = &mut server => {
            end??;
            return Err(io::Error::other("the listener ended by itself"));
        }
    }
    tracing::info!(seconds = drain.as_secs(), "stopping");
    draining.begin();
    let end = async {
        sleep(drain).await;
        // The other side is gone only when the server is.
        stop.send(()).ok();
        // Connections that never end by themselves are cut.
        timeout(GRACE + Duration::from_secs(1), server).await.ok();
    };
    tokio::select! {
        () = end => tracing::info!("stopped"),
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
