//! Where the database is, in either of the two forms.

use std::path::PathBuf;

use url::Url;

use super::reader::Reader;
use crate::store::{Address, Tls};

impl Reader<'_> {
    pub(super) fn database(&mut self) -> Option<Address> {
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
        let address = Address {
            tls: tls.unwrap_or(address.tls),
            ca: ca.or(address.ca),
            ..address
        };
        if address.ca.is_some() && address.tls != Tls::Verify {
            self.problem(
                "DB_TLS_CA (or ssl-ca) is used only with DB_TLS=verify: set both or neither",
            );
        }
        Some(address)
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
            self.problem("DATABASE_URL must be mysql://user:password@host:3306/name, with special characters of the password percent-encoded; behind it only ?ssl-mode= and ssl-ca= with a file that can be read");
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
        host: host(&url).filter(|_| is_mysql)?,
        port: url.port().unwrap_or(3306),
        name: decoded(name)?,
        username: decoded(url.username())?,
        password: decoded(url.password().unwrap_or_default())?.into(),
        ..Address::default()
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

/// An IPv6 address stands in brackets only inside a URL.
fn host(url: &Url) -> Option<String> {
    let host = url.host_str().filter(|host| !host.is_empty())?;
    let address = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    Some(address.unwrap_or(host).to_owned())
}

fn decoded(text: &str) -> Option<String> {
    let decoded = percent_encoding::percent_decode_str(text).decode_utf8();
    decoded.ok().map(std::borrow::Cow::into_owned)
}
