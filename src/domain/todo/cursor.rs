//! Cursors of keyset pagination.

use std::fmt;

use time::{OffsetDateTime, macros::datetime};
use uuid::Uuid;

use super::{DueDate, DueTime, Filter, Position, TodoId};
use crate::domain::error::{FieldCode, FieldError};

/// A place in a list, in the form of its order, so that a link can carry it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cursor {
    /// In the user's own order.
    Order(OrderCursor),
    /// By due date.
    Due(DueCursor),
    /// By when they were done.
    Done(DoneCursor),
}

/// A place in the user's own order: open before done, then higher positions first, then by id. Written as
/// `<0 or 1>.<microseconds since 1970>.<fraction, unless it is none>.<id>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderCursor {
    /// Done to-dos come after open ones.
    pub is_done: bool,
    /// Higher ones come first.
    pub position: Position,
    /// Decides between two of the same position.
    pub id: TodoId,
}

/// A place among open to-dos with a due date: the earliest first, on a day those with a time first, then in the user's
/// own order. Written as `<date>.<minute of the day>.<microseconds since 1970>.<fraction>.<id>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DueCursor {
    /// The day.
    pub due_date: DueDate,
    /// The minute of that day; after the last one for a to-do without a time.
    pub due_minute: u16,
    /// Higher ones come first.
    pub position: Position,
    /// Decides between two of the same position.
    pub id: TodoId,
}

/// A place among done to-dos, the last done first. Written as `<microseconds since 1970>.<id>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DoneCursor {
    /// When it was done.
    pub done_date: OffsetDateTime,
    /// Decides between two of one moment.
    pub id: TodoId,
}

/// Later than any moment of a to-do.
const END: OffsetDateTime = datetime!(9998-12-31 00:00 UTC);
/// Before all others.
const TOP: Position = Position {
    date: END,
    fraction: u64::MAX,
};

impl Cursor {
    /// Before all to-dos of a filter.
    #[must_use]
    pub fn start(filter: Filter) -> Self {
        let (position, id) = (TOP, TodoId(Uuid::max()));
        match filter {
            Filter::All | Filter::Open => Self::Order(OrderCursor {
                is_done: false,
                position,
                id,
            }),
            Filter::Today | Filter::Upcoming => Self::Due(DueCursor {
                due_date: DueDate::MIN,
                due_minute: 0,
                position,
                id,
            }),
            Filter::Done => Self::Done(DoneCursor { done_date: END, id }),
        }
    }

    /// The to-do.
    #[must_use]
    pub fn id(self) -> TodoId {
        match self {
            Self::Order(OrderCursor { id, .. })
            | Self::Due(DueCursor { id, .. })
            | Self::Done(DoneCursor { id, .. }) => id,
        }
    }

    /// Whether it is one of the filter's.
    pub(super) fn is_of(self, filter: Filter) -> bool {
        std::mem::discriminant(&self) == std::mem::discriminant(&Self::start(filter))
    }

    /// Parses the form of the cursors of a filter.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(text: &str, filter: Filter) -> Result<Self, FieldError> {
        let parts: Vec<_> = text.split('.').collect();
        let cursor = match (filter, &parts[..]) {
            (Filter::All | Filter::Open, parts) => order(parts).map(Self::Order),
            (Filter::Today | Filter::Upcoming, parts) => due(parts).map(Self::Due),
            (Filter::Done, parts) => done(parts).map(Self::Done),
        };
        cursor.ok_or_else(error)
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Order(OrderCursor {
                is_done,
                position,
                id,
            }) => {
                let (done, date) = (u8::from(*is_done), microseconds(position.date));
                write!(formatter, "{done}.{date}.")?;
                if position.fraction != 0 {
                    write!(formatter, "{}.", position.fraction)?;
                }
                id.fmt(formatter)
            }
            Self::Due(DueCursor {
                due_date,
                due_minute,
                position,
                id,
            }) => {
                let Position { date, fraction } = position;
                let date = microseconds(*date);
                write!(formatter, "{due_date}.{due_minute}.{date}.{fraction}.{id}")
            }
            Self::Done(DoneCursor { done_date, id }) => {
                write!(formatter, "{}.{id}", microseconds(*done_date))
            }
        }
    }
}

fn order(parts: &[&str]) -> Option<OrderCursor> {
    let (is_done, date, fraction, id) = match parts {
        [is_done, date, id] => (is_done, date, &"0", id),
        [is_done, date, fraction, id] => (is_done, date, fraction, id),
        _ => return None,
    };
    Some(OrderCursor {
        is_done: flag(is_done)?,
        position: position(date, fraction)?,
        id: TodoId::parse(id).ok()?,
    })
}

fn due(parts: &[&str]) -> Option<DueCursor> {
    let [due_date, due_minute, date, fraction, id] = parts else {
        return None;
    };
    let due_minute = due_minute.parse().ok();
    Some(DueCursor {
        due_date: DueDate::parse(due_date).ok()?,
        due_minute: due_minute.filter(|it| *it <= DueTime::MINUTES)?,
        position: position(date, fraction)?,
        id: TodoId::parse(id).ok()?,
    })
}

fn done(parts: &[&str]) -> Option<DoneCursor> {
    let [done_date, id] = parts else { return None };
    Some(DoneCursor {
        done_date: moment(done_date)?,
        id: TodoId::parse(id).ok()?,
    })
}

/// A position among removed to-dos: the last removed first, those of one moment open before done, then newest first.
/// Written as `<microseconds since 1970>.<0 or 1>.<microseconds since 1970>.<id>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RemovedCursor {
    /// When it was removed.
    pub removed_date: OffsetDateTime,
    /// Done to-dos come after open ones.
    pub is_done: bool,
    /// Newer to-dos come first.
    pub created_date: OffsetDateTime,
    /// Decides between two of the same microsecond.
    pub id: TodoId,
}

impl RemovedCursor {
    /// Before all that were removed at that moment.
    #[must_use]
    pub fn at_start(removed_date: OffsetDateTime) -> Self {
        Self {
            removed_date,
            is_done: false,
            created_date: END,
            id: TodoId(Uuid::max()),
        }
    }

    /// Parses the text form.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let parts: Vec<_> = text.split('.').collect();
        let [removed_date, is_done, created_date, id] = parts[..] else {
            return Err(error());
        };
        Ok(Self {
            removed_date: moment(removed_date).ok_or_else(error)?,
            is_done: flag(is_done).ok_or_else(error)?,
            created_date: moment(created_date).ok_or_else(error)?,
            id: TodoId::parse(id).map_err(|_| error())?,
        })
    }
}

impl fmt::Display for RemovedCursor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [removed, created] = [self.removed_date, self.created_date].map(microseconds);
        let done = u8::from(self.is_done);
        write!(formatter, "{removed}.{done}.{created}.{}", self.id)
    }
}

fn error() -> FieldError {
    FieldError::new(
        "cursor",
        FieldCode::InvalidCursor,
        "There is no such place in the list. Begin at its start",
    )
}

fn microseconds(date: OffsetDateTime) -> i128 {
    date.unix_timestamp_nanos() / 1_000
}

fn flag(text: &str) -> Option<bool> {
    match text {
        "0" => Some(false),
        "1" => Some(true),
        _ => None,
    }
}

fn position(date: &str, fraction: &str) -> Option<Position> {
    Some(Position {
        date: moment(date)?,
        fraction: fraction.parse().ok()?,
    })
}

fn moment(microseconds: &str) -> Option<OffsetDateTime> {
    let microseconds: i64 = microseconds.parse().ok()?;
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(microseconds) * 1_000)
        .ok()
        // The range of the column; the database would refuse the statement otherwise.
        .filter(|date| (1970..=9998).contains(&date.year()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::Date;

    use super::*;

    #[test]
    fn a_cursor_that_no_link_contains_is_refused() {
        let id = Uuid::nil();
        let order = [
            String::new(),
            "0".into(),
            "0.1".into(),
            format!("2.1.{id}"),
            format!("0.x.{id}"),
            format!("0.{}.{id}", i64::MAX),
            format!("0.{}.{id}", -1_000_000_000_000_000_i64),
            format!("0.1.{id}.1"),
            format!("0.1.-1.{id}"),
            format!("0.1.1.1.{id}"),
            format!("2026-12-24.540.1.0.{id}"),
        ];
        let due = [
            format!("0.1.{id}"),
            format!("2026-02-31.540.1.0.{id}"),
            format!("2026-12-24.1441.1.0.{id}"),
            format!("2026-12-24.-1.1.0.{id}"),
            format!("2026-12-24.540.1.{id}"),
        ];
        let done = [format!("0.1.{id}"), "1".into(), format!("x.{id}")];
        for (filter, texts) in [
            (Filter::All, &order[..]),
            (Filter::Open, &order),
            (Filter::Today, &due),
            (Filter::Upcoming, &due),
            (Filter::Done, &done),
        ] {
            for text in texts {
                assert!(Cursor::parse(text, filter).is_err(), "{filter:?} {text:?}");
            }
        }
        for text in [
            "",
            "1",
            "1.0.1",
            "1.2.1.00000000-0000-0000-0000-000000000000",
        ] {
            assert!(RemovedCursor::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_cursor_of_a_link_from_before_to_dos_could_be_moved_is_read() {
        let id = Uuid::nil();
        let cursor = Cursor::parse(&format!("1.5000000.{id}"), Filter::All).expect("old form");
        let position = Position::of_added(datetime!(1970-01-01 00:00:05 UTC));
        let expected = OrderCursor {
            is_done: true,
            position,
            id: TodoId(id),
        };
        assert_eq!(cursor, Cursor::Order(expected));
    }

    proptest! {
        #[test]
        fn a_cursor_round_trips_through_text(
            is_done: bool, microseconds in 0_i64..4_000_000_000_000_000, fraction: u64, day in 0_i32..80_000,
            due_minute in 0_u16..=1440, id: [u8; 16],
        ) {
            let date = moment(&microseconds.to_string()).expect("in range");
            let (position, id) = (Position { date, fraction }, TodoId(Uuid::from_bytes(id)));
            let day = Date::from_julian_day(DueDate::MIN.date().to_julian_day() + day).expect("in range");
            let due_date = DueDate::new(day).expect("in range");
            for (filter, cursor) in [
                (Filter::All, Cursor::Order(OrderCursor { is_done, position, id })),
                (Filter::Today, Cursor::Due(DueCursor { due_date, due_minute, position, id })),
                (Filter::Done, Cursor::Done(DoneCursor { done_date: date, id })),
            ] {
                prop_assert_eq!(Cursor::parse(&cursor.to_string(), filter).expect("its own form"), cursor);
            }
            let removed = RemovedCursor { removed_date: date, is_done, created_date: date, id };
            prop_assert_eq!(RemovedCursor::parse(&removed.to_string()).expect("its own form"), removed);
        }
    }
}
