//! Where the database is and how to reach it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use secrecy::{ExposeSecret as _, SecretString};
use sqlx::mysql::{MySqlConnectOptions, MySqlSslMode};

use super::{Options, rds_ca};

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
    /// A file with certificates to trust besides the public ones and those of Amazon RDS (PEM), for
    /// [`Tls::Verify`].
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
        let trusting = |host: &Host| match Trusted::by(host, address.ca.as_deref()) {
            Trusted::Public => options.clone(),
            Trusted::File(path) => options.clone().ssl_ca(path),
            Trusted::These(pem) => options.clone().ssl_ca_from_pem(pem),
        };
        let hosts = address.hosts.iter();
        Self::new(
            hosts
                .map(|host| trusting(host).host(&host.name).port(host.port))
                .collect(),
        )
    }
}

/// Whose word counts for a host's name, besides the public roots, which sqlx always has. It takes one
/// source more.
#[derive(Debug, PartialEq, Eq)]
enum Trusted {
    Public,
    File(PathBuf),
    These(Vec<u8>),
}

impl Trusted {
    fn by(host: &Host, ca: Option<&Path>) -> Self {
        match (rds_ca::roots(&host.name), ca) {
            (None, None) => Self::Public,
            (None, Some(path)) => Self::File(path.to_owned()),
            (Some(roots), None) => Self::These(roots.into_bytes()),
            // A file that cannot be read is left to sqlx, which says so with each connection.
            (Some(roots), Some(path)) => fs::read(path).map_or_else(
                |_| Self::File(path.to_owned()),
                |own| Self::These([roots.as_bytes(), &own].concat()),
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

    fn by(name: &str, ca: Option<&str>) -> Trusted {
        let host = Host {
            name: name.to_owned(),
            port: 3306,
        };
        Trusted::by(&host, ca.map(Path::new))
    }

    #[test]
    fn a_host_of_rds_is_trusted_by_its_region_and_by_the_file() {
        let region = rds_ca::roots(RDS).expect("it has roots");
        assert_eq!(by(RDS, None), Trusted::These(region.clone().into_bytes()));
        let file = fs::read_to_string(FILE).expect("it is there");
        let both = format!("{region}{file}").into_bytes();
        assert_eq!(by(RDS, Some(FILE)), Trusted::These(both));
    }

    #[test]
    fn other_hosts_are_trusted_by_the_file_alone() {
        assert_eq!(by("db", None), Trusted::Public);
        assert_eq!(by("db", Some(FILE)), Trusted::File(FILE.into()));
    }

    #[test]
    fn a_file_that_went_away_is_not_passed_over() {
        let gone = "/no/such/file";
        assert_eq!(by(RDS, Some(gone)), Trusted::File(gone.into()));
    }
}
