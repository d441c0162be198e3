//! Dates as RFC 3339 in UTC, always with six digits behind the second, so that they sort as text.

use serde::Serializer;
use time::OffsetDateTime;

pub(super) fn serialize<S: Serializer>(
    date: &OffsetDateTime,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let date = date.to_utc();
    serializer.collect_str(&format_args!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z",
        date.year(),
        u8::from(date.month()),
        date.day(),
        date.hour(),
        date.minute(),
        date.second(),
        date.microsecond(),
    ))
}

/// The same for one that may be null.
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

/// The same for one that may be left out; serde has seen to that already.
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
