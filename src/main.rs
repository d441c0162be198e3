//! The command: reads the settings, puts the parts together, serves.

use std::{
    env,
    io::{self, Write as _},
    net::SocketAddr,
    process::ExitCode,
    time::Duration,
};

use tickbox::{
    api,
    app::{self, Front},
    config::{Config, ConfigErrors, Purpose},
    database::{self, Database, migrations},
    domain::{clock::Clock, error::Error, rate_limit::RequestQuota},
    healthcheck,
    server::{self, Lifecycle, Limits, StopSignals},
    service::{Argon2Cost, Hasher, Purged, Service, TokenSigner},
    store,
    telemetry::{self, Metrics},
    web::{Proxies, PublicOrigin},
};
use tokio::{net::TcpListener, runtime::Runtime, time::sleep};

/// Its settings stand in `.cargo/config.toml`.
#[cfg(target_os = "linux")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

const USAGE: &str = "\
Usage: tickbox [COMMAND]

Commands:
  (none)       serve; migrates the database first unless MIGRATE_ON_START=false
  migrate      bring the database up to date
  restored     after the database was set back to a backup: every phone copies its list anew
  openapi      print the document of the API
  healthcheck  ask the instance on LISTEN whether it lives; exit status 0 if so
  help         this text
  version      the version

The settings come from the environment; docs/configuration.md explains them.
";

/// Connections to the database, opened at start. A request holds one only for its statements.
const CONNECTIONS: usize = 8;
/// To the listener of `/metrics`. Few, since their descriptors are among those that the other listener
/// leaves free.
const METRICS_CONNECTIONS: u32 = 32;
/// How often an instance looks whether the daily purge is due, or was given up by another one.
const PURGE_CHECK: Duration = Duration::from_mins(10);
/// How often an absent database is asked again before the start is given up.
const START_TRIES: u32 = 30;

/// Bad usage or bad settings; starting again will not help.
const EXIT_USAGE: u8 = 2;

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let command = arguments.first().map_or("serve", String::as_str);
    if arguments.len() > 1 {
        return usage();
    }
    match command {
        "serve" => with_config(Purpose::Serve, serve),
        "migrate" => with_config(Purpose::Migrate, migrate),
        "restored" => with_config(Purpose::Migrate, restored),
        "healthcheck" => with_config(Purpose::CheckHealth, healthcheck),
        "openapi" => print(&api::document()),
        "help" | "--help" | "-h" => print(USAGE),
        "version" | "--version" | "-V" => {
            print(concat!("tickbox ", env!("CARGO_PKG_VERSION"), "\n"))
        }
        _ => usage(),
    }
}

/// A reader that has seen enough, such as `head`, is no reason to panic.
fn print(text: &str) -> ExitCode {
    match io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn usage() -> ExitCode {
    eprint!("{USAGE}");
    ExitCode::from(EXIT_USAGE)
}

fn with_config(purpose: Purpose, command: fn(Config) -> Result<(), Exit>) -> ExitCode {
    let result = Config::read(purpose, |name| env::var_os(name))
        .map_err(Exit::Config)
        .and_then(command);
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(Exit::Config(problems)) => {
            eprintln!("{problems}");
            ExitCode::from(EXIT_USAGE)
        }
        Err(Exit::Port(words)) => {
            eprintln!("{words}");
            ExitCode::from(EXIT_USAGE)
        }
        Err(Exit::Other(words)) => {
            eprintln!("tickbox: {words}");
            ExitCode::FAILURE
        }
    }
}

/// Why the command ends before it should.
enum Exit {
    Config(ConfigErrors),
    Port(String),
    Other(String),
}

impl From<Error> for Exit {
    fn from(error: Error) -> Self {
        Self::Other(match error {
            Error::Unavailable { cause, .. } => cause,
            Error::Internal(cause) => cause.to_string(),
            error => error.to_string(),
        })
    }
}

impl From<io::Error> for Exit {
    fn from(error: io::Error) -> Self {
        Self::Other(error.to_string())
    }
}

fn serve(config: Config) -> Result<(), Exit> {
    telemetry::start(config.log_format, config.log_filter.clone());
    let runtime = Runtime::new()?;
    let served = runtime.block_on(async {
        let mut signals = StopSignals::new()?;
        let database = tokio::select! {
            database = database(&config) => database?,
            () = signals.next() => {
                tracing::info!("stopped before the database answered");
                return Ok(());
            }
        };
        let hasher = Hasher::new(Argon2Cost::STANDARD)?;
        let previous = config.jwt_secret_previous.as_ref();
        let signer = TokenSigner::new(&config.jwt_secret, previous);
        let service = Service::new(database, Clock::default(), hasher, signer);
        let service = limited(service, config.rate_limits);
        tokio::spawn(purge_daily(service.clone()));
        let lifecycle = Lifecycle::default();
        if let Some(address) = config.metrics_listen {
            let listener = listen("METRICS_LISTEN", address)?;
            let endpoint = app::metrics(Metrics::start(), service.clone());
            let limits = Limits {
                connections: METRICS_CONNECTIONS,
                ..Limits::default()
            };
            tokio::spawn(server::run(listener, endpoint, limits, lifecycle.clone()));
        }
        let front = Front {
            proxies: Proxies(config.trusted_proxy_hops),
            public_origin: config.public_origin.map(|it| PublicOrigin(it.into())),
            hsts: config.hsts,
        };
        let endpoint = app::endpoint(service, front, lifecycle.clone());
        let listener = listen("LISTEN", config.listen)?;
        let behind_proxy = config.trusted_proxy_hops > 0;
        let (drain, end) = (config.drain, signals);
        Ok(server::serve(listener, endpoint, lifecycle, drain, behind_proxy, end).await?)
    });
    // Without waiting for a name that is still being looked up.
    runtime.shutdown_background();
    served
}

fn limited(service: Service, on: bool) -> Service {
    if on {
        return service.with_rate_limits(RequestQuota::STANDARD);
    }
    tracing::warn!("RATE_LIMITS=off: passwords may be guessed without limit");
    service
}

/// Every instance looks, one a day does it. What was counted for limits is old within hours; every
/// instance deletes of it what it finds.
async fn purge_daily(service: Service) {
    loop {
        if let Err(cause) = service.purge_expired_limits().await {
            tracing::warn!(%cause, "what was counted for limits could not be deleted");
        }
        match service.purge_if_due().await {
            Ok(None) => {}
            Ok(Some(Purged {
                tombstones,
                sessions,
                passed_by,
            })) => {
                tracing::info!(tombstones, sessions, passed_by, "purged");
            }
            Err(cause) => tracing::warn!(%cause, "the purge did not finish"),
        }
        sleep(PURGE_CHECK).await;
    }
}

fn migrate(config: Config) -> Result<(), Exit> {
    telemetry::start(config.log_format, config.log_filter.clone());
    let address = config.database.into();
    Runtime::new()?.block_on(migrations::migrate(&address))?;
    tracing::info!("the database is up to date");
    Ok(())
}

fn restored(config: Config) -> Result<(), Exit> {
    telemetry::start(config.log_format, config.log_filter.clone());
    let options = config.database.into();
    Runtime::new()?.block_on(async {
        let mut connection = database::connect(&options).await?;
        migrations::verify(&mut connection).await?;
        store::user::invalidate_sync_tokens(&mut connection).await
    })?;
    tracing::info!("every phone will copy its list anew");
    Ok(())
}

fn healthcheck(config: Config) -> Result<(), Exit> {
    Ok(healthcheck::check(config.listen)?)
}

/// Waits for the database, brings it up to date or checks that it is, and opens the connections.
async fn database(config: &Config) -> Result<Database, Exit> {
    let options = config.database.clone().into();
    let mut tries = 1;
    loop {
        match prepare(&options, config.migrate_on_start).await {
            Err(Error::Unavailable { cause, .. }) if tries < START_TRIES => {
                tracing::warn!(cause, tries, "waiting for the database");
                sleep(Duration::from_secs(1)).await;
                tries += 1;
            }
            result => return Ok(result?),
        }
    }
}

/// Looks at the schema on a connection that is needed anyway, and migrates only one that is behind: over
/// TLS each connection that waits for another one costs a start some 45 ms, since sqlx 0.9.0 leaves
/// `TCP_NODELAY` off.
async fn prepare(options: &database::ConnectOptions, migrate: bool) -> Result<Database, Error> {
    let database = Database::new(options.clone(), CONNECTIONS);
    if open(&database).await.is_err() {
        if migrate {
            migrations::migrate(options).await?;
        } else {
            // A pool can only say that it has no connection; this says why.
            let mut connection = database::connect(options).await?;
            migrations::verify(&mut connection).await?;
        }
        open(&database).await?;
    }
    Ok(database)
}

async fn open(database: &Database) -> Result<(), Error> {
    database.open(CONNECTIONS).await?;
    database.read(migrations::verify).await
}

/// Takes the port that a setting names.
fn listen(setting: &str, address: SocketAddr) -> Result<TcpListener, Exit> {
    server::bind(address).map_err(|error| {
        let mut other = address;
        other.set_port(match error.kind() {
            // Low ports are the system's.
            io::ErrorKind::PermissionDenied => 8080,
            _ => other.port().checked_add(1).unwrap_or(8080),
        });
        Exit::Port(format!(
            "tickbox cannot listen on {address}: {error}. Choose another address, such as {setting}={other}"
        ))
    })
}
