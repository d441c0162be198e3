//! The user's own order of the list.

use time::OffsetDateTime;

/// Where a to-do stands among those of its state: higher positions come first. A to-do that was never moved stands
/// where it was added, so that new ones come on top.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// As if it had been added at that moment, in whole microseconds.
    pub date: OffsetDateTime,
    /// Parts of that microsecond, in 2^-64.
    pub fraction: u64,
}

impl Position {
    /// The position of a to-do that was added at that moment and never moved.
    #[must_use]
    pub const fn of_added(date: OffsetDateTime) -> Self {
        Self { date, fraction: 0 }
    }

    /// The text form, whose order of bytes is the order of positions: microseconds since 1970 in 16 hexadecimal digits,
    /// then the fraction in 16, unless it is none.
    #[must_use]
    pub fn to_text(self) -> String {
        let microseconds = self.date.unix_timestamp_nanos() / 1_000;
        if self.fraction == 0 {
            return format!("{microseconds:016x}");
        }
        format!("{microseconds:016x}{:016x}", self.fraction)
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn the_texts_of_positions_sort_as_the_positions_do() {
        let early = Position::of_added(datetime!(2026-11-28 12:00 UTC));
        let late = Position::of_added(datetime!(2026-11-28 12:00:00.000001 UTC));
        let between = |fraction| Position { fraction, ..early };
        let rising = [early, between(1), between(u64::MAX), late];
        assert!(rising.is_sorted_by(|one, other| one < other));
        let texts = rising.map(Position::to_text);
        assert!(texts.is_sorted_by(|one, other| one < other), "{texts:?}");
    }
}
