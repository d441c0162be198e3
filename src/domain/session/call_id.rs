//! Idempotency keys: ids that clients give to calls, so that a retry gets the response of the first call.

use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::domain::{
    digest::sha256,
    error::{FieldCode, FieldError},
    text::parse_uuid,
};

/// How long a call may be retried: longer than a slow line and its retries take, too short to be of use to an
/// attacker who finds the request.
const REPEATABLE: Duration = Duration::minutes(1);

/// Whether a call may be a retry of the one at `first`.
#[must_use]
pub fn is_repeatable(first: OffsetDateTime, now: OffsetDateTime) -> bool {
    now - first <= REPEATABLE
}

/// The id that a client makes for a call; a UUID of any version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CallId(pub Uuid);

impl CallId {
    /// A new random id.
    #[must_use]
    pub fn random() -> Self {
        Self(Uuid::new_v4())
    }

    /// Parses the form of RFC 9562, in either case.
    ///
    /// # Errors
    /// When the text is not a UUID.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        parse_uuid(text).map(Self).ok_or_else(|| {
            let message = "The id of the call must be a UUID";
            FieldError::new("call_id", FieldCode::InvalidId, message)
        })
    }

    /// SHA-256 of the id, which itself is not stored.
    #[must_use]
    pub fn hash(self) -> [u8; 32] {
        sha256(&[self.0.as_bytes()])
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_repeated_call_is_recognised_for_a_minute() {
        let first = datetime!(2026-01-01 12:00 UTC);
        let at = |seconds| is_repeatable(first, first + Duration::seconds(seconds));
        assert!(at(0) && at(60));
        assert!(!at(61));
        assert!(at(-2), "the clock of another instance is behind");
    }

    #[test]
    fn only_a_hyphenated_uuid_is_a_call_id() {
        let id = "c5d3f2a0-6b1e-1f8a-8a77-0d9e4b3c2f16";
        for text in [id, &id.to_uppercase()] {
            assert_eq!(CallId::parse(text).ok(), CallId::parse(id).ok());
        }
        for text in ["", "17", &id.replace('-', ""), &format!("{{{id}}}")] {
            let refused = CallId::parse(text).expect_err("no UUID");
            assert_eq!(
                (refused.field.as_ref(), refused.code.as_str()),
                ("call_id", "invalid_id")
            );
        }
    }
}
