//! Error middleware: every error of a route or of the framework, an unknown path and a panic become problem
//! documents. The framework's own messages name types of this program, so they are not disclosed.

use poem::{Endpoint, IntoResponse as _, PathPattern, Request, Response};
use poem_openapi::error::{AuthorizationError, ParseParamError};

use super::{
    openapi,
    problem::{ApiError, Code},
};
use crate::{
    domain::error::{AuthError, Error, FieldCode, FieldError},
    http::error_boundary::{self, ErrorRenderer, FrameworkError, RETRY_AFTER},
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
    if error.is::<AuthorizationError>() {
        return Error::Unauthenticated(AuthError::NoToken).into();
    }
    // The one that is needed is a text, so it can only be missing.
    if let Some(ParseParamError { name, .. }) = error.downcast_ref() {
        let words = format!("The parameter {name} is missing");
        return FieldError::new(*name, FieldCode::Required, words).into();
    }
    match FrameworkError::of(error) {
        FrameworkError::NotFound => ApiError::new(Code::NotFound),
        FrameworkError::MethodNotAllowed => ApiError::method_not_allowed(openapi::methods(path)),
        FrameworkError::RequestTimeout => ApiError::new(Code::RequestTimeout),
        FrameworkError::BodyTooLarge => ApiError::new(Code::TooLarge),
        FrameworkError::UriTooLong => ApiError::new(Code::UriTooLong),
        FrameworkError::HeadTooLarge => ApiError::head_too_large(&error.to_string()),
        FrameworkError::Malformed => {
            ApiError::new(Code::MalformedBody).with_detail("The request could not be understood.")
        }
        FrameworkError::Unavailable => Error::Unavailable {
            retry_after: RETRY_AFTER,
            cause: error.to_string(),
        }
        .into(),
        FrameworkError::Internal => Error::internal(error.to_string()).into(),
    }
}
