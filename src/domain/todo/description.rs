//! The text of a to-do.

use std::fmt;

use crate::domain::{error::FieldError, text::parse_line};

/// The text of a to-do: one line, trimmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description(String);

impl Description {
    /// Maximum characters (Unicode scalar values, not bytes), counted as sent, before trimming.
    pub const MAX: usize = 200;

    /// Trims the text.
    ///
    /// # Errors
    /// When it is blank, longer than [`Self::MAX`] or holds control characters.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let missing = "Enter what there is to do";
        parse_line(text, Self::MAX, "description", "The to-do", missing).map(Self)
    }

    /// A text that was parsed before it was stored.
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

impl From<Description> for String {
    fn from(description: Description) -> Self {
        description.0
    }
}

impl fmt::Display for Description {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regex::Regex;

    use super::*;
    use crate::domain::text::{VISIBLE_LINE, is_invisible};

    fn code(text: &str) -> &'static str {
        Description::parse(text).map_or_else(|error| error.code.as_str(), |_| "accepted")
    }

    #[test]
    fn a_description_is_limited_in_characters_not_bytes() {
        assert_eq!(code(&"🥛".repeat(200)), "accepted");
        assert_eq!(code(&"🥛".repeat(201)), "too_long");
        assert_eq!(code(&format!("{} ", "a".repeat(200))), "too_long");
    }

    #[test]
    fn a_description_is_trimmed() {
        let description = Description::parse("  Buy milk \u{a0}").expect("valid");
        assert_eq!(description.as_str(), "Buy milk");
    }

    #[test]
    fn blank_and_control_characters_are_refused() {
        for blank in [
            "",
            "   ",
            "\t\n",
            "\u{2003}\u{3000}",
            "\u{200b}\u{feff} \u{ad}",
            "\u{3164}",
            "\u{fff9}\u{1d173} \u{13430}",
        ] {
            assert_eq!(code(blank), "required", "{blank:?}");
        }
        for text in ["a\0b", "a\tb", "a\nb", "a\u{7f}b", "a\u{85}b"] {
            assert_eq!(code(text), "control_characters", "{text:?}");
        }
    }

    #[test]
    fn the_pattern_and_the_parser_agree_on_every_character() {
        let pattern = Regex::new(VISIBLE_LINE).expect("a pattern");
        for character in '\0'..=char::MAX {
            let text = character.to_string();
            let accepted = Description::parse(&text).is_ok();
            let expected = accepted || character > '\u{ffff}';
            assert_eq!(pattern.is_match(&text), expected, "{character:?}");
            let beside = format!("{text}a");
            let accepted = Description::parse(&beside).is_ok();
            assert_eq!(
                pattern.is_match(&beside),
                accepted,
                "{character:?} and a letter"
            );
        }
    }

    proptest! {
        #[test]
        fn the_documented_pattern_matches_accepted_descriptions(
            text in r"[\t\n \x00\x1f\x7f\u{85}\u{a0}\u{ad}\u{200b}\u{2028}\u{2800}\u{3000}\u{feff}\u{fff9}az🥛]{0,8}"
        ) {
            let pattern = Regex::new(VISIBLE_LINE).expect("a pattern");
            prop_assert_eq!(pattern.is_match(&text), Description::parse(&text).is_ok());
        }

        #[test]
        fn an_accepted_description_is_stored_unchanged(text in "\\PC{1,200}") {
            prop_assume!(!is_invisible(&text));
            let description = Description::parse(&text).expect("valid");
            prop_assert_eq!(description.as_str(), text.trim());
        }
    }
}
