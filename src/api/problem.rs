//! Errors of the API as problem documents (RFC 9457).

mod code;

use poem::{
    IntoResponse, Response,
    http::{HeaderValue, header},
};
use poem_openapi::{
    ApiResponse, Object,
    registry::{MetaMediaType, MetaResponse, MetaResponses, Registry},
    types::Type as _,
};
use serde::Serialize;

pub(super) use self::code::Code;
use super::schema::Todo;
use crate::domain::{
    self,
    error::{Conflict, Error, FieldError, Gone},
    todo::WriteRefusal,
};

pub(super) const CONTENT_TYPE: &str = "application/problem+json";

/// A broken rule of one field.
#[derive(Debug, Object, Serialize)]
pub(super) struct FieldProblem {
    /// The name of the field or of the parameter.
    field: String,
    /// What a program can act on. Codes are added.
    code: String,
    /// What a person reads.
    message: String,
}

impl From<FieldError> for FieldProblem {
    fn from(error: FieldError) -> Self {
        Self {
            field: error.field.into(),
            code: error.code.as_str().into(),
            message: error.message,
        }
    }
}

/// A failure, as RFC 9457 has it.
#[derive(Debug, Object, Serialize)]
pub(super) struct Problem {
    /// Always `about:blank`: the status says what kind it is, and `code` says it precisely.
    #[oai(rename = "type")]
    #[serde(rename = "type")]
    kind: String,
    /// The status in words.
    title: String,
    /// The status once more.
    pub(super) status: u16,
    /// What happened and what to do, for people.
    detail: String,
    /// What a program can act on. Codes are added: take one that you do not know by its status.
    code: Code,
    /// The broken rules, when fields are at fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<Vec<FieldProblem>>,
    /// With `rev_conflict`, `todo_removed` and `id_reused`: the to-do as it is stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    current: Option<Todo>,
}

/// An error response. The OpenAPI document says which codes each call may answer with.
#[derive(Debug)]
pub(super) struct ApiError {
    pub(super) problem: Box<Problem>,
    allow: Option<String>,
    /// Seconds.
    retry_after: Option<u64>,
}

impl ApiError {
    pub(super) fn new(code: Code) -> Self {
        let status = code.status();
        let problem = Problem {
            kind: "about:blank".into(),
            title: status.canonical_reason().unwrap_or("Error").into(),
            status: status.as_u16(),
            detail: code.detail().into(),
            code,
            errors: None,
            current: None,
        };
        Self {
            problem: Box::new(problem),
            allow: None,
            retry_after: None,
        }
    }

    /// With a more precise message.
    pub(super) fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.problem.detail = detail.into();
        self
    }

    fn with_errors(mut self, errors: Vec<FieldError>) -> Self {
        self.problem.errors = Some(errors.into_iter().map(FieldProblem::from).collect());
        self
    }

    /// 405 for a path that allows only these methods.
    pub(super) fn method_not_allowed(allow: String) -> Self {
        let error = Self::new(Code::MethodNotAllowed);
        Self {
            allow: Some(allow.clone()),
            ..error.with_detail(format!("This path takes only {allow}."))
        }
    }

    /// A request head beyond the limits; `excess` says what is too much.
    pub(super) fn head_too_large(excess: &str) -> Self {
        let detail = format!("The request has {excess}. Send fewer; no call needs a cookie.");
        Self::new(Code::HeadersTooLarge).with_detail(detail)
    }

    /// With the to-do as it is stored.
    fn with_current(mut self, current: domain::todo::Todo) -> Self {
        self.problem.current = Some(current.into());
        self
    }
}

/// Collects the errors of all fields of a call, so that one response lists them all.
#[derive(Default)]
pub(super) struct FieldErrors(Vec<FieldError>);

impl FieldErrors {
    /// The parsed value; none when it is invalid, and the error is collected.
    pub(super) fn collect<T>(&mut self, parsed: Result<T, FieldError>) -> Option<T> {
        parsed.map_err(|error| self.0.push(error)).ok()
    }

    /// Nothing, unless there are errors.
    pub(super) fn into_result(self) -> Result<(), Self> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }

    /// The value parsed from several fields; none when some are invalid, and their errors are collected.
    pub(super) fn collect_all<T>(&mut self, parsed: Result<T, Vec<FieldError>>) -> Option<T> {
        parsed.map_err(|errors| self.0.extend(errors)).ok()
    }
}

impl From<FieldErrors> for ApiError {
    fn from(errors: FieldErrors) -> Self {
        errors.0.into()
    }
}

/// Logs the failures of the server: the conversion happens where a call ends, once a request.
impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        match error {
            Error::Invalid(errors) => Self::new(Code::InvalidInput).with_errors(errors),
            Error::Unauthenticated(denied) => Self::new(denied.into()),
            Error::NotFound => Self::new(Code::TodoNotFound),
            Error::Gone(Gone::Todo) => Self::new(Code::TodoGone),
            Error::Gone(Gone::SyncToken) => Self::new(Code::SyncTokenExpired),
            Error::Conflict(conflict) => {
                let code = match conflict {
                    Conflict::UsernameTaken => Code::UsernameTaken,
                    Conflict::IdReused => Code::IdReused,
                    Conflict::CallIdReused => Code::CallIdReused,
                    Conflict::TodoQuotaReached => Code::TodoQuotaReached,
                    Conflict::NeighbourGone => Code::NeighbourGone,
                    Conflict::NeighbourState => Code::NeighbourState,
                    Conflict::NoRoom => Code::NoRoom,
                };
                match conflict.field_error() {
                    Some(error) => Self::new(code).with_errors(vec![error]),
                    None => Self::new(code),
                }
            }
            Error::RateLimited { retry_after } => Self {
                retry_after: Some(retry_after.as_secs().max(1)),
                ..Self::new(Code::RateLimited)
            },
            Error::Unavailable { retry_after, cause } => {
                tracing::warn!(cause, "request cannot be answered now");
                Self {
                    retry_after: Some(retry_after.as_secs().max(1)),
                    ..Self::new(Code::Unavailable)
                }
            }
            Error::Internal(cause) => {
                tracing::error!(%cause, "request failed");
                Self::new(Code::Internal)
            }
        }
    }
}

impl From<WriteRefusal> for ApiError {
    fn from(refusal: WriteRefusal) -> Self {
        match refusal {
            WriteRefusal::NotFound => Error::NotFound.into(),
            WriteRefusal::Gone => Error::Gone(Gone::Todo).into(),
            WriteRefusal::Invalid(error) => error.into(),
            WriteRefusal::Removed(current) => Self::new(Code::TodoRemoved).with_current(*current),
            WriteRefusal::Changed(current) => Self::new(Code::RevConflict).with_current(*current),
            WriteRefusal::IdReused(current) => {
                Self::from(Error::Conflict(Conflict::IdReused)).with_current(*current)
            }
            WriteRefusal::CallIdReused => Error::Conflict(Conflict::CallIdReused).into(),
            WriteRefusal::QuotaReached => Error::Conflict(Conflict::TodoQuotaReached).into(),
            WriteRefusal::NeighbourGone => Error::Conflict(Conflict::NeighbourGone).into(),
            WriteRefusal::NeighbourState => Error::Conflict(Conflict::NeighbourState).into(),
            WriteRefusal::NoRoom => Error::Conflict(Conflict::NoRoom).into(),
        }
    }
}

impl From<FieldError> for ApiError {
    fn from(error: FieldError) -> Self {
        Error::from(error).into()
    }
}

impl From<Vec<FieldError>> for ApiError {
    fn from(errors: Vec<FieldError>) -> Self {
        Error::from(errors).into()
    }
}

/// The response to a request that is rejected before it reaches a call.
#[must_use]
pub fn error_response(error: &Error) -> Response {
    let (code, retry_after) = match error {
        Error::RateLimited { retry_after } => (Code::RateLimited, Some(retry_after)),
        Error::Unavailable { retry_after, .. } => (Code::Unavailable, Some(retry_after)),
        _ => (Code::Internal, None),
    };
    let error = ApiError {
        retry_after: retry_after.map(|wait| wait.as_secs().max(1)),
        ..ApiError::new(code)
    };
    error.into_response()
}

/// The first 50 characters of a name from the request: no response repeats more.
pub(super) fn excerpt(name: &str) -> String {
    name.chars().take(50).collect()
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let code = self.problem.code;
        let body = serde_json::to_vec(&self.problem).expect("only texts, numbers and lists");
        let response = Response::builder()
            .status(code.status())
            .content_type(CONTENT_TYPE);
        let mut response = response.body(body);
        let challenge = code.challenge().map(HeaderValue::from_static);
        let allow = self.allow.and_then(|allow| allow.try_into().ok());
        for (name, value) in [
            (header::WWW_AUTHENTICATE, challenge),
            (header::ALLOW, allow),
            (header::RETRY_AFTER, self.retry_after.map(HeaderValue::from)),
        ] {
            if let Some(value) = value {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

impl From<ApiError> for poem::Error {
    fn from(error: ApiError) -> Self {
        Self::from_response(error.into_response())
    }
}

impl ApiResponse for ApiError {
    /// The response that every call can give; [`super::openapi`] adds the others, call by call.
    fn meta() -> MetaResponses {
        MetaResponses {
            responses: vec![MetaResponse {
                description: "",
                status: Some(Code::Internal.status().as_u16()),
                status_range: None,
                content: vec![MetaMediaType {
                    content_type: CONTENT_TYPE,
                    schema: Problem::schema_ref(),
                }],
                headers: vec![],
            }],
        }
    }

    fn register(registry: &mut Registry) {
        Problem::register(registry);
    }
}
