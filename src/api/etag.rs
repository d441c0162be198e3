//! Conditional responses (`ETag`, `If-None-Match`, 304): clients keep a list as long as its user changes nothing.

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
use time::Date;

use super::json::Json;
use crate::{
    domain::{todo::Filter, user::Account},
    http::conditional::etag_matches,
};

/// The version of the JSON schema of to-dos. It must rise whenever their JSON changes, also by a new field:
/// otherwise clients get 304 for answers without it.
const SCHEMA_VERSION: u32 = 4;

/// The `ETag` of a list: user, revision and schema version. It names the user, so that two accounts on one
/// device never share a response. Weak, so that a proxy that compresses the response may keep it.
pub(super) struct ListEtag(String);

impl ListEtag {
    /// The tag of the user's to-dos at a revision.
    pub(super) fn of(account: &Account, rev: u64) -> Self {
        let user = account.public_id.simple();
        Self(format!("W/\"{user}-{rev}-{SCHEMA_VERSION}\""))
    }

    /// The tag of a list that shows other to-dos on another day.
    pub(super) fn on(self, today: Date, filter: Filter) -> Self {
        if !filter.is_by_day() {
            return self;
        }
        let tag = self.0.trim_end_matches('"');
        Self(format!("{tag}-{}\"", today.to_julian_day()))
    }

    /// Whether `If-None-Match` names this tag.
    pub(super) fn matches(&self, if_none_match: Option<&str>) -> bool {
        if_none_match.is_some_and(|known| etag_matches(known, &self.0))
    }
}

/// A full response, or 304 when the client has it already.
pub(super) enum Conditional<T> {
    Full(ListEtag, T),
    NotModified(ListEtag),
}

impl<T: Serialize + Send> IntoResponse for Conditional<T> {
    fn into_response(self) -> Response {
        let (etag, response) = match self {
            Self::Full(etag, answer) => (etag, Json(answer).into_response()),
            Self::NotModified(etag) => (etag, StatusCode::NOT_MODIFIED.into_response()),
        };
        response
            .with_header(header::ETAG, etag.0)
            .with_header(header::CACHE_CONTROL, "private, no-cache")
            .with_header(header::VARY, "Authorization")
            .into_response()
    }
}

impl<T: Type + Serialize + Send> ApiResponse for Conditional<T> {
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
