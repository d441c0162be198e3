//! The repeat of a to-do: a rule that names its next due date each time that it is completed.

use time::{Date, Duration, Month, Weekday};

use super::DueDate;
use crate::domain::error::{FieldCode, FieldError};

/// The unit that a repeat counts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Every {
    /// Days.
    Day,
    /// Weeks, which begin on Monday.
    Week,
    /// Months; a day that a month lacks becomes its last one.
    Month,
    /// Years; 29 February becomes the 28th where there is none.
    Year,
}

impl Every {
    /// The names of the units.
    pub const NAMES: [&'static str; 4] = ["day", "week", "month", "year"];

    /// Parses a name.
    ///
    /// # Errors
    /// When there is no such unit.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        match text {
            "day" => Ok(Self::Day),
            "week" => Ok(Self::Week),
            "month" => Ok(Self::Month),
            "year" => Ok(Self::Year),
            _ => Err(invalid(
                FieldCode::InvalidValue,
                "A to-do repeats every day, week, month or year",
            )),
        }
    }

    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Year => "year",
        }
    }
}

/// The date that a repeat counts from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum From {
    /// The due date: the rent is due on the first, whenever it was paid.
    #[default]
    Due,
    /// The day of completion: plants are watered four days after the last time.
    Completion,
}

impl From {
    /// The names.
    pub const NAMES: [&'static str; 2] = ["due", "completion"];

    /// Parses a name.
    ///
    /// # Errors
    /// When it is neither.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        match text {
            "due" => Ok(Self::Due),
            "completion" => Ok(Self::Completion),
            _ => Err(invalid(
                FieldCode::InvalidValue,
                "A repeat counts from the due date or from the completion",
            )),
        }
    }

    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Completion => "completion",
        }
    }
}

/// Days of the week, as a set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weekdays(u8);

impl Weekdays {
    /// The names, Monday first.
    pub const NAMES: [&'static str; 7] = ["mo", "tu", "we", "th", "fr", "sa", "su"];

    /// Parses names; each may come more than once.
    ///
    /// # Errors
    /// When one is not among [`Self::NAMES`].
    pub fn parse<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, FieldError> {
        names.into_iter().try_fold(Self::default(), |days, name| {
            let position = Self::NAMES.iter().position(|known| *known == name);
            position.map(|day| Self(days.0 | 1 << day)).ok_or_else(|| {
                invalid(
                    FieldCode::InvalidValue,
                    "The days of the week are mo, tu, we, th, fr, sa, su",
                )
            })
        })
    }

    /// The set with that bit for each day, Monday the lowest; a bit beyond Sunday is ignored.
    #[must_use]
    pub fn from_bits(bits: u8) -> Self {
        Self(bits & 0x7f)
    }

    /// A bit for each day, Monday the lowest.
    #[must_use]
    pub fn bits(self) -> u8 {
        self.0
    }

    /// Whether no day is in it.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether the day is in it.
    #[must_use]
    pub fn contains(self, day: Weekday) -> bool {
        self.0 & (1 << day.number_days_from_monday()) != 0
    }

    /// The names of its days, Monday first.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let days = Self::NAMES.into_iter().enumerate();
        days.filter(move |(day, _)| self.0 & (1 << day) != 0)
            .map(|(_, name)| name)
    }
}

/// A rule that names the next due date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repeat {
    every: Every,
    interval: u8,
    weekdays: Weekdays,
    from: From,
    until: Option<DueDate>,
}

/// The parts of a [`Repeat`], as a client names them.
#[derive(Clone, Copy, Debug)]
pub struct RepeatParts {
    /// The unit.
    pub every: Every,
    /// How many units.
    pub interval: u32,
    /// The days of the week; empty for the weekday of the due date.
    pub weekdays: Weekdays,
    /// The date that it counts from.
    pub from: From,
    /// The last date that a to-do may be due at; none repeats for ever.
    pub until: Option<DueDate>,
}

/// The due date of a repeated to-do, with the day of the month that short months must not lose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occurrence {
    /// The due date.
    pub due_date: DueDate,
    /// The day of the month that was chosen, from 1 to 31: of 31 January it is 31, and of the 28 February that
    /// follows still 31.
    pub anchor_day: u8,
}

impl Occurrence {
    /// The first one: its day of the month is the chosen one.
    #[must_use]
    pub fn first(due_date: DueDate) -> Self {
        Self {
            due_date,
            anchor_day: due_date.date().day(),
        }
    }
}

/// The repeat of a to-do as it is stored with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recurrence {
    /// The rule.
    pub repeat: Repeat,
    /// See [`Occurrence::anchor_day`].
    pub anchor_day: u8,
}

impl Recurrence {
    /// The stored form, such as `month 2 - due 31 2030-12-31`: unit, interval, days of the week, what it counts from,
    /// day of the month, last date.
    #[must_use]
    pub fn to_stored(self) -> String {
        let RepeatParts {
            every,
            interval,
            weekdays,
            from,
            until,
        } = self.repeat.parts();
        let days: Vec<_> = weekdays.names().collect();
        let days = if days.is_empty() {
            "-".to_owned()
        } else {
            days.join(",")
        };
        let until = until.map_or_else(|| "-".to_owned(), |date| date.to_string());
        let (every, from, anchor) = (every.as_str(), from.as_str(), self.anchor_day);
        format!("{every} {interval} {days} {from} {anchor} {until}")
    }

    /// Reads the stored form; none for any other text.
    #[must_use]
    pub fn from_stored(text: &str) -> Option<Self> {
        let parts: Vec<_> = text.split(' ').collect();
        let [every, interval, days, from, anchor, until] = parts[..] else {
            return None;
        };
        let days = days.split(',').filter(|day| *day != "-");
        let until = Some(until).filter(|date| *date != "-");
        let parts = RepeatParts {
            every: Every::parse(every).ok()?,
            interval: interval.parse().ok()?,
            weekdays: Weekdays::parse(days).ok()?,
            from: From::parse(from).ok()?,
            until: until.map(DueDate::parse).transpose().ok()?,
        };
        Some(Self {
            repeat: Repeat::new(parts).ok()?,
            anchor_day: anchor.parse().ok()?,
        })
    }
}

impl Repeat {
    /// The highest interval.
    pub const INTERVAL_MAX: u8 = 99;

    /// Checks the parts.
    ///
    /// # Errors
    /// When the interval is not from 1 to [`Self::INTERVAL_MAX`], or days of the week come with another unit than
    /// the week.
    pub fn new(parts: RepeatParts) -> Result<Self, FieldError> {
        let RepeatParts {
            every,
            interval,
            weekdays,
            from,
            until,
        } = parts;
        let interval = u8::try_from(interval)
            .ok()
            .filter(|interval| (1..=Self::INTERVAL_MAX).contains(interval))
            .ok_or_else(|| {
                invalid(
                    FieldCode::OutOfRange,
                    "A to-do repeats every 1 to 99 days, weeks, months or years",
                )
            })?;
        if !weekdays.is_empty() && every != Every::Week {
            return Err(invalid(
                FieldCode::InvalidValue,
                "Days of the week belong to a to-do that repeats every week",
            ));
        }
        Ok(Self {
            every,
            interval,
            weekdays,
            from,
            until,
        })
    }

    /// The parts, as a client names them.
    #[must_use]
    pub fn parts(self) -> RepeatParts {
        RepeatParts {
            every: self.every,
            interval: self.interval.into(),
            weekdays: self.weekdays,
            from: self.from,
            until: self.until,
        }
    }

    /// The occurrence that follows when this one is completed on that day of the user's calendar: the first date of
    /// the rule after both, so that a to-do which is late by many periods is completed once. None when the rule has
    /// ended.
    #[must_use]
    pub fn next(self, current: Occurrence, completed_on: Date) -> Option<Occurrence> {
        let (start, anchor_day) = match self.from {
            From::Due => (current.due_date.date(), current.anchor_day),
            From::Completion => (completed_on, completed_on.day()),
        };
        let after = start.max(completed_on);
        let next = match self.every {
            Every::Day => after_days(start, after, self.interval.into()),
            Every::Week if self.weekdays.is_empty() => {
                after_days(start, after, i64::from(self.interval) * 7)
            }
            Every::Week => self.after_weeks(start, after),
            Every::Month => after_months(start, after, anchor_day, self.interval.into()),
            Every::Year => after_months(start, after, anchor_day, i32::from(self.interval) * 12),
        };
        let due_date = DueDate::new(next?).ok()?;
        // Days and weeks choose no day of the month: a rule that counts in months may follow them.
        let anchor_day = match self.every {
            Every::Day | Every::Week => due_date.date().day(),
            Every::Month | Every::Year => anchor_day,
        };
        let has_ended = self.until.is_some_and(|until| due_date > until);
        (!has_ended).then_some(Occurrence {
            due_date,
            anchor_day,
        })
    }

    /// The first of its weekdays after `after`, in the week of `start` or one that is a multiple of the interval later.
    fn after_weeks(self, start: Date, after: Date) -> Option<Date> {
        let (first, interval) = (monday(start)?, i64::from(self.interval));
        let tomorrow = after.next_day()?;
        let weeks = (monday(tomorrow)? - first).whole_weeks();
        if weeks % interval == 0
            && let Some(date) = self.first_weekday(tomorrow)
        {
            return Some(date);
        }
        let weeks = (weeks / interval + 1) * interval;
        self.first_weekday(first.checked_add(Duration::weeks(weeks))?)
    }

    /// The first of its weekdays from that date to the end of its week.
    fn first_weekday(self, from: Date) -> Option<Date> {
        let left = 7 - from.weekday().number_days_from_monday();
        (0..left)
            .filter_map(|days| from.checked_add(Duration::days(days.into())))
            .find(|date| self.weekdays.contains(date.weekday()))
    }
}

/// The first date after `after` that is a multiple of so many days later than `start`.
fn after_days(start: Date, after: Date, days: i64) -> Option<Date> {
    let periods = (after - start).whole_days() / days + 1;
    start.checked_add(Duration::days(periods * days))
}

/// The first date after `after` in a month that is a multiple of so many months later than that of `start`.
fn after_months(start: Date, after: Date, anchor_day: u8, months: i32) -> Option<Date> {
    let periods = ((month_number(after) - month_number(start)) / months).max(1);
    (periods..=periods + 1)
        .filter_map(|period| day_of_month(month_number(start) + period * months, anchor_day))
        .find(|date| *date > after)
}

/// Months since the year 0.
fn month_number(date: Date) -> i32 {
    date.year() * 12 + i32::from(u8::from(date.month())) - 1
}

/// That day of the month with this number, or its last one.
fn day_of_month(month_number: i32, day: u8) -> Option<Date> {
    let year = month_number.div_euclid(12);
    let month = u8::try_from(month_number.rem_euclid(12) + 1).ok()?;
    let month = Month::try_from(month).ok()?;
    Date::from_calendar_date(year, month, day.min(month.length(year))).ok()
}

/// The Monday of the date's week.
fn monday(date: Date) -> Option<Date> {
    let days = date.weekday().number_days_from_monday();
    date.checked_sub(Duration::days(days.into()))
}

fn invalid(code: FieldCode, message: &str) -> FieldError {
    FieldError::new("repeat", code, message)
}

#[cfg(test)]
mod tests;
