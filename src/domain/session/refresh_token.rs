//! Refresh tokens: what a phone exchanges for the next access token, once each.
//!
//! An answer can get lost on its way, and the phone that lost it still holds the old token. So the
//! successor of a token is no new random secret but an HMAC of it, which can be given once more
//! without having been kept. Its key belongs to the session and never leaves the database: who only
//! has an old token cannot compute the new one, and who only has the database has no token.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::hmac;
use secrecy::SecretString;
use subtle::ConstantTimeEq as _;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{SecretHash, SessionId, hash};

/// How long a token that was exchanged, and whose successor was too, is taken for a request that was
/// late and not for a stolen one.
const REUSE_GRACE_PERIOD: Duration = Duration::seconds(60);

const ID_LENGTH: usize = 16;
const SECRET_LENGTH: usize = 32;
const TAG_LENGTH: usize = 32;
const LENGTH: usize = ID_LENGTH + SECRET_LENGTH + TAG_LENGTH;

/// What makes the successors of one session: of its refresh tokens, or of its cookie.
#[derive(Clone, Copy)]
pub struct SuccessorKey(pub [u8; 32]);

impl SuccessorKey {
    /// The number of a browser that becomes known by what it sent; always the same.
    #[must_use]
    pub fn device_nonce(&self, sent: &[u8]) -> [u8; 16] {
        let mut nonce = [0; 16];
        nonce.copy_from_slice(&self.sign("device", sent)[..16]);
        nonce
    }

    pub(super) fn sign(&self, what: &str, secret: &[u8]) -> [u8; 32] {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.0);
        let mut context = hmac::Context::with_key(&key);
        context.update(what.as_bytes());
        context.update(secret);
        let tag = context.sign();
        tag.as_ref().try_into().expect("SHA-256 has 32 bytes")
    }
}

/// The row's key, a secret, and a tag that only we can have made: what carries none was never ours,
/// and must not end a session whose id somebody has read somewhere.
#[derive(Clone)]
pub struct RefreshToken {
    /// Finds the row.
    pub id: SessionId,
    /// Compared with the row.
    pub hash: SecretHash,
    secret: [u8; SECRET_LENGTH],
    tag: [u8; TAG_LENGTH],
}

impl RefreshToken {
    /// The first token of a session, from random bytes.
    #[must_use]
    pub fn issue(id: SessionId, secret: [u8; SECRET_LENGTH], key: &SuccessorKey) -> Self {
        Self {
            id,
            hash: hash(&secret),
            secret,
            tag: key.sign("tag", &secret),
        }
    }

    /// The token that this one is exchanged for; always the same.
    #[must_use]
    pub fn successor(&self, key: &SuccessorKey) -> Self {
        Self::issue(self.id, key.sign("successor", &self.secret), key)
    }

    /// Whether it was ever a token of the session that has this key.
    #[must_use]
    pub fn was_issued_with(&self, key: &SuccessorKey) -> bool {
        let tag = key.sign("tag", &self.secret);
        self.tag.ct_eq(&tag).into()
    }

    /// Reads the text form; none when it cannot be one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; LENGTH];
        let length = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
        if length != LENGTH {
            return None;
        }
        let (id, rest) = bytes.split_at(ID_LENGTH);
        let (secret, tag) = rest.split_at(SECRET_LENGTH);
        let secret: [u8; SECRET_LENGTH] = secret.try_into().ok()?;
        Some(Self {
            id: SessionId(Uuid::from_slice(id).ok()?),
            hash: hash(&secret),
            secret,
            tag: tag.try_into().ok()?,
        })
    }

    /// The text form, for the answer alone.
    #[must_use]
    pub fn text(&self) -> SecretString {
        let mut bytes = Vec::with_capacity(LENGTH);
        bytes.extend(self.id.0.as_bytes());
        bytes.extend(self.secret);
        bytes.extend(self.tag);
        URL_SAFE_NO_PAD.encode(bytes).into()
    }
}

/// Where a session stands in the row of its tokens.
#[derive(Clone, Copy, Debug)]
pub struct RotationState {
    /// Of the token that is good now.
    pub current: SecretHash,
    /// Of the one before it.
    pub previous: Option<SecretHash>,
    /// When that one was exchanged.
    pub rotated: Option<OffsetDateTime>,
}

/// What becomes of a token that somebody presents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshDecision {
    /// It is the current one: its successor takes its place.
    Rotate,
    /// It was exchanged before, and the answer may have been lost: the same successor once more.
    Replay,
    /// Somebody else has gone on with it: the session must end.
    ReuseDetected,
}

impl RotationState {
    /// Judges a token of this session.
    #[must_use]
    pub fn decide(
        &self,
        presented: &RefreshToken,
        key: &SuccessorKey,
        now: OffsetDateTime,
    ) -> RefreshDecision {
        let successor = presented.successor(key).hash;
        let is_late = self
            .rotated
            .is_some_and(|rotated| now - rotated > REUSE_GRACE_PERIOD);
        if presented.hash == self.current {
            RefreshDecision::Rotate
        } else if successor == self.current || (self.previous == Some(successor) && !is_late) {
            RefreshDecision::Replay
        } else {
            RefreshDecision::ReuseDetected
        }
    }

    /// After the current token was exchanged.
    #[must_use]
    pub fn rotated(&self, successor: &RefreshToken, now: OffsetDateTime) -> Self {
        Self {
            current: successor.hash,
            previous: Some(self.current),
            rotated: Some(now),
        }
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;
    use time::macros::datetime;

    use super::*;

    const KEY: SuccessorKey = SuccessorKey([3; 32]);
    const NOON: OffsetDateTime = datetime!(2026-01-01 12:00 UTC);

    fn tokens() -> [RefreshToken; 4] {
        let first = RefreshToken::issue(SessionId(Uuid::from_u128(7)), [9; 32], &KEY);
        let second = first.successor(&KEY);
        let third = second.successor(&KEY);
        let fourth = third.successor(&KEY);
        [first, second, third, fourth]
    }

    /// A session whose third token is the current one, since noon.
    fn at_the_third() -> RotationState {
        let [first, second, third, _] = tokens();
        let begin = RotationState {
            current: first.hash,
            previous: None,
            rotated: None,
        };
        let begin = begin.rotated(&second, NOON - Duration::hours(1));
        begin.rotated(&third, NOON)
    }

    #[test]
    fn the_current_token_is_exchanged_whenever_it_comes() {
        let [_, _, third, _] = tokens();
        let much_later = NOON + Duration::days(29);
        assert_eq!(
            at_the_third().decide(&third, &KEY, much_later),
            RefreshDecision::Rotate
        );
    }

    #[test]
    fn a_lost_answer_is_repeated_until_its_token_has_been_exchanged() {
        let [_, second, _, _] = tokens();
        let much_later = NOON + Duration::days(29);
        assert_eq!(
            at_the_third().decide(&second, &KEY, much_later),
            RefreshDecision::Replay
        );
    }

    #[test]
    fn a_late_request_is_forgiven_for_a_minute_and_no_longer() {
        let [first, ..] = tokens();
        let decide = |seconds| {
            let now = NOON + Duration::seconds(seconds);
            at_the_third().decide(&first, &KEY, now)
        };
        assert_eq!(decide(60), RefreshDecision::Replay);
        assert_eq!(decide(61), RefreshDecision::ReuseDetected);
    }

    #[test]
    fn a_token_three_exchanges_old_is_reuse_at_once() {
        let [first, _, third, fourth] = tokens();
        assert_eq!(at_the_third().current, third.hash);
        let rotation = at_the_third().rotated(&fourth, NOON);
        assert_eq!(
            rotation.decide(&first, &KEY, NOON),
            RefreshDecision::ReuseDetected
        );
    }

    #[test]
    fn a_token_survives_its_text_form() {
        let [_, token, ..] = tokens();
        let read = RefreshToken::parse(token.text().expose_secret()).expect("its own form");
        assert_eq!(read.id, token.id);
        assert!(read.hash == token.hash && read.was_issued_with(&KEY));
    }

    #[test]
    fn what_we_did_not_make_is_told_from_what_is_old() {
        let [token, ..] = tokens();
        let forged = RefreshToken::issue(token.id, [9; 32], &SuccessorKey([4; 32]));
        assert!(!forged.was_issued_with(&KEY));
        for text in [
            "",
            "x",
            "=",
            &"A".repeat(106),
            &"A".repeat(108),
            &"é".repeat(53),
        ] {
            assert!(RefreshToken::parse(text).is_none(), "{text:?}");
        }
    }
}
