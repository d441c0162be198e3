//! Filters and pagination of the list.

use time::Date;

use super::{Cursor, DueDate, RemovedCursor, Todo, TodoCounts};
use crate::domain::error::{FieldCode, FieldError};

/// To-dos on a web page of the list.
pub const PAGE_SIZE: Limit = Limit(50);

/// To-dos of a part of the list in which the neighbours of each to-do on its page are: also of the last one.
pub const NEIGHBOURS: Limit = Limit(PAGE_SIZE.0 + 1);

/// Which to-dos a list shows, and in which order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Filter {
    /// Open ones, then done ones, each in the user's own order.
    #[default]
    All,
    /// Open ones in the user's own order.
    Open,
    /// Open ones that are due today or were before: by due date, on a day those with a time first, then in the user's
    /// own order.
    Today,
    /// Open ones that are due after today, in the same order.
    Upcoming,
    /// Done ones, the last done first.
    Done,
}

/// What is asked for: a part of a list.
#[derive(Clone, Copy, Debug)]
pub struct ListQuery {
    /// Which to-dos.
    pub filter: Filter,
    /// The current day of the user's calendar.
    pub today: Date,
    /// Those after this place; none for the beginning.
    pub after: Option<Cursor>,
    /// How many at most.
    pub limit: Limit,
}

impl ListQuery {
    /// Where it begins; none when its cursor is of another filter.
    #[must_use]
    pub fn place(&self) -> Option<Cursor> {
        let place = self.after.unwrap_or_else(|| Cursor::start(self.filter));
        Some(place).filter(|place| place.is_of(self.filter))
    }

    /// The first and the last day on which its to-dos are due, of a filter by day.
    #[must_use]
    pub fn days(&self) -> (Date, Date) {
        let (first, last) = (DueDate::MIN.date(), DueDate::MAX.date());
        match self.filter {
            Filter::Today => (first, self.today),
            Filter::Upcoming => (self.today.next_day().unwrap_or(last), last),
            _ => (first, last),
        }
    }
}

impl Filter {
    /// The names of the filters.
    pub const NAMES: [&'static str; 5] = ["all", "open", "today", "upcoming", "done"];

    /// Parses a name.
    ///
    /// # Errors
    /// When there is no such filter.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        match text {
            "all" => Ok(Self::All),
            "open" => Ok(Self::Open),
            "today" => Ok(Self::Today),
            "upcoming" => Ok(Self::Upcoming),
            "done" => Ok(Self::Done),
            _ => Err(FieldError::new(
                "filter",
                FieldCode::InvalidValue,
                "The list shows all, open, today, upcoming or done to-dos",
            )),
        }
    }
}

impl Filter {
    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Open => "open",
            Self::Today => "today",
            Self::Upcoming => "upcoming",
            Self::Done => "done",
        }
    }

    /// Whether it depends on the day.
    #[must_use]
    pub fn is_by_day(self) -> bool {
        matches!(self, Self::Today | Self::Upcoming)
    }

    /// Whether the to-do, which is not removed, belongs to it on that day.
    #[must_use]
    pub fn contains(self, todo: &Todo, today: Date) -> bool {
        let due_date = todo.plan.due_date.filter(|_| !todo.is_done);
        match self {
            Self::All => true,
            Self::Open => !todo.is_done,
            Self::Today => due_date.is_some_and(|due| due.date() <= today),
            Self::Upcoming => due_date.is_some_and(|due| due.date() > today),
            Self::Done => todo.is_done,
        }
    }
}

/// What a list shows: to-dos by their state, or those that were removed and can be restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Those that are there.
    Present(Filter),
    /// Removed ones.
    Removed,
}

impl Shown {
    /// The names of what can be shown.
    pub const NAMES: [&'static str; 6] = ["all", "open", "today", "upcoming", "done", "removed"];

    /// Parses a name.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        if text == "removed" {
            return Ok(Self::Removed);
        }
        Filter::parse(text).map(Self::Present).map_err(|_| {
            let words = "The list shows all, open, today, upcoming, done or removed to-dos";
            FieldError::new("filter", FieldCode::InvalidValue, words)
        })
    }
}

impl Default for Shown {
    fn default() -> Self {
        Self::Present(Filter::default())
    }
}

/// Maximum bytes of notes in a response, so that a list of long ones takes several and no instance runs out of memory.
const NOTES_OF_ANSWER: usize = 1024 * 1024;

/// Maximum number of to-dos in a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit(u32);

impl Limit {
    /// The highest limit, and the default.
    pub const MAX: u32 = 1_000;

    /// A number from 1 to [`Self::MAX`]; none for any other.
    #[must_use]
    pub fn new(number: u32) -> Option<Self> {
        let is_within = (1..=Self::MAX).contains(&number);
        is_within.then_some(Self(number))
    }

    /// Parses a number from 1 to [`Self::MAX`], written with digits only.
    ///
    /// # Errors
    /// When it is not such a number.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
        let number = is_number.then(|| text.parse().ok()).flatten();
        number.and_then(Self::new).ok_or_else(|| {
            let message = format!("The limit must be a whole number from 1 to {}", Self::MAX);
            FieldError::new("limit", FieldCode::OutOfRange, message)
        })
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }

    /// Cuts what was read to what an answer holds: at most so many to-dos, with at most 1 MiB of
    /// notes, and at least one. Returns whether something was cut off.
    #[must_use]
    pub fn cut(self, todos: &mut Vec<Todo>) -> bool {
        let mut notes = 0;
        let fits = todos.iter().take(self.as_length()).take_while(|todo| {
            notes += todo.plan.notes_bytes();
            notes <= NOTES_OF_ANSWER
        });
        let kept = fits.count().max(1).min(todos.len());
        let is_cut = kept < todos.len();
        todos.truncate(kept);
        is_cut
    }

    /// The number as a length of a list.
    #[must_use]
    pub const fn as_length(self) -> usize {
        self.0 as usize
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(Self::MAX)
    }
}

/// A page of a list, and the counts of the whole, consistent with each other.
#[derive(Clone, Debug)]
pub struct Page {
    /// In order, at most as many as requested.
    pub todos: Vec<Todo>,
    /// Start of the next page; none when this is the last.
    pub next: Option<Cursor>,
    /// The revision and the counts of the list.
    pub counts: TodoCounts,
}

/// A page of removed to-dos, and the user's revision.
#[derive(Clone, Debug)]
pub struct RemovedPage {
    /// The last removed first, at most as many as requested.
    pub todos: Vec<Todo>,
    /// Start of the next page; none when this is the last.
    pub next: Option<RemovedCursor>,
    /// The user's revision.
    pub rev: u64,
}

impl Page {
    /// A page that is not read, since only its head is sent.
    #[must_use]
    pub fn unread(counts: TodoCounts) -> Self {
        Self {
            todos: Vec::new(),
            next: None,
            counts,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_limit_is_a_number_within_its_range() {
        for (text, expected) in [("1", Some(1)), ("1000", Some(1_000)), ("007", Some(7))] {
            assert_eq!(Limit::parse(text).map(Limit::get).ok(), expected, "{text}");
        }
        for text in [
            "",
            "0",
            "1001",
            "-1",
            "+5",
            "1e2",
            " 5",
            "99999999999999999999",
        ] {
            assert!(Limit::parse(text).is_err(), "{text:?}");
        }
    }
}
