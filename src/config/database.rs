//! The database settings, in either of their two forms.

use std::{net::Ipv6Addr, path::PathBuf};

use url::Url;

use super::reader::EnvReader;
use crate::database::{DatabaseSettings, Host, Tls};

/// MySQL's default port.
const DEFAULT_PORT: u16 = 3306;
/// Each is asked with every connection while the one that takes writes is looked for; clusters of
/// more than nine members do not exist (group replication's limit).
const MAX_HOSTS: usize = 10;

impl EnvReader<'_> {
    pub(super) fn database(&mut self) -> Option<DatabaseSettings> {
        let parts = ["DB_HOST", "DB_NAME", "DB_USERNAME", "DB_PASSWORD"];
        let given = parts.map(|name| self.get(name)).iter().flatten().count();
        let address = match self.get("DATABASE_URL") {
            Some(_) if given > 0 => {
                self.push_error(
                    "DATABASE_URL and DB_HOST, DB_NAME, ... are both set: keep one of the two",
                );
                None
            }
            Some(url) => self.database_from_url(&url),
            None if given == 0 => {
                self.push_error("DATABASE_URL is missing: set it to mysql://user:password@host:3306/name, or set DB_HOST, DB_NAME, DB_USERNAME and DB_PASSWORD");
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
        let address = DatabaseSettings {
            tls: tls.unwrap_or(address.tls),
            ca: ca.or(address.ca),
            ..address
        };
        if address.ca.is_some() && address.tls != Tls::Verify {
            self.push_error(
                "DB_TLS_CA (or ssl-ca) is used only with DB_TLS=verify: set both or neither",
            );
        }
        Some(address)
    }

    fn database_from_parts(&mut self, names: [&str; 4]) -> Option<DatabaseSettings> {
        let values = names.map(|name| {
            let value = self.get(name);
            if value.is_none() {
                self.push_error(format!("{name} is missing"));
            }
            value
        });
        let port = self.value("DB_PORT", DEFAULT_PORT, "a port number", parse_port);
        let hosts = self.value(
            "DB_HOST",
            Vec::new(),
            "a host, or up to 10 with commas between them, such as db1,db2:3307",
            |text| parse_hosts(text, |host| parse_host(host, port)),
        );
        let [_, name, username, password] = values;
        Some(DatabaseSettings {
            hosts,
            name: name?,
            username: username?,
            password: password?.into(),
            ..DatabaseSettings::default()
        })
    }

    fn database_from_url(&mut self, url: &str) -> Option<DatabaseSettings> {
        let address = parse_url(url).filter(|_| !has_two_users(url));
        if address.is_none() && has_two_users(url) {
            self.push_error("DATABASE_URL must name the user and the password once, before the first of several hosts, as in mysql://user:password@h1,h2/name; an @ of the password is written %40");
        } else if address.is_none() {
            self.push_error("DATABASE_URL must be mysql://user:password@host:3306/name, or up to 10 hosts with commas between them, with special characters of the password percent-encoded; behind it only ?ssl-mode= and ssl-ca= with a file that can be read");
        }
        address
    }
}

fn parse_url(url: &str) -> Option<DatabaseSettings> {
    let (before, hosts, after) = split_hosts(url)?;
    // A URL has one host; with each of them it is a URL.
    let with = |host: &str| Url::parse(&format!("{before}{host}{after}")).ok();
    let url = with(hosts.split(',').next()?)?;
    let hosts = parse_hosts(hosts, |host| host_from_url(&with(host)?))?;
    let is_mysql = matches!(url.scheme(), "mysql" | "mariadb");
    let name = url
        .path()
        .strip_prefix('/')
        .filter(|name| is_mysql && !name.is_empty() && !name.contains('/'))?;
    let mut address = DatabaseSettings {
        hosts,
        name: percent_decode(name)?,
        username: percent_decode(url.username())?,
        password: percent_decode(url.password().unwrap_or_default())?.into(),
        ..DatabaseSettings::default()
    };
    for (key, value) in url.query_pairs() {
        match key.as_ref() {
            "ssl-mode" => address.tls = Tls::parse(&value)?,
            "ssl-ca" => {
                let file = PathBuf::from(value.as_ref());
                address.ca = Some(file).filter(|file| file.is_file());
                address.ca.as_ref()?;
            }
            _ => return None,
        }
    }
    Some(address)
}

/// Whether the URL looks like `user:password@h1,user:password@h2`: all up to the last @ would be the password,
/// and the last host the only one.
fn has_two_users(url: &str) -> bool {
    let before = split_hosts(url).map_or("", |(before, ..)| before);
    before
        .split_once('@')
        .is_some_and(|(_, rest)| rest.contains(','))
}

/// Splits a URL into the part before the hosts, the hosts, and the rest: a comma or a colon of the password must
/// not be taken for one between hosts.
fn split_hosts(url: &str) -> Option<(&str, &str, &str)> {
    let authority = url.find("://")? + "://".len();
    let end = url[authority..].find(['/', '?', '#']);
    let end = end.map_or(url.len(), |end| authority + end);
    let hosts = url[authority..end].rfind('@');
    let hosts = hosts.map_or(authority, |at| authority + at + 1);
    Some((&url[..hosts], &url[hosts..end], &url[end..]))
}

fn parse_hosts(text: &str, parse: impl Fn(&str) -> Option<Host>) -> Option<Vec<Host>> {
    let hosts: Option<Vec<_>> = text.split(',').map(parse).collect();
    hosts.filter(|hosts| hosts.len() <= MAX_HOSTS)
}

/// The host of a URL; the brackets of an IPv6 address belong to the URL alone.
fn host_from_url(url: &Url) -> Option<Host> {
    let name = url.host_str().filter(|name| !name.is_empty())?;
    Some(Host {
        name: without_brackets(name).unwrap_or(name).to_owned(),
        port: url.port().unwrap_or(DEFAULT_PORT),
    })
}

/// `name`, `name:port`, `[::1]:port`, or an IPv6 address without brackets, as the secret has it.
fn parse_host(text: &str, default_port: u16) -> Option<Host> {
    let is_address = text.parse::<Ipv6Addr>().is_ok();
    let (name, port) = match text.rsplit_once(':') {
        Some((name, port)) if !is_address && !text.ends_with(']') => (name, parse_port(port)?),
        _ => (text, default_port),
    };
    let name = match without_brackets(name) {
        Some(address) => address.parse::<Ipv6Addr>().is_ok().then_some(address)?,
        None if is_address => name,
        None => Some(name).filter(|name| is_host_name(name))?,
    };
    Some(Host {
        name: name.to_owned(),
        port,
    })
}

fn without_brackets(name: &str) -> Option<&str> {
    name.strip_prefix('[')?.strip_suffix(']')
}

fn is_host_name(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    !text.is_empty() && text.bytes().all(is_allowed)
}

fn parse_port(text: &str) -> Option<u16> {
    text.parse().ok().filter(|port| *port != 0)
}

fn percent_decode(text: &str) -> Option<String> {
    let decoded = percent_encoding::percent_decode_str(text).decode_utf8();
    decoded.ok().map(std::borrow::Cow::into_owned)
}
