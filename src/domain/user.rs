//! People: their names, username and password, and the account that a request acts for.

mod password;
mod password_change;
#[cfg(test)]
mod tests;

use std::fmt;

use secrecy::SecretString;
use time::OffsetDateTime;
use uuid::Uuid;

use self::password::normalised;
pub use self::{
    password::{Password, PasswordAttempt},
    password_change::{PasswordChange, PasswordChangeInput, wrong_password},
};
use super::{
    BLANK,
    error::{FieldCode, FieldError},
    parse_line,
    session::SessionId,
    todo::TodoCounts,
};

/// The key of a user inside the database; never leaves the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UserId(pub u64);

/// A username, trimmed and folded to lower case: `Ona `, which a keyboard completed, and `ona` are one
/// person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Username(String);

impl Username {
    /// Fewest characters.
    pub const MIN: usize = 3;
    /// Most characters, without blanks around them; the width of the column.
    pub const MAX: usize = 100;

    /// What is accepted, as a regular expression. Only ASCII, so that no two usernames look the same.
    #[must_use]
    pub fn pattern() -> String {
        let (min, max) = (Self::MIN, Self::MAX);
        format!("^{BLANK}*[A-Za-z0-9._-]{{{min},{max}}}{BLANK}*$")
    }

    /// Trims and folds the text.
    ///
    /// # Errors
    /// When what is left is too short, too long or holds characters that [`Self::pattern`] does not.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let text = text.trim();
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

    /// Takes one that was parsed before it was stored.
    #[must_use]
    pub fn from_stored(text: String) -> Self {
        Self(text)
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
        let password = Password::new(input.password, forbidden);
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
        Some(again) if normalised(again) != normalised(password) => Err(FieldError::new(
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
    /// What was typed as username, trimmed and folded: attempts count as this name's, whether somebody has it or
    /// not. It may be a password in the wrong field.
    pub attempted_username: SecretString,
    /// What was typed as password.
    pub password: PasswordAttempt,
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
                attempted_username: username.trim().to_ascii_lowercase().into(),
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
    pub counts: TodoCounts,
}
