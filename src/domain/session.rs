//! Sessions: their secrets, their kinds, and when they expire.

mod call_id;
mod device_token;
mod refresh_token;
mod summary;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

pub use self::{
    call_id::{CallId, is_repeatable},
    device_token::{DEVICE_COOKIE_TTL, DeviceToken},
    refresh_token::{RefreshDecision, RefreshToken, RotationState, SuccessorKey},
    summary::Session,
};
use super::{
    digest::sha256,
    error::FieldError,
    text::{decode_base64url, parse_line},
};

/// A session ends this long after its last use.
pub const IDLE_TIMEOUT: Duration = Duration::days(30);
/// A session ends this long after its start, however much it is used.
pub const ABSOLUTE_TIMEOUT: Duration = Duration::days(90);
/// Granularity of the time of last use: it is not written with every request.
pub const SEEN_INTERVAL: Duration = Duration::hours(1);
/// Validity of an access token.
pub const ACCESS_TOKEN_TTL: Duration = Duration::minutes(10);
/// Maximum characters stored of a `User-Agent`; the width of the column.
pub const USER_AGENT_MAX: usize = 200;
/// Maximum active sessions of one user: more than a person's devices, and as many as one response shows. A
/// login beyond it ends the one used longest ago.
pub const SESSIONS_MAX: u32 = 100;

/// When a session ends that was last used at `seen`.
#[must_use]
pub fn expiry(created: OffsetDateTime, seen: OffsetDateTime) -> OffsetDateTime {
    (seen + IDLE_TIMEOUT).min(created + ABSOLUTE_TIMEOUT)
}

/// The key of a session's row. Not a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionId(pub Uuid);

/// Whether the session is for the web pages or the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionKind {
    /// The pages, by cookie.
    Web,
    /// The API, by tokens.
    Api,
}

impl SessionKind {
    /// The stored form.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Api => "api",
        }
    }

    /// Parses the stored form.
    #[must_use]
    pub fn from_stored(text: &str) -> Option<Self> {
        [Self::Web, Self::Api]
            .into_iter()
            .find(|kind| kind.as_str() == text)
    }
}

/// The name that an API client gives itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceName(String);

impl DeviceName {
    /// Maximum characters, counted as sent, before trimming.
    pub const MAX: usize = 100;

    /// Trims the text.
    ///
    /// # Errors
    /// When it is blank, longer than [`Self::MAX`] or holds control characters.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let missing = "Name the device, or leave the field out";
        parse_line(text, Self::MAX, "device_name", "The device's name", missing).map(Self)
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// SHA-256 of a session's secret, which itself is not stored.
#[derive(Clone, Copy, Debug)]
pub struct SecretHash(pub [u8; 32]);

impl PartialEq for SecretHash {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl SecretHash {
    /// The hash of a secret.
    #[must_use]
    pub fn of(secret: &[u8; SECRET_LENGTH]) -> Self {
        Self(sha256(&[secret]))
    }
}

/// The session cookie: the row's key and a secret of 256 random bits.
#[derive(Clone)]
pub struct SessionToken {
    /// Finds the row.
    pub id: SessionId,
    secret: SecretString,
    /// Compared with the row.
    pub hash: SecretHash,
}

const ID_LENGTH: usize = 16;
const SECRET_LENGTH: usize = 32;

impl SessionToken {
    /// A token from a secret that is random or an HMAC.
    #[must_use]
    pub fn new(id: Uuid, secret: [u8; SECRET_LENGTH]) -> Self {
        let mut bytes = [0; ID_LENGTH + SECRET_LENGTH];
        bytes[..ID_LENGTH].copy_from_slice(id.as_bytes());
        bytes[ID_LENGTH..].copy_from_slice(&secret);
        Self {
            id: SessionId(id),
            secret: URL_SAFE_NO_PAD.encode(bytes).into(),
            hash: SecretHash::of(&secret),
        }
    }

    /// Parses the text form; none when it is malformed.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; ID_LENGTH + SECRET_LENGTH] = decode_base64url(text)?;
        let (id, secret) = bytes.split_at(ID_LENGTH);
        Some(Self::new(
            Uuid::from_slice(id).ok()?,
            secret.try_into().ok()?,
        ))
    }

    /// The token that replaces this one when the password is changed; deterministic.
    #[must_use]
    pub fn successor(&self, key: &SuccessorKey) -> Self {
        Self::new(self.id.0, key.sign("cookie", &self.secret()))
    }

    /// The nonce of a browser that becomes known while this token is replaced; deterministic.
    #[must_use]
    pub fn device_nonce(&self, key: &SuccessorKey) -> [u8; 16] {
        key.device_nonce(&self.secret())
    }

    fn secret(&self) -> [u8; SECRET_LENGTH] {
        let decoded: Option<[u8; ID_LENGTH + SECRET_LENGTH]> = decode_base64url(self.expose());
        let bytes = decoded.expect("its own form");
        let (_, secret) = bytes.split_at(ID_LENGTH);
        secret.try_into().expect("the rest")
    }

    /// The text form, for the cookie alone.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.secret.expose_secret()
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_token_round_trips_through_text() {
        let token = SessionToken::new(Uuid::from_u128(7), [9; 32]);
        let read = SessionToken::parse(token.expose()).expect("its own form");
        assert_eq!(read.id, token.id);
        assert!(read.hash == token.hash);
    }

    #[test]
    fn a_successor_is_deterministic_and_needs_the_key() {
        let token = SessionToken::new(Uuid::from_u128(7), [9; 32]);
        let next = token.successor(&SuccessorKey([3; 32]));
        let again = token.successor(&SuccessorKey([3; 32]));
        assert_eq!((next.id, next.expose()), (token.id, again.expose()));
        let other = token.successor(&SuccessorKey([4; 32]));
        let later = next.successor(&SuccessorKey([3; 32]));
        for different in [&token, &other, &later] {
            assert!(different.hash != next.hash);
        }
    }

    #[test]
    fn no_other_text_parses_as_a_token() {
        let good = SessionToken::new(Uuid::from_u128(7), [9; 32]);
        let good = good.expose();
        for text in [
            "",
            "x",
            &good[1..],
            &format!("{good}A"),
            &"=".repeat(64),
            &"é".repeat(32),
        ] {
            assert!(SessionToken::parse(text).is_none(), "{text:?}");
        }
    }

    #[test]
    fn a_session_ends_30_days_after_use_and_90_after_login() {
        let created = datetime!(2026-01-01 00:00 UTC);
        assert_eq!(expiry(created, created), created + Duration::days(30));
        let late = created + Duration::days(80);
        assert_eq!(expiry(created, late), created + Duration::days(90));
    }
}
