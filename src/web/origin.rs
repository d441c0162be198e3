//! The defence against forged requests. Browsers say where a request comes from; nothing that
//! changes anything is accepted from elsewhere, the login and registration forms included. The rules
//! are those of Go's `http.CrossOriginProtection`, and an `Origin` that is not ours is refused whatever
//! else is said: where a service worker sends a form on, only this header tells whose form it was.

use std::sync::Arc;

use poem::{Endpoint, IntoResponse as _, Request, Response, Result, http::Method};

use super::{
    failure::Failure,
    session::{Https, has_cookie},
};

/// Where the pages are for their browsers, such as `https://todo.example.org`; given where a proxy does
/// not hand on the `Host` that it was asked for.
#[derive(Clone, Debug)]
pub struct PublicOrigin(pub Arc<str>);

/// Lets a request through to the pages, unless it would change something and comes from another
/// site.
pub(super) async fn check<E: Endpoint>(endpoint: Arc<E>, request: Request) -> Result<Response> {
    if is_safe(request.method()) || is_ours(&request) {
        Ok(endpoint.call(request).await?.into_response())
    } else {
        Err(Failure::CrossSite.into())
    }
}

fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

fn is_ours(request: &Request) -> bool {
    // Browsers send Sec-Fetch-Site only to https and localhost.
    let by_site = request
        .header("sec-fetch-site")
        .map(|site| matches!(site, "same-origin" | "none"));
    match (request.header("origin"), by_site) {
        (_, Some(false)) => false,
        // Browsers say `null` of our own forms where somebody has turned off referrers.
        (None | Some("null"), Some(true)) => true,
        (Some(origin), _) => names_us(origin, request),
        // No graphical browser of the last ten years, so it can only act for itself; or a text browser,
        // which names the page that its form stands on. Another site's page cannot name one of ours.
        (None, None) => {
            !has_cookie(request) || page_of(request).is_some_and(|page| names_us(page, request))
        }
    }
}

/// The origin of the page that the request was made from, by its `Referer`.
fn page_of(request: &Request) -> Option<&str> {
    let page = request.header("referer")?;
    let (scheme, rest) = page.split_once("://")?;
    let (host, _) = rest.split_once('/')?;
    page.get(..scheme.len() + "://".len() + host.len())
}

fn names_us(origin: &str, request: &Request) -> bool {
    let host = request.header("host").unwrap_or_default();
    match request.data() {
        Some(PublicOrigin(ours)) => origin.eq_ignore_ascii_case(ours),
        None => names(origin, host, Https::of(request)),
    }
}

/// Whether an `Origin` is the host that was asked. What speaks https to the browser may speak http to
/// us, so the port that either leaves out is that of the origin's scheme.
fn names(origin: &str, host: &str, https: Https) -> bool {
    let Some((scheme, from)) = origin.split_once("://") else {
        return false;
    };
    let usual_port = match scheme {
        "https" => "443",
        "http" if https == Https::NO => "80",
        _ => return false,
    };
    let (from, host) = (split_port(from, usual_port), split_port(host, usual_port));
    !from.0.is_empty() && from.0.eq_ignore_ascii_case(host.0) && from.1 == host.1
}

/// Name and port. The colons of an IPv6 address stand in brackets.
fn split_port<'a>(host: &'a str, usual: &'a str) -> (&'a str, &'a str) {
    match host.rsplit_once(':') {
        Some((name, "")) => (name, usual),
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (name, port),
        _ => (host, usual),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_the_host_whatever_port_is_left_out() {
        for (origin, host) in [
            ("http://name", "name"),
            ("http://name", "name:80"),
            ("http://name:80", "name"),
            ("https://name", "name"),
            ("https://name", "name:443"),
            ("https://name:443", "name"),
            ("http://name:8080", "name:8080"),
            ("https://Name.example", "name.EXAMPLE:443"),
            ("http://[::1]", "[::1]:80"),
            ("http://[::1]:8080", "[::1]:8080"),
            ("http://192.0.2.1", "192.0.2.1:80"),
        ] {
            assert!(names(origin, host, Https::NO), "{origin} {host}");
        }
    }

    #[test]
    fn another_name_port_or_scheme_is_another_origin() {
        for (origin, host) in [
            ("http://name", "name:443"),
            ("https://name", "name:80"),
            ("http://name:443", "name"),
            ("https://name:80", "name"),
            ("http://name", "name:8080"),
            ("http://name:8080", "name"),
            ("http://name:8080", "name:80"),
            ("http://evil.example", "name"),
            ("http://name.evil.example", "name"),
            ("http://evilname", "name"),
            ("http://name@evil.example", "name"),
            ("http://[::1]", "[::2]"),
            ("ftp://name", "name"),
            ("chrome-extension://name", "name"),
            ("file://", ""),
            ("http://", ""),
            ("http://:80", ":80"),
            ("null", "null"),
            ("", ""),
            ("name", "name"),
        ] {
            assert!(!names(origin, host, Https::NO), "{origin} {host}");
        }
    }

    #[test]
    fn a_page_that_came_by_http_is_another_one_than_that_by_https() {
        assert!(names("https://name", "name", Https::YES));
        assert!(!names("http://name", "name", Https::YES));
    }
}
