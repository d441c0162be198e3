//! RFC 3339 timestamps in UTC, of fixed width, so that they sort as text. Written by hand: format descriptions were
//! most of the cost of a page of fifty to-dos.

use time::{OffsetDateTime, UtcOffset};

/// To the second: `2026-11-28T09:41:21Z`.
#[must_use]
pub fn seconds(date: OffsetDateTime) -> [u8; 20] {
    let mut text = *b"0000-00-00T00:00:00Z";
    fill(&mut text, date.to_offset(UtcOffset::UTC));
    text
}

/// To the microsecond: `2026-11-28T09:41:21.012345Z`.
#[must_use]
pub fn microseconds(date: OffsetDateTime) -> [u8; 27] {
    let mut text = *b"0000-00-00T00:00:00.000000Z";
    let date = date.to_offset(UtcOffset::UTC);
    fill(&mut text, date);
    digits(&mut text[20..26], date.microsecond());
    text
}

/// The date and the time to the second, at the beginning of `text`.
fn fill(text: &mut [u8], date: OffsetDateTime) {
    let (year, month, day) = date.to_calendar_date();
    let (hour, minute, second) = date.to_hms();
    digits(&mut text[0..4], year.unsigned_abs());
    digits(&mut text[5..7], u8::from(month).into());
    digits(&mut text[8..10], day.into());
    digits(&mut text[11..13], hour.into());
    digits(&mut text[14..16], minute.into());
    digits(&mut text[17..19], second.into());
}

/// Fills `place` with the last digits of `number`.
fn digits(place: &mut [u8], mut number: u32) {
    for digit in place.iter_mut().rev() {
        *digit = b'0' + u8::try_from(number % 10).expect("below ten");
        number /= 10;
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_timestamp_has_fixed_width_and_sorts_as_text() {
        for (date, to_second, fraction) in [
            (
                datetime!(2026-11-24 16:05:09.120000 UTC),
                "2026-11-24T16:05:09",
                ".120000Z",
            ),
            (
                datetime!(0999-01-02 03:04:05 UTC),
                "0999-01-02T03:04:05",
                ".000000Z",
            ),
            (
                datetime!(2026-11-24 01:05:09.000001 +2),
                "2026-11-23T23:05:09",
                ".000001Z",
            ),
        ] {
            let short = format!("{to_second}Z");
            assert_eq!(seconds(date), short.as_bytes());
            let long = format!("{to_second}{fraction}");
            assert_eq!(microseconds(date), long.as_bytes());
        }
    }
}
