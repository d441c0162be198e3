//! Connection settings: hosts, credentials, TLS and CA certificates.

use std::{
    fs,
    path::{Path, PathBuf},
};

use secrecy::{ExposeSecret as _, SecretString};
use sqlx::mysql::{MySqlConnectOptions, MySqlSslMode};

use super::rds_ca;

/// How to connect to the database, as the operator sets it.
#[derive(Clone, Debug, Default)]
pub struct DatabaseSettings {
    /// One server or several of a cluster; never empty when read from the environment.
    pub hosts: Vec<Host>,
    /// Name of the database.
    pub name: String,
    /// User to log in as.
    pub username: String,
    /// May be empty.
    pub password: SecretString,
    /// Whether to encrypt, and which certificates to trust.
    pub tls: Tls,
    /// A file with certificates to trust besides the public ones and those of Amazon RDS (PEM), for
    /// [`Tls::Verify`].
    pub ca: Option<PathBuf>,
}

/// One server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// Name or IP address, the latter without brackets.
    pub name: String,
    /// Port that it listens on.
    pub port: u16,
}

/// Whether to encrypt the connection, and which certificates to trust.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tls {
    /// Plain text.
    Disabled,
    /// Encrypted if the server can; its certificate is not checked.
    #[default]
    Preferred,
    /// Encrypted; the certificate of the server is not checked.
    Required,
    /// Encrypted, and the certificate must be valid for the host's name.
    Verify,
}

impl Tls {
    /// Parses the words of `DB_TLS` and those of MySQL's `ssl-mode`, in either case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text.to_ascii_lowercase().as_str() {
            "disabled" => Self::Disabled,
            "preferred" => Self::Preferred,
            "required" => Self::Required,
            "verify" | "verify_identity" => Self::Verify,
            _ => return None,
        })
    }
}

/// More than there are statements, so that each is prepared once a connection and none is closed.
const STATEMENT_CACHE: usize = 256;

/// How connections are opened: to one server, or to the primary among several.
#[derive(Clone, Debug)]
pub struct ConnectOptions(Vec<MySqlConnectOptions>);

impl ConnectOptions {
    /// Options for hosts, in the order in which they are tried.
    #[must_use]
    pub fn new(hosts: Vec<MySqlConnectOptions>) -> Self {
        let with_cache = |host: MySqlConnectOptions| host.statement_cache_capacity(STATEMENT_CACHE);
        Self(hosts.into_iter().map(with_cache).collect())
    }

    pub(super) fn hosts(&self) -> &[MySqlConnectOptions] {
        &self.0
    }

    pub(super) fn into_hosts(self) -> Vec<MySqlConnectOptions> {
        self.0
    }
}

impl From<MySqlConnectOptions> for ConnectOptions {
    fn from(host: MySqlConnectOptions) -> Self {
        Self::new(vec![host])
    }
}

impl From<DatabaseSettings> for ConnectOptions {
    fn from(settings: DatabaseSettings) -> Self {
        let mode = match settings.tls {
            Tls::Disabled => MySqlSslMode::Disabled,
            Tls::Preferred => MySqlSslMode::Preferred,
            Tls::Required => MySqlSslMode::Required,
            Tls::Verify => MySqlSslMode::VerifyIdentity,
        };
        let options = MySqlConnectOptions::new()
            .database(&settings.name)
            .username(&settings.username)
            .ssl_mode(mode);
        let options = match settings.password.expose_secret() {
            "" => options,
            password => options.password(password),
        };
        let trusting = |host: &Host| match CaSource::of(host, settings.ca.as_deref()) {
            CaSource::WebPki => options.clone(),
            CaSource::File(path) => options.clone().ssl_ca(path),
            CaSource::Bundle(pem) => options.clone().ssl_ca_from_pem(pem),
        };
        let hosts = settings.hosts.iter();
        Self::new(
            hosts
                .map(|host| trusting(host).host(&host.name).port(host.port))
                .collect(),
        )
    }
}

/// The CA certificates trusted besides the public ones (Web PKI), which sqlx always has. It takes one more
/// source.
#[derive(Debug, PartialEq, Eq)]
enum CaSource {
    WebPki,
    File(PathBuf),
    Bundle(Vec<u8>),
}

impl CaSource {
    fn of(host: &Host, ca: Option<&Path>) -> Self {
        match (rds_ca::roots(&host.name), ca) {
            (None, None) => Self::WebPki,
            (None, Some(path)) => Self::File(path.to_owned()),
            (Some(roots), None) => Self::Bundle(roots.into_bytes()),
            // A file that cannot be read is left to sqlx, which says so with each connection.
            (Some(roots), Some(path)) => fs::read(path).map_or_else(
                |_| Self::File(path.to_owned()),
                |own| Self::Bundle([roots.as_bytes(), &own].concat()),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RDS: &str = "tickbox.c0ffee.eu-central-1.rds.amazonaws.com";
    /// Any file that can be read.
    const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/LICENSE");

    fn by(name: &str, ca: Option<&str>) -> CaSource {
        let host = Host {
            name: name.to_owned(),
            port: 3306,
        };
        CaSource::of(&host, ca.map(Path::new))
    }

    #[test]
    fn an_rds_host_is_trusted_by_its_region_or_the_file() {
        let region = rds_ca::roots(RDS).expect("it has roots");
        assert_eq!(by(RDS, None), CaSource::Bundle(region.clone().into_bytes()));
        let file = fs::read_to_string(FILE).expect("it is there");
        let both = format!("{region}{file}").into_bytes();
        assert_eq!(by(RDS, Some(FILE)), CaSource::Bundle(both));
    }

    #[test]
    fn other_hosts_are_trusted_by_the_file_alone() {
        assert_eq!(by("db", None), CaSource::WebPki);
        assert_eq!(by("db", Some(FILE)), CaSource::File(FILE.into()));
    }

    #[test]
    fn a_missing_ca_file_is_an_error() {
        let gone = "/no/such/file";
        assert_eq!(by(RDS, Some(gone)), CaSource::File(gone.into()));
    }
}
