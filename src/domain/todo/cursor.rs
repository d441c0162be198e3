//! Cursors of keyset pagination.

use std::{fmt, str::FromStr};

use time::{OffsetDateTime, macros::datetime};
use uuid::Uuid;

use super::TodoId;
use crate::domain::error::{FieldCode, FieldError};

/// A position in the order of the list: open before done, then newest first, then by id. Written as
/// `<0 or 1>.<microseconds since 1970>.<id>`, so that a link can carry it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Done to-dos come after open ones.
    pub is_done: bool,
    /// Newer to-dos come first.
    pub created_date: OffsetDateTime,
    /// Decides between two of the same microsecond.
    pub id: TodoId,
}

impl fmt::Display for Cursor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let microseconds = self.created_date.unix_timestamp_nanos() / 1_000;
        let done = u8::from(self.is_done);
        write!(formatter, "{done}.{microseconds}.{}", self.id)
    }
}

impl FromStr for Cursor {
    type Err = FieldError;

    fn from_str(text: &str) -> Result<Self, FieldError> {
        let mut parts = text.splitn(3, '.');
        let mut part = || parts.next().ok_or_else(error);
        let is_done = match part()? {
            "0" => false,
            "1" => true,
            _ => return Err(error()),
        };
        let created_date = date(part()?)?;
        let id = TodoId::parse(part()?).map_err(|_| error())?;
        Ok(Self {
            is_done,
            created_date,
            id,
        })
    }
}

/// A position among removed to-dos: the last removed first, those of one moment in the order of the list.
/// Written as `<microseconds since 1970>.<position in the list>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RemovedCursor {
    /// When it was removed.
    pub removed_date: OffsetDateTime,
    /// Where it was in the list.
    pub listed: Cursor,
}

impl RemovedCursor {
    /// Before all that were removed at that moment.
    #[must_use]
    pub fn at_start(removed_date: OffsetDateTime) -> Self {
        let listed = Cursor {
            is_done: false,
            created_date: datetime!(9998-12-31 00:00 UTC),
            id: TodoId(Uuid::max()),
        };
        Self {
            removed_date,
            listed,
        }
    }
}

impl fmt::Display for RemovedCursor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let microseconds = self.removed_date.unix_timestamp_nanos() / 1_000;
        write!(formatter, "{microseconds}.{}", self.listed)
    }
}

impl FromStr for RemovedCursor {
    type Err = FieldError;

    fn from_str(text: &str) -> Result<Self, FieldError> {
        let (microseconds, listed) = text.split_once('.').ok_or_else(error)?;
        Ok(Self {
            removed_date: date(microseconds)?,
            listed: listed.parse()?,
        })
    }
}

fn error() -> FieldError {
    FieldError::new(
        "cursor",
        FieldCode::InvalidCursor,
        "There is no such place in the list. Begin at its start",
    )
}

fn date(microseconds: &str) -> Result<OffsetDateTime, FieldError> {
    let microseconds: i64 = microseconds.parse().map_err(|_| error())?;
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(microseconds) * 1_000)
        .ok()
        // The range of the column; the database would refuse the statement otherwise.
        .filter(|date| (1970..=9998).contains(&date.year()))
        .ok_or_else(error)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_cursor_that_no_link_contains_is_refused() {
        let id = Uuid::nil();
        for text in [
            String::new(),
            "0".into(),
            "0.1".into(),
            format!("2.1.{id}"),
            format!("0.x.{id}"),
            format!("0.{}.{id}", i64::MAX),
            format!("0.{}.{id}", -1_000_000_000_000_000_i64),
            format!("0.1.{id}.1"),
        ] {
            assert!(text.parse::<Cursor>().is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn a_cursor_round_trips_through_text(
            is_done: bool, microseconds in 0_i64..4_000_000_000_000_000, id: [u8; 16],
        ) {
            let cursor = Cursor {
                is_done,
                created_date: OffsetDateTime::from_unix_timestamp_nanos(i128::from(microseconds) * 1_000)
                    .expect("in range"),
                id: TodoId(Uuid::from_bytes(id)),
            };
            prop_assert_eq!(cursor.to_string().parse::<Cursor>().expect("its own form"), cursor);
        }
    }
}
