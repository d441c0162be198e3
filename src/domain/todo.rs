//! To-dos: their text, their ids, their order, and the counts of a list.

mod cursor;

use std::{fmt, ops::Sub};

use time::OffsetDateTime;
use uuid::{NoContext, Timestamp, Uuid};

pub use self::cursor::Cursor;
use super::{
    error::{Error, FieldError},
    is_invisible,
};

/// To-dos a page of the list shows.
pub const PAGE_SIZE: u32 = 50;

/// A to-do's id: a UUID that the client makes, so that sending twice cannot add twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TodoId(pub Uuid);

impl TodoId {
    /// Takes any version of UUID, hyphenated or not, in either case.
    ///
    /// # Errors
    /// When the text is not a UUID.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        Uuid::try_parse(text).map(Self).map_err(|_| {
            FieldError::new(
                "id",
                "invalid_id",
                "The id must be a UUID, such as 0195f3a2-7c1e-7b3a-9d52-3f1f6f0c2a11",
            )
        })
    }

    /// A new id that sorts by its time.
    #[must_use]
    pub fn at(now: OffsetDateTime) -> Self {
        let seconds = u64::try_from(now.unix_timestamp()).unwrap_or_default();
        let timestamp = Timestamp::from_unix(NoContext, seconds, now.nanosecond());
        Self(Uuid::new_v7(timestamp))
    }
}

impl fmt::Display for TodoId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// What there is to do: one line, trimmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description(String);

impl Description {
    /// Most characters (Unicode scalar values, not bytes), counted as sent, before trimming.
    pub const MAX: usize = 200;

    /// Trims the text.
    ///
    /// # Errors
    /// When it is blank, longer than [`Self::MAX`] or holds control characters.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let error = |code, message: String| Err(FieldError::new("description", code, message));
        let trimmed = text.trim();
        let length = text.chars().count();
        if is_invisible(trimmed) {
            error("required", "Enter what there is to do".into())
        } else if length > Self::MAX {
            let max = Self::MAX;
            error(
                "too_long",
                format!("The to-do must be {max} characters or fewer; it has {length}"),
            )
        } else if trimmed.chars().any(char::is_control) {
            error(
                "control_characters",
                "The to-do must not hold line breaks, tabs or other control characters".into(),
            )
        } else {
            Ok(Self(trimmed.to_owned()))
        }
    }

    /// A text that was parsed before it was stored.
    #[must_use]
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Description {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// One to-do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Todo {
    /// Unique among its user's to-dos.
    pub id: TodoId,
    /// What there is to do.
    pub description: Description,
    /// Whether it is done.
    pub is_done: bool,
    /// When it was added (UTC).
    pub created_date: OffsetDateTime,
    /// When it was completed (UTC); none while it is open.
    pub done_date: Option<OffsetDateTime>,
    /// When it was removed (UTC); a removed to-do is only its tombstone.
    pub removed_date: Option<OffsetDateTime>,
    /// The user's revision that last changed it.
    pub rev: u64,
}

impl Todo {
    /// An open to-do, not stored yet.
    #[must_use]
    pub fn new(id: TodoId, description: Description, now: OffsetDateTime) -> Self {
        Self {
            id,
            description,
            is_done: false,
            created_date: now,
            done_date: None,
            removed_date: None,
            rev: 0,
        }
    }

    /// This to-do unless it was removed.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a tombstone.
    pub fn present(self) -> Result<Self, Error> {
        match self.removed_date {
            None => Ok(self),
            Some(_) => Err(Error::NotFound),
        }
    }

    /// Done; if it was, with the date it had.
    #[must_use]
    pub fn completed(self, now: OffsetDateTime) -> Self {
        Self {
            is_done: true,
            done_date: self.done_date.or(Some(now)),
            ..self
        }
    }

    /// Open, without a date of completion.
    #[must_use]
    pub fn reopened(self) -> Self {
        Self {
            is_done: false,
            done_date: None,
            ..self
        }
    }

    /// Removed; if it was, with the date it had.
    #[must_use]
    pub fn removed(self, now: OffsetDateTime) -> Self {
        Self {
            removed_date: self.removed_date.or(Some(now)),
            ..self
        }
    }

    /// As it was before it was removed.
    #[must_use]
    pub fn restored(self) -> Self {
        Self {
            removed_date: None,
            ..self
        }
    }

    /// What it adds to the counts of its list.
    #[must_use]
    pub fn counts(&self) -> Change {
        let present = self.removed_date.is_none();
        Change {
            open: i32::from(present && !self.is_done),
            all: i32::from(present),
        }
    }

    /// Its place in the order of the list.
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        Cursor {
            is_done: self.is_done,
            created_date: self.created_date,
            id: self.id,
        }
    }
}

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

/// A part of a list, in order.
#[derive(Clone, Debug)]
pub struct Page {
    /// At most as many as were asked for.
    pub todos: Vec<Todo>,
    /// Where the next part begins; none when this is the last.
    pub next: Option<Cursor>,
}

/// The counts of one user's list at one revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally {
    /// Counts every change of this user's to-dos.
    pub rev: u64,
    /// To-dos still open.
    pub open: i32,
    /// All to-dos, open and done; removed ones do not count.
    pub all: i32,
}

impl Tally {
    /// These counts after a change, at the revision it made.
    #[must_use]
    pub fn after(self, change: Change, rev: u64) -> Self {
        Self {
            rev,
            open: self.open + change.open,
            all: self.all + change.all,
        }
    }
}

/// What a verb does to the counts of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Added to the number of open to-dos.
    pub open: i32,
    /// Added to the number of all to-dos.
    pub all: i32,
}

impl Sub for Change {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self {
            open: self.open - other.open,
            all: self.all - other.all,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::macros::datetime;

    use super::*;

    fn code(text: &str) -> &'static str {
        Description::parse(text).map_or_else(|error| error.code, |_| "accepted")
    }

    #[test]
    fn description_counts_characters_as_sent_and_not_bytes() {
        assert_eq!(code(&"🥛".repeat(200)), "accepted");
        assert_eq!(code(&"🥛".repeat(201)), "too_long");
        assert_eq!(code(&format!("{} ", "a".repeat(200))), "too_long");
    }

    #[test]
    fn description_is_trimmed() {
        let description = Description::parse("  Buy milk \u{a0}").expect("valid");
        assert_eq!(description.as_str(), "Buy milk");
    }

    #[test]
    fn description_refuses_blanks_and_control_characters() {
        for blank in [
            "",
            "   ",
            "\t\n",
            "\u{2003}\u{3000}",
            "\u{200b}\u{feff} \u{ad}",
            "\u{3164}",
        ] {
            assert_eq!(code(blank), "required", "{blank:?}");
        }
        for text in ["a\0b", "a\tb", "a\nb", "a\u{7f}b", "a\u{85}b"] {
            assert_eq!(code(text), "control_characters", "{text:?}");
        }
    }

    #[test]
    fn a_to_do_counts_as_open_only_while_it_is_open_and_present() {
        let now = datetime!(2026-01-01 00:00 UTC);
        let description = Description::parse("Buy milk").expect("valid");
        let open = Todo::new(TodoId::at(now), description, now);
        let done = open.clone().completed(now);
        assert_eq!(open.counts(), Change { open: 1, all: 1 });
        assert_eq!(done.counts(), Change { open: 0, all: 1 });
        assert_eq!(done.removed(now).counts(), Change { open: 0, all: 0 });
        assert_eq!(open.removed(now).counts(), Change { open: 0, all: 0 });
    }

    #[test]
    fn doing_it_twice_keeps_the_first_date() {
        let now = datetime!(2026-01-01 00:00 UTC);
        let later = datetime!(2026-01-02 00:00 UTC);
        let description = Description::parse("Buy milk").expect("valid");
        let done = Todo::new(TodoId::at(now), description, now).completed(now);
        assert_eq!(done.clone().completed(later), done);
        let removed = done.removed(now);
        assert_eq!(removed.clone().removed(later), removed);
        assert!(removed.present().is_err());
    }

    #[test]
    fn ids_of_a_later_moment_sort_later() {
        let early = TodoId::at(datetime!(2026-01-01 00:00:00.001 UTC));
        let late = TodoId::at(datetime!(2026-01-01 00:00:00.002 UTC));
        assert!(early.0 < late.0);
    }

    proptest! {
        #[test]
        fn an_accepted_description_keeps_every_character(text in "\\PC{1,200}") {
            prop_assume!(!is_invisible(&text));
            let description = Description::parse(&text).expect("valid");
            prop_assert_eq!(description.as_str(), text.trim());
        }
    }
}
