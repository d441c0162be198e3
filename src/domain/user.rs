//! People: their names, username and password, and the account that a request acts for.

mod password;
mod password_change;

use std::fmt;

use secrecy::SecretString;
use time::OffsetDateTime;
use uuid::Uuid;

pub use self::{
    password::Password,
    password_change::{PasswordChange, PasswordChangeInput, wrong_password},
};
use super::{
    error::{FieldCode, FieldError},
    parse_line,
    session::SessionId,
    todo::Tally,
};

/// The key of a user inside the database; never leaves the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserId(pub u64);

/// A username, folded to lower case: `Ona` and `ona` are one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Username(String);

impl Username {
    /// Fewest characters.
    pub const MIN: usize = 3;
    /// Most characters; the width of the column.
    pub const MAX: usize = 100;
    /// The characters it is made of, as a regular expression. Only ASCII, so that no two
    /// usernames look the same.
    pub const PATTERN: &'static str = "^[A-Za-z0-9._-]+$";

    /// Folds the text.
    ///
    /// # Errors
    /// When it is too short, too long or holds other characters than [`Self::PATTERN`].
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let error = |code, message: String| Err(FieldError::new("username", code, message));
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        let length = text.chars().count();
        let (min, max) = (Self::MIN, Self::MAX);
        if text.is_empty() {
            error(FieldCode::Required, "Enter a username".into())
        } else if !text.chars().all(allowed) {
            error(
                FieldCode::InvalidCharacters,
                "The username may hold only the letters A to Z, digits, dots, underscores and hyphens, and no spaces".into(),
            )
        } else if length < min {
            error(
                FieldCode::TooShort,
                format!("The username must be {min} characters or more"),
            )
        } else if length > max {
            error(
                FieldCode::TooLong,
                format!("The username must be {max} characters or fewer"),
            )
        } else {
            Ok(Self(text.to_ascii_lowercase()))
        }
    }

    /// The folded text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Username {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// Most characters of a first or last name as sent, before trimming; the width of the columns.
pub const NAME_MAX: usize = 50;

/// A first name, trimmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstName(String);

/// A last name, trimmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastName(String);

impl FirstName {
    /// Trims the text.
    ///
    /// # Errors
    /// When it is blank, longer than [`NAME_MAX`] or holds control characters.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        parse_name(text, "first_name", "first name").map(Self)
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl LastName {
    /// Trims the text.
    ///
    /// # Errors
    /// When it is blank, longer than [`NAME_MAX`] or holds control characters.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        parse_name(text, "last_name", "last name").map(Self)
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn parse_name(text: &str, field: &'static str, label: &str) -> Result<String, FieldError> {
    let missing = format!("Enter your {label}");
    parse_line(text, NAME_MAX, field, &format!("The {label}"), &missing)
}

/// What somebody typed to register.
#[derive(Clone, Copy)]
pub struct RegistrationInput<'a> {
    /// As typed.
    pub first_name: &'a str,
    /// As typed.
    pub last_name: &'a str,
    /// As typed.
    pub username: &'a str,
    /// As typed.
    pub password: &'a str,
    /// Typed once more; none where the client does not ask twice.
    pub password_again: Option<&'a str>,
}

/// A registration that keeps every rule.
#[derive(Clone)]
pub struct Registration {
    /// First name.
    pub first_name: FirstName,
    /// Last name.
    pub last_name: LastName,
    /// Whether it is free, the database decides.
    pub username: Username,
    /// Not hashed yet.
    pub password: Password,
}

impl Registration {
    /// Parses all fields.
    ///
    /// # Errors
    /// Every broken rule, in the order of the form: at most one a field.
    pub fn parse(input: RegistrationInput<'_>) -> Result<Self, Vec<FieldError>> {
        let first_name = FirstName::parse(input.first_name);
        let last_name = LastName::parse(input.last_name);
        let username = Username::parse(input.username);
        let forbidden = username.as_ref().map_or("", Username::as_str);
        let password = Password::choose(input.password, forbidden);
        let again = same_password(input.password, input.password_again, "password_again");
        match (first_name, last_name, username, password, again) {
            (Ok(first_name), Ok(last_name), Ok(username), Ok(password), Ok(())) => Ok(Self {
                first_name,
                last_name,
                username,
                password,
            }),
            (first_name, last_name, username, password, again) => Err([
                first_name.err(),
                last_name.err(),
                username.err(),
                password.err(),
                again.err(),
            ]
            .into_iter()
            .flatten()
            .collect()),
        }
    }
}

fn same_password(
    password: &str,
    again: Option<&str>,
    field: &'static str,
) -> Result<(), FieldError> {
    match again {
        Some(again) if again != password => Err(FieldError::new(
            field,
            FieldCode::Mismatch,
            "The two passwords differ. Type the same password twice",
        )),
        _ => Ok(()),
    }
}

/// What somebody typed to log in. Whether it could be anybody's is not looked at here: every wrong
/// pair must be answered alike.
#[derive(Clone)]
pub struct Credentials {
    /// None when no user can have it.
    pub username: Option<Username>,
    /// What was typed as username, folded: attempts count as this name's, whether somebody has it or
    /// not. It may be a password in the wrong field.
    pub attempted: SecretString,
    /// As typed.
    pub password: SecretString,
}

impl Credentials {
    /// Takes both fields.
    ///
    /// # Errors
    /// When one of them is empty.
    pub fn parse(username: &str, password: &str) -> Result<Self, Vec<FieldError>> {
        let required = |text: &str, field, label: &str| {
            text.is_empty()
                .then(|| FieldError::new(field, FieldCode::Required, format!("Enter your {label}")))
        };
        let errors: Vec<_> = [
            required(username, "username", "username"),
            required(password, "password", "password"),
        ]
        .into_iter()
        .flatten()
        .collect();
        if errors.is_empty() {
            Ok(Self {
                username: Username::parse(username).ok(),
                attempted: username.to_ascii_lowercase().into(),
                password: password.into(),
            })
        } else {
            Err(errors)
        }
    }
}

/// A registered person, as others may see them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The id that is shown outside.
    pub public_id: Uuid,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// Folded.
    pub username: String,
    /// When they registered (UTC).
    pub created_date: OffsetDateTime,
}

/// For whom a request acts, as of the one read that found its session.
#[derive(Clone, Debug)]
pub struct Account {
    /// Every statement names it.
    pub user_id: UserId,
    /// For logs and answers.
    pub public_id: Uuid,
    /// Greets them.
    pub first_name: String,
    /// The session that the request came with.
    pub session_id: SessionId,
    /// Revision and counts of their list.
    pub tally: Tally,
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: RegistrationInput<'static> = RegistrationInput {
        first_name: "Ona",
        last_name: "Petraitė",
        username: "ona",
        password: "seven green bottles",
        password_again: Some("seven green bottles"),
    };

    fn codes(input: RegistrationInput<'_>) -> Vec<String> {
        Registration::parse(input)
            .err()
            .unwrap_or_default()
            .into_iter()
            .map(|error| format!("{} {}", error.field, error.code.as_str()))
            .collect()
    }

    fn username_code(text: &str) -> &'static str {
        Username::parse(text).map_or_else(|error| error.code.as_str(), |_| "accepted")
    }

    #[test]
    fn a_good_registration_is_accepted() {
        assert!(codes(GOOD).is_empty());
    }

    #[test]
    fn all_problems_come_back_together_in_the_order_of_the_form() {
        let all_wrong = RegistrationInput {
            first_name: " ",
            last_name: &"x".repeat(51),
            username: "o n a",
            password: "short",
            password_again: Some("other"),
        };
        assert_eq!(
            codes(all_wrong),
            [
                "first_name required",
                "last_name too_long",
                "username invalid_characters",
                "password too_short",
                "password_again mismatch",
            ]
        );
    }

    #[test]
    fn the_second_password_is_optional() {
        let once = RegistrationInput {
            password_again: None,
            ..GOOD
        };
        assert!(codes(once).is_empty());
    }

    #[test]
    fn username_is_folded() {
        assert_eq!(Username::parse("Ona").expect("valid").as_str(), "ona");
    }

    #[test]
    fn username_keeps_its_limits() {
        for (text, expected) in [
            ("", "required"),
            ("ab", "too_short"),
            ("abc", "accepted"),
            ("A.b_c-9", "accepted"),
            (&"a".repeat(100), "accepted"),
            (&"a".repeat(101), "too_long"),
        ] {
            assert_eq!(username_code(text), expected, "{text:?}");
        }
    }

    #[test]
    fn username_refuses_lookalikes_and_blanks() {
        for text in [
            "adm\u{131}n",
            "\u{430}dmin",
            "ad\u{200b}min",
            "admin ",
            " admin",
            "e\u{301}va",
            "a\0b",
        ] {
            assert_eq!(username_code(text), "invalid_characters", "{text:?}");
        }
    }

    #[test]
    fn names_are_trimmed_and_counted_in_characters() {
        let name = FirstName::parse(&format!(" {} ", "ė".repeat(48))).expect("valid");
        assert_eq!(name.as_str(), "ė".repeat(48));
        assert!(FirstName::parse(&format!("{} ", "ė".repeat(50))).is_err());
        assert_eq!(
            LastName::parse("a\nb")
                .expect_err("two lines")
                .code
                .as_str(),
            "control_characters"
        );
    }

    #[test]
    fn empty_credentials_name_both_fields() {
        let errors = Credentials::parse("", "").err().expect("refused");
        let fields: Vec<_> = errors.iter().map(|error| error.field.as_ref()).collect();
        assert_eq!(fields, ["username", "password"]);
    }
}
