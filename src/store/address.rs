//! Where the database is and how to reach it.

use std::path::PathBuf;

use secrecy::{ExposeSecret as _, SecretString};
use sqlx::mysql::{MySqlConnectOptions, MySqlSslMode};

use super::Options;

/// A database on a server, or on several that keep the same.
#[derive(Clone, Debug, Default)]
pub struct Address {
    /// The servers: at least one in an address that was read from settings.
    pub hosts: Vec<Host>,
    /// The database.
    pub name: String,
    /// Who connects.
    pub username: String,
    /// May be empty.
    pub password: SecretString,
    /// Whether to encrypt, and whom to trust.
    pub tls: Tls,
    /// A file with certificates to trust besides the public ones (PEM), for [`Tls::Verify`].
    pub ca: Option<PathBuf>,
}

/// One server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// Name or IP address, the latter without brackets.
    pub name: String,
    /// Where it listens.
    pub port: u16,
}

/// Whether to encrypt the connection, and whom to trust.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tls {
    /// In the clear.
    Disabled,
    /// Encrypted if the server can; whoever answers is trusted.
    #[default]
    Preferred,
    /// Encrypted; whoever answers is trusted.
    Required,
    /// Encrypted, and the server proves that it is the one named.
    Verify,
}

impl Tls {
    /// Reads our words and those of MySQL's `ssl-mode`, in either case.
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

impl From<Address> for Options {
    fn from(address: Address) -> Self {
        let mode = match address.tls {
            Tls::Disabled => MySqlSslMode::Disabled,
            Tls::Preferred => MySqlSslMode::Preferred,
            Tls::Required => MySqlSslMode::Required,
            Tls::Verify => MySqlSslMode::VerifyIdentity,
        };
        let options = MySqlConnectOptions::new()
            .database(&address.name)
            .username(&address.username)
            .ssl_mode(mode);
        let options = match address.password.expose_secret() {
            "" => options,
            password => options.password(password),
        };
        let options = match address.ca {
            Some(path) => options.ssl_ca(path),
            None => options,
        };
        let hosts = address.hosts.iter();
        Self::new(
            hosts
                .map(|host| options.clone().host(&host.name).port(host.port))
                .collect(),
        )
    }
}
