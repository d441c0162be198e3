//! The counts of a list.

use std::ops::{Add, Sub};

use super::Filter;
use crate::domain::error::{Conflict, Error};

/// Maximum to-dos of one user, removed ones not counted. An API client copies that many in 200 calls; only
/// programs come near it.
pub const QUOTA: i32 = 200_000;

/// Maximum tombstones of one user; beyond it a removal deletes the oldest. A list of 10,000 to-dos removed at
/// once can be restored, with 300 more a day for the thirty days that each of them lasts.
pub const TOMBSTONES_MAX: i32 = 20_000;
/// Tombstones deleted at once, so that only one removal in a hundred deletes any.
pub const TOMBSTONES_SURPLUS: u32 = 100;

/// The counts of one user's list at one revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TodoCounts {
    /// The user's revision, which every change of their to-dos increments.
    pub rev: u64,
    /// To-dos still open.
    pub open: i32,
    /// All to-dos, open and done; removed ones do not count.
    pub all: i32,
}

impl TodoCounts {
    /// These counts after a change, at the revision it made.
    #[must_use]
    pub fn after(self, change: CountsDelta, rev: u64) -> Self {
        Self {
            rev,
            open: self.open + change.open,
            all: self.all + change.all,
        }
    }

    /// The number of to-dos of a list; none where it depends on the day.
    #[must_use]
    pub fn shown(self, filter: Filter) -> Option<i32> {
        match filter {
            Filter::All => Some(self.all),
            Filter::Open => Some(self.open),
            Filter::Done => Some(self.all - self.open),
            Filter::Today | Filter::Upcoming => None,
        }
    }

    /// Checks that the list is within [`QUOTA`].
    ///
    /// # Errors
    /// [`Conflict::TodoQuotaReached`] beyond [`QUOTA`].
    pub fn check_quota(self) -> Result<(), Error> {
        if self.all > QUOTA {
            return Err(Error::Conflict(Conflict::TodoQuotaReached));
        }
        Ok(())
    }
}

/// Change in a list's counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CountsDelta {
    /// Added to the number of open to-dos.
    pub open: i32,
    /// Added to the number of all to-dos.
    pub all: i32,
    /// Added to the number of tombstones.
    pub removed: i32,
}

impl Add for CountsDelta {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            open: self.open + other.open,
            all: self.all + other.all,
            removed: self.removed + other.removed,
        }
    }
}

impl Sub for CountsDelta {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self {
            open: self.open - other.open,
            all: self.all - other.all,
            removed: self.removed - other.removed,
        }
    }
}
