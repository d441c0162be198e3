//! The kinds of failure. A kind is told apart by what the caller can do about it, not by where it
//! came from; pages, fragments and problem documents are all made of these.

use std::{error::Error as StdError, fmt, time::Duration};

/// A broken rule of one input field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The field's name, the same in the form and in the API.
    pub field: &'static str,
    /// What a program can act on; never renamed.
    pub code: &'static str,
    /// What a person reads: a sentence that says what to do.
    pub message: String,
}

impl FieldError {
    /// An error of `field`.
    pub fn new(field: &'static str, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            field,
            code,
            message: message.into(),
        }
    }
}

/// What stands against an otherwise valid request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conflict {
    /// Another account has this username.
    UsernameTaken,
    /// This id already names a to-do with another text.
    IdReused,
}

impl Conflict {
    /// The conflict as an error of the field that has to change.
    #[must_use]
    pub fn field_error(self) -> FieldError {
        match self {
            Self::UsernameTaken => FieldError::new(
                "username",
                "username_taken",
                "This username is taken. Choose another one",
            ),
            Self::IdReused => FieldError::new(
                "id",
                "id_reused",
                "This form was already used for another to-do. Load the page again and add it once more",
            ),
        }
    }
}

/// Why a verb did not do what was asked.
#[derive(Debug)]
pub enum Error {
    /// The input breaks rules: correct the named fields.
    Invalid(Vec<FieldError>),
    /// Nobody is logged in, or the credentials are wrong: log in.
    Unauthenticated,
    /// There is no such thing among what the caller owns.
    NotFound,
    /// The input is valid but clashes with what is stored.
    Conflict(Conflict),
    /// The service cannot answer now: try again after the given time.
    Unavailable {
        /// How long to wait before trying again.
        retry_after: Duration,
        /// For the log, never for the caller.
        cause: String,
    },
    /// A fault of ours: nothing the caller can do.
    Internal(Box<dyn StdError + Send + Sync>),
}

impl Error {
    /// Wraps a fault for the log.
    pub fn internal(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Internal(cause.into())
    }
}

impl From<FieldError> for Error {
    fn from(error: FieldError) -> Self {
        Self::Invalid(vec![error])
    }
}

impl From<Vec<FieldError>> for Error {
    fn from(errors: Vec<FieldError>) -> Self {
        Self::Invalid(errors)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(errors) => {
                let fields: Vec<_> = errors.iter().map(|error| error.field).collect();
                write!(formatter, "invalid input: {}", fields.join(", "))
            }
            Self::Unauthenticated => formatter.write_str("not logged in"),
            Self::NotFound => formatter.write_str("not found"),
            Self::Conflict(conflict) => formatter.write_str(conflict.field_error().code),
            Self::Unavailable { cause, .. } => write!(formatter, "unavailable: {cause}"),
            Self::Internal(cause) => write!(formatter, "internal: {cause}"),
        }
    }
}

impl StdError for Error {}
