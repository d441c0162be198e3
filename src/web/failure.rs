//! The errors of the pages: what extractors and handlers fail with, and the status of each. Rendered
//! by `error_page`.

use std::{error::Error as StdError, fmt};

use poem::{error::ResponseError, http::StatusCode};

use crate::domain::error::{Error, FieldError};

/// Why a page is not shown.
#[derive(Debug)]
pub(super) enum Failure {
    /// What a verb failed with.
    Verb(Error),
    /// The visitor has to log in first.
    LoginRequired {
        /// Where, and from there back.
        login: String,
    },
    /// The page was made for somebody else than the one who is logged in now.
    AnotherAccount,
    /// The form was sent by another site.
    CrossSite,
    /// The body is not that of a form.
    NotAForm,
    /// What was sent is not UTF-8.
    NotText,
    /// The form has more fields than any of ours.
    TooManyFields,
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Verb(error) => error.fmt(formatter),
            Self::LoginRequired { .. } => formatter.write_str("login required"),
            Self::AnotherAccount => formatter.write_str("made for another account"),
            Self::CrossSite => formatter.write_str("sent by another site"),
            Self::NotAForm => formatter.write_str("not a form"),
            Self::NotText => formatter.write_str("not UTF-8"),
            Self::TooManyFields => formatter.write_str("too many fields"),
        }
    }
}

impl StdError for Failure {}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Verb(error)
    }
}

impl From<FieldError> for Failure {
    fn from(error: FieldError) -> Self {
        Self::Verb(error.into())
    }
}

impl ResponseError for Failure {
    fn status(&self) -> StatusCode {
        match self {
            Self::Verb(Error::Invalid(_)) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Verb(Error::Unauthenticated(_)) | Self::LoginRequired { .. } => {
                StatusCode::UNAUTHORIZED
            }
            Self::Verb(Error::NotFound) => StatusCode::NOT_FOUND,
            Self::Verb(Error::Gone(_)) => StatusCode::GONE,
            Self::Verb(Error::Conflict(_)) | Self::AnotherAccount => StatusCode::CONFLICT,
            Self::Verb(Error::RateLimited { .. }) => StatusCode::TOO_MANY_REQUESTS,
            Self::Verb(Error::Unavailable { .. }) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Verb(Error::Internal(_)) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::CrossSite => StatusCode::FORBIDDEN,
            Self::NotAForm => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::NotText => StatusCode::BAD_REQUEST,
            Self::TooManyFields => StatusCode::PAYLOAD_TOO_LARGE,
        }
    }
}
