//! Timestamps on pages: the `<time>` element.

use maud::Render;
use time::{Date, Month, OffsetDateTime, UtcOffset};

use crate::domain::rfc3339;

/// A date and time for readers, with one for programs in its attribute; both in UTC.
pub(super) struct TimeElement(pub(super) OffsetDateTime);

impl Render for TimeElement {
    fn render_to(&self, buffer: &mut String) {
        let date = self.0.to_offset(UtcOffset::UTC);
        let text = rfc3339::seconds(date);
        let text = str::from_utf8(&text).expect("ASCII");
        buffer.push_str("<time datetime=\"");
        buffer.push_str(text);
        buffer.push_str("\">");
        buffer.push_str(text[8..10].trim_start_matches('0'));
        buffer.push(' ');
        buffer.push_str(short_name(date.month()));
        buffer.push(' ');
        buffer.push_str(&text[..4]);
        buffer.push(' ');
        buffer.push_str(&text[11..16]);
        buffer.push_str(" UTC</time>");
    }
}

/// A day for readers, as in "22 Nov 2026".
pub(super) fn short_date(date: Date) -> String {
    let (year, month, day) = date.to_calendar_date();
    format!("{day} {} {year:04}", short_name(month))
}

/// A day for readers with its name, as in "Sunday, 22 November 2026".
pub(super) fn long_date(date: Date) -> String {
    let (year, month, day) = date.to_calendar_date();
    format!("{}, {day} {month} {year:04}", date.weekday())
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
    use time::macros::{date, datetime};

    use super::*;

    #[test]
    fn a_long_date_has_the_name_of_its_day() {
        assert_eq!(long_date(date!(2026 - 12 - 04)), "Friday, 4 December 2026");
    }

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
