//! Timestamps on pages: the `<time>` element.

use maud::Render;
use time::{Month, OffsetDateTime};

/// A date and time for readers, with one for programs in its attribute. Written by hand: format descriptions
/// were most of the cost of a page of fifty to-dos.
pub(super) struct TimeElement(pub(super) OffsetDateTime);

impl Render for TimeElement {
    fn render_to(&self, buffer: &mut String) {
        let (year, month, day) = self.0.to_calendar_date();
        let (hour, minute, second) = self.0.to_hms();
        buffer.push_str("<time datetime=\"");
        push_4_digits(buffer, year);
        buffer.push('-');
        push_2_digits(buffer, month.into());
        buffer.push('-');
        push_2_digits(buffer, day);
        buffer.push('T');
        push_2_digits(buffer, hour);
        buffer.push(':');
        push_2_digits(buffer, minute);
        buffer.push(':');
        push_2_digits(buffer, second);
        buffer.push_str("Z\">");
        if day >= 10 {
            buffer.push(char::from(b'0' + day / 10));
        }
        buffer.push(char::from(b'0' + day % 10));
        buffer.push(' ');
        buffer.push_str(short_name(month));
        buffer.push(' ');
        push_4_digits(buffer, year);
        buffer.push(' ');
        push_2_digits(buffer, hour);
        buffer.push(':');
        push_2_digits(buffer, minute);
        buffer.push_str(" UTC</time>");
    }
}

fn push_2_digits(buffer: &mut String, number: u8) {
    buffer.push(char::from(b'0' + number / 10 % 10));
    buffer.push(char::from(b'0' + number % 10));
}

fn push_4_digits(buffer: &mut String, year: i32) {
    let year = year.unsigned_abs() % 10_000;
    for part in [year / 100, year % 100] {
        push_2_digits(buffer, u8::try_from(part).expect("below 100"));
    }
}

fn short_name(month: Month) -> &'static str {
    match month {
        Month::January => "Jan",
        Month::February => "Feb",
        Month::March => "Mar",
        Month::April => "Apr",
        Month::May => "May",
        Month::June => "Jun",
        Month::July => "Jul",
        Month::August => "Aug",
        Month::September => "Sep",
        Month::October => "Oct",
        Month::November => "Nov",
        Month::December => "Dec",
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_timestamp_is_readable_for_people_and_programs() {
        let rendered = |moment| TimeElement(moment).render().into_string();
        assert_eq!(
            rendered(datetime!(2026-11-22 16:05:09.123456 UTC)),
            r#"<time datetime="2026-11-22T16:05:09Z">22 Nov 2026 16:05 UTC</time>"#
        );
        assert_eq!(
            rendered(datetime!(0999-02-03 00:00 UTC)),
            r#"<time datetime="0999-02-03T00:00:00Z">3 Feb 0999 00:00 UTC</time>"#
        );
    }
}
