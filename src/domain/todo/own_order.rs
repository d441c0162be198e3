//! Positions for to-dos that are moved: numbers in a gap between two others, and room where there is none.
//!
//! Positions are numbers here: microseconds since 1970, shifted by the 64 bits of the fraction. Only what stands below a
//! place is read and makes way, never what is above: MySQL (seen with 9.7) reads an index of ascending and descending
//! columns in one direction only, and sorts all of a range that is wanted in the other.
//!
//! Halving the gap between two to-dos a second apart goes on for 84 moves. Then those below it are spread out anew, as few
//! as will do: the smallest [window](LEVELS) whose own span, shared out evenly, leaves at least 2^(12 × level) between two.
//!
//! So large windows are respaced rarely. One of level `i` (2^(i+2) to-dos) is taken only when that of level `i - 1` does not
//! do: when its 2^(i+1) to-dos span less than 2^(i+1) × 2^(12(i-1)), which is less than 2^(12i). That is less than a
//! single gap as the last respacing of level `i` has left it, so all but one of them have come there since: a respacing of
//! 2^(i+2) to-dos has been paid for by 2^(i+1) moves, two each.
//!
//! What lies beyond [`REACH`] never makes way, so somebody who moves nothing but each to-do of a long list into the same gap
//! uses up the numbers there, after 18,000 moves at the earliest. Then that gap is full, and no other.

use time::OffsetDateTime;

use super::Position;

/// To-dos that are read below a place: no move reads or writes more than 512.
pub const REACH: usize = 500;
/// A window of this level has 2^(level + 2) to-dos: 8, 16, ... 256.
const LEVELS: std::ops::RangeInclusive<u32> = 1..=6;
/// How far beyond the ends of the list another to-do is put.
const SECOND: u128 = (1 << 64) * 1_000_000;

impl Position {
    /// As a number, of the order of positions.
    #[must_use]
    pub fn number(self) -> u128 {
        let microseconds = self.date.unix_timestamp_nanos() / 1_000;
        u128::try_from(microseconds).unwrap_or_default() << 64 | u128::from(self.fraction)
    }

    /// The position of a number; none for one beyond the year 9999.
    #[must_use]
    pub fn from_number(number: u128) -> Option<Self> {
        let microseconds = i128::try_from(number >> 64).ok()?;
        let nanoseconds = microseconds.checked_mul(1_000)?;
        let date = OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).ok()?;
        let fraction = u64::try_from(number & u128::from(u64::MAX)).ok()?;
        Some(Self { date, fraction })
    }
}

/// New numbers below a place, the highest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spread {
    /// For the to-dos that are put there.
    pub own: Vec<u128>,
    /// For those of the others that make way, the nearest first.
    pub followers: Vec<u128>,
}

/// The number above the first to-do of the list, below now, so that what is added next still comes on top.
///
/// None above a to-do of the future.
#[must_use]
pub fn above(first: u128, now: u128) -> Option<u128> {
    let room = now.saturating_sub(first);
    (room > 1).then(|| first + (room / 2).min(SECOND))
}

/// Puts `count` to-dos into the gap between the number `ceiling` and the one that follows, or all of the way down from the
/// last one of the list.
///
/// None where there are not that many numbers left.
#[must_use]
pub fn between(ceiling: u128, count: usize, follower: Option<u128>) -> Option<Spread> {
    let followers: Vec<_> = follower.into_iter().collect();
    Window::of(ceiling, count, &followers, 0).spread()
}

/// The same where those that follow make way: [`REACH`] of them, or all that the list has. They may be equal to each other
/// and to the ceiling, as those of to-dos that were added in one batch are.
///
/// None when all of them are equal, so that no number could tell them apart.
#[must_use]
pub fn respaced(ceiling: u128, count: usize, followers: &[u128]) -> Option<Spread> {
    let roomy = LEVELS.into_iter().find_map(|level| {
        let window = Window::of(ceiling, count, followers, 4 << level);
        Some(window).filter(|window| window.step() >= 1 << (12 * level))
    });
    // Of a dense part as much as may be written.
    let window = roomy.unwrap_or_else(|| Window::of(ceiling, count, followers, REACH - 1));
    window.spread()
}

/// To-dos that are spread out between two numbers, of which they get neither.
struct Window {
    own: usize,
    followers: usize,
    low: u128,
    high: u128,
}

impl Window {
    /// The first one that does not make way is the bound; at the end of the list there is room beyond it.
    fn of(ceiling: u128, count: usize, followers: &[u128], reach: usize) -> Self {
        let beyond = followers.get(reach).copied();
        let last = followers.last().copied().unwrap_or(ceiling);
        Self {
            own: count,
            followers: followers.len().min(reach),
            low: beyond.unwrap_or(last.saturating_sub(2 * SECOND)),
            high: ceiling,
        }
    }

    /// The distance of two of them.
    fn step(&self) -> u128 {
        let gaps = self.own + self.followers + 1;
        self.high.saturating_sub(self.low) / gaps as u128
    }

    fn spread(&self) -> Option<Spread> {
        let step = self.step();
        let numbers = (1..).map(|it| self.high - step * it);
        let mut own: Vec<_> = numbers.take(self.own + self.followers).collect();
        let followers = own.split_off(self.own);
        (step > 0).then_some(Spread { own, followers })
    }
}

#[cfg(test)]
mod tests;
