//! Settings, all from environment variables: each field names its variable. All bad values are reported together,
//! before anything listens.

mod database;
mod reader;
mod secret;
#[cfg(test)]
mod tests;

use std::{ffi::OsString, fmt, net::SocketAddr, time::Duration};

use secrecy::SecretString;
use tracing_subscriber::filter::Targets;

use self::reader::EnvReader;
use crate::database::DatabaseSettings;

/// All settings.
#[derive(Debug)]
pub struct Config {
    /// `DATABASE_URL`, or `DB_HOST`, `DB_PORT` (3306), `DB_NAME`, `DB_USERNAME` and `DB_PASSWORD`;
    /// with `DB_TLS` (`preferred`) and `DB_TLS_CA`. Required.
    pub database: DatabaseSettings,
    /// `JWT_SECRET`: at least 32 random bytes that sign the API's tokens. Required.
    pub jwt_secret: SecretString,
    /// `JWT_SECRET_PREVIOUS`: the secret before it, while tokens that it signed are still valid.
    pub jwt_secret_previous: Option<SecretString>,
    /// `LISTEN`: address and port (127.0.0.1:8080).
    pub listen: SocketAddr,
    /// `TRUSTED_PROXY_HOPS`: proxies in front (0). With any, `X-Forwarded-Proto` tells whether people
    /// come by HTTPS, and `X-Request-Id` names the request.
    pub trusted_proxy_hops: u8,
    /// `PUBLIC_ORIGIN`: where the pages are for their browsers, in place of `Host` (none).
    pub public_origin: Option<String>,
    /// `HSTS`: what browsers are told to remember of HTTPS, as the value of
    /// `Strict-Transport-Security` (`subdomains`).
    pub hsts: Option<&'static str>,
    /// `MIGRATE_ON_START`: whether to bring the schema up to date, or only to check it (true).
    pub migrate_on_start: bool,
    /// `DRAIN_SECONDS`: how long to go on serving after SIGTERM, until a balancer has noticed (0).
    pub drain: Duration,
    /// `METRICS_LISTEN`: address and port of a second listener, for `/metrics` alone (none).
    pub metrics_listen: Option<SocketAddr>,
    /// `RATE_LIMITS`: whether attempts and requests are limited (on). `off` is for load tests.
    pub rate_limits: bool,
    /// `LOG_FORMAT`: `pretty` (on a terminal) or `json` (elsewhere).
    pub log_format: LogFormat,
    /// `RUST_LOG`: what to log (info).
    pub log_filter: Targets,
}

/// The purpose of the settings: a task that migrates needs no signing key, and a health check no
/// database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// All that is required must be there.
    Serve,
    /// Only the database.
    Migrate,
    /// Only `LISTEN`.
    CheckHealth,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// One JSON object a line.
    Json,
}

/// All errors in the settings.
#[derive(Debug)]
pub struct ConfigErrors(Vec<String>);

impl fmt::Display for ConfigErrors {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("tickbox cannot start with these settings:")?;
        for problem in &self.0 {
            write!(formatter, "\n  {problem}")?;
        }
        formatter.write_str("\ndocs/configuration.md explains every setting.")
    }
}

impl std::error::Error for ConfigErrors {}

impl Config {
    /// Reads the settings through `lookup`, which gives a variable's value.
    ///
    /// # Errors
    /// Every bad or missing value, in one message.
    pub fn read(
        purpose: Purpose,
        lookup: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self, ConfigErrors> {
        let mut reader = EnvReader::new(&lookup);
        let config = Self {
            // A missing required value is an error, so that its default is never returned.
            database: match purpose {
                Purpose::CheckHealth => DatabaseSettings::default(),
                Purpose::Serve | Purpose::Migrate => reader.database().unwrap_or_default(),
            },
            jwt_secret: match purpose {
                Purpose::Serve => reader.required_secret("JWT_SECRET").unwrap_or_default(),
                Purpose::Migrate | Purpose::CheckHealth => SecretString::default(),
            },
            jwt_secret_previous: reader.previous_secret("JWT_SECRET_PREVIOUS"),
            listen: reader.value(
                "LISTEN",
                SocketAddr::from(([127, 0, 0, 1], 8080)),
                "an address and a port, such as 127.0.0.1:8080",
                |text| text.parse().ok(),
            ),
            trusted_proxy_hops: reader.value(
                "TRUSTED_PROXY_HOPS",
                0,
                "a number from 0 to 10",
                |text| text.parse().ok().filter(|hops| *hops <= 10),
            ),
            public_origin: reader.public_origin(),
            hsts: reader.hsts(),
            migrate_on_start: reader.value("MIGRATE_ON_START", true, "true or false", |text| {
                text.parse().ok()
            }),
            drain: reader.value(
                "DRAIN_SECONDS",
                Duration::ZERO,
                "seconds, from 0 to 300",
                |text| {
                    let seconds = text.parse().ok().filter(|seconds| *seconds <= 300);
                    seconds.map(Duration::from_secs)
                },
            ),
            metrics_listen: reader.value(
                "METRICS_LISTEN",
                None,
                "an address and a port, such as 127.0.0.1:9090",
                |text| text.parse().ok().map(Some),
            ),
            rate_limits: reader.value("RATE_LIMITS", true, "on or off", |text| match text {
                "on" => Some(true),
                "off" => Some(false),
                _ => None,
            }),
            log_format: reader.log_format(),
            log_filter: reader.log_filter(),
        };
        // Port 0 asks the system for a free port.
        if config.metrics_listen == Some(config.listen) && config.listen.port() != 0 {
            reader.push_error("METRICS_LISTEN must be another address than LISTEN");
        }
        if reader.problems.is_empty() {
            Ok(config)
        } else {
            Err(ConfigErrors(reader.problems))
        }
    }
}
