//! Passwords that people choose.

use std::{collections::HashSet, sync::LazyLock};

use secrecy::SecretString;

use crate::domain::error::{FieldCode, FieldError};

/// The 10,000 most common passwords, most common first, folded: the head of the list that Royce
/// Williams published from breached accounts and that Django ships (CC0).
static COMMON_PASSWORDS: LazyLock<HashSet<&str>> =
    LazyLock::new(|| include_str!("common_passwords.txt").lines().collect());

/// Words that are the first to be tried here, folded: ASVS 6.1.2 asks for such a list.
const WORDS_OF_THIS_PLACE: [&str; 1] = ["tickbox"];

/// A password as it was typed: neither trimmed nor normalised, and it does not print itself.
#[derive(Clone)]
pub struct Password(SecretString);

impl Password {
    /// Fewest characters.
    pub const MIN: usize = 8;
    /// Most characters; bounds the work of hashing.
    pub const MAX: usize = 128;

    /// Takes a password that someone chooses. No rules of composition: length and not being
    /// guessable are what counts (NIST SP 800-63B, 3.1.1.2).
    ///
    /// # Errors
    /// When it is too short, too long, common, or contains the username or a word of this place.
    pub fn choose(text: &str, username: &str) -> Result<Self, FieldError> {
        let error = |code, message: String| Err(FieldError::new("password", code, message));
        let length = text.chars().count();
        let folded = text.to_lowercase();
        let (min, max) = (Self::MIN, Self::MAX);
        if text.is_empty() {
            error(FieldCode::Required, "Enter a password".into())
        } else if length < min {
            error(
                FieldCode::TooShort,
                format!("The password must be {min} characters or more"),
            )
        } else if length > max {
            error(
                FieldCode::TooLong,
                format!("The password must be {max} characters or fewer"),
            )
        } else if COMMON_PASSWORDS.contains(folded.as_str()) {
            error(
                FieldCode::TooCommon,
                "This password is among the most common ones. Choose one that is harder to guess"
                    .into(),
            )
        } else if let Some(word) = WORDS_OF_THIS_PLACE
            .iter()
            .find(|word| folded.contains(**word))
        {
            error(
                FieldCode::TooCommon,
                format!(
                    "The password must not contain the word {word}, which is easy to guess here"
                ),
            )
        } else if !username.is_empty() && folded.contains(&username.to_lowercase()) {
            error(
                FieldCode::ContainsUsername,
                "The password must not contain the username".into(),
            )
        } else {
            Ok(Self(text.into()))
        }
    }
}

impl From<Password> for SecretString {
    fn from(password: Password) -> Self {
        password.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password_code(text: &str) -> &'static str {
        Password::choose(text, "ona.p").map_or_else(|error| error.code.as_str(), |_| "accepted")
    }

    #[test]
    fn password_keeps_its_limits_in_characters() {
        for (text, expected) in [
            ("", "required"),
            ("1234567", "too_short"),
            (&"ž".repeat(7), "too_short"),
            ("nine bees", "accepted"),
            (&"ž".repeat(128), "accepted"),
            (&"ž".repeat(129), "too_long"),
            ("  spaces count  ", "accepted"),
        ] {
            assert_eq!(password_code(text), expected, "{text:?}");
        }
    }

    #[test]
    fn password_refuses_common_ones_in_any_case_and_the_username() {
        assert_eq!(password_code("password1"), "too_common");
        assert_eq!(password_code("PassWord1"), "too_common");
        assert_eq!(password_code("my ONA.P password"), "contains_username");
    }

    #[test]
    fn password_refuses_words_of_this_place() {
        assert_eq!(password_code("my TickBox list"), "too_common");
        assert_eq!(password_code("tick the box"), "accepted");
    }

    #[test]
    fn the_list_holds_ten_thousand_passwords() {
        assert_eq!(COMMON_PASSWORDS.len(), 10_000);
    }
}
