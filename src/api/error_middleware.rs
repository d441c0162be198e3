//! Error middleware: every error of a route or of the framework, an unknown path and a panic become problem
//! documents. The framework's own messages name types of this program, so they are not disclosed.

use poem::{
    Endpoint, IntoResponse as _, PathPattern, Request, Response,
    error::{MethodNotAllowedError, NotFoundError},
    http::StatusCode,
};
use poem_openapi::error::AuthorizationError;

use super::{
    openapi,
    problem::{ApiError, Code},
};
use crate::{
    domain::error::{AuthError, Error},
    http::error_boundary::{self, ErrorRenderer, RETRY_AFTER},
};

/// Answers every error of `endpoint` with a problem document.
pub fn with_problem_responses<E: Endpoint + 'static>(
    endpoint: E,
) -> impl Endpoint<Output = Response> {
    error_boundary::catch::<ProblemRenderer, E>(endpoint)
}

struct ProblemRenderer {
    path: String,
}

impl ErrorRenderer for ProblemRenderer {
    fn of(request: &mut Request) -> Self {
        let path = request.original_uri().path().to_owned();
        Self { path }
    }

    fn error(&self, error: poem::Error) -> Response {
        let response = if error.is_from_response() {
            error.into_response()
        } else {
            framework_error(&error, &self.path).into_response()
        };
        with_path_pattern(&self.path, response)
    }

    fn panic(&self) -> Response {
        with_path_pattern(&self.path, ApiError::new(Code::Internal).into_response())
    }
}

/// A response made before the router ran, with the path pattern that the log line names.
pub(super) fn with_path_pattern(path: &str, mut response: Response) -> Response {
    if let Some(route) = openapi::route(path) {
        response.set_data(PathPattern(route.into()));
    }
    response
}

fn framework_error(error: &poem::Error, path: &str) -> ApiError {
    if error.is::<MethodNotAllowedError>() {
        ApiError::method_not_allowed(openapi::methods(path))
    } else if error.is::<NotFoundError>() {
        ApiError::new(Code::NotFound)
    } else if error.is::<AuthorizationError>() {
        Error::Unauthenticated(AuthError::NoToken).into()
    } else {
        by_status(error)
    }
}

/// Errors of the listener and of the framework, by their status.
fn by_status(error: &poem::Error) -> ApiError {
    match error.status() {
        StatusCode::REQUEST_TIMEOUT => ApiError::new(Code::RequestTimeout),
        StatusCode::PAYLOAD_TOO_LARGE => ApiError::new(Code::TooLarge),
        StatusCode::URI_TOO_LONG => ApiError::new(Code::UriTooLong),
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => ApiError::head_too_large(&error.to_string()),
        StatusCode::SERVICE_UNAVAILABLE => Error::Unavailable {
            retry_after: RETRY_AFTER,
            cause: error.to_string(),
        }
        .into(),
        status if status.is_client_error() => {
            ApiError::new(Code::MalformedBody).with_detail("The request could not be understood.")
        }
        _ => Error::internal(error.to_string()).into(),
    }
}
