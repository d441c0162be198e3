//! Cookies of the pages: the session, the known device and a draft.

use poem::{
    FromRequest, Request, RequestBody, Response,
    http::{HeaderValue, header},
    web::Data,
};
use secrecy::ExposeSecret as _;
use time::Duration;

use super::draft::{self, Draft};
use crate::{
    domain::{
        client_ip::ClientIp,
        rate_limit::WINDOW,
        session::{ABSOLUTE_TIMEOUT, DEVICE_COOKIE_TTL, DeviceToken, SessionToken},
        user::Account,
    },
    http::origin::RequestScheme,
    service::ClientInfo,
};

const COOKIE: &str = "tickbox";
/// The session cookie over HTTPS. Browsers accept this prefix only with `Secure`, `Path=/` and no `Domain`, so
/// that no sibling domain can plant it (session fixation).
const SECURE_COOKIE: &str = "__Host-tickbox";

/// Outlives the session; see [`DeviceToken`].
const DEVICE_COOKIE: &str = "tickbox-device";
/// The device cookie over HTTPS, protected by its prefix.
const SECURE_DEVICE_COOKIE: &str = "__Host-tickbox-device";

/// From a login to the list; see [`Draft`].
const DRAFT_COOKIE: &str = "tickbox-draft";
/// The draft cookie over HTTPS, protected by its prefix.
const SECURE_DRAFT_COOKIE: &str = "__Host-tickbox-draft";

/// Writes the cookies of the pages, under the names and attributes that the request's scheme allows.
#[derive(Clone, Copy, Debug)]
pub(super) struct CookieJar(RequestScheme);

impl CookieJar {
    fn of(request: &Request) -> Self {
        Self(RequestScheme::of(request))
    }

    fn session_name(self) -> &'static str {
        if self.0.is_https {
            SECURE_COOKIE
        } else {
            COOKIE
        }
    }

    fn device_name(self) -> &'static str {
        if self.0.is_https {
            SECURE_DEVICE_COOKIE
        } else {
            DEVICE_COOKIE
        }
    }

    fn draft_name(self) -> &'static str {
        if self.0.is_https {
            SECURE_DRAFT_COOKIE
        } else {
            DRAFT_COOKIE
        }
    }

    fn attributes(self) -> &'static str {
        if self.0.is_https {
            "HttpOnly; SameSite=Lax; Path=/; Secure"
        } else {
            "HttpOnly; SameSite=Lax; Path=/"
        }
    }

    /// The `Set-Cookie` of a session.
    pub(super) fn session(self, token: &SessionToken) -> HeaderValue {
        self.set(self.session_name(), token.expose(), ABSOLUTE_TIMEOUT)
    }

    /// The `Set-Cookie` of a known device, after a login.
    pub(super) fn known_device(self, device: &DeviceToken) -> HeaderValue {
        self.set(
            self.device_name(),
            device.text().expose_secret(),
            DEVICE_COOKIE_TTL,
        )
    }

    /// The `Set-Cookie` of an unknown device, to which its failed logins are counted for as long as they matter.
    pub(super) fn unknown_device(self, device: &DeviceToken) -> HeaderValue {
        self.set(self.device_name(), device.text().expose_secret(), WINDOW)
    }

    fn set(self, cookie: &str, secret: &str, age: Duration) -> HeaderValue {
        let (age, attributes) = (age.whole_seconds(), self.attributes());
        let value = format!("{cookie}={secret}; Max-Age={age}; {attributes}");
        let mut value = HeaderValue::try_from(value).expect("base64url is visible ASCII");
        value.set_sensitive(true);
        value
    }

    /// The `Set-Cookie` of a draft, until the list has shown it.
    pub(super) fn draft(self, draft: &Draft) -> HeaderValue {
        self.set(self.draft_name(), &draft.token(), draft::COOKIE_TTL)
    }

    /// The `Set-Cookie` that deletes the session cookie.
    pub(super) fn clear_session(self) -> HeaderValue {
        self.clear(self.session_name())
    }

    /// The `Set-Cookie` that deletes the draft.
    fn clear_draft(self) -> HeaderValue {
        self.clear(self.draft_name())
    }

    /// A browser deletes a cookie only by the same attributes.
    fn clear(self, cookie: &str) -> HeaderValue {
        let attributes = self.attributes();
        let value = format!("{cookie}=; Max-Age=0; {attributes}");
        HeaderValue::try_from(value).expect("visible ASCII")
    }
}

impl<'a> FromRequest<'a> for CookieJar {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        Ok(Self::of(request))
    }
}

/// The session token of the request, whether its session has ended or not; looks nothing up.
pub(super) struct SessionCookie(pub(super) Option<SessionToken>);

impl<'a> FromRequest<'a> for SessionCookie {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        Ok(Self(session_tokens(request).next()))
    }
}

/// The browser, as a login needs to know it.
pub(super) struct LoginClient(pub(super) ClientInfo);

impl<'a> FromRequest<'a> for LoginClient {
    async fn from_request(request: &'a Request, body: &mut RequestBody) -> poem::Result<Self> {
        let Data(address) = Data::<&ClientIp>::from_request(request, body).await?;
        let name = CookieJar::of(request).device_name();
        let mut devices = cookies(request).filter(|(found, _)| *found == name);
        Ok(Self(ClientInfo {
            address: *address,
            description: request.header("user-agent").unwrap_or_default().to_owned(),
            device: devices.find_map(|(_, value)| DeviceToken::parse(value)),
            call_id: None,
        }))
    }
}

/// The draft in the cookie, typed before a login.
pub(super) struct DraftCookie {
    draft: Option<Draft>,
    jar: CookieJar,
}

impl DraftCookie {
    /// The draft, if this account typed it.
    pub(super) fn of(self, account: &Account) -> Option<Draft> {
        self.draft.filter(|draft| draft.is_of(account))
    }

    /// Deletes the cookie, if there is one.
    pub(super) fn clear(&self, response: &mut Response) {
        if self.draft.is_some() {
            let headers = response.headers_mut();
            headers.append(header::SET_COOKIE, self.jar.clear_draft());
        }
    }
}

impl<'a> FromRequest<'a> for DraftCookie {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        let jar = CookieJar::of(request);
        let name = jar.draft_name();
        let mut found = cookies(request).filter(|(found, _)| *found == name);
        let draft = found.find_map(|(_, value)| Draft::parse(value));
        Ok(Self { draft, jar })
    }
}

/// Most session cookies looked up for one request. There is one, unless another site on the same host name
/// planted a second.
const TOKENS_MAX: usize = 2;

/// The session tokens of a request, in the order of its cookies.
pub(super) fn session_tokens(request: &Request) -> impl Iterator<Item = SessionToken> {
    let name = CookieJar::of(request).session_name();
    cookies(request)
        .filter(move |(found, _)| *found == name)
        .filter_map(|(_, value)| SessionToken::parse(value))
        .take(TOKENS_MAX)
}

/// The session tokens of a request in cookies of either name, as many as a request may have.
pub(super) fn all_session_tokens(request: &Request) -> impl Iterator<Item = SessionToken> {
    cookies(request)
        .filter(|(name, _)| *name == COOKIE || *name == SECURE_COOKIE)
        .filter_map(|(_, value)| SessionToken::parse(value))
        .take(TOKENS_MAX)
}

/// Whether the request carries a session cookie of either name.
pub(super) fn has_session_cookie(request: &Request) -> bool {
    cookies(request).any(|(name, _)| name == COOKIE || name == SECURE_COOKIE)
}

fn cookies(request: &Request) -> impl Iterator<Item = (&str, &str)> {
    let headers = request.headers().get_all("cookie").iter();
    headers
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b';'))
        // A cookie of another site on the host may hold bytes that are no text; the others are read all the same.
        .filter_map(|pair| str::from_utf8(pair).ok())
        .filter_map(|pair| pair.trim().split_once('='))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn request(headers: &[Vec<u8>]) -> Request {
        let mut request = Request::default();
        for header in headers {
            let header = HeaderValue::from_bytes(header).expect("allowed in a header");
            request.headers_mut().append("cookie", header);
        }
        request
    }

    /// Bytes that a header may hold, and what looks like cookies.
    fn header() -> impl Strategy<Value = Vec<u8>> {
        let bytes = proptest::collection::vec(prop_oneof![32..127_u8, 128..=255_u8], 0..100);
        let cookies =
            "(tickbox|__Host-tickbox|x|)=?[A-Za-z0-9_-]{0,66}[;=, ]{0,3}(tickbox=)?[a-z]{0,5}";
        prop_oneof![bytes, cookies.prop_map(String::into_bytes)]
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            cases: 3_000,
            failure_persistence: None,
            ..ProptestConfig::default()
        })]

        #[test]
        fn any_cookie_header_gives_few_tokens_that_were_sent(
            headers in proptest::collection::vec(header(), 0..4),
        ) {
            let request = request(&headers);
            let found: Vec<_> = session_tokens(&request).collect();
            prop_assert!(found.len() <= TOKENS_MAX);
            for token in found {
                let pair = format!("{COOKIE}={}", token.expose());
                let was_sent = headers
                    .iter()
                    .any(|header| String::from_utf8_lossy(header).contains(&pair));
                prop_assert!(was_sent);
                prop_assert!(has_session_cookie(&request));
            }
        }

        #[test]
        fn our_cookie_is_found_among_foreign_cookies(
            before in header(),
            after in header(),
            secret in any::<[u8; 32]>(),
        ) {
            let token = SessionToken::new(uuid::Uuid::nil(), secret);
            let ours = format!("; {COOKIE}={}; ", token.expose());
            let line = [before.as_slice(), ours.as_bytes(), &after].concat();
            let request = request(&[line]);
            let mut found = session_tokens(&request);
            prop_assert!(found.any(|found| found.expose() == token.expose()));
        }
    }
}
