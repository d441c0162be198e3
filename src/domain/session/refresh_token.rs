//! Refresh tokens: rotation and reuse detection (RFC 9700, 4.14.2).
//!
//! A response can get lost, and the client that lost it still holds the old token. So the successor of a
//! token is not a new random secret but an HMAC of it, which can be computed again without being stored. Its
//! key belongs to the session and never leaves the database: an attacker with an old token cannot compute the
//! new one, and one with the database has no token.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::hmac;
use secrecy::SecretString;
use subtle::ConstantTimeEq as _;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{ID_LENGTH, SECRET_LENGTH, SecretHash, SessionId};
use crate::domain::{digest::hmac_sha256, text::decode_base64url};

/// Grace period in which a superseded token is treated as a delayed retry, not as theft.
const REUSE_GRACE_PERIOD: Duration = Duration::seconds(60);

const TAG_LENGTH: usize = 32;
const LENGTH: usize = ID_LENGTH + SECRET_LENGTH + TAG_LENGTH;

/// The key of a session from which the successors of its refresh tokens, or of its cookie, are computed.
#[derive(Clone, Copy)]
pub struct SuccessorKey(pub [u8; 32]);

impl SuccessorKey {
    /// The nonce of a browser that becomes known by the bytes it sent; deterministic.
    #[must_use]
    pub fn device_nonce(&self, sent: &[u8]) -> [u8; 16] {
        let mut nonce = [0; 16];
        nonce.copy_from_slice(&self.sign("device", sent)[..16]);
        nonce
    }

    pub(super) fn sign(&self, what: &str, secret: &[u8]) -> [u8; 32] {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.0);
        hmac_sha256(&key, &[what.as_bytes(), secret])
    }
}

/// The row's key, a secret, and an HMAC: a token without a valid one is forged, and must not end the session
/// whose id it names.
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
            hash: SecretHash::of(&secret),
            secret,
            tag: key.sign("tag", &secret),
        }
    }

    /// The token that this one is exchanged for; deterministic.
    #[must_use]
    pub fn successor(&self, key: &SuccessorKey) -> Self {
        Self::issue(self.id, key.sign("successor", &self.secret), key)
    }

    /// Whether it was ever issued to the session with this key.
    #[must_use]
    pub fn was_issued_with(&self, key: &SuccessorKey) -> bool {
        let tag = key.sign("tag", &self.secret);
        self.tag.ct_eq(&tag).into()
    }

    /// Parses the text form; none when it is malformed.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; LENGTH] = decode_base64url(text)?;
        let (id, rest) = bytes.split_at(ID_LENGTH);
        let (secret, tag) = rest.split_at(SECRET_LENGTH);
        let secret: [u8; SECRET_LENGTH] = secret.try_into().ok()?;
        Some(Self {
            id: SessionId(Uuid::from_slice(id).ok()?),
            hash: SecretHash::of(&secret),
            secret,
            tag: tag.try_into().ok()?,
        })
    }

    /// The text form, for the response alone.
    #[must_use]
    pub fn text(&self) -> SecretString {
        let mut bytes = Vec::with_capacity(LENGTH);
        bytes.extend(self.id.0.as_bytes());
        bytes.extend(self.secret);
        bytes.extend(self.tag);
        URL_SAFE_NO_PAD.encode(bytes).into()
    }
}

/// The current and the previous token of a session.
#[derive(Clone, Copy, Debug)]
pub struct RotationState {
    /// Hash of the current token.
    pub current: SecretHash,
    /// Hash of the previous token.
    pub previous: Option<SecretHash>,
    /// When the previous token was exchanged.
    pub rotated: Option<OffsetDateTime>,
}

/// The decision on a presented token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshDecision {
    /// The current token: its successor replaces it.
    Rotate,
    /// Exchanged before, and the response may have been lost: the same successor again.
    Replay,
    /// Superseded, so two parties hold the session's tokens: the session must end.
    ReuseDetected,
}

impl RotationState {
    /// Decides on a token of this session.
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

    /// The state after the current token was exchanged.
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
    fn the_current_refresh_token_is_always_rotated() {
        let [_, _, third, _] = tokens();
        let much_later = NOON + Duration::days(29);
        assert_eq!(
            at_the_third().decide(&third, &KEY, much_later),
            RefreshDecision::Rotate
        );
    }

    #[test]
    fn a_lost_response_is_replayed_until_its_token_is_used() {
        let [_, second, _, _] = tokens();
        let much_later = NOON + Duration::days(29);
        assert_eq!(
            at_the_third().decide(&second, &KEY, much_later),
            RefreshDecision::Replay
        );
    }

    #[test]
    fn an_old_token_is_tolerated_for_a_minute_of_grace() {
        let [first, ..] = tokens();
        let decide = |seconds| {
            let now = NOON + Duration::seconds(seconds);
            at_the_third().decide(&first, &KEY, now)
        };
        assert_eq!(decide(60), RefreshDecision::Replay);
        assert_eq!(decide(61), RefreshDecision::ReuseDetected);
    }

    #[test]
    fn a_token_three_rotations_old_is_reuse_immediately() {
        let [first, _, third, fourth] = tokens();
        assert_eq!(at_the_third().current, third.hash);
        let rotation = at_the_third().rotated(&fourth, NOON);
        assert_eq!(
            rotation.decide(&first, &KEY, NOON),
            RefreshDecision::ReuseDetected
        );
    }

    #[test]
    fn a_token_round_trips_through_text() {
        let [_, token, ..] = tokens();
        let read = RefreshToken::parse(token.text().expose_secret()).expect("its own form");
        assert_eq!(read.id, token.id);
        assert!(read.hash == token.hash && read.was_issued_with(&KEY));
    }

    #[test]
    fn a_forged_token_is_distinguished_from_an_old_one() {
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
