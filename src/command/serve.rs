//! `tickbox serve`: how an instance starts. Logs, signals, the database, the verbs over it, the daily jobs,
//! the listener of `/metrics`, then that of the application.

use std::{io, net::SocketAddr, time::Duration};

use tickbox::{
    app::{self, Front},
    config::Config,
    database::{self, ConnectOptions, Database, migrations},
    domain::{clock::Clock, error::Error, rate_limit::RequestQuota},
    http::origin::{PublicOrigin, TrustedProxies},
    server::{self, Lifecycle, Limits, StopSignals},
    service::{Argon2Cost, Hasher, Service, TokenSigner},
    telemetry::{self, Metrics},
};
use tokio::{net::TcpListener, runtime::Runtime, time::sleep};

use super::CommandError;
use crate::jobs;

/// Database connections opened at start. A request holds one only for its statements.
const CONNECTIONS: usize = 8;
/// Connections to the listener of `/metrics`. Few, since their descriptors are among those that the other
/// listener leaves free.
const METRICS_CONNECTIONS: u32 = 32;
/// Attempts to reach the database, a second apart, before the start fails.
const START_ATTEMPTS: u32 = 30;

pub(crate) fn serve(config: Config) -> Result<(), CommandError> {
    telemetry::start(config.log_format, config.log_filter.clone());
    let runtime = Runtime::new()?;
    let served = runtime.block_on(run(config));
    // Without waiting for a name that is still being looked up.
    runtime.shutdown_background();
    served
}

async fn run(config: Config) -> Result<(), CommandError> {
    let mut signals = StopSignals::new()?;
    let database = tokio::select! {
        database = open_database(&config) => database?,
        () = signals.next() => {
            tracing::info!("stopped before the database answered");
            return Ok(());
        }
    };
    let service = service(&config, database)?;
    tokio::spawn(jobs::daily(service.clone()));
    let lifecycle = Lifecycle::default();
    if let Some(address) = config.metrics_listen {
        serve_metrics(address, service.clone(), lifecycle.clone())?;
    }
    let front = Front {
        proxies: TrustedProxies(config.trusted_proxy_hops),
        public_origin: config.public_origin.map(|it| PublicOrigin(it.into())),
        hsts: config.hsts,
    };
    let endpoint = app::endpoint(service, front, lifecycle.clone());
    let listener = listen("LISTEN", config.listen)?;
    let behind_proxy = config.trusted_proxy_hops > 0;
    let (drain, end) = (config.drain, signals);
    Ok(server::serve(listener, endpoint, lifecycle, drain, behind_proxy, end).await?)
}

/// Waits for the database, brings it up to date or checks that it is, and opens the connections.
async fn open_database(config: &Config) -> Result<Database, CommandError> {
    let options = config.database.clone().into();
    let mut tries = 1;
    loop {
        match try_open_database(&options, config.migrate_on_start).await {
            Err(Error::Unavailable { cause, .. }) if tries < START_ATTEMPTS => {
                tracing::warn!(cause, tries, "waiting for the database");
                sleep(Duration::from_secs(1)).await;
                tries += 1;
            }
            result => return Ok(result?),
        }
    }
}

/// Checks the schema on a connection that is needed anyway, and migrates only one that is behind: over
/// TLS each connection that waits for another one costs a start some 45 ms, since sqlx 0.9.0 leaves
/// `TCP_NODELAY` off.
async fn try_open_database(options: &ConnectOptions, migrate: bool) -> Result<Database, Error> {
    let database = Database::new(options.clone(), CONNECTIONS);
    if verify(&database).await.is_err() {
        if migrate {
            migrations::migrate(options).await?;
        } else {
            // A pool can only say that it has no connection; this says why.
            let mut connection = database::connect(options).await?;
            migrations::verify(&mut connection).await?;
        }
        verify(&database).await?;
    }
    Ok(database)
}

async fn verify(database: &Database) -> Result<(), Error> {
    database.open(CONNECTIONS).await?;
    database.read(migrations::verify).await
}

fn service(config: &Config, database: Database) -> Result<Service, CommandError> {
    let hasher = Hasher::new(Argon2Cost::STANDARD)?;
    let previous = config.jwt_secret_previous.as_ref();
    let signer = TokenSigner::new(&config.jwt_secret, previous);
    let service = Service::new(database, Clock::default(), hasher, signer);
    if config.rate_limits {
        return Ok(service.with_rate_limits(RequestQuota::STANDARD));
    }
    tracing::warn!("RATE_LIMITS=off: passwords may be guessed without limit");
    Ok(service)
}

fn serve_metrics(
    address: SocketAddr,
    service: Service,
    lifecycle: Lifecycle,
) -> Result<(), CommandError> {
    let listener = listen("METRICS_LISTEN", address)?;
    let endpoint = app::metrics::endpoint(Metrics::start(), service);
    let limits = Limits {
        connections: METRICS_CONNECTIONS,
        ..Limits::default()
    };
    tokio::spawn(server::run(listener, endpoint, limits, lifecycle));
    Ok(())
}

/// Binds the address that a setting names.
fn listen(setting: &str, address: SocketAddr) -> Result<TcpListener, CommandError> {
    server::bind(address).map_err(|error| {
        let mut other = address;
        other.set_port(match error.kind() {
            // Low ports are the system's.
            io::ErrorKind::PermissionDenied => 8080,
            _ => other.port().checked_add(1).unwrap_or(8080),
        });
        CommandError::Port(format!(
            "tickbox cannot listen on {address}: {error}. Choose another address, such as {setting}={other}"
        ))
    })
}
