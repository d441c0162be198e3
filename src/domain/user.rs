//! Users: names, usernames, registration, credentials, and the authenticated user of a request.

mod password;
mod password_change;
#[cfg(test)]
mod tests;
mod time_zone;

use std::fmt;

use secrecy::SecretString;
use time::OffsetDateTime;
use uuid::Uuid;

use self::password::normalised;
pub use self::{
    password::{Password, PasswordAttempt},
    password_change::{PasswordChange, PasswordChangeInput, wrong_password},
    time_zone::TimeZone,
};
use super::{
    error::{FieldCode, FieldError},
    session::SessionId,
    text::{BLANK, parse_line},
    todo::TodoCounts,
};

/// The key of a user inside the database; never leaves the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UserId(pub u64);

/// A username, trimmed and folded to lower case: `Ona `, as a keyboard completes it, and `ona` are the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Username(String);

impl Username {
    /// Minimum characters.
    pub const MIN: usize = 3;
    /// Maximum characters, without blanks around them; the width of the column.
    pub const MAX: usize = 100;

    /// Regular expression of an accepted text. Only ASCII, so that no two usernames look the same.
    #[must_use]
    pub fn pattern() -> String {
        let (min, max) = (Self::MIN, Self::MAX);
        format!("^{BLANK}*[A-Za-z0-9._-]{{{min},{max}}}{BLANK}*$")
    }

    /// Trims and folds the text.
    ///
    /// # Errors
    /// When the trimmed text is too short, too long or does not match [`Self::pattern`].
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

    /// A stored username, which was parsed before.
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

/// Maximum characters of a first or last name as sent, before trimming; the width of the columns.
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

    /// The trimmed name.
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

    /// The trimmed name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn parse_name(text: &str, field: &'static str, label: &str) -> Result<String, FieldError> {
    let missing = format!("Enter your {label}");
    parse_line(text, NAME_MAX, field, &format!("The {label}"), &missing)
}

/// The fields of a registration, unparsed.
#[derive(Clone, Copy)]
#[expect(missing_docs, reason = "the fields of the form")]
pub struct RegistrationInput<'a> {
    pub first_name: &'a str,
    pub last_name: &'a str,
    pub username: &'a str,
    pub password: &'a str,
    /// The confirmation; none where the client does not ask for it.
    pub password_again: Option<&'a str>,
}

/// A valid registration.
#[derive(Clone)]
#[expect(missing_docs, reason = "the fields of the form")]
pub struct Registration {
    pub first_name: FirstName,
    pub last_name: LastName,
    /// The database decides whether it is free.
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

/// Login credentials. Whether a user with them can exist is not checked here: every wrong pair must get the
/// same response.
#[derive(Clone)]
pub struct Credentials {
    /// None when the text is no valid username.
    pub username: Option<Username>,
    /// The text typed as username, trimmed and folded: attempts count towards this name, whether it exists or
    /// not. It may be a password in the wrong field.
    pub attempted_username: SecretString,
    /// The password, unverified.
    pub password: PasswordAttempt,
}

impl Credentials {
    /// Parses both fields.
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

/// The public data of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct User {
    /// The id in URLs, responses and logs.
    pub public_id: Uuid,
    pub first_name: String,
    pub last_name: String,
    /// Folded.
    pub username: String,
    /// When the user registered (UTC).
    pub created_date: OffsetDateTime,
    /// Says what "today" is.
    pub time_zone: TimeZone,
}

/// The authenticated user of a request, loaded with the session in one query.
#[derive(Clone, Debug)]
pub struct Account {
    /// The key that every statement names.
    pub user_id: UserId,
    /// The id in logs and responses.
    pub public_id: Uuid,
    /// First name, for the greeting.
    pub first_name: String,
    /// The session of the request.
    pub session_id: SessionId,
    /// Revision and counts of the user's list.
    pub counts: TodoCounts,
    /// Says what "today" is; UTC as long as it is not known.
    pub time_zone: TimeZone,
    /// Whether it is known.
    pub has_time_zone: bool,
}
