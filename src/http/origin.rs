//! The origin of a request as its client sees it: scheme, name and port.

use std::{net::Ipv6Addr, sync::Arc};

use poem::{Request, http::uri::Authority};

/// The number of trusted proxies in front, each of which appends to `X-Forwarded-*`.
#[derive(Clone, Copy, Debug, Default)]
pub struct TrustedProxies(pub u8);

/// The origin of the pages as browsers see it, such as `https://todo.example.org`; needed behind a proxy that
/// does not forward `Host`.
#[derive(Clone, Debug)]
pub struct PublicOrigin(pub Arc<str>);

/// Whether the client uses HTTPS, which a trusted proxy terminates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestScheme {
    /// Whether it is HTTPS, and not HTTP.
    pub is_https: bool,
}

impl RequestScheme {
    #[cfg(test)]
    pub(crate) const HTTPS: Self = Self { is_https: true };
    #[cfg(test)]
    pub(crate) const HTTP: Self = Self { is_https: false };

    /// By `X-Forwarded-Proto` of trusted proxies.
    #[must_use]
    pub fn of(request: &Request) -> Self {
        let trusted = request
            .data::<TrustedProxies>()
            .is_some_and(|proxies| proxies.0 > 0);
        let protocols = request.headers().get_all("x-forwarded-proto").iter();
        // The nearest proxy appends the last value; a client can have sent the ones before it.
        let last = protocols
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .next_back();
        Self {
            is_https: trusted && last.is_some_and(|last| last.trim().eq_ignore_ascii_case("https")),
        }
    }
}

/// The origin that is configured, or else that of the scheme and `Host`; none when `Host` is no name or address.
#[must_use]
pub fn origin(request: &Request) -> Option<String> {
    if let Some(PublicOrigin(origin)) = configured_origin(request) {
        return Some(origin.to_string());
    }
    let host = request
        .header("host")
        .filter(|host| is_name_and_port(host))?;
    let scheme = if RequestScheme::of(request).is_https {
        "https"
    } else {
        "http"
    };
    Some(format!("{scheme}://{}", host.to_ascii_lowercase()))
}

/// The origin that is configured, if one is.
#[must_use]
pub fn configured_origin(request: &Request) -> Option<&PublicOrigin> {
    request.data::<Option<PublicOrigin>>()?.as_ref()
}

/// Most characters of a name in the DNS, of one of its labels, and of a port.
const NAME_MAX: usize = 253;
const LABEL_MAX: usize = 63;
const HOST_MAX: usize = NAME_MAX + ":65535".len();

/// Whether it is a name or an address, with or without a port: what a browser can have in its address bar.
fn is_name_and_port(host: &str) -> bool {
    if host.len() > HOST_MAX {
        return false;
    }
    let Ok(authority) = host.parse::<Authority>() else {
        return false;
    };
    let name = authority.host();
    // Neither a user before it, nor a port that is empty, zero or written with more digits than it needs.
    let is_all = match authority.port_u16() {
        Some(0) => false,
        Some(port) => authority.as_str() == format!("{name}:{port}"),
        None => authority.as_str() == name,
    };
    is_all && (is_name(name) || is_ipv6(name))
}

/// Letters, digits, hyphens and, as some have them, underscores; also an IPv4 address.
fn is_name(name: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    let name = name.strip_suffix('.').unwrap_or(name);
    name.len() <= NAME_MAX
        && name
            .split('.')
            .all(|label| (1..=LABEL_MAX).contains(&label.len()) && label.bytes().all(is_letter))
}

fn is_ipv6(name: &str) -> bool {
    let address = name.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    address.is_some_and(|address| address.parse::<Ipv6Addr>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin_by(host: &str, scheme: &str, configured: Option<&str>) -> Option<String> {
        let mut request = Request::builder()
            .header("host", host)
            .header("x-forwarded-proto", scheme)
            .finish();
        request.set_data(TrustedProxies(1));
        request.set_data(configured.map(|origin| PublicOrigin(origin.into())));
        origin(&request)
    }

    #[test]
    fn the_origin_is_the_host_by_the_scheme_of_the_nearest_proxy() {
        for (host, scheme, wanted) in [
            ("todo.example.org", "https", "https://todo.example.org"),
            (
                "TODO.example.org:8443",
                "http, https",
                "https://todo.example.org:8443",
            ),
            ("127.0.0.1:8080", "http", "http://127.0.0.1:8080"),
            ("[::1]:8080", "", "http://[::1]:8080"),
            ("a_b.example.org.", "http", "http://a_b.example.org."),
        ] {
            assert_eq!(origin_by(host, scheme, None).as_deref(), Some(wanted));
        }
    }

    #[test]
    fn a_configured_origin_goes_before_any_host() {
        let configured = Some("https://todo.example.org");
        for host in ["10.0.0.7:80", "a b", ""] {
            assert_eq!(origin_by(host, "http", configured).as_deref(), configured);
        }
    }

    #[test]
    fn what_is_no_name_or_address_is_no_origin() {
        let (label, long) = ("a".repeat(64), "a.".repeat(150));
        for host in [
            "",
            "a b",
            "user@name",
            "name/path",
            "name\"",
            "name<",
            "name:",
            "name:0",
            "name:080",
            "name:65536",
            "name:1:2",
            "name:port",
            ":80",
            ".",
            "a..b",
            ".name",
            "::1",
            "[::1",
            "[name]",
            "[::1]]:80",
            "[]",
            "[]:80",
            "a[b]",
            "na\u{ef}ve",
            &label,
            &long,
        ] {
            assert_eq!(origin_by(host, "https", None), None, "{host}");
        }
    }
}
