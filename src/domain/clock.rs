//! The clock that all times come from: no statement mixes the database's time with the application's, and a
//! test can move time instead of waiting.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Instant,
};

use time::{Duration, OffsetDateTime};

/// Tells the time in UTC; clones share one offset.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    offset_seconds: Arc<AtomicI64>,
    /// How far it was moved forward in all; setting it back does not change this.
    passed_seconds: Arc<AtomicU64>,
}

impl Clock {
    /// The current time, truncated to microseconds as `DATETIME(6)` is: a value in a response would otherwise
    /// differ from the one read back.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the clock that all others must ask"
    )]
    pub fn now(&self) -> OffsetDateTime {
        let offset = Duration::seconds(self.offset_seconds.load(Ordering::Relaxed));
        truncate(OffsetDateTime::now_utc() + offset)
    }

    /// The current time of a monotonic clock, for state in an instance's memory.
    #[must_use]
    pub fn instant(&self) -> Instant {
        let passed = self.passed_seconds.load(Ordering::Relaxed);
        Instant::now() + std::time::Duration::from_secs(passed)
    }

    /// Moves this clock and its clones; for tests of expiry, and of clocks that jump.
    pub fn advance(&self, by: Duration) {
        let seconds = by.whole_seconds();
        self.offset_seconds.fetch_add(seconds, Ordering::Relaxed);
        let passed = seconds.max(0).unsigned_abs();
        self.passed_seconds.fetch_add(passed, Ordering::Relaxed);
    }
}

fn truncate(moment: OffsetDateTime) -> OffsetDateTime {
    let microseconds = moment.nanosecond() / 1_000;
    moment
        .replace_nanosecond(microseconds * 1_000)
        .expect("fewer nanoseconds than before are in range")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn now_has_microsecond_precision() {
        for _ in 0..100 {
            assert_eq!(Clock::default().now().nanosecond() % 1_000, 0);
        }
    }

    #[test]
    fn advancing_one_clock_moves_its_clones() {
        let clock = Clock::default();
        let clone = clock.clone();
        let before = clone.now();
        clock.advance(Duration::days(30));
        assert!(clone.now() - before >= Duration::days(30));
        let most_of_it = std::time::Duration::from_hours(29 * 24);
        assert!(clone.instant() > Clock::default().instant() + most_of_it);
        clock.advance(-Duration::days(365));
        assert!(clone.now() < before);
        assert!(clone.instant() > Clock::default().instant() + most_of_it);
    }
}
