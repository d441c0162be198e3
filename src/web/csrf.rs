//! CSRF protection (cross-site request forgery): requests that change something are accepted from this site's
//! own pages only, the login and registration forms included. The rules are those of Go's
//! `http.CrossOriginProtection`; besides, a foreign `Origin` is always rejected: where a service worker sends a
//! form on, only this header names the site of the form.

use std::sync::Arc;

use poem::{Endpoint, IntoResponse as _, Request, Response, Result, http::Method};

use super::{cookie::has_session_cookie, failure::Failure};
use crate::http::origin::{PublicOrigin, RequestScheme, configured_origin};

/// Rejects a request that would change something and comes from another site.
pub(super) async fn check<E: Endpoint>(endpoint: Arc<E>, request: Request) -> Result<Response> {
    if is_safe(request.method()) || is_same_origin(&request) {
        Ok(endpoint.call(request).await?.into_response())
    } else {
        Err(Failure::CrossSite.into())
    }
}

fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

fn is_same_origin(request: &Request) -> bool {
    // Browsers send Sec-Fetch-Site only to https and localhost.
    let by_site = request
        .header("sec-fetch-site")
        .map(|site| matches!(site, "same-origin" | "none"));
    match (request.header("origin"), by_site) {
        (_, Some(false)) => false,
        // Browsers send `null` for forms of this site where referrers are disabled.
        (None | Some("null"), Some(true)) => true,
        (Some(origin), _) => is_own_origin(origin, request),
        // Not a graphical browser of the last ten years: a program, which acts for itself, or a text browser, which
        // sends the page of its form as `Referer`. Another site's page cannot name one of this site.
        (None, None) => {
            !has_session_cookie(request)
                || referring_origin(request).is_some_and(|page| is_own_origin(page, request))
        }
    }
}

/// The origin of the page that sent the request, by its `Referer`.
fn referring_origin(request: &Request) -> Option<&str> {
    let page = request.header("referer")?;
    let (scheme, rest) = page.split_once("://")?;
    let (host, _) = rest.split_once('/')?;
    page.get(..scheme.len() + "://".len() + host.len())
}

fn is_own_origin(origin: &str, request: &Request) -> bool {
    let host = request.header("host").unwrap_or_default();
    match configured_origin(request) {
        Some(PublicOrigin(public)) => origin.eq_ignore_ascii_case(public),
        None => origin_matches_host(origin, host, RequestScheme::of(request)),
    }
}

/// Whether an `Origin` is the host of the request. A proxy may speak HTTPS to the browser and HTTP to this
/// server, so the default port of both is that of the origin's scheme.
fn origin_matches_host(origin: &str, host: &str, request_scheme: RequestScheme) -> bool {
    let Some((scheme, from)) = origin.split_once("://") else {
        return false;
    };
    let usual_port = match scheme {
        "https" => "443",
        "http" if !request_scheme.is_https => "80",
        _ => return false,
    };
    let (from, host) = (split_port(from, usual_port), split_port(host, usual_port));
    !from.0.is_empty() && from.0.eq_ignore_ascii_case(host.0) && from.1 == host.1
}

/// Name and port. The colons of an IPv6 address are in brackets.
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
    fn the_default_port_of_an_origin_may_be_omitted() {
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
            assert!(
                origin_matches_host(origin, host, RequestScheme::HTTP),
                "{origin} {host}"
            );
        }
    }

    #[test]
    fn a_different_host_port_or_scheme_is_cross_origin() {
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
            assert!(
                !origin_matches_host(origin, host, RequestScheme::HTTP),
                "{origin} {host}"
            );
        }
    }

    #[test]
    fn http_and_https_are_different_origins() {
        assert!(origin_matches_host(
            "https://name",
            "name",
            RequestScheme::HTTPS
        ));
        assert!(!origin_matches_host(
            "http://name",
            "name",
            RequestScheme::HTTPS
        ));
    }
}
