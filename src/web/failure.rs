//! The errors of the pages: what extractors and handlers fail with, and the status of each. Rendered
//! by `error_page`.

use std::{error::Error as StdError, fmt};

use poem::{error::ResponseError, http::StatusCode};

use crate::domain::error::{Error, FieldError};

/// Why a request for a page fails.
#[derive(Debug)]
pub(super) enum Failure {
    /// A verb failed.
    Domain(Error),
    /// A stranger asked for the page of a user.
    LoginRequired {
        /// The URL of the login page, which leads back.
        login: String,
    },
    /// The session of a long form has ended, so that it was not read.
    UnreadForm,
    /// The page was made for another user than the one who is logged in now.
    AnotherAccount,
    /// Another site sent the request (CSRF).
    CrossSite,
    /// The body is not that of a form.
    UnsupportedMediaType,
    /// The form or the query is not UTF-8.
    InvalidUtf8,
    /// More fields than any form of this site has.
    TooManyFields,
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Domain(error) => error.fmt(formatter),
            Self::LoginRequired { .. } => formatter.write_str("login required"),
            Self::UnreadForm => formatter.write_str("a form too long for a stranger"),
            Self::AnotherAccount => formatter.write_str("made for another account"),
            Self::CrossSite => formatter.write_str("sent by another site"),
            Self::UnsupportedMediaType => formatter.write_str("not a form"),
            Self::InvalidUtf8 => formatter.write_str("not UTF-8"),
            Self::TooManyFields => formatter.write_str("too many fields"),
        }
    }
}

impl StdError for Failure {}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Domain(error)
    }
}

impl From<FieldError> for Failure {
    fn from(error: FieldError) -> Self {
        Self::Domain(error.into())
    }
}

impl ResponseError for Failure {
    fn status(&self) -> StatusCode {
        match self {
            Self::Domain(Error::Invalid(_)) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Domain(Error::Unauthenticated(_)) | Self::LoginRequired { .. } => {
                StatusCode::UNAUTHORIZED
            }
            Self::Domain(Error::NotFound) => StatusCode::NOT_FOUND,
            Self::Domain(Error::Gone(_)) => StatusCode::GONE,
            Self::Domain(Error::Conflict(_)) | Self::AnotherAccount => StatusCode::CONFLICT,
            Self::Domain(Error::RateLimited { .. }) => StatusCode::TOO_MANY_REQUESTS,
            Self::Domain(Error::Unavailable { .. }) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Domain(Error::Internal(_)) => StatusCode::INTERNAL_SERVER_ERROR,
            // Not 401: Lynx shows no page with that.
            Self::CrossSite | Self::UnreadForm => StatusCode::FORBIDDEN,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::InvalidUtf8 => StatusCode::BAD_REQUEST,
            Self::TooManyFields => StatusCode::PAYLOAD_TOO_LARGE,
        }
    }
}
