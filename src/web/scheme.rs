//! The scheme of a request as its browser sees it, by `X-Forwarded-Proto` of trusted proxies.

use poem::Request;

/// The number of trusted proxies in front, each of which appends to `X-Forwarded-*`.
#[derive(Clone, Copy, Debug, Default)]
pub struct TrustedProxies(pub u8);

/// Whether the browser uses HTTPS, which a trusted proxy terminates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RequestScheme {
    pub(super) is_https: bool,
}

impl RequestScheme {
    #[cfg(test)]
    pub(super) const HTTPS: Self = Self { is_https: true };
    #[cfg(test)]
    pub(super) const HTTP: Self = Self { is_https: false };

    pub(super) fn of(request: &Request) -> Self {
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
