//! Active sessions as their user sees them.

use time::OffsetDateTime;

use super::{SessionId, SessionKind};
use crate::domain::{
    error::{FieldCode, FieldError},
    text::parse_uuid,
};

/// An active session, without its secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The id to end it by.
    pub id: SessionId,
    /// Web or API.
    pub kind: SessionKind,
    /// The client's description of itself, at most [`USER_AGENT_MAX`](super::USER_AGENT_MAX) characters. May be
    /// empty, and is untrusted.
    pub client: String,
    /// When it started (UTC).
    pub created: OffsetDateTime,
    /// When it was last used (UTC), to [`SEEN_INTERVAL`](super::SEEN_INTERVAL).
    pub seen: OffsetDateTime,
    /// Whether it is the session of the request.
    pub is_current: bool,
}

impl SessionId {
    /// Parses the form of RFC 9562, in either case.
    ///
    /// # Errors
    /// When the text is not a UUID.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let error = |code, message| FieldError::new("session_id", code, message);
        if text.is_empty() {
            let message = "The id of the session is missing";
            return Err(error(FieldCode::Required, message));
        }
        parse_uuid(text).map(Self).ok_or_else(|| {
            let message = "The session's id must be a UUID, as the list of sessions gives it";
            error(FieldCode::InvalidId, message)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_hyphenated_uuid_is_a_session_id() {
        let code = |text: &str| match SessionId::parse(text) {
            Ok(_) => "accepted",
            Err(error) => error.code.as_str(),
        };
        for (text, expected) in [
            ("c5d3f2a0-6b1e-4f8a-8a77-0d9e4b3c2f16", "accepted"),
            ("C5D3F2A0-6B1E-4F8A-8A77-0D9E4B3C2F16", "accepted"),
            ("", "required"),
            ("17", "invalid_id"),
            ("c5d3f2a06b1e4f8a8a770d9e4b3c2f16", "invalid_id"),
            ("{c5d3f2a0-6b1e-4f8a-8a77-0d9e4b3c2f16}", "invalid_id"),
        ] {
            assert_eq!(code(text), expected, "{text:?}");
        }
    }
}
