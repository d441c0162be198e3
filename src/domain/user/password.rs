//! Passwords: the rules for new ones, and attempts to be verified.

use std::{borrow::Cow, collections::HashSet, sync::LazyLock};

use secrecy::SecretString;
use unicode_normalization::UnicodeNormalization as _;

use crate::domain::error::{FieldCode, FieldError};

/// The 10,000 most common passwords, most common first, folded: the head of the list that Royce
/// Williams published from breached accounts and that Django ships (CC0).
static COMMON_PASSWORDS: LazyLock<HashSet<&str>> =
    LazyLock::new(|| include_str!("common_passwords.txt").lines().collect());

/// Context-specific words that an attacker tries first here, folded (ASVS 6.1.2, NIST SP 800-63B).
const CONTEXT_SPECIFIC_WORDS: [&str; 1] = ["tickbox"];

/// A new password in Unicode's form NFKC, not trimmed. It does not print itself.
#[derive(Clone)]
pub struct Password(SecretString);

impl Password {
    /// Minimum characters, as sent and in form NFKC.
    pub const MIN: usize = 8;
    /// Maximum characters in form NFKC; bounds the work of hashing.
    pub const MAX: usize = 128;
    /// Maximum characters as sent: no character of form NFKC is made of more than four (UAX #15, 14).
    pub const SENT_MAX: usize = 4 * Self::MAX;

    /// Checks a new password. No composition rules: only length and guessability count (NIST SP 800-63B-4,
    /// 3.1.1.2).
    ///
    /// # Errors
    /// When it is too short, too long, common, or contains the username or a context-specific word.
    pub fn new(text: &str, username: &str) -> Result<Self, FieldError> {
        let error = |code, message: String| Err(FieldError::new("password", code, message));
        let sent = text.chars().count();
        let text = normalised(text);
        let length = text.chars().count();
        let folded = text.to_lowercase();
        let (min, max) = (Self::MIN, Self::MAX);
        if text.is_empty() {
            error(FieldCode::Required, "Enter a password".into())
        } else if sent.min(length) < min {
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
        } else if let Some(word) = CONTEXT_SPECIFIC_WORDS
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
            Ok(Self(text.into_owned().into()))
        }
    }
}

impl From<Password> for SecretString {
    fn from(password: Password) -> Self {
        password.0
    }
}

/// A password to be verified.
#[derive(Clone)]
pub struct PasswordAttempt {
    /// In form NFKC, as passwords are hashed.
    pub normalised: SecretString,
    /// As it was sent, where that differs: older hashes are of that form.
    pub as_sent: Option<SecretString>,
}

impl From<&str> for PasswordAttempt {
    fn from(text: &str) -> Self {
        let normalised = normalised(text);
        Self {
            as_sent: (normalised != text).then(|| text.into()),
            normalised: normalised.into_owned().into(),
        }
    }
}

impl From<Password> for PasswordAttempt {
    fn from(password: Password) -> Self {
        Self {
            normalised: password.0,
            as_sent: None,
        }
    }
}

/// Form NFKC, in which a letter is one text, composed or not, whatever keyboard it came from (NIST SP
/// 800-63B-4, 3.1.1.2). A text that is too long in any form stays as it is, which bounds the work.
pub(super) fn normalised(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || text.chars().nth(Password::SENT_MAX).is_some() {
        Cow::Borrowed(text)
    } else {
        text.nfkc().collect()
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    fn password_code(text: &str) -> &'static str {
        Password::new(text, "ona.p").map_or_else(|error| error.code.as_str(), |_| "accepted")
    }

    #[test]
    fn a_password_is_limited_in_characters() {
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
    fn a_common_password_or_the_username_is_refused() {
        assert_eq!(password_code("password1"), "too_common");
        assert_eq!(password_code("PassWord1"), "too_common");
        assert_eq!(password_code("my ONA.P password"), "contains_username");
    }

    #[test]
    fn a_password_with_a_context_specific_word_is_refused() {
        assert_eq!(password_code("my TickBox list"), "too_common");
        assert_eq!(password_code("tick the box"), "accepted");
    }

    #[test]
    fn the_list_of_common_passwords_has_ten_thousand_entries() {
        assert_eq!(COMMON_PASSWORDS.len(), 10_000);
    }

    #[test]
    fn composed_and_decomposed_letters_are_the_same_password() {
        let chosen = |text: &str| {
            let password = Password::new(text, "").ok();
            password.map(|password| SecretString::from(password).expose_secret().to_owned())
        };
        for (one, other) in [
            ("žvirblių lizdas", "z\u{30c}virbliu\u{328} lizdas"),
            ("Ångström ½ ﬁne", "A\u{30a}ngstro\u{308}m 1\u{2044}2 fine"),
            ("ｐａｓｓ ｗｏｒｄｓ", "pass words"),
            (
                "한글 비밀번호 여덟",
                "\u{1112}\u{1161}\u{11ab}글 비밀번호 여덟",
            ),
        ] {
            assert_ne!(one, other);
            assert!(chosen(one).is_some(), "{one:?}");
            assert_eq!(chosen(one), chosen(other), "{one:?}");
        }
        assert_ne!(chosen("seven green bottles"), chosen("Seven green bottles"));
        assert_eq!(
            chosen("  spaces count  ").as_deref(),
            Some("  spaces count  ")
        );
    }

    #[test]
    fn the_length_of_a_password_is_that_of_its_hashed_form() {
        let decomposed = |count| "z\u{30c}".repeat(count);
        for (text, expected) in [
            (decomposed(7), "too_short"),
            (decomposed(8), "accepted"),
            (decomposed(128), "accepted"),
            (decomposed(129), "too_long"),
            ("\u{1f82}".repeat(128), "accepted"),
            ("α\u{313}\u{300}\u{345}".repeat(128), "accepted"),
            ("α\u{313}\u{300}\u{345}".repeat(129), "too_long"),
            // One character that stands for eighteen is one key.
            ("\u{fdfa}".into(), "too_short"),
            ("\u{fdfa}".repeat(8), "too_long"),
            ("x".repeat(16 * 1024), "too_long"),
            ("\u{fdfa}".repeat(5 * 1024), "too_long"),
        ] {
            assert_eq!(password_code(&text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_character_is_composed_of_at_most_four() {
        // Otherwise a text beyond SENT_MAX could have a form that is short enough.
        let parts = |character: char| [character].into_iter().nfd().count();
        assert_eq!(('\0'..=char::MAX).map(parts).max(), Some(4));
    }

    #[test]
    fn a_common_password_is_refused_in_every_unicode_form() {
        assert_eq!(password_code("ｐａｓｓｗｏｒｄ１"), "too_common");
        assert_eq!(password_code("ｔｉｃｋｂｏｘ list"), "too_common");
        assert_eq!(password_code("my ｏｎａ.ｐ password"), "contains_username");
    }

    #[test]
    fn the_raw_text_is_checked_only_if_it_differs() {
        let as_sent = |text: &str| PasswordAttempt::from(text).as_sent.is_some();
        assert!(!as_sent("seven green bottles"));
        assert!(!as_sent("žvirblių lizdas"));
        assert!(as_sent("z\u{30c}virbliu\u{328} lizdas"));
        assert!(!as_sent(&"z\u{30c}".repeat(Password::SENT_MAX)));
    }
}
