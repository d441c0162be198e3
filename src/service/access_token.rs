//! Access tokens: JWTs that name the user and the session of a call. The session is looked up on every call, so
//! that logout takes effect immediately; the signature keeps forged tokens away from the database. Also signs
//! device cookies and the first secrets of idempotent logins, with keys derived from the same secret.

use std::sync::Once;

use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode,
};
use ring::hmac;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::jwt_provider;
use crate::domain::{
    digest::{hmac_sha256, sha256},
    error::{AuthError, Error},
    session::{ACCESS_TOKEN_TTL, CallId, DeviceToken, SessionId, SuccessorKey},
    user::Username,
};

const ISSUER: &str = "tickbox";
const AUDIENCE: &str = "tickbox-api";
/// Maximum difference between the clocks of two instances.
const LEEWAY: Duration = Duration::seconds(5);
/// Maximum length; issued tokens have some 400 characters.
const LENGTH_MAX: usize = 1_024;

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    /// The user's public id.
    sub: Uuid,
    /// The session.
    sid: Uuid,
    iat: i64,
    exp: i64,
}

/// The claims of a verified token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccessClaims {
    /// The user's public id.
    pub public_id: Uuid,
    /// The session.
    pub session_id: SessionId,
}

/// Signs tokens, and verifies those of the current and of the previous key.
pub struct TokenSigner {
    current: Key,
    previous: Option<Key>,
}

struct Key {
    /// The exact header of issued tokens.
    header: Header,
    encoding: EncodingKey,
    decoding: DecodingKey,
    /// Binds device cookies to usernames. Derived, so that no signature can pass for another.
    devices: hmac::Key,
    /// Binds device cookies to passwords.
    device_passwords: hmac::Key,
    /// Computes the first secrets of sessions with an idempotent login.
    logins: hmac::Key,
}

impl Key {
    fn new(secret: &SecretString) -> Self {
        let secret = secret.expose_secret().as_bytes();
        let mut header = Header::new(Algorithm::HS256);
        header.kid = Some(key_id(secret));
        Self {
            header,
            encoding: EncodingKey::from_secret(secret),
            decoding: DecodingKey::from_secret(secret),
            devices: derive_key(secret, b"tickbox known devices"),
            device_passwords: derive_key(secret, b"tickbox passwords of known devices"),
            logins: derive_key(secret, b"tickbox repeatable logins"),
        }
    }

    fn device_tag(&self, nonce: &[u8; 16], username: &Username) -> [u8; 32] {
        tag(&self.devices, nonce, username.as_str().as_bytes())
    }

    fn password_tag(&self, nonce: &[u8; 16], hash: &str) -> [u8; 32] {
        tag(&self.device_passwords, nonce, hash.as_bytes())
    }
}

/// HMAC of two parts. The first has a fixed length under each key: no two pairs are the same bytes.
fn tag(key: &hmac::Key, first: &[u8], second: &[u8]) -> [u8; 32] {
    hmac_sha256(key, &[first, second])
}

/// Derives a key for one purpose.
fn derive_key(secret: &[u8], purpose: &[u8]) -> hmac::Key {
    let key = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), purpose);
    hmac::Key::new(hmac::HMAC_SHA256, key.as_ref())
}

/// The `kid` of a key, which reveals nothing about it.
fn key_id(secret: &[u8]) -> String {
    let hash = sha256(&[b"tickbox kid", secret]);
    let first = hash[..8].try_into().expect("eight bytes");
    format!("{:016x}", u64::from_be_bytes(first))
}

impl TokenSigner {
    /// Signs with `current`; tokens that `previous` signed stay valid as long as it is given.
    #[must_use]
    pub fn new(current: &SecretString, previous: Option<&SecretString>) -> Self {
        static INSTALL: Once = Once::new();
        // Fails only when this one is installed already.
        INSTALL.call_once(|| {
            let _ = jwt_provider::PROVIDER.install_default();
        });
        Self {
            current: Key::new(current),
            previous: previous.map(Key::new),
        }
    }

    /// Issues a token for [`ACCESS_TOKEN_TTL`].
    ///
    /// # Errors
    /// [`Error::Internal`] when signing fails.
    pub fn sign(
        &self,
        public_id: Uuid,
        session_id: SessionId,
        now: OffsetDateTime,
    ) -> Result<SecretString, Error> {
        let claims = Claims {
            iss: ISSUER.into(),
            aud: AUDIENCE.into(),
            sub: public_id,
            sid: session_id.0,
            iat: now.unix_timestamp(),
            exp: (now + ACCESS_TOKEN_TTL).unix_timestamp(),
        };
        let Key {
            header, encoding, ..
        } = &self.current;
        let token = encode(header, &claims, encoding).map_err(Error::internal)?;
        Ok(token.into())
    }

    /// Verifies a token.
    ///
    /// # Errors
    /// [`AuthError::ExpiredToken`] for an expired one, [`AuthError::InvalidToken`] for any other text.
    pub fn verify(&self, token: &str, now: OffsetDateTime) -> Result<AccessClaims, Error> {
        let invalid = || Error::Unauthenticated(AuthError::InvalidToken);
        let claims = self.claims(token).ok_or_else(invalid)?;
        let expires = OffsetDateTime::from_unix_timestamp(claims.exp).map_err(|_| invalid())?;
        if now - LEEWAY >= expires {
            return Err(Error::Unauthenticated(AuthError::ExpiredToken));
        }
        Ok(AccessClaims {
            public_id: claims.sub,
            session_id: SessionId(claims.sid),
        })
    }

    /// The device cookie of a browser in which a user has logged in with the password of this hash.
    #[must_use]
    pub fn sign_device(&self, nonce: [u8; 16], username: &Username, hash: &str) -> DeviceToken {
        DeviceToken {
            nonce,
            tag: self.current.device_tag(&nonce, username),
            password_tag: self.current.password_tag(&nonce, hash),
        }
    }

    /// Whether a browser is known under this username, with whatever password.
    #[must_use]
    pub fn is_known_device(&self, device: &DeviceToken, username: &Username) -> bool {
        self.keys().any(|key| {
            let tag = key.device_tag(&device.nonce, username);
            bool::from(tag.ct_eq(&device.tag))
        })
    }

    /// Whether a browser is known with the password of this hash.
    #[must_use]
    pub fn knows_password(&self, device: &DeviceToken, hash: &str) -> bool {
        self.keys().any(|key| {
            let tag = key.password_tag(&device.nonce, hash);
            bool::from(tag.ct_eq(&device.password_tag))
        })
    }

    /// The first secret of a session started by a call with this id. An attacker with the database has its key,
    /// and may guess the id, but cannot compute the secret.
    #[must_use]
    pub fn login_secret(&self, key: &SuccessorKey, call: CallId) -> [u8; 32] {
        tag(&self.current.logins, &key.0, call.0.as_bytes())
    }

    fn keys(&self) -> impl Iterator<Item = &Key> {
        [Some(&self.current), self.previous.as_ref()]
            .into_iter()
            .flatten()
    }

    /// The header must equal that of a known key: other algorithms, and keys that a token brings along (`jwk`,
    /// `jku`, `x5u`), are rejected before anything else.
    fn claims(&self, token: &str) -> Option<Claims> {
        if token.len() > LENGTH_MAX {
            return None;
        }
        let header = decode_header(token).ok()?;
        let key = self.keys().find(|key| key.header == header)?;
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        // The application's clock decides, not the system's.
        validation.validate_exp = false;
        let token = decode::<Claims>(token, &key.decoding, &validation);
        token.ok().map(|token| token.claims)
    }
}
