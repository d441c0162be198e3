//! Answers that a phone may keep as long as its user changes nothing: `ETag`, `If-None-Match`, 304.

use poem::{
    IntoResponse, Response,
    http::{StatusCode, header},
};
use poem_openapi::{
    ApiResponse,
    registry::{MetaHeader, MetaResponse, MetaResponses, Registry},
    types::Type,
};
use serde::Serialize;

use super::json::Json;
use crate::{assets, domain::user::Account};

/// Rises when the same to-dos are written in another way, a new field among them.
const REPRESENTATION: u32 = 1;

/// What an answer depends on besides its address. It names the user, so that two accounts on one phone
/// never share an answer. Weak: a proxy that compresses the answer may keep it.
pub(super) struct Version(String);

impl Version {
    /// Of what the user's to-dos are at a revision.
    pub(super) fn of(account: &Account, rev: u64) -> Self {
        let user = account.public_id.simple();
        Self(format!("W/\"{user}-{rev}-{REPRESENTATION}\""))
    }

    /// Whether the client has this version already.
    pub(super) fn is_known(&self, if_none_match: Option<&str>) -> bool {
        if_none_match.is_some_and(|known| assets::names(known, &self.0))
    }
}

/// The answer, or that it is the one which the client has.
pub(super) enum Versioned<T> {
    Answer(Version, T),
    NotModified(Version),
}

impl<T: Serialize + Send> IntoResponse for Versioned<T> {
    fn into_response(self) -> Response {
        let (version, response) = match self {
            Self::Answer(version, answer) => (version, Json(answer).into_response()),
            Self::NotModified(version) => (version, StatusCode::NOT_MODIFIED.into_response()),
        };
        response
            .with_header(header::ETAG, version.0)
            .with_header(header::CACHE_CONTROL, "private, no-cache")
            .with_header(header::VARY, "Authorization")
            .into_response()
    }
}

impl<T: Type + Serialize + Send> ApiResponse for Versioned<T> {
    fn meta() -> MetaResponses {
        let mut responses = Json::<T>::meta().responses;
        responses[0].description = "The answer, and its version in `ETag`";
        responses.push(MetaResponse {
            description: "Nothing has changed since the answer with that `ETag`",
            status: Some(304),
            status_range: None,
            content: vec![],
            headers: vec![],
        });
        for response in &mut responses {
            response.headers.push(MetaHeader {
                name: "ETag".into(),
                description: Some("Send it back as `If-None-Match`".into()),
                required: false,
                deprecated: false,
                schema: String::schema_ref(),
            });
        }
        MetaResponses { responses }
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}
