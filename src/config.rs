//! The settings, all from the environment. This is the operator's manual: each field says which
//! variable it comes from. Every bad value is reported at once, before anything listens.

use std::{fmt, io::IsTerminal as _, net::SocketAddr, path::PathBuf, time::Duration};

use secrecy::SecretString;
use tracing_subscriber::EnvFilter;
use url::Url;

use crate::store::{Address, Tls};

/// Everything that can be set.
#[derive(Debug)]
pub struct Config {
    /// `DATABASE_URL`, or `DB_HOST`, `DB_PORT` (3306), `DB_NAME`, `DB_USERNAME` and `DB_PASSWORD`;
    /// with `DB_TLS` (`preferred`) and `DB_TLS_CA`. Required.
    pub database: Address,
    /// `JWT_SECRET`: at least 32 bytes that sign the API's tokens. Required.
    pub jwt_secret: SecretString,
    /// `JWT_SECRET_PREVIOUS`: the secret before it, while tokens that it signed are still valid.
    pub jwt_secret_previous: Option<SecretString>,
    /// `LISTEN`: address and port (127.0.0.1:8080).
    pub listen: SocketAddr,
    /// `TRUSTED_PROXY_HOPS`: proxies in front that append to `X-Forwarded-For` (0).
    pub trusted_proxy_hops: u8,
    /// `MIGRATE_ON_START`: whether to bring the schema up to date, or only to check it (true).
    pub migrate_on_start: bool,
    /// `DRAIN_SECONDS`: how long to go on serving after SIGTERM, until a balancer has noticed (0).
    pub drain: Duration,
    /// `LOG_FORMAT`: `pretty` (on a terminal) or `json` (elsewhere).
    pub log_format: LogFormat,
    /// `RUST_LOG`: what to log (info).
    pub log_filter: String,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// One JSON object a line.
    Json,
}

/// What is wrong with the settings.
#[derive(Debug)]
pub struct BadConfig(Vec<String>);

impl fmt::Display for BadConfig {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("tickbox cannot start with these settings:")?;
        for problem in &self.0 {
            write!(formatter, "\n  {problem}")?;
        }
        formatter.write_str("\nThe README explains every setting.")
    }
}

impl std::error::Error for BadConfig {}

impl Config {
    /// Reads the settings through `lookup`, which gives a variable's value.
    ///
    /// # Errors
    /// Every bad or missing value, in one message.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, BadConfig> {
        let mut reader = Reader {
            lookup: &lookup,
            problems: Vec::new(),
        };
        let database = reader.database();
        let jwt_secret = reader.secret("JWT_SECRET");
        if jwt_secret.is_none() && reader.get("JWT_SECRET").is_none() {
            reader.problem("JWT_SECRET is missing: set it to 32 random bytes or more, such as the output of `openssl rand -hex 32`");
        }
        let config = Self {
            // Without one there is a problem, and this is not given out.
            database: database.unwrap_or_default(),
            jwt_secret: jwt_secret.unwrap_or_default(),
            jwt_secret_previous: reader.secret("JWT_SECRET_PREVIOUS"),
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
            log_format: reader.log_format(),
            log_filter: reader.log_filter(),
        };
        if reader.problems.is_empty() {
            Ok(config)
        } else {
            Err(BadConfig(reader.problems))
        }
    }
}

struct Reader<'a> {
    lookup: &'a dyn Fn(&str) -> Option<String>,
    problems: Vec<String>,
}

impl Reader<'_> {
    /// An empty variable is an unset one: that is how compose files leave one out.
    fn get(&self, name: &str) -> Option<String> {
        (self.lookup)(name).filter(|value| !value.is_empty())
    }

    fn problem(&mut self, problem: impl Into<String>) {
        self.problems.push(problem.into());
    }

    /// Names the variable and what it must be, never what it was: that may be a secret.
    fn value<T>(
        &mut self,
        name: &str,
        default: T,
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> T {
        let Some(text) = self.get(name) else {
            return default;
        };
        parse(&text).unwrap_or_else(|| {
            self.problem(format!("{name} must be {expected}"));
            default
        })
    }

    fn secret(&mut self, name: &str) -> Option<SecretString> {
        self.value(name, None, "at least 32 bytes long", |text| {
            (text.len() >= 32).then(|| Some(text.into()))
        })
    }

    fn log_format(&mut self) -> LogFormat {
        let default = if std::io::stderr().is_terminal() {
            LogFormat::Pretty
        } else {
            LogFormat::Json
        };
        self.value("LOG_FORMAT", default, "pretty or json", |text| match text {
            "pretty" => Some(LogFormat::Pretty),
            "json" => Some(LogFormat::Json),
            _ => None,
        })
    }

    fn log_filter(&mut self) -> String {
        let expected = "a filter such as info or tickbox=debug,warn";
        self.value("RUST_LOG", "info".to_owned(), expected, |text| {
            EnvFilter::try_new(text).ok().map(|_| text.to_owned())
        })
    }

    fn database(&mut self) -> Option<Address> {
        let parts = ["DB_HOST", "DB_NAME", "DB_USERNAME", "DB_PASSWORD"];
        let given = parts.iter().filter(|name| self.get(name).is_some()).count();
        let address = match self.get("DATABASE_URL") {
            Some(_) if given > 0 => {
                self.problem(
                    "DATABASE_URL and DB_HOST, DB_NAME, ... are both set: keep one of the two",
                );
                None
            }
            Some(url) => self.database_from_url(&url),
            None if given == 0 => {
                self.problem("DATABASE_URL is missing: set it to mysql://user:password@host:3306/name, or set DB_HOST, DB_NAME, DB_USERNAME and DB_PASSWORD");
                None
            }
            None => self.database_from_parts(parts),
        };
        let tls = self.value(
            "DB_TLS",
            None,
            "disabled, preferred, required or verify",
            |text| Tls::parse(text).map(Some),
        );
        let ca = self.value(
            "DB_TLS_CA",
            None,
            "the path of a file that can be read",
            |text| {
                let path = PathBuf::from(text);
                path.is_file().then_some(Some(path))
            },
        );
        let address = address?;
        Some(Address {
            tls: tls.unwrap_or(address.tls),
            ca: ca.or(address.ca),
            ..address
        })
    }

    fn database_from_parts(&mut self, names: [&str; 4]) -> Option<Address> {
        let values = names.map(|name| {
            let value = self.get(name);
            if value.is_none() {
                self.problem(format!("{name} is missing"));
            }
            value
        });
        let port = self.value("DB_PORT", 3306, "a port number", |text| text.parse().ok());
        let [host, name, username, password] = values;
        Some(Address {
            host: host?,
            port,
            name: name?,
            username: username?,
            password: password?.into(),
            ..Address::default()
        })
    }

    fn database_from_url(&mut self, url: &str) -> Option<Address> {
        let address = parse_url(url);
        if address.is_none() {
            self.problem("DATABASE_URL must be mysql://user:password@host:3306/name, with special characters of the password percent-encoded; behind it only ?ssl-mode= and ssl-ca=");
        }
        address
    }
}

fn parse_url(url: &str) -> Option<Address> {
    let url = Url::parse(url).ok()?;
    let is_mysql = matches!(url.scheme(), "mysql" | "mariadb");
    let name = url
        .path()
        .strip_prefix('/')
        .filter(|name| !name.is_empty() && !name.contains('/'))?;
    let mut address = Address {
        host: url
            .host_str()
            .filter(|host| is_mysql && !host.is_empty())?
            .to_owned(),
        port: url.port().unwrap_or(3306),
        name: decoded(name)?,
        username: decoded(url.username())?,
        password: decoded(url.password().unwrap_or_default())?.into(),
        ..Address::default()
    };
    for (key, value) in url.query_pairs() {
        match key.as_ref() {
            "ssl-mode" => address.tls = Tls::parse(&value)?,
            "ssl-ca" => address.ca = Some(PathBuf::from(value.as_ref())),
            _ => return None,
        }
    }
    Some(address)
}

fn decoded(text: &str) -> Option<String> {
    let decoded = percent_encoding::percent_decode_str(text).decode_utf8();
    decoded.ok().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    const SECRET: &str = "0123456789abcdef0123456789abcdef";

    fn read(variables: &[(&str, &str)]) -> Result<Config, String> {
        let find = |name: &str| {
            let found = variables.iter().find(|(found, _)| *found == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Config::read(find).map_err(|error| error.to_string())
    }

    fn with_url(url: &str) -> Result<Config, String> {
        read(&[("DATABASE_URL", url), ("JWT_SECRET", SECRET)])
    }

    #[test]
    fn two_settings_are_enough_and_the_others_have_their_defaults() {
        let config = with_url("mysql://ona:p%40ss@db.example/todo").expect("valid");
        assert_eq!(config.database.host, "db.example");
        assert_eq!(config.database.port, 3306);
        assert_eq!(config.database.name, "todo");
        assert_eq!(config.database.username, "ona");
        assert_eq!(config.database.password.expose_secret(), "p@ss");
        assert_eq!(config.database.tls, Tls::Preferred);
        assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(config.trusted_proxy_hops, 0);
        assert!(config.migrate_on_start);
        assert_eq!(config.drain, Duration::ZERO);
        assert_eq!(config.log_filter, "info");
    }

    #[test]
    fn the_parts_of_the_secret_give_the_same_database() {
        let config = read(&[
            ("DB_HOST", "db.example"),
            ("DB_NAME", "todo"),
            ("DB_USERNAME", "ona"),
            ("DB_PASSWORD", "p@ss"),
            ("JWT_SECRET", SECRET),
        ])
        .expect("valid");
        assert_eq!(config.database.host, "db.example");
        assert_eq!(config.database.password.expose_secret(), "p@ss");
    }

    #[test]
    fn every_bad_value_is_named_in_one_message() {
        let message = read(&[
            ("DB_HOST", "db.example"),
            ("DB_PORT", "many"),
            ("JWT_SECRET", "short"),
            ("JWT_SECRET_PREVIOUS", "short"),
            ("LISTEN", "8080"),
            ("TRUSTED_PROXY_HOPS", "-1"),
            ("MIGRATE_ON_START", "perhaps"),
            ("DRAIN_SECONDS", "301"),
            ("DB_TLS", "maybe"),
            ("DB_TLS_CA", "/no/such/file"),
            ("LOG_FORMAT", "xml"),
            ("RUST_LOG", "tickbox=loud"),
        ])
        .expect_err("bad");
        for name in [
            "DB_NAME",
            "DB_USERNAME",
            "DB_PASSWORD",
            "DB_PORT",
            "JWT_SECRET must",
            "JWT_SECRET_PREVIOUS",
            "LISTEN",
            "TRUSTED_PROXY_HOPS",
            "MIGRATE_ON_START",
            "DRAIN_SECONDS",
            "DB_TLS must",
            "DB_TLS_CA",
            "LOG_FORMAT",
            "RUST_LOG",
        ] {
            assert!(
                message.contains(&format!("\n  {name}")),
                "{name} in {message}"
            );
        }
    }

    #[test]
    fn without_settings_both_required_ones_are_named() {
        let message = read(&[("DATABASE_URL", ""), ("JWT_SECRET", "")]).expect_err("missing");
        assert!(message.contains("DATABASE_URL is missing"), "{message}");
        assert!(message.contains("JWT_SECRET is missing"), "{message}");
    }

    #[test]
    fn a_refused_value_is_not_repeated() {
        let message = read(&[
            ("DATABASE_URL", "mysql://ona:hunter2@/"),
            ("JWT_SECRET", "hunter2"),
        ])
        .expect_err("bad");
        assert!(!message.contains("hunter2"), "{message}");
    }

    #[test]
    fn urls_that_lead_nowhere_are_refused() {
        for url in [
            "postgres://ona@db/todo",
            "mysql://ona@db",
            "mysql://ona@db/",
            "mysql://ona@db/a/b",
            "mysql:///todo",
            "db/todo",
            "mysql://ona@db/todo?ssl-mode=perhaps",
            "mysql://ona@db/todo?charset=latin1",
        ] {
            assert!(with_url(url).is_err(), "{url}");
        }
    }

    #[test]
    fn the_tls_setting_wins_over_the_url() {
        let url = "mysql://ona@db/todo?ssl-mode=REQUIRED";
        assert_eq!(with_url(url).expect("valid").database.tls, Tls::Required);
        let config = read(&[
            ("DATABASE_URL", url),
            ("DB_TLS", "verify"),
            ("JWT_SECRET", SECRET),
        ]);
        assert_eq!(config.expect("valid").database.tls, Tls::Verify);
    }

    #[test]
    fn settings_do_not_print_their_secrets() {
        let config = with_url("mysql://ona:hunter2@db/todo").expect("valid");
        let printed = format!("{config:?}");
        assert!(
            !printed.contains("hunter2") && !printed.contains(SECRET),
            "{printed}"
        );
    }
}
