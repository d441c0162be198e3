//! Error kinds, grouped by what the caller can do about them, not by their source; pages, fragments and
//! problem documents are all made of these.

use std::{borrow::Cow, error::Error as StdError, time::Duration};

macro_rules! field_codes {
    ($($(#[doc = $words:literal])+ $code:ident = $text:literal,)+) => {
        /// The rule that a field breaks, for programs. Codes are added, never renamed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum FieldCode {
            $($(#[doc = $words])+ $code,)+
        }

        impl FieldCode {
            /// All codes, for the OpenAPI document.
            pub const ALL: &'static [Self] = &[$(Self::$code),+];

            /// The code as it is sent.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$code => $text,)+
                }
            }
        }
    };
}

field_codes! {
    /// Missing, empty or blank.
    Required = "required",
    /// Fewer characters than the limit.
    TooShort = "too_short",
    /// More characters than the limit.
    TooLong = "too_long",
    /// Characters that the field does not accept.
    InvalidCharacters = "invalid_characters",
    /// Line breaks, tabs or other control characters.
    ControlCharacters = "control_characters",
    /// Among the most common passwords.
    TooCommon = "too_common",
    /// The password contains the username.
    ContainsUsername = "contains_username",
    /// Differs from the field that it must equal.
    Mismatch = "mismatch",
    /// Not the password that the account has.
    WrongPassword = "wrong_password",
    /// The same as before.
    Unchanged = "unchanged",
    /// Not a UUID.
    InvalidId = "invalid_id",
    /// Not a cursor of a list.
    InvalidCursor = "invalid_cursor",
    /// Not a token of an earlier response.
    InvalidToken = "invalid_token",
    /// None of the values that the field accepts.
    InvalidValue = "invalid_value",
    /// Not a date and time.
    InvalidDate = "invalid_date",
    /// A number or a date outside its limits.
    OutOfRange = "out_of_range",
    /// A time or a repeat without a due date.
    NeedsDueDate = "needs_due_date",
    /// A JSON value of another type, null included.
    WrongType = "wrong_type",
    /// The call has no such field or parameter.
    UnknownField = "unknown_field",
    /// The same field or parameter twice.
    DuplicateField = "duplicate_field",
    /// Another account has this username.
    UsernameTaken = "username_taken",
    /// The id names a to-do with another text, or another call.
    IdReused = "id_reused",
}

/// A broken rule of one input field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The field's name, the same in the form and in the API.
    pub field: Cow<'static, str>,
    /// For programs.
    pub code: FieldCode,
    /// For people: a sentence that says what to do.
    pub message: String,
}

impl FieldError {
    /// An error of `field`.
    pub fn new(
        field: impl Into<Cow<'static, str>>,
        code: FieldCode,
        message: impl Into<String>,
    ) -> Self {
        Self {
            field: field.into(),
            code,
            message: message.into(),
        }
    }
}

/// Why a valid request conflicts with stored state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conflict {
    /// Another account has this username.
    UsernameTaken,
    /// This id already names a to-do with another text.
    IdReused,
    /// This idempotency key named another call.
    CallIdReused,
    /// The list is full: see [`QUOTA`](super::todo::QUOTA).
    TodoQuotaReached,
    /// The to-do beside which another one was to stand is not there, or not any more.
    NeighbourGone,
    /// One of both is done and the other is open.
    NeighbourState,
    /// There is no place between two to-dos for one more.
    NoRoom,
}

impl Conflict {
    /// The conflict and its remedy, for people.
    #[must_use]
    pub fn message(self) -> &'static str {
        match self {
            Self::UsernameTaken => "This username is taken. Choose another one",
            Self::IdReused => "This id already names another to-do. Use a new id for a new to-do",
            Self::CallIdReused => {
                "This call_id already named another call. Make a new one for each call"
            }
            Self::TodoQuotaReached => {
                "Your list holds as many to-dos as it can. Remove some that you no longer need"
            }
            Self::NeighbourGone => {
                "The to-do beside which this one was to stand is not there any more. Look at the list, and move it once more"
            }
            Self::NeighbourState => {
                "An open to-do can be moved among open ones only, a done one among done ones. Look at the list, and move it once more"
            }
            Self::NoRoom => {
                "There is no room for one more to-do at this place. Move it a little further up or down"
            }
        }
    }

    /// The conflict as an error of the field that has to change, when there is one.
    #[must_use]
    pub fn field_error(self) -> Option<FieldError> {
        let (field, code) = match self {
            Self::UsernameTaken => ("username", FieldCode::UsernameTaken),
            Self::IdReused => ("id", FieldCode::IdReused),
            Self::CallIdReused => ("call_id", FieldCode::IdReused),
            Self::TodoQuotaReached | Self::NeighbourGone | Self::NeighbourState | Self::NoRoom => {
                return None;
            }
        };
        Some(FieldError::new(field, code, self.message()))
    }
}

/// Authentication failures, grouped by remedy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// Wrong username or password: enter them again.
    #[error("wrong credentials")]
    WrongCredentials,
    /// The request carries no token: log in.
    #[error("no token")]
    NoToken,
    /// The token was not issued by this service: log in.
    #[error("invalid token")]
    InvalidToken,
    /// The token has expired: refresh it.
    #[error("expired token")]
    ExpiredToken,
    /// Logged out, expired or revoked: log in.
    #[error("the session has ended")]
    SessionEnded,
}

/// What is permanently gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gone {
    /// A removed to-do that can no longer be restored.
    Todo,
    /// Removals since the sync token was issued: start over with a first copy.
    SyncToken,
}

impl Gone {
    fn message(self) -> &'static str {
        match self {
            Self::Todo => "the to-do was removed for good",
            Self::SyncToken => "the sync token has expired",
        }
    }
}

/// Why a verb failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The input breaks rules: correct the named fields.
    #[error("invalid input: {}", fields(.0))]
    Invalid(Vec<FieldError>),
    /// The caller is not authenticated.
    #[error("{0}")]
    Unauthenticated(AuthError),
    /// The caller owns no such thing.
    #[error("not found")]
    NotFound,
    /// It existed, but is permanently gone.
    #[error("{}", .0.message())]
    Gone(Gone),
    /// The input is valid but conflicts with stored state.
    #[error("{}", .0.message())]
    Conflict(Conflict),
    /// Too many attempts: wait for the given time.
    #[error("too many attempts")]
    RateLimited {
        /// How long to wait before trying again, in whole seconds.
        retry_after: Duration,
    },
    /// Temporarily unavailable: try again after the given time.
    #[error("unavailable: {cause}")]
    Unavailable {
        /// How long to wait before trying again.
        retry_after: Duration,
        /// For the log, never for the caller.
        cause: String,
    },
    /// An internal error: nothing the caller can do.
    #[error("internal: {0}")]
    Internal(Box<dyn StdError + Send + Sync>),
}

impl Error {
    /// An internal error with its cause, for the log.
    pub fn internal(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Internal(cause.into())
    }
}

fn fields(errors: &[FieldError]) -> String {
    let fields: Vec<_> = errors.iter().map(|error| error.field.as_ref()).collect();
    fields.join(", ")
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
