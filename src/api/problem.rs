//! Failures as problem documents (RFC 9457).

use std::{panic::AssertUnwindSafe, sync::Arc};

use futures_util::FutureExt as _;
use poem::{
    Endpoint, EndpointExt as _, IntoResponse as _, PathPattern, Request, Response,
    error::{MethodNotAllowedError, NotFoundError, ReadBodyError},
    http::{HeaderValue, StatusCode, header},
};
use poem_openapi::{
    ApiResponse, Enum, Object,
    error::{ContentTypeError, ParseRequestPayloadError},
    payload::Json,
    types::ToJSON as _,
};

use super::document;
use crate::domain::error::{Conflict, Error, FieldError};

/// Most bytes of a body.
const BODY_MAX: usize = 16 * 1024;

/// What kind of failure it is. Codes are added, never renamed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub(super) enum Code {
    /// Fields break rules: see `errors`.
    InvalidInput,
    /// Another account has this username.
    UsernameTaken,
    /// The id already names a to-do with another text.
    IdReused,
    /// The body is not the JSON that the call takes.
    MalformedBody,
    /// The body is not JSON by its content type.
    UnsupportedMediaType,
    /// The body is larger than 16 KiB.
    TooLarge,
    /// There is no such call, or no such thing.
    NotFound,
    /// The call has another method: see `Allow`.
    MethodNotAllowed,
    /// Nobody is logged in, or the credentials are wrong.
    Unauthenticated,
    /// Try again after `Retry-After`.
    Unavailable,
    /// A fault of ours.
    Internal,
}

/// A broken rule of one field.
#[derive(Debug, Object)]
pub(super) struct FieldProblem {
    /// The field's name in the body.
    field: String,
    /// What a program can act on.
    code: String,
    /// What a person reads.
    message: String,
}

impl From<FieldError> for FieldProblem {
    fn from(error: FieldError) -> Self {
        Self {
            field: error.field.into(),
            code: error.code.into(),
            message: error.message,
        }
    }
}

/// A failure, as RFC 9457 has it.
#[derive(Debug, Object)]
pub(super) struct Problem {
    /// `about:blank`: the status says it all, and `code` says it precisely.
    #[oai(rename = "type")]
    kind: String,
    /// The status in words.
    title: String,
    /// The status once more.
    status: u16,
    /// What happened and what to do, for people.
    detail: String,
    /// What a program can act on.
    code: Code,
    /// The broken rules, when fields are at fault.
    #[oai(skip_serializing_if_is_none)]
    errors: Option<Vec<FieldProblem>>,
}

impl Problem {
    fn new(status: StatusCode, code: Code, detail: impl Into<String>) -> Self {
        Self {
            kind: "about:blank".into(),
            title: status.canonical_reason().unwrap_or("Error").into(),
            status: status.as_u16(),
            detail: detail.into(),
            code,
            errors: None,
        }
    }
}

/// Every failure that a call can answer with. poem-openapi documents each variant.
#[derive(ApiResponse)]
pub(super) enum Failure {
    /// The body is not the JSON that the call takes: `malformed_body`
    #[oai(status = 400, content_type = "application/problem+json")]
    Malformed(Json<Problem>),
    /// Valid, but it clashes with what is stored
    #[oai(status = 409, content_type = "application/problem+json")]
    Conflict(Json<Problem>),
    /// Larger than 16 KiB: `too_large`
    #[oai(status = 413, content_type = "application/problem+json")]
    TooLarge(Json<Problem>),
    /// Not `application/json`: `unsupported_media_type`
    #[oai(status = 415, content_type = "application/problem+json")]
    UnsupportedMediaType(Json<Problem>),
    /// Fields break rules: `invalid_input`
    #[oai(status = 422, content_type = "application/problem+json")]
    Invalid(Json<Problem>),
    /// A fault of ours: `internal`
    #[oai(status = 500, content_type = "application/problem+json")]
    Internal(Json<Problem>),
    /// Try again later: `unavailable`
    #[oai(status = 503, content_type = "application/problem+json")]
    Unavailable(
        Json<Problem>,
        /// Seconds to wait
        #[oai(header = "Retry-After")]
        u64,
    ),
    /// There is no such call: `not_found`
    #[oai(status = 404, content_type = "application/problem+json")]
    NotFound(Json<Problem>),
    /// Nobody is logged in: `unauthenticated`
    #[oai(status = 401, content_type = "application/problem+json")]
    Unauthenticated(Json<Problem>),
}

/// What a verb failed with, as an answer. Called where a call ends, so that a failure is logged once.
pub(super) fn failed(error: Error) -> Failure {
    match error {
        Error::Invalid(errors) => {
            let words = "Some fields break rules; each says which.";
            let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, Code::InvalidInput, words);
            let errors = errors.into_iter().map(FieldProblem::from).collect();
            Failure::Invalid(Json(Problem {
                errors: Some(errors),
                ..problem
            }))
        }
        Error::Unauthenticated => {
            let words = "Log in first.";
            let problem = Problem::new(StatusCode::UNAUTHORIZED, Code::Unauthenticated, words);
            Failure::Unauthenticated(Json(problem))
        }
        Error::NotFound => Failure::NotFound(Json(nothing_here())),
        Error::Conflict(conflict) => Failure::Conflict(Json(clash(conflict))),
        Error::Unavailable { retry_after, cause } => {
            tracing::warn!(cause, "request cannot be answered now");
            let words = "The service cannot answer right now. Send the request again later.";
            let status = StatusCode::SERVICE_UNAVAILABLE;
            let problem = Problem::new(status, Code::Unavailable, words);
            Failure::Unavailable(Json(problem), retry_after.as_secs().max(1))
        }
        Error::Internal(cause) => {
            tracing::error!(%cause, "request failed");
            Failure::Internal(Json(our_fault()))
        }
    }
}

fn clash(conflict: Conflict) -> Problem {
    let code = match conflict {
        Conflict::UsernameTaken => Code::UsernameTaken,
        Conflict::IdReused => Code::IdReused,
    };
    let error = conflict.field_error();
    let detail = format!("{}.", error.message);
    Problem {
        errors: Some(vec![error.into()]),
        ..Problem::new(StatusCode::CONFLICT, code, detail)
    }
}

fn nothing_here() -> Problem {
    let words = "There is nothing at this address. GET /api/openapi.json lists the calls.";
    Problem::new(StatusCode::NOT_FOUND, Code::NotFound, words)
}

fn our_fault() -> Problem {
    let words = "Something went wrong on our side.";
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, Code::Internal, words)
}

/// Answers every failure of `endpoint` with a problem: those of the framework, an unknown address and
/// a panic too. Reads the body first, within its limit.
pub fn answers<E: Endpoint + 'static>(endpoint: E) -> impl Endpoint<Output = Response> {
    endpoint.around(|endpoint: Arc<E>, request: Request| async move {
        let path = request.original_uri().path().to_owned();
        let request = match with_whole_body(request).await {
            Ok(request) => request,
            Err(failure) => return Ok(failure.into_response()),
        };
        let call = AssertUnwindSafe(endpoint.call(request)).catch_unwind();
        Ok(match call.await {
            Ok(Ok(output)) => output.into_response(),
            Ok(Err(error)) => with_route(error, &path),
            // The panic has been logged where it happened.
            Err(_) => Failure::Internal(Json(our_fault())).into_response(),
        })
    })
}

/// The failure as an answer; it keeps the route, which the log line names.
fn with_route(error: poem::Error, path: &str) -> Response {
    let route = error.data::<PathPattern>().cloned();
    let mut response = if error.is::<MethodNotAllowedError>() {
        wrong_method(path)
    } else if error.is_from_response() {
        error.into_response()
    } else {
        refused(&error).into_response()
    };
    if let Some(route) = route {
        response.set_data(route);
    }
    response
}

async fn with_whole_body(mut request: Request) -> Result<Request, Failure> {
    let body = request.take_body().into_bytes_limit(BODY_MAX).await;
    match body {
        Ok(body) => {
            request.set_body(body);
            Ok(request)
        }
        Err(ReadBodyError::PayloadTooLarge) => {
            let words = format!("The body is larger than {} KiB.", BODY_MAX / 1024);
            let status = StatusCode::PAYLOAD_TOO_LARGE;
            Err(Failure::TooLarge(Json(Problem::new(
                status,
                Code::TooLarge,
                words,
            ))))
        }
        Err(_) => Err(malformed("The body broke off on its way.")),
    }
}

/// What poem and poem-openapi refuse. Their own words name types of ours, so they stay inside.
fn refused(error: &poem::Error) -> Failure {
    if error.is::<NotFoundError>() {
        failed(Error::NotFound)
    } else if error.is::<ContentTypeError>() {
        let words = "Send the body as JSON, with Content-Type: application/json.";
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        let problem = Problem::new(status, Code::UnsupportedMediaType, words);
        Failure::UnsupportedMediaType(Json(problem))
    } else if error.is::<ParseRequestPayloadError>() {
        malformed(
            "The body must be one JSON object with the documented fields, of the documented types, and no others.",
        )
    } else {
        match error.status() {
            status if status.is_client_error() => malformed("The request could not be understood."),
            _ => failed(Error::internal(error.to_string())),
        }
    }
}

fn malformed(words: &str) -> Failure {
    let problem = Problem::new(StatusCode::BAD_REQUEST, Code::MalformedBody, words);
    Failure::Malformed(Json(problem))
}

fn wrong_method(path: &str) -> Response {
    let allow = document::methods(path);
    let words = format!("This address takes only {allow}.");
    let status = StatusCode::METHOD_NOT_ALLOWED;
    let problem = Problem::new(status, Code::MethodNotAllowed, words);
    let mut response = Response::builder()
        .status(status)
        .content_type("application/problem+json")
        .body(problem.to_json_string());
    if let Ok(allow) = HeaderValue::try_from(allow) {
        response.headers_mut().insert(header::ALLOW, allow);
    }
    response
}
