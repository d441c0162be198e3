//! The session cookie, and who a request comes from.

use poem::{
    FromRequest, Request, RequestBody, Response,
    http::{HeaderValue, header},
    web::Data,
};
use secrecy::ExposeSecret as _;
use time::Duration;
use tracing::Span;
use uuid::Uuid;

use super::{
    draft::{self, Draft},
    failure::Failure,
    form::{ACCOUNT_FIELD, Form},
    link,
};
use crate::{
    domain::{
        client_ip::ClientIp,
        rate_limit::WINDOW,
        session::{ABSOLUTE_TIMEOUT, DEVICE_COOKIE_TTL, DeviceToken, SessionToken},
        user::Account,
    },
    service::{ClientInfo, Service},
};

const COOKIE: &str = "tickbox";
/// A name that browsers accept only with `Secure`, `Path=/` and no `Domain`: no neighbour on a
/// sibling domain can plant it.
const SECURE_COOKIE: &str = "__Host-tickbox";

/// Stays when the session ends; see [`DeviceToken`].
const DEVICE_COOKIE: &str = "tickbox-device";
/// As [`SECURE_COOKIE`].
const SECURE_DEVICE_COOKIE: &str = "__Host-tickbox-device";

/// From a login to the list; see [`Draft`].
const DRAFT_COOKIE: &str = "tickbox-draft";
/// As [`SECURE_COOKIE`].
const SECURE_DRAFT_COOKIE: &str = "__Host-tickbox-draft";

/// The header by which a request of htmx says for whom the page was made that asks.
pub(super) const ACCOUNT_HEADER: &str = "Tickbox-Account";

/// How many proxies stand in front, each of which appends to `X-Forwarded-*`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Proxies(pub u8);

/// Whether the browser came by HTTPS, which a proxy in front of us ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Https(bool);

impl Https {
    #[cfg(test)]
    pub(super) const YES: Self = Self(true);
    /// Or not known to have: only a trusted proxy says it.
    pub(super) const NO: Self = Self(false);

    pub(super) fn of(request: &Request) -> Self {
        let trusted = request
            .data::<Proxies>()
            .is_some_and(|proxies| proxies.0 > 0);
        let protocols = request.headers().get_all("x-forwarded-proto").iter();
        // The last word is the nearest proxy's; what stands before it, anybody can have sent.
        let last = protocols
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .next_back();
        Self(trusted && last.is_some_and(|last| last.trim().eq_ignore_ascii_case("https")))
    }

    fn cookie(self) -> &'static str {
        if self.0 { SECURE_COOKIE } else { COOKIE }
    }

    fn device_cookie(self) -> &'static str {
        if self.0 {
            SECURE_DEVICE_COOKIE
        } else {
            DEVICE_COOKIE
        }
    }

    fn draft_cookie(self) -> &'static str {
        if self.0 {
            SECURE_DRAFT_COOKIE
        } else {
            DRAFT_COOKIE
        }
    }

    fn attributes(self) -> &'static str {
        if self.0 {
            "HttpOnly; SameSite=Lax; Path=/; Secure"
        } else {
            "HttpOnly; SameSite=Lax; Path=/"
        }
    }

    /// The `Set-Cookie` that keeps a session.
    pub(super) fn keep(self, token: &SessionToken) -> HeaderValue {
        self.set(self.cookie(), token.expose(), ABSOLUTE_TIMEOUT)
    }

    /// The `Set-Cookie` that makes this a known browser.
    pub(super) fn remember(self, device: &DeviceToken) -> HeaderValue {
        self.set(
            self.device_cookie(),
            device.text().expose_secret(),
            DEVICE_COOKIE_TTL,
        )
    }

    /// The `Set-Cookie` by which an unknown browser's failures are known for its own, as long as they
    /// count.
    pub(super) fn number(self, device: &DeviceToken) -> HeaderValue {
        self.set(self.device_cookie(), device.text().expose_secret(), WINDOW)
    }

    fn set(self, cookie: &str, secret: &str, age: Duration) -> HeaderValue {
        let (age, attributes) = (age.whole_seconds(), self.attributes());
        let value = format!("{cookie}={secret}; Max-Age={age}; {attributes}");
        let mut value = HeaderValue::try_from(value).expect("base64url is visible ASCII");
        value.set_sensitive(true);
        value
    }

    /// The `Set-Cookie` that keeps what was typed until the list has shown it.
    pub(super) fn keep_draft(self, draft: &Draft) -> HeaderValue {
        self.set(self.draft_cookie(), &draft.token(), draft::KEPT)
    }

    /// The `Set-Cookie` that removes the session.
    pub(super) fn forget(self) -> HeaderValue {
        self.remove(self.cookie())
    }

    /// The `Set-Cookie` that removes what was typed.
    pub(super) fn forget_draft(self) -> HeaderValue {
        self.remove(self.draft_cookie())
    }

    /// Without the same attributes a browser would keep it.
    fn remove(self, cookie: &str) -> HeaderValue {
        let attributes = self.attributes();
        let value = format!("{cookie}=; Max-Age=0; {attributes}");
        HeaderValue::try_from(value).expect("visible ASCII")
    }
}

impl<'a> FromRequest<'a> for Https {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        Ok(Self::of(request))
    }
}

/// Whoever sent the request.
pub(super) struct Visitor {
    /// For whom it acts; none for a stranger or when the session has ended.
    pub(super) account: Option<Account>,
    /// What the request came with and looked up in that order, up to the one that opened a session.
    pub(super) tokens: Vec<SessionToken>,
}

impl Visitor {
    /// For whom the request acts, and the cookie that says so.
    pub(super) fn session(&self) -> Option<(&Account, &SessionToken)> {
        self.account.as_ref().zip(self.tokens.last())
    }

    /// For whom a page is made.
    ///
    /// # Errors
    /// A stranger is sent to the login page, and from there to `next`.
    pub(super) fn account(self, next: &impl ToString) -> Result<Account, Failure> {
        self.account.ok_or_else(|| login_required(next))
    }

    /// For whom a form acts: whoever is logged in, if its page was made for them.
    ///
    /// # Errors
    /// As [`Self::account`]; [`Failure::AnotherAccount`] when the page was made for somebody else.
    pub(super) fn sender(self, form: &Form, next: &impl ToString) -> Result<Account, Failure> {
        let account = self.account(next)?;
        check_account(form.get(ACCOUNT_FIELD), &account)?;
        Ok(account)
    }
}

/// A stranger has to log in, and comes back to `next`.
pub(super) fn login_required(next: &impl ToString) -> Failure {
    Failure::LoginRequired {
        login: link::login_and_back(&next.to_string()),
    }
}

/// In one browser a page may show one person's list while another has logged in since.
pub(super) fn check_account(named: &str, account: &Account) -> Result<(), Failure> {
    if names(named, account) {
        Ok(())
    } else {
        Err(Failure::AnotherAccount)
    }
}

/// Whether a public id is that of the account; none is anybody's, as in a form written by hand.
pub(super) fn names(named: &str, account: &Account) -> bool {
    named.is_empty() || Uuid::try_parse(named).is_ok_and(|named| named == account.public_id)
}

impl<'a> FromRequest<'a> for Visitor {
    async fn from_request(request: &'a Request, body: &mut RequestBody) -> poem::Result<Self> {
        let Data(service) = Data::<&Service>::from_request(request, body).await?;
        let mut visitor = Self {
            account: None,
            tokens: Vec::new(),
        };
        for token in tokens(request) {
            visitor.account = service.authenticate(&token).await.map_err(Failure::from)?;
            visitor.tokens.push(token);
            if let Some(account) = &visitor.account {
                Span::current().record("user", tracing::field::display(account.public_id));
                // What htmx asks for goes into a page that was made for somebody.
                check_account(request.header(ACCOUNT_HEADER).unwrap_or_default(), account)?;
                break;
            }
        }
        Ok(visitor)
    }
}

/// The session that a request came with, ended or not; looks nothing up.
pub(super) struct Carried(pub(super) Option<SessionToken>);

impl<'a> FromRequest<'a> for Carried {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        Ok(Self(tokens(request).next()))
    }
}

/// The browser, as a login has to know it.
pub(super) struct Browser(pub(super) ClientInfo);

impl<'a> FromRequest<'a> for Browser {
    async fn from_request(request: &'a Request, body: &mut RequestBody) -> poem::Result<Self> {
        let Data(address) = Data::<&ClientIp>::from_request(request, body).await?;
        let name = Https::of(request).device_cookie();
        let mut devices = cookies(request).filter(|(found, _)| *found == name);
        Ok(Self(ClientInfo {
            address: *address,
            description: request.header("user-agent").unwrap_or_default().to_owned(),
            device: devices.find_map(|(_, value)| DeviceToken::parse(value)),
            call_id: None,
        }))
    }
}

/// What was typed before a login, as the cookie has it, and how the browser came.
pub(super) struct KeptDraft {
    draft: Option<Draft>,
    https: Https,
}

impl KeptDraft {
    /// What this account typed.
    pub(super) fn of(self, account: &Account) -> Option<Draft> {
        self.draft.filter(|draft| draft.is_of(account))
    }

    /// Has the browser forget it, if there is one.
    pub(super) fn forget(&self, response: &mut Response) {
        if self.draft.is_some() {
            let headers = response.headers_mut();
            headers.append(header::SET_COOKIE, self.https.forget_draft());
        }
    }
}

impl<'a> FromRequest<'a> for KeptDraft {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        let https = Https::of(request);
        let name = https.draft_cookie();
        let mut found = cookies(request).filter(|(found, _)| *found == name);
        let draft = found.find_map(|(_, value)| Draft::parse(value));
        Ok(Self { draft, https })
    }
}

/// Session cookies looked up for one request. There is one, unless a neighbour on the same host
/// name planted another.
const TOKENS_MAX: usize = 2;

fn tokens(request: &Request) -> impl Iterator<Item = SessionToken> {
    let name = Https::of(request).cookie();
    cookies(request)
        .filter(move |(found, _)| *found == name)
        .filter_map(|(_, value)| SessionToken::parse(value))
        .take(TOKENS_MAX)
}

/// Whether the request carries a session cookie of either name.
pub(super) fn has_cookie(request: &Request) -> bool {
    cookies(request).any(|(name, _)| name == COOKIE || name == SECURE_COOKIE)
}

fn cookies(request: &Request) -> impl Iterator<Item = (&str, &str)> {
    let headers = request.headers().get_all("cookie").iter();
    headers
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b';'))
        // A cookie of a neighbour may hold bytes that are no text; ours stands beside it all the same.
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
        fn whatever_the_cookies_are_few_tokens_are_read_and_each_was_sent(
            headers in proptest::collection::vec(header(), 0..4),
        ) {
            let request = request(&headers);
            let found: Vec<_> = tokens(&request).collect();
            prop_assert!(found.len() <= TOKENS_MAX);
            for token in found {
                let pair = format!("{COOKIE}={}", token.expose());
                let was_sent = headers
                    .iter()
                    .any(|header| String::from_utf8_lossy(header).contains(&pair));
                prop_assert!(was_sent);
                prop_assert!(has_cookie(&request));
            }
        }

        #[test]
        fn our_cookie_is_found_whatever_a_neighbour_has_set_beside_it(
            before in header(),
            after in header(),
            secret in any::<[u8; 32]>(),
        ) {
            let token = SessionToken::new(uuid::Uuid::nil(), secret);
            let ours = format!("; {COOKIE}={}; ", token.expose());
            let line = [before.as_slice(), ours.as_bytes(), &after].concat();
            let request = request(&[line]);
            let mut found = tokens(&request);
            prop_assert!(found.any(|found| found.expose() == token.expose()));
        }
    }
}
