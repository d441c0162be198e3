//! When a to-do is due: a day and perhaps a time of the user's own calendar and clock, never a moment, so that
//! another time zone moves nothing.

use std::fmt;

use time::{
    Date, Time,
    format_description::BorrowedFormatItem,
    macros::{date, format_description},
};

use crate::domain::error::{FieldCode, FieldError};

const DATE: &[BorrowedFormatItem<'static>] = format_description!("[year]-[month]-[day]");
const TIME: &[BorrowedFormatItem<'static>] = format_description!("[hour]:[minute]");

/// The day that a to-do is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DueDate(Date);

impl DueDate {
    /// The earliest one.
    pub const MIN: Self = Self(date!(1970 - 01 - 01));
    /// The latest one.
    pub const MAX: Self = Self(date!(2199 - 12 - 31));

    /// Regular expression of the text form; the calendar decides how long a month is.
    pub const PATTERN: &'static str =
        "^(19[7-9][0-9]|2[01][0-9]{2})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$";

    /// A date within the limits.
    ///
    /// # Errors
    /// When it is before [`Self::MIN`] or after [`Self::MAX`].
    pub fn new(date: Date) -> Result<Self, FieldError> {
        let due_date = Self(date);
        if (Self::MIN..=Self::MAX).contains(&due_date) {
            return Ok(due_date);
        }
        Err(FieldError::new(
            "due_date",
            FieldCode::OutOfRange,
            "The due date must be from 1970-01-01 to 2199-12-31",
        ))
    }

    /// Parses `YYYY-MM-DD`.
    ///
    /// # Errors
    /// When the text has another form, the calendar no such day, or the day is out of range.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        // `time` takes a sign before the year too.
        let date = Date::parse(text, DATE).ok();
        let date = date.filter(|date| Self(*date).to_string() == text);
        let date = date.ok_or_else(|| {
            FieldError::new(
                "due_date",
                FieldCode::InvalidValue,
                "The due date must be a day of the calendar, written as in 2026-12-24",
            )
        })?;
        Self::new(date)
    }

    /// Parses the last date of a repeat, by the same rules.
    ///
    /// # Errors
    /// Those of [`Self::parse`], of the repeat.
    pub fn parse_until(text: &str) -> Result<Self, FieldError> {
        Self::parse(text).map_err(|error| FieldError {
            field: "repeat".into(),
            message: error.message.replace("due date", "last date of a repeat"),
            ..error
        })
    }

    /// A date that was checked before it was stored.
    #[must_use]
    pub fn from_stored(date: Date) -> Self {
        Self(date)
    }

    /// The date.
    #[must_use]
    pub fn date(self) -> Date {
        self.0
    }
}

impl fmt::Display for DueDate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.0.to_calendar_date();
        write!(formatter, "{year:04}-{:02}-{day:02}", u8::from(month))
    }
}

/// The time of a due day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DueTime(Time);

impl DueTime {
    /// Regular expression of the text form.
    pub const PATTERN: &'static str = "^([01][0-9]|2[0-3]):[0-5][0-9]$";

    /// Parses `HH:MM` of a clock with 24 hours.
    ///
    /// # Errors
    /// When the text has another form, or the clock no such time.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        Time::parse(text, TIME).map(Self).map_err(|_| {
            FieldError::new(
                "due_time",
                FieldCode::InvalidValue,
                "The due time must be a time from 00:00 to 23:59, written as in 17:05",
            )
        })
    }

    /// The minutes of a day.
    pub const MINUTES: u16 = 24 * 60;

    /// The minute of the day.
    #[must_use]
    pub fn minute(self) -> u16 {
        u16::from(self.0.hour()) * 60 + u16::from(self.0.minute())
    }

    /// A time that was parsed before it was stored.
    #[must_use]
    pub fn from_stored(time: Time) -> Self {
        Self(time)
    }

    /// The time.
    #[must_use]
    pub fn time(self) -> Time {
        self.0
    }
}

impl fmt::Display for DueTime {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:02}:{:02}", self.0.hour(), self.0.minute())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_due_date_is_a_day_of_the_calendar_in_one_form() {
        for text in ["1970-01-01", "2026-12-24", "2028-02-29", "2199-12-31"] {
            assert_eq!(DueDate::parse(text).expect(text).to_string(), text);
        }
        for (text, code) in [
            ("2026-02-31", FieldCode::InvalidValue),
            ("2027-02-29", FieldCode::InvalidValue),
            ("24.12.2026", FieldCode::InvalidValue),
            ("2026-12-24T00:00", FieldCode::InvalidValue),
            ("+2026-12-24", FieldCode::InvalidValue),
            ("02026-12-24", FieldCode::InvalidValue),
            ("2026-1-2", FieldCode::InvalidValue),
            (" 2026-12-24", FieldCode::InvalidValue),
            ("", FieldCode::InvalidValue),
            ("1969-12-31", FieldCode::OutOfRange),
            ("2200-01-01", FieldCode::OutOfRange),
            ("0000-01-01", FieldCode::OutOfRange),
        ] {
            assert_eq!(
                DueDate::parse(text).map_err(|it| it.code),
                Err(code),
                "{text}"
            );
        }
    }

    #[test]
    fn a_due_time_is_one_of_a_clock_with_24_hours() {
        for text in ["00:00", "09:05", "23:59"] {
            assert_eq!(DueTime::parse(text).expect(text).to_string(), text);
        }
        for text in ["24:00", "9:05", "09:60", "09:05:00", "09.05", "9 pm", ""] {
            assert!(DueTime::parse(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_due_date_or_refused(text in ".{0,12}|[0-9+-]{8,11}") {
            if let Ok(due_date) = DueDate::parse(&text) {
                prop_assert_eq!(due_date.to_string(), text);
            }
        }
    }
}
