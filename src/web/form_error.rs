//! Responses to a form that was refused: the page with the form again, now or to be sent later.

use std::time::Duration;

use maud::Markup;
use poem::{IntoResponse as _, Response, http::StatusCode, web::Html};

use super::{failure::Failure, layout::with_retry_after};
use crate::domain::{
    error::{Error, FieldCode, FieldError},
    rate_limit::humanize,
};

/// A form that the user has to send again later. All fields keep their values but passwords.
pub(super) struct RetryLater {
    status: StatusCode,
    wait: Duration,
}

impl RetryLater {
    /// # Errors
    /// Errors that waiting does not help against.
    pub(super) fn of(error: Error) -> Result<Self, Failure> {
        let (status, wait) = match error {
            Error::RateLimited { retry_after } => (StatusCode::TOO_MANY_REQUESTS, retry_after),
            Error::Unavailable { retry_after, cause } => {
                tracing::warn!(cause, "a form cannot be answered now");
                (StatusCode::SERVICE_UNAVAILABLE, retry_after)
            }
            error => return Err(Failure::Domain(error)),
        };
        Ok(Self { status, wait })
    }

    /// The message, as the error of the field where the user continues.
    pub(super) fn message(&self, field: &'static str) -> FieldError {
        let message = if self.status == StatusCode::TOO_MANY_REQUESTS {
            format!("Too many attempts. Try again in {}", humanize(self.wait))
        } else {
            "We cannot answer right now. Try again in a few seconds".to_owned()
        };
        FieldError::new(field, FieldCode::Required, message)
    }

    /// The page with the form, and `Retry-After`.
    pub(super) fn response(&self, page: Markup) -> Response {
        with_retry_after(refused(self.status, page), self.wait)
    }
}

/// The page with the refused form.
pub(super) fn refused(status: StatusCode, page: Markup) -> Response {
    Html(page.into_string()).with_status(status).into_response()
}
