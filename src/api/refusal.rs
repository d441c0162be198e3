//! What is refused before a call is reached: an address that there is not, a body that is too large,
//! parameters that the call does not have. The framework's own words name types of ours, so they stay
//! inside.

use std::{collections::BTreeSet, panic::AssertUnwindSafe, sync::Arc};

use futures_util::FutureExt as _;
use poem::{
    Endpoint, EndpointExt as _, IntoResponse as _, PathPattern, Request, Response,
    error::{MethodNotAllowedError, NotFoundError, ReadBodyError},
};
use poem_openapi::error::AuthorizationError;

use super::{
    document,
    problem::{Code, Failure, excerpt, failed},
};
use crate::domain::error::{Denied, Error, FieldCode, FieldError};

/// Most bytes of a body.
const BODY_MAX: usize = 16 * 1024;

/// Answers every failure of `endpoint` with a problem: those of the framework, an unknown address and
/// a panic too. Reads the body first, within its limit.
pub fn answers<E: Endpoint + 'static>(endpoint: E) -> impl Endpoint<Output = Response> {
    endpoint.around(|endpoint: Arc<E>, request: Request| async move {
        let path = request.original_uri().path().to_owned();
        let request = match admitted(request).await {
            Ok(request) => request,
            Err(failure) => return Ok(at(&path, failure)),
        };
        let call = AssertUnwindSafe(endpoint.call(request)).catch_unwind();
        Ok(match call.await {
            Ok(Ok(output)) => output.into_response(),
            Ok(Err(error)) => with_route(error, &path),
            // The panic has been logged where it happened.
            Err(_) => at(&path, Failure::new(Code::Internal)),
        })
    })
}

/// A failure that no route has seen, with the route that the log line names all the same.
fn at(path: &str, failure: Failure) -> Response {
    let mut response = failure.into_response();
    if document::has(path) {
        response.set_data(PathPattern(path.into()));
    }
    response
}

async fn admitted(request: Request) -> Result<Request, Failure> {
    let request = with_whole_body(request).await?;
    check_parameters(&request)?;
    Ok(request)
}

async fn with_whole_body(mut request: Request) -> Result<Request, Failure> {
    let body = request.take_body().into_bytes_limit(BODY_MAX).await;
    match body {
        Ok(body) => {
            request.set_body(body);
            Ok(request)
        }
        Err(ReadBodyError::PayloadTooLarge) => Err(Failure::new(Code::TooLarge)),
        Err(_) => Err(Failure::new(Code::MalformedBody).because("The body broke off on its way.")),
    }
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
    let route = error.data::<PathPattern>().cloned();
    let mut response = if error.is_from_response() {
        error.into_response()
    } else {
        refused(&error, path).into_response()
    };
    if let Some(route) = route {
        response.set_data(route);
    } else if document::has(path) {
        response.set_data(PathPattern(path.into()));
    }
    response
}

fn refused(error: &poem::Error, path: &str) -> Failure {
    if error.is::<MethodNotAllowedError>() {
        Failure::wrong_method(document::methods(path))
    } else if error.is::<NotFoundError>() {
        Failure::new(Code::NotFound)
    } else if error.is::<AuthorizationError>() {
        failed(Error::Unauthenticated(Denied::NoToken))
    } else if error.status().is_client_error() {
        Failure::new(Code::MalformedBody).because("The request could not be understood.")
    } else {
        failed(Error::internal(error.to_string()))
    }
}
