//! Device cookies, as OWASP describes them, for browsers that a user has logged in with before: guesses from
//! elsewhere cannot lock the owner out of these.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::SecretString;
use time::Duration;

use crate::domain::text::decode_base64url;

/// How long a browser stays known after its last login: as long as browsers keep any cookie.
pub const DEVICE_COOKIE_TTL: Duration = Duration::days(400);

const NONCE_LENGTH: usize = 16;
const TAG_LENGTH: usize = 32;

/// The device cookie of a browser, which outlives its session: a random id, and two HMACs that bind it to a
/// username and to a password. Not a credential.
#[derive(Clone)]
pub struct DeviceToken {
    /// Random id of the browser.
    pub nonce: [u8; NONCE_LENGTH],
    /// HMAC of the id and the username.
    pub tag: [u8; TAG_LENGTH],
    /// HMAC of the id and the password's hash: a change of the password invalidates it.
    pub password_tag: [u8; TAG_LENGTH],
}

impl DeviceToken {
    /// A browser without any login yet: its tags are invalid.
    #[must_use]
    pub fn of_stranger(nonce: [u8; NONCE_LENGTH]) -> Self {
        Self {
            nonce,
            tag: [0; TAG_LENGTH],
            password_tag: [0; TAG_LENGTH],
        }
    }

    /// Parses the text form; none when it is malformed.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; NONCE_LENGTH + 2 * TAG_LENGTH] = decode_base64url(text)?;
        let (nonce, tags) = bytes.split_at(NONCE_LENGTH);
        let (tag, password_tag) = tags.split_at(TAG_LENGTH);
        Some(Self {
            nonce: nonce.try_into().ok()?,
            tag: tag.try_into().ok()?,
            password_tag: password_tag.try_into().ok()?,
        })
    }

    /// The text form, for the cookie alone.
    #[must_use]
    pub fn text(&self) -> SecretString {
        let bytes = [self.nonce.as_slice(), &self.tag, &self.password_tag].concat();
        URL_SAFE_NO_PAD.encode(bytes).into()
    }
}
