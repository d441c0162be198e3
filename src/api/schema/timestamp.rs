//! Serde serializers of timestamps: RFC 3339 in UTC, always with six digits behind the second, so that they sort as text.

use serde::Serializer;
use time::OffsetDateTime;

use crate::domain::rfc3339;

/// A timestamp.
pub(in crate::api) fn serialize<S: Serializer>(
    date: &OffsetDateTime,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let text = rfc3339::microseconds(*date);
    serializer.serialize_str(str::from_utf8(&text).expect("ASCII"))
}

/// A timestamp that may be null.
#[expect(clippy::ref_option, reason = "what serde passes")]
pub(super) fn optional<S: Serializer>(
    date: &Option<OffsetDateTime>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match date {
        Some(date) => serialize(date, serializer),
        None => serializer.serialize_none(),
    }
}

/// A timestamp that may be null or left out of the object; the field skips the latter by itself.
#[expect(
    clippy::option_option,
    clippy::ref_option,
    reason = "left out or null; what serde passes"
)]
pub(super) fn present<S: Serializer>(
    date: &Option<Option<OffsetDateTime>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    optional(&date.flatten(), serializer)
}
