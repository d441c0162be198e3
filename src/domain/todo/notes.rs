//! The notes of a to-do.

use crate::domain::error::{FieldCode, FieldError};

/// Notes: several lines, each ended by one line feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notes(String);

impl Notes {
    /// Maximum characters (Unicode scalar values), a line break counted as one.
    pub const MAX: usize = 5_000;

    /// Regular expression of an accepted text, its length aside: line breaks are its only control characters.
    pub const PATTERN: &'static str = r"^[^\u0000-\u0009\u000B\u000C\u000E-\u001F\u007F-\u009F]*$";

    /// Line breaks of any system become line feeds; blanks at the end go. None when nothing is left.
    ///
    /// # Errors
    /// When they are longer than [`Self::MAX`], or hold control characters.
    pub fn parse(text: &str) -> Result<Option<Self>, FieldError> {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let length = text.chars().count();
        if length > Self::MAX {
            let message = format!(
                "The notes must be {} characters or fewer; they have {length}",
                Self::MAX
            );
            return Err(FieldError::new("notes", FieldCode::TooLong, message));
        }
        if text.chars().any(|it| it.is_control() && it != '\n') {
            return Err(FieldError::new(
                "notes",
                FieldCode::ControlCharacters,
                "The notes may have line breaks, but no tabs or other control characters",
            ));
        }
        let text = text.trim_end();
        Ok((!text.is_empty()).then(|| Self(text.to_owned())))
    }

    /// Notes that were parsed before they were stored.
    #[must_use]
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<Notes> for String {
    fn from(notes: Notes) -> Self {
        notes.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Option<String>, FieldCode> {
        let notes = Notes::parse(text).map_err(|error| error.code)?;
        Ok(notes.map(|notes| notes.0))
    }

    #[test]
    fn line_breaks_of_every_system_become_one() {
        let lines = Ok(Some("one\n\ntwo\nthree".to_owned()));
        assert_eq!(parsed("one\r\n\r\ntwo\rthree\r\n"), lines);
        assert_eq!(parsed("one\n\ntwo\nthree  \n"), lines);
    }

    #[test]
    fn notes_of_nothing_are_none() {
        for text in ["", " ", "\r\n\n"] {
            assert_eq!(parsed(text), Ok(None));
        }
    }

    #[test]
    fn a_line_break_counts_as_one_character() {
        let longest = "ž\r\n".repeat(2_500);
        assert!(parsed(&longest).is_ok());
        assert_eq!(parsed(&format!("{longest}a")), Err(FieldCode::TooLong));
    }

    #[test]
    fn control_characters_are_refused_in_notes() {
        for text in ["a\tb", "a\0b", "a\u{85}b", "a\u{1b}[1m"] {
            assert_eq!(parsed(text), Err(FieldCode::ControlCharacters), "{text:?}");
        }
    }
}
