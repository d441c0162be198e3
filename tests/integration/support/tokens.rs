//! Access tokens written and read by hand (RFC 7515, 7519): what our own code makes of them must not
//! be judged by itself.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    digest::{SHA256, digest},
    hmac,
};
use serde_json::{Value, json};
use tickbox::domain::{clock::Clock, session::SessionId};
use uuid::Uuid;

use crate::support::fixture::SECRET;

/// What a token is made of.
#[derive(Clone)]
pub(crate) struct Jwt {
    pub(crate) header: Value,
    pub(crate) claims: Value,
}

impl Jwt {
    /// As the service makes one at this moment.
    pub(crate) fn new(clock: &Clock, user: Uuid, session: SessionId) -> Self {
        let now = clock.now().unix_timestamp();
        Self {
            header: json!({"typ": "JWT", "alg": "HS256", "kid": key_id(SECRET)}),
            claims: json!({
                "iss": "tickbox", "aud": "tickbox-api", "sub": user, "sid": session.0,
                "iat": now, "exp": now + 600,
            }),
        }
    }

    /// Reads a token and checks its signature.
    pub(crate) fn read(token: &str, secret: &str) -> Self {
        let parts: Vec<_> = token.split('.').collect();
        let [header, claims, signature] = parts[..] else {
            panic!("{token} has not three parts")
        };
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let message = format!("{header}.{claims}");
        hmac::verify(&key, message.as_bytes(), &bytes(signature)).expect("signed with the secret");
        let value = |part| serde_json::from_slice(&bytes(part)).expect("JSON");
        Self {
            header: value(header),
            claims: value(claims),
        }
    }

    pub(crate) fn with_header(&self, name: &str, value: impl Into<Value>) -> Self {
        let mut changed = self.clone();
        changed.header[name] = value.into();
        changed
    }

    pub(crate) fn with_claim(&self, name: &str, value: impl Into<Value>) -> Self {
        let mut changed = self.clone();
        changed.claims[name] = value.into();
        changed
    }

    pub(crate) fn without_header(&self, name: &str) -> Self {
        let mut changed = self.clone();
        let header = changed.header.as_object_mut().expect("an object");
        header.remove(name).expect("it was there");
        changed
    }

    pub(crate) fn without_claim(&self, name: &str) -> Self {
        let mut changed = self.clone();
        let claims = changed.claims.as_object_mut().expect("an object");
        claims.remove(name).expect("it was there");
        changed
    }

    /// Signed as ours are, whatever the header says.
    pub(crate) fn signed(&self) -> String {
        self.signed_with(hmac::HMAC_SHA256, SECRET)
    }

    pub(crate) fn signed_with(&self, algorithm: hmac::Algorithm, secret: &str) -> String {
        let (header, claims) = (self.header.to_string(), self.claims.to_string());
        sign(algorithm, secret, &text(&header), &text(&claims))
    }
}

/// Puts a signature under two parts in their text form.
pub(crate) fn sign(algorithm: hmac::Algorithm, secret: &str, header: &str, claims: &str) -> String {
    let message = format!("{header}.{claims}");
    let key = hmac::Key::new(algorithm, secret.as_bytes());
    let signature = hmac::sign(&key, message.as_bytes());
    format!("{message}.{}", text(signature))
}

/// The `kid` of a secret.
pub(crate) fn key_id(secret: &str) -> String {
    let hash = digest(&SHA256, format!("tickbox kid{secret}").as_bytes());
    let first: [u8; 8] = hash.as_ref()[..8].try_into().expect("eight bytes");
    format!("{:016x}", u64::from_be_bytes(first))
}

pub(crate) fn text(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn bytes(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).expect("base64")
}
