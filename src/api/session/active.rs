//! Calls about the active sessions of a user: listing and ending them.

use poem::web::Data;
use poem_openapi::{ApiResponse, Object, OpenApi};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use super::super::{
    Tag, bearer::Caller, json::Json, problem::ApiError, read_request::ReadRequest,
    schema::serialize_timestamp,
};
use crate::{
    domain::{self, session::SessionId},
    service::Service,
};

pub(in crate::api) struct ActiveSessionsApi;

/// An active session: a browser or an API client that is logged in.
#[derive(Object, Serialize)]
#[expect(clippy::struct_field_names, reason = "as `login` answers it")]
struct Session {
    /// Names the session. It is no secret.
    session_id: Uuid,
    /// `web` for a browser, `api` for what calls this API.
    kind: String,
    /// What the client said it is: the `device_name` of its login, or its `User-Agent`. May be empty.
    device: String,
    /// When it began (UTC, microseconds).
    #[serde(serialize_with = "serialize_timestamp")]
    created_date: OffsetDateTime,
    /// When it was last used (UTC, microseconds): of a browser, to the hour; of an API client, when
    /// it last logged in or refreshed.
    #[serde(serialize_with = "serialize_timestamp")]
    last_seen_date: OffsetDateTime,
    /// Whether it is the one that asks.
    is_current: bool,
}

impl From<domain::session::Session> for Session {
    fn from(session: domain::session::Session) -> Self {
        Self {
            session_id: session.id.0,
            kind: session.kind.as_str().into(),
            device: session.client,
            created_date: session.created,
            last_seen_date: session.seen,
            is_current: session.is_current,
        }
    }
}

/// All sessions of one user.
#[derive(Object, Serialize)]
struct SessionList {
    /// The one used last first; there are never more than 100.
    sessions: Vec<Session>,
}

/// Names a session.
#[derive(Default, Deserialize, Object)]
#[oai(deny_unknown_fields)]
#[serde(default, deny_unknown_fields)]
struct SessionReference {
    /// As `session_list` answers it.
    session_id: String,
}

#[derive(ApiResponse)]
enum Ended {
    /// Its cookie or its tokens open nothing (any more).
    #[oai(status = 204)]
    Done,
}

#[derive(ApiResponse)]
enum OthersEnded {
    /// This session is the only one.
    #[oai(status = 204)]
    Done,
}

#[OpenApi(tag = "Tag::Session")]
impl ActiveSessionsApi {
    /// Where one is logged in
    ///
    /// All living sessions, of browsers and of phones. A login beyond the hundredth ends the one used
    /// longest ago.
    #[oai(path = "/session_list", method = "get", operation_id = "session_list")]
    async fn session_list(
        &self,
        caller: Caller,
        read: ReadRequest<'_>,
    ) -> Result<Json<SessionList>, ApiError> {
        let sessions = if read.head_only {
            Vec::new()
        } else {
            read.service.sessions(&caller.0).await?
        };
        let sessions = sessions.into_iter().map(Session::from).collect();
        Ok(Json(SessionList { sessions }))
    }

    /// End one session
    ///
    /// At once, wherever it is. It may be this one, as with `logout`. One that is not there (any more)
    /// has ended: a second time the answer is the same.
    #[oai(path = "/end_session", method = "post", operation_id = "end_session")]
    async fn end_session(
        &self,
        caller: Caller,
        service: Data<&Service>,
        body: Json<SessionReference>,
    ) -> Result<Ended, ApiError> {
        let id = SessionId::parse(&body.0.session_id)?;
        service.end_session(&caller.0, id).await?;
        Ok(Ended::Done)
    }

    /// End all other sessions
    ///
    /// At once, of browsers and of phones; this one goes on.
    #[oai(
        path = "/end_other_sessions",
        method = "post",
        operation_id = "end_other_sessions"
    )]
    async fn end_other_sessions(
        &self,
        caller: Caller,
        service: Data<&Service>,
    ) -> Result<OthersEnded, ApiError> {
        service.end_other_sessions(&caller.0).await?;
        Ok(OthersEnded::Done)
    }
}
