//! What is refused before a call is reached: an address that there is not, a body that is too large or
//! too slow, parameters that the call does not have. The framework's own words name types of ours, so they stay
//! inside.

use std::{collections::BTreeSet, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures_util::FutureExt as _;
use poem::{
    Endpoint, EndpointExt as _, IntoResponse as _, PathPattern, Request, Response,
    error::{MethodNotAllowedError, NotFoundError},
    http::StatusCode,
};
use poem_openapi::error::AuthorizationError;

use super::{
    document,
    problem::{Code, Failure, excerpt, failed},
};
use crate::domain::error::{AuthError, Error, FieldCode, FieldError};

/// Answers every failure of `endpoint` with a problem: those of the framework, an unknown address and
/// a panic too.
pub fn answers<E: Endpoint + 'static>(endpoint: E) -> impl Endpoint<Output = Response> {
    endpoint.around(|endpoint: Arc<E>, request: Request| async move {
        let path = request.original_uri().path().to_owned();
        let call = AssertUnwindSafe(endpoint.call(request)).catch_unwind();
        Ok(match call.await {
            Ok(Ok(output)) => output.into_response(),
            Ok(Err(error)) => with_route(error, &path),
            // The panic has been logged where it happened.
            Err(_) => at(&path, Failure::new(Code::Internal).into_response()),
        })
    })
}

/// The answer to what no route has seen, with the route that the log line names all the same.
fn at(path: &str, mut response: Response) -> Response {
    if let Some(route) = document::route(path) {
        response.set_data(PathPattern(route.into()));
    }
    response
}

/// The refusal of parameters that the call does not have; none when it has them all.
pub(super) fn of_unknown_parameters(request: &Request) -> Option<Response> {
    let failure = check_parameters(request).err()?;
    Some(at(request.original_uri().path(), failure.into_response()))
}

/// A misspelt parameter would otherwise be passed over in silence.
fn check_parameters(request: &Request) -> Result<(), Failure> {
    let path = request.original_uri().path();
    let Some(known) = document::parameters(path, request.method()) else {
        return Ok(());
    };
    let query = request.uri().query().unwrap_or_default();
    let mut seen = BTreeSet::new();
    let wrong = form_urlencoded::parse(query.as_bytes()).filter_map(|(name, _)| {
        let name = excerpt(&name);
        if !known.contains(&name) {
            let message = format!("This call has no parameter {name}. Leave it out");
            Some(FieldError::new(name, FieldCode::UnknownField, message))
        } else if seen.insert(name.clone()) {
            None
        } else {
            let message = format!("The parameter {name} stands there twice. Send it once");
            Some(FieldError::new(name, FieldCode::DuplicateField, message))
        }
    });
    let wrong: Vec<_> = wrong.take(FIELDS_MAX).collect();
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(failed(wrong.into()))
    }
}

/// Of parameters that somebody made up, no more are repeated.
const FIELDS_MAX: usize = 10;

/// The failure as an answer; it keeps the route, which the log line names.
fn with_route(error: poem::Error, path: &str) -> Response {
    let Some(route) = error.data::<PathPattern>().cloned() else {
        return at(path, answer(error, path));
    };
    let mut response = answer(error, path);
    response.set_data(route);
    response
}

fn answer(error: poem::Error, path: &str) -> Response {
    if error.is_from_response() {
        error.into_response()
    } else {
        refused(&error, path).into_response()
    }
}

fn refused(error: &poem::Error, path: &str) -> Failure {
    if error.is::<MethodNotAllowedError>() {
        Failure::wrong_method(document::methods(path))
    } else if error.is::<NotFoundError>() {
        Failure::new(Code::NotFound)
    } else if error.is::<AuthorizationError>() {
        failed(Error::Unauthenticated(AuthError::NoToken))
    } else {
        by_status(error)
    }
}

/// What the listener and the framework refuse, told apart by its status.
fn by_status(error: &poem::Error) -> Failure {
    match error.status() {
        StatusCode::REQUEST_TIMEOUT => Failure::new(Code::RequestTimeout),
        StatusCode::PAYLOAD_TOO_LARGE => Failure::new(Code::TooLarge),
        StatusCode::URI_TOO_LONG => Failure::new(Code::UriTooLong),
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => Failure::head_too_large(&error.to_string()),
        StatusCode::SERVICE_UNAVAILABLE => failed(Error::Unavailable {
            retry_after: RETRY_AFTER,
            cause: error.to_string(),
        }),
        status if status.is_client_error() => {
            Failure::new(Code::MalformedBody).because("The request could not be understood.")
        }
        _ => failed(Error::internal(error.to_string())),
    }
}

/// What a client is told to wait when a call took too long.
const RETRY_AFTER: Duration = Duration::from_secs(5);
