//! Calls about the caller's own session: rotating the refresh token, logging out; logging in and the
//! list of active sessions in files of their own.

pub(super) mod active;
pub(super) mod login;

use poem::web::Data;
use poem_openapi::{ApiResponse, Object, OpenApi};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use time::Duration;
use tracing::Span;
use uuid::Uuid;

use super::{
    Tag,
    bearer::AnyToken,
    json::{Json, OptionalJson},
    problem::ApiError,
};
use crate::{
    domain::{
        client_ip::ClientIp,
        error::{AuthError, Error, FieldCode, FieldError},
        session::{ACCESS_TOKEN_TTL, RefreshToken},
    },
    service::{self, Service},
};

pub(super) struct SessionApi;

/// What is exchanged for the next pair of tokens.
#[derive(Default, Deserialize, Object)]
#[oai(deny_unknown_fields)]
#[serde(default, deny_unknown_fields)]
struct Refresh {
    /// The `refresh_token` of the last answer that arrived.
    refresh_token: String,
}

/// The session to be ended, if no access token says it.
#[derive(Default, Deserialize, Object)]
#[oai(deny_unknown_fields)]
#[serde(default, deny_unknown_fields)]
struct Logout {
    /// The `refresh_token` of the last answer that arrived. With it no access token is needed.
    refresh_token: Option<String>,
}

/// What opens the API, and what is exchanged for the next.
#[derive(Object, Serialize)]
struct Tokens {
    /// The access token, for `Authorization: Bearer`.
    token: String,
    /// Always `Bearer`.
    token_type: String,
    /// Seconds from now until the access token expires.
    expires_in: i64,
    /// Store it before the old one is forgotten.
    refresh_token: String,
    /// Seconds from now until the session ends if it is not refreshed.
    refresh_expires_in: i64,
    /// Names the session. It is no secret.
    session_id: Uuid,
}

#[derive(ApiResponse)]
enum LoggedOut {
    /// The session has ended; its tokens open nothing any more.
    #[oai(status = 204)]
    Done,
}

#[OpenApi(tag = "Tag::Session")]
impl SessionApi {
    /// Exchange the refresh token for the next pair
    ///
    /// Send it again if the answer got lost: the same refresh token is answered until that one has
    /// been exchanged in its turn, and for a minute after that. An older one ends the session, since
    /// another client must hold it.
    #[oai(
        path = "/refresh_token",
        method = "post",
        operation_id = "refresh_token"
    )]
    async fn refresh_token(
        &self,
        service: Data<&Service>,
        from: Data<&ClientIp>,
        body: Json<Refresh>,
    ) -> Result<Json<Tokens>, ApiError> {
        let text = &body.0.refresh_token;
        if text.is_empty() {
            let words = "Send the refresh token of the last answer";
            let error = FieldError::new("refresh_token", FieldCode::Required, words);
            return Err(error.into());
        }
        let Some(token) = RefreshToken::parse(text) else {
            return Err(service.reject_refresh_token(**from).await.into());
        };
        let tokens = service.refresh(token, **from).await?;
        Ok(Json(token_response(&service, &tokens)))
    }

    /// End the session
    ///
    /// Its tokens open nothing from now on. It takes the access token, or, when that has expired, the refresh
    /// token. Sent again with the same token, while an access token has not expired, the answer is the same.
    #[oai(path = "/logout", method = "post", operation_id = "logout")]
    async fn logout(
        &self,
        token: AnyToken,
        service: Data<&Service>,
        body: OptionalJson<Logout>,
    ) -> Result<LoggedOut, ApiError> {
        let body = body.0.map(|body| body.and_then(|body| body.refresh_token));
        let ended = match (body, token) {
            (Ok(Some(text)), token) => {
                let Some(refresh) = RefreshToken::parse(&text) else {
                    let words = "This is no refresh token. Send that of the last answer";
                    let error = FieldError::new("refresh_token", FieldCode::InvalidToken, words);
                    return Err(error.into());
                };
                log_out(&service, &token, refresh).await
            }
            (_, AnyToken::None) => Err(Error::Unauthenticated(AuthError::NoToken)),
            (Err(error), AnyToken::Access(token)) => {
                let token = token.0.expose_secret();
                service.authenticate_access(token).await?;
                return Err(error);
            }
            (Ok(None), AnyToken::Access(token)) => {
                service.log_out_device(token.0.expose_secret()).await
            }
        };
        if let Some(user) = ended? {
            Span::current().record("user", tracing::field::display(user));
        }
        Ok(LoggedOut::Done)
    }
}

/// Ends the session of the access token; that of the refresh token only when the access token opens nothing, since a
/// client may still hold an older one.
async fn log_out(
    service: &Service,
    token: &AnyToken,
    refresh: RefreshToken,
) -> Result<Option<Uuid>, Error> {
    if let AnyToken::Access(access) = token {
        match service.log_out_device(access.0.expose_secret()).await {
            Err(Error::Unauthenticated(_)) => {}
            ended => return ended,
        }
    }
    service.log_out_with_refresh_token(refresh).await
}

/// The tokens of a session as `login` and `refresh_token` answer them; the log names their user.
fn token_response(service: &Service, tokens: &service::TokenPair) -> Tokens {
    Span::current().record("user", tracing::field::display(tokens.public_id));
    // To the nearest second: some milliseconds have passed since the session was stored.
    let refresh_expires = tokens.expires - service.clock().now() + Duration::milliseconds(500);
    Tokens {
        token: tokens.access.expose_secret().into(),
        token_type: "Bearer".into(),
        expires_in: ACCESS_TOKEN_TTL.whole_seconds(),
        refresh_token: tokens.refresh.expose_secret().into(),
        refresh_expires_in: refresh_expires.whole_seconds(),
        session_id: tokens.session_id.0,
    }
}
