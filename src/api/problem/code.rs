//! The codes of problem documents: for each its status, its message and its challenge.

use poem::http::StatusCode;
use poem_openapi::Enum;
use serde::Serialize;

use crate::domain::error::AuthError;

/// What kind of failure it is. Codes are added, never renamed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, Serialize)]
#[oai(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
pub(in crate::api) enum Code {
    InvalidInput,
    MalformedBody,
    UnsupportedMediaType,
    TooLarge,
    UriTooLong,
    HeadersTooLarge,
    RequestTimeout,
    Unauthenticated,
    WrongCredentials,
    InvalidToken,
    TokenExpired,
    SessionEnded,
    NotFound,
    TodoNotFound,
    TodoRemoved,
    // Promised by v1, but no call says it any more: to end what has ended is no failure.
    SessionNotFound,
    MethodNotAllowed,
    UsernameTaken,
    IdReused,
    CallIdReused,
    TodoQuotaReached,
    RevConflict,
    NeighbourGone,
    NeighbourState,
    NoRoom,
    TodoGone,
    SyncTokenExpired,
    RateLimited,
    Internal,
    Unavailable,
}

impl Code {
    pub(in crate::api) fn status(self) -> StatusCode {
        match self {
            Self::MalformedBody => StatusCode::BAD_REQUEST,
            Self::Unauthenticated
            | Self::WrongCredentials
            | Self::InvalidToken
            | Self::TokenExpired
            | Self::SessionEnded => StatusCode::UNAUTHORIZED,
            Self::NotFound | Self::TodoNotFound | Self::SessionNotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            // 409, not 410: the to-do can be restored, and comes along so that the person may decide.
            Self::TodoRemoved
            | Self::UsernameTaken
            | Self::IdReused
            | Self::CallIdReused
            | Self::TodoQuotaReached
            | Self::RevConflict
            | Self::NeighbourGone
            | Self::NeighbourState
            | Self::NoRoom => StatusCode::CONFLICT,
            Self::TodoGone | Self::SyncTokenExpired => StatusCode::GONE,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UriTooLong => StatusCode::URI_TOO_LONG,
            Self::HeadersTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::InvalidInput => StatusCode::UNPROCESSABLE_ENTITY,
            Self::RateLimited => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The default message: what happened and what to do.
    pub(super) fn detail(self) -> &'static str {
        match self {
            Self::InvalidInput => "Some fields break rules; each says which.",
            Self::MalformedBody => "The body must be one JSON object.",
            Self::UnsupportedMediaType => {
                "Send the body as JSON, with Content-Type: application/json and no Content-Encoding."
            }
            Self::TooLarge => {
                "The body is larger than 16 KiB (64 KiB where notes may be in it, 288 KiB in a call of sync)."
            }
            Self::UriTooLong => "The URL is longer than 4 KiB.",
            Self::HeadersTooLarge => "The request headers are too large or too many. Send fewer.",
            Self::RequestTimeout => "The body took longer than 15 seconds. Send it again.",
            Self::Unauthenticated => {
                "This call needs an access token: Authorization: Bearer and the token that login answers."
            }
            Self::WrongCredentials => {
                "The username or the password is wrong. Check both and try again."
            }
            Self::InvalidToken => "The access token is invalid. Log in.",
            Self::TokenExpired => {
                "The access token has expired. Exchange the refresh token for a new one."
            }
            Self::SessionEnded => "This session has ended. Log in again.",
            Self::NotFound => {
                "There is nothing at this path. GET /api/openapi.json lists the calls."
            }
            Self::TodoNotFound => "You have no to-do with this id.",
            Self::TodoRemoved => {
                "The to-do has been removed in the meantime. Look at current; restore it and send the change again, or drop the change."
            }
            Self::SessionNotFound => "You have no session with this id. It may have ended.",
            Self::MethodNotAllowed => "This path takes another method: see Allow.",
            Self::UsernameTaken => "This username is taken. Choose another one.",
            Self::IdReused => "This id already names another to-do. Use a new id for a new to-do.",
            Self::CallIdReused => {
                "This call_id already named another call. Make a new one for each call."
            }
            Self::TodoQuotaReached => {
                "Your list holds as many to-dos as it can: 200,000. Remove some that you no longer need."
            }
            Self::RevConflict => {
                "The to-do has been changed in the meantime. Look at current, and send the change again with its rev."
            }
            Self::NeighbourGone | Self::NeighbourState | Self::NoRoom => self.detail_of_move(),
            Self::TodoGone => {
                "This to-do cannot be restored any more: 30 days after it was removed, or 20,000 removals later, it is gone for good. Add it once more, with a new id."
            }
            Self::SyncTokenExpired => {
                "The sync token has expired. Call again without since, and keep what you have not sent yet."
            }
            Self::RateLimited => {
                "Too many attempts. Wait for Retry-After and send it again; nothing was done."
            }
            Self::Internal => {
                "Something went wrong on our side. It may or may not have been done. Send it again: only a to-do with neither an id nor a call_id could then be there twice."
            }
            Self::Unavailable => {
                "The service cannot answer right now. It may or may not have been done. Wait for Retry-After and send it again: only a to-do with neither an id nor a call_id could then be there twice."
            }
        }
    }

    fn detail_of_move(self) -> &'static str {
        match self {
            Self::NeighbourState => {
                "An open to-do can be moved among open ones only, a done one among done ones. Fetch what has changed, and move it beside another one."
            }
            Self::NoRoom => {
                "There is no room for one more to-do at this place. Move it a little further up or down."
            }
            _ => {
                "The to-do beside which this one was to stand is not there any more. Fetch what has changed, and move it beside another one."
            }
        }
    }

    /// The value of `WWW-Authenticate` (RFC 6750, 3).
    pub(super) fn challenge(self) -> Option<&'static str> {
        match self {
            Self::Unauthenticated | Self::WrongCredentials => Some(r#"Bearer realm="tickbox""#),
            Self::InvalidToken => Some(
                r#"Bearer realm="tickbox", error="invalid_token", error_description="invalid token""#,
            ),
            Self::TokenExpired => Some(
                r#"Bearer realm="tickbox", error="invalid_token", error_description="expired""#,
            ),
            Self::SessionEnded => Some(
                r#"Bearer realm="tickbox", error="invalid_token", error_description="the session has ended""#,
            ),
            _ => None,
        }
    }
}

impl From<AuthError> for Code {
    fn from(denied: AuthError) -> Self {
        match denied {
            AuthError::WrongCredentials => Self::WrongCredentials,
            AuthError::NoToken => Self::Unauthenticated,
            AuthError::InvalidToken => Self::InvalidToken,
            AuthError::ExpiredToken => Self::TokenExpired,
            AuthError::SessionEnded => Self::SessionEnded,
        }
    }
}
