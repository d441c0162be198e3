//! A user's time zone, which says what "today" is.

use std::fmt;

use jiff::{Timestamp, tz};
use time::{Date, Month, OffsetDateTime};

use crate::domain::error::{FieldCode, FieldError};

/// A time zone by its IANA name, old names such as `Europe/Kiev` among them, since browsers say these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeZone(tz::TimeZone);

/// In the database of zones, but no place.
const NO_ZONE: &str = "Factory";

impl TimeZone {
    /// Maximum characters of a name.
    pub const MAX: usize = 64;

    /// UTC, until the user's zone is known.
    #[must_use]
    pub fn utc() -> Self {
        Self(tz::TimeZone::UTC)
    }

    /// Parses a name, in any case.
    ///
    /// # Errors
    /// When no zone has this name.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let name = text.trim();
        let is_name = name.len() <= Self::MAX && !name.eq_ignore_ascii_case(NO_ZONE);
        let zone = is_name.then(|| tz::db().get(name).ok()).flatten();
        zone.map(Self).ok_or_else(|| {
            FieldError::new(
                "time_zone",
                FieldCode::InvalidValue,
                "The time zone must be one of the IANA names, such as Europe/Vilnius",
            )
        })
    }

    /// A name that was parsed before it was stored. UTC while none is, and for one that a newer version knows.
    #[must_use]
    pub fn from_stored(name: Option<&str>) -> Self {
        let zone = name.and_then(|name| Self::parse(name).ok());
        zone.unwrap_or_else(Self::utc)
    }

    /// All names, sorted.
    #[must_use]
    pub fn names() -> Vec<String> {
        let names = tz::db().available().map(|name| name.to_string());
        let mut names: Vec<_> = names.filter(|name| name != NO_ZONE).collect();
        names.sort_unstable();
        names
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// The day of the calendar at that moment.
    #[must_use]
    pub fn date(&self, now: OffsetDateTime) -> Date {
        let local = Timestamp::from_nanosecond(now.unix_timestamp_nanos())
            .ok()
            .map(|moment| self.0.to_datetime(moment).date());
        let date = local.and_then(|local| {
            let month = u8::try_from(local.month()).ok()?;
            let day = u8::try_from(local.day()).ok()?;
            Date::from_calendar_date(local.year().into(), Month::try_from(month).ok()?, day).ok()
        });
        // Only for moments beyond the year 9999.
        date.unwrap_or_else(|| now.date())
    }
}

impl fmt::Display for TimeZone {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use time::macros::{date, datetime};

    use super::*;

    #[test]
    fn a_zone_is_known_by_its_new_and_its_old_name_in_any_case() {
        for (text, name) in [
            ("Europe/Vilnius", "Europe/Vilnius"),
            (" europe/vilnius ", "Europe/Vilnius"),
            ("Europe/Kiev", "Europe/Kiev"),
            ("Europe/Kyiv", "Europe/Kyiv"),
            ("Asia/Calcutta", "Asia/Calcutta"),
            ("America/Buenos_Aires", "America/Buenos_Aires"),
            ("UTC", "UTC"),
        ] {
            assert_eq!(TimeZone::parse(text).expect(text).as_str(), name);
        }
    }

    #[test]
    fn other_files_of_a_zone_database_are_no_zones() {
        for text in [
            "",
            "localtime",
            "posixrules",
            "Factory",
            "factory",
            "posix/Europe/Vilnius",
            "tzdata.zi",
            "../etc/passwd",
            "Europe",
            "Europe/Nowhere",
            "+03:00",
            "EET-2EEST",
            "Europe/Vilnius\0",
        ] {
            let refused = TimeZone::parse(text).map_err(|it| it.code);
            assert_eq!(refused, Err(FieldCode::InvalidValue), "{text:?}");
        }
    }

    #[test]
    fn every_name_is_a_zone() {
        let names = TimeZone::names();
        assert!(names.len() > 400, "{}", names.len());
        for name in names {
            assert!(name.len() <= TimeZone::MAX);
            assert_eq!(TimeZone::parse(&name).expect(&name).as_str(), name);
        }
    }

    #[test]
    fn the_same_moment_is_another_day_elsewhere() {
        let zone = |name| TimeZone::parse(name).expect("a zone");
        let moment = datetime!(2026-11-28 22:30 UTC);
        assert_eq!(TimeZone::utc().date(moment), date!(2026 - 11 - 28));
        assert_eq!(zone("Europe/Vilnius").date(moment), date!(2026 - 11 - 29));
        assert_eq!(zone("America/New_York").date(moment), date!(2026 - 11 - 28));
        assert_eq!(
            zone("Pacific/Kiritimati").date(moment),
            date!(2026 - 11 - 29)
        );
        // An hour earlier in winter than in summer.
        let midnight = |day| zone("Europe/Vilnius").date(day);
        assert_eq!(
            midnight(datetime!(2026-07-01 21:00 UTC)),
            date!(2026 - 07 - 02)
        );
        assert_eq!(
            midnight(datetime!(2026-12-01 21:00 UTC)),
            date!(2026 - 12 - 01)
        );
    }
}
