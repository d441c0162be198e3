//! What is wanted of a list, and a part of it.

use super::{Cursor, Todo, TodoCounts};
use crate::domain::error::{FieldCode, FieldError};

/// To-dos a page of the list shows.
pub const PAGE_SIZE: Limit = Limit(50);

/// Which to-dos of a list are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Filter {
    /// Open and done ones.
    #[default]
    All,
    /// Only what is still to do.
    Open,
    /// Only what is done.
    Done,
}

impl Filter {
    /// The names of the filters.
    pub const NAMES: [&'static str; 3] = ["all", "open", "done"];

    /// Reads a name.
    ///
    /// # Errors
    /// When there is no such filter.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        match text {
            "all" => Ok(Self::All),
            "open" => Ok(Self::Open),
            "done" => Ok(Self::Done),
            _ => Err(FieldError::new(
                "filter",
                FieldCode::InvalidValue,
                "The list shows all, open or done to-dos",
            )),
        }
    }
}

/// How many to-dos an answer may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit(u32);

impl Limit {
    /// Most, and what holds where nothing is said.
    pub const MAX: u32 = 1_000;

    /// A number from 1 to [`Self::MAX`]; none for any other.
    #[must_use]
    pub fn new(number: u32) -> Option<Self> {
        let is_within = (1..=Self::MAX).contains(&number);
        is_within.then_some(Self(number))
    }

    /// Reads a number from 1 to [`Self::MAX`], written with digits only.
    ///
    /// # Errors
    /// When it is none.
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

/// A part of a list, and the counts of the whole, all of one moment.
#[derive(Clone, Debug)]
pub struct Page {
    /// In order, at most as many as were asked for.
    pub todos: Vec<Todo>,
    /// Where the next part begins; none when this is the last.
    pub next: Option<Cursor>,
    /// The revision and the counts of the list.
    pub counts: TodoCounts,
}

impl Page {
    /// Stands for a part that nobody will see.
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
    fn a_limit_is_a_number_within_its_limits() {
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
