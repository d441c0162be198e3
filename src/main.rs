//! The command: reads the settings, puts the parts together, serves.

use std::{env, io, process::ExitCode, time::Duration};

use tickbox::{
    api, app,
    config::{BadConfig, Config},
    domain::{clock::Clock, error::Error},
    health,
    server::{self, Draining},
    service::{Effort, Hasher, Service},
    store::{self, Database, migrations},
    telemetry,
    web::Proxies,
};
use tokio::{runtime::Runtime, time::sleep};

const USAGE: &str = "\
Usage: tickbox [COMMAND]

Commands:
  (none)       serve; migrates the database first unless MIGRATE_ON_START=false
  migrate      bring the database up to date
  openapi      print the document of the API
  healthcheck  ask the instance on LISTEN whether it lives; exit status 0 if so
  help         this text
  version      the version

The settings come from the environment; the README explains them.
";

/// Connections to the database, opened at start. A request holds one only for its statements.
const CONNECTIONS: usize = 8;
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
        "serve" => with_config(serve),
        "migrate" => with_config(migrate),
        "healthcheck" => with_config(healthcheck),
        "openapi" => {
            print!("{}", api::document());
            ExitCode::SUCCESS
        }
        "help" | "--help" | "-h" => {
            print!("{USAGE}");
            ExitCode::SUCCESS
        }
        "version" | "--version" | "-V" => {
            println!("tickbox {}", env!("CARGO_PKG_VERSION"));
            ExitCode::SUCCESS
        }
        _ => usage(),
    }
}

fn usage() -> ExitCode {
    eprint!("{USAGE}");
    ExitCode::from(EXIT_USAGE)
}

fn with_config(command: fn(Config) -> Result<(), Failure>) -> ExitCode {
    let result = Config::read(|name| env::var(name).ok())
        .map_err(Failure::Config)
        .and_then(command);
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Config(problems)) => {
            eprintln!("{problems}");
            ExitCode::from(EXIT_USAGE)
        }
        Err(Failure::Port(words)) => {
            eprintln!("{words}");
            ExitCode::from(EXIT_USAGE)
        }
        Err(Failure::Other(words)) => {
            eprintln!("tickbox: {words}");
            ExitCode::FAILURE
        }
    }
}

/// Why the command ends.
enum Failure {
    Config(BadConfig),
    Port(String),
    Other(String),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Other(error.to_string())
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Other(error.to_string())
    }
}

fn serve(config: Config) -> Result<(), Failure> {
    telemetry::start(config.log_format, &config.log_filter);
    Runtime::new()?.block_on(async {
        let database = database(&config).await?;
        let hasher = Hasher::new(Effort::STANDARD)?;
        let service = Service::new(database, Clock::default(), hasher);
        let draining = Draining::default();
        let proxies = Proxies(config.trusted_proxy_hops);
        let endpoint = app::endpoint(service, proxies, draining.clone());

        let listener = server::bind(&config).await;
        let listener = listener.map_err(|error| cannot_listen(&config, &error))?;
        Ok(server::serve(listener, endpoint, draining, config.drain).await?)
    })
}

fn migrate(config: Config) -> Result<(), Failure> {
    telemetry::start(config.log_format, &config.log_filter);
    let address = config.database.into();
    Runtime::new()?.block_on(migrations::migrate(&address))?;
    tracing::info!("the database is up to date");
    Ok(())
}

fn healthcheck(config: Config) -> Result<(), Failure> {
    Ok(health::check(config.listen)?)
}

/// Waits for the database, brings it up to date or checks that it is, and opens the connections.
async fn database(config: &Config) -> Result<Database, Failure> {
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

async fn prepare(options: &store::Options, migrate: bool) -> Result<Database, Error> {
    if migrate {
        migrations::migrate(options).await?;
    }
    let database = Database::new(options.clone(), CONNECTIONS);
    database.open(CONNECTIONS).await?;
    database.read(migrations::verify).await?;
    Ok(database)
}

fn cannot_listen(config: &Config, error: &io::Error) -> Failure {
    let address = config.listen;
    Failure::Port(format!(
        "tickbox cannot listen on {address}: {error}. Choose another address, such as LISTEN=127.0.0.1:{}",
        address.port().saturating_add(1)
    ))
}
