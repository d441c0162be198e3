//! Serde serializers of timestamps: RFC 3339 in UTC, always with six digits behind the second, so that they sort as text.

use serde::Serializer;
use time::{OffsetDateTime, UtcOffset};

/// A timestamp.
pub(in crate::api) fn serialize<S: Serializer>(
    date: &OffsetDateTime,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let text = text(date.to_offset(UtcOffset::UTC));
    serializer.serialize_str(str::from_utf8(&text).expect("ASCII"))
}

/// Written by hand, as on pages, for speed: each to-do has two.
fn text(date: OffsetDateTime) -> [u8; 27] {
    let mut text = *b"0000-00-00T00:00:00.000000Z";
    let (year, month, day) = date.to_calendar_date();
    let (hour, minute, second, microsecond) = date.to_hms_micro();
    digits(&mut text[0..4], year.unsigned_abs());
    digits(&mut text[5..7], u8::from(month).into());
    digits(&mut text[8..10], day.into());
    digits(&mut text[11..13], hour.into());
    digits(&mut text[14..16], minute.into());
    digits(&mut text[17..19], second.into());
    digits(&mut text[20..26], microsecond);
    text
}

/// Fills `place` with the last digits of `number`.
fn digits(place: &mut [u8], mut number: u32) {
    for digit in place.iter_mut().rev() {
        *digit = b'0' + u8::try_from(number % 10).expect("below ten");
        number /= 10;
    }
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

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_timestamp_has_fixed_width_and_sorts_as_text() {
        let written = |date| String::from_utf8(text(date).to_vec()).expect("ASCII");
        assert_eq!(
            written(datetime!(2026-11-22 16:05:09.123456 UTC)),
            "2026-11-22T16:05:09.123456Z"
        );
        assert_eq!(
            written(datetime!(0999-02-03 00:00:00.000007 UTC)),
            "0999-02-03T00:00:00.000007Z"
        );
    }
}
