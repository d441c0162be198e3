//! The browsers that somebody has logged in with before, as OWASP's "Device Cookies" describe them:
//! guesses from elsewhere cannot lock the owner out of these.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::SecretString;
use time::Duration;

/// How long a browser is known after its last login: as long as browsers keep any cookie.
pub const DEVICE_COOKIE_TTL: Duration = Duration::days(400);

const NONCE_LENGTH: usize = 16;
const TAG_LENGTH: usize = 32;

/// What a browser keeps besides its session, also after it: a number that names it, and two tags, one
/// of which says that it was used under one username, the other with which password. It opens nothing.
#[derive(Clone)]
pub struct DeviceToken {
    /// Names the browser.
    pub nonce: [u8; NONCE_LENGTH],
    /// An HMAC of the number and the username, that only we can make.
    pub tag: [u8; TAG_LENGTH],
    /// Such an HMAC of the number and the password's hash: another password makes it worth nothing.
    pub password_tag: [u8; TAG_LENGTH],
}

impl DeviceToken {
    /// A browser that nobody has logged in with yet: its tags are nobody's.
    #[must_use]
    pub fn of_stranger(nonce: [u8; NONCE_LENGTH]) -> Self {
        Self {
            nonce,
            tag: [0; TAG_LENGTH],
            password_tag: [0; TAG_LENGTH],
        }
    }

    /// Reads the text form; none when it cannot be one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; NONCE_LENGTH + 2 * TAG_LENGTH];
        let length = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
        if length != bytes.len() {
            return None;
        }
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
