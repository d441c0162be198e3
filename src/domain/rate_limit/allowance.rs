//! Allowances (token buckets) in the memory of one instance: for work that costs that instance much, however it
//! ends.

use std::{collections::HashMap, time::Instant};
use std::{hash::Hash, time::Duration};

/// A burst, and one unit more each time that the pause is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// The burst, in units.
    pub at_once: u32,
    /// Time until one unit is refilled.
    pub each: Duration,
}

impl Allowance {
    /// Passwords hashed for one account: 120, and 120 an hour after that. More than the hundred failures that
    /// [`LoginUsername`](super::RateLimit::LoginUsername) lets through, so that it cannot be used up
    /// without the password; a person with ten devices, each of which logs in ten times, stays below.
    pub const HASHES_OF_ACCOUNT: Self = Self {
        at_once: 120,
        each: Duration::from_secs(30),
    };

    /// Passwords hashed for one address: 300, and one a second after that. A school of 300 whose pupils
    /// all log in at the same bell stays below, and 3,600 an hour are a carrier's whole city; eight
    /// addresses that do nothing else take a fifth of one processor.
    pub const HASHES_OF_ADDRESS: Self = Self {
        at_once: 300,
        each: Duration::from_secs(1),
    };

    /// [`Work`] for one user: some 5 s of a processor at once, and a sixth of one after that. That is the
    /// largest list (200,000 to-dos) copied as fast as it can be read and half of it once more, or ten phones
    /// that copy 10,000 to-dos each, three times over.
    pub const WORK_OF_USER: Self = Self {
        at_once: 300_000,
        each: Duration::from_micros(100),
    };
}

/// The cost of work, in rows of a list in a response: 11 to 16 µs of a processor each, the
/// database's share included (`tests/load/RESULTS.md`: a page of 50 rows 630 µs, an add 1,670 µs).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Work(u32);

impl Work {
    /// A transaction that changes one to-do: five statements and a commit, of which most is the database's.
    pub const CHANGE: Self = Self(100);
    /// A response without any rows: two statements.
    const READ: u32 = 10;

    /// So many changes, in one transaction or in several.
    #[must_use]
    pub fn changes(number: usize) -> Self {
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        Self(Self::CHANGE.0.saturating_mul(number))
    }

    /// A response with so many to-dos.
    #[must_use]
    pub fn read(rows: usize) -> Self {
        let rows = u32::try_from(rows).unwrap_or(u32::MAX);
        Self(rows.saturating_add(Self::READ))
    }

    /// The same with so many bytes of notes, which are read, written and compressed: 250 of them cost about as much as a
    /// row.
    #[must_use]
    pub fn with_notes(self, bytes: usize) -> Self {
        let units = u32::try_from(bytes / 250).unwrap_or(u32::MAX);
        Self(self.0.saturating_add(units))
    }

    /// The cost of both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The cost in units of an [`Allowance`].
    #[must_use]
    pub const fn units(self) -> u32 {
        self.0
    }
}

/// Number of subjects from which those with a full allowance are evicted.
const EVICT_AT: usize = 1_024;

/// The units of an allowance that each subject has spent.
#[derive(Debug)]
pub struct Spent<K> {
    allowance: Allowance,
    /// When the allowance of a subject is full again.
    whole: HashMap<K, Instant>,
    evict_at: usize,
}

impl<K: Eq + Hash> Spent<K> {
    /// An allowance of which nothing is spent.
    #[must_use]
    pub fn nothing(allowance: Allowance) -> Self {
        Self {
            allowance,
            whole: HashMap::new(),
            evict_at: EVICT_AT,
        }
    }

    /// Time until the subject has one unit left; none when it has one now.
    #[must_use]
    pub fn wait(&self, subject: &K, now: Instant) -> Option<Duration> {
        let Allowance { at_once, each } = self.allowance;
        let whole = *self.whole.get(subject)?;
        let missing = whole.saturating_duration_since(now);
        let wait = missing.saturating_sub(each * at_once.saturating_sub(1));
        (!wait.is_zero()).then_some(wait)
    }

    /// Spends units of the subject's allowance, also more than are left: the cost of work is known only when it
    /// is done.
    pub fn spend(&mut self, subject: K, units: u32, now: Instant) {
        self.evict_full(now);
        let whole = self.whole.entry(subject).or_insert(now);
        *whole = now.max(*whole) + self.allowance.each * units;
    }

    /// Each doubling of the number of subjects costs one scan of all of them.
    fn evict_full(&mut self, now: Instant) {
        if self.whole.len() < self.evict_at {
            return;
        }
        self.whole.retain(|_, whole| *whole > now);
        self.evict_at = EVICT_AT.max(self.whole.len() * 2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const THREE: Allowance = Allowance {
        at_once: 3,
        each: Duration::from_secs(10),
    };

    #[test]
    fn a_spent_allowance_is_refilled_unit_by_unit() {
        let (mut spent, now) = (Spent::nothing(THREE), Instant::now());
        for _ in 0..3 {
            assert_eq!(spent.wait(&"ona", now), None);
            spent.spend("ona", 1, now);
        }
        assert_eq!(spent.wait(&"ona", now), Some(THREE.each));
        assert_eq!(spent.wait(&"jonas", now), None);
        let later = now + THREE.each;
        assert_eq!(spent.wait(&"ona", later), None);
        spent.spend("ona", 1, later);
        assert_eq!(spent.wait(&"ona", later), Some(THREE.each));
        assert_eq!(spent.wait(&"ona", now + THREE.each * 4), None);
    }

    #[test]
    fn an_overdrawn_allowance_is_repaid_by_waiting() {
        let (mut spent, now) = (Spent::nothing(THREE), Instant::now());
        spent.spend("ona", 10, now);
        assert_eq!(spent.wait(&"ona", now), Some(THREE.each * 8));
        assert_eq!(spent.wait(&"ona", now + THREE.each * 8), None);
    }

    #[test]
    fn an_idle_subject_is_forgotten() {
        let (mut spent, now) = (Spent::nothing(THREE), Instant::now());
        for number in 0..EVICT_AT {
            spent.spend(number, 1, now);
        }
        spent.spend(EVICT_AT, 1, now + THREE.each);
        assert_eq!(spent.whole.len(), 1);
    }

    #[test]
    fn the_allowance_covers_full_copies_of_the_largest_lists() {
        use crate::domain::todo::{Limit, QUOTA};
        let page = Limit::default().as_length();
        let copy =
            |todos: usize| Work::read(page).units() * u32::try_from(todos / page).expect("few");
        let at_once = Allowance::WORK_OF_USER.at_once;
        assert!(copy(10_000) * 10 < at_once);
        assert!(copy(usize::try_from(QUOTA).expect("positive")) < at_once);
    }

    #[test]
    fn wrong_passwords_never_exhaust_the_hashes_of_an_account() {
        use crate::domain::rate_limit::{RateLimit, WINDOW};
        let Allowance { at_once, each } = Allowance::HASHES_OF_ACCOUNT;
        let failures = RateLimit::LoginUsername.max();
        assert!(failures < at_once);
        assert!(each * failures <= WINDOW.unsigned_abs());
    }
}
