//! Calls about sessions: logging in, staying logged in, logging out.

pub(super) mod own;

use poem::{FromRequest, Request, RequestBody, web::Data};
use poem_openapi::{ApiResponse, Object, OpenApi};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use time::Duration;
use tracing::Span;
use uuid::Uuid;

use super::{
    Tag,
    bearer::Token,
    json::Json,
    problem::{Errors, Failure, failed},
};
use crate::{
    domain::{
        client_ip::ClientIp,
        error::{Error, FieldCode, FieldError},
        session::{ACCESS_TOKEN_TTL, CallId, DeviceName, RefreshToken},
        user::Credentials,
    },
    service::{self, ClientInfo, Service},
};

pub(super) struct Calls;

/// Somebody's credentials.
#[derive(Default, Deserialize, Object)]
#[oai(deny_unknown_fields)]
#[serde(default, deny_unknown_fields)]
struct Login {
    /// Not case-sensitive; blanks around it do not count.
    username: String,
    /// As it was chosen; composed and decomposed letters are the same.
    password: String,
    /// What the phone calls itself; otherwise its `User-Agent` is noted.
    device_name: Option<String>,
    /// Names this login, so that it begins one session however often it is sent: made by the client, a
    /// new one for each login; a UUID of any version. Sent again within a minute with the same id, the
    /// call answers the same session and the same refresh token.
    call_id: Option<String>,
}

/// What is exchanged for the next pair of tokens.
#[derive(Default, Deserialize, Object)]
#[oai(deny_unknown_fields)]
#[serde(default, deny_unknown_fields)]
struct Refresh {
    /// The `refresh_token` of the last answer that arrived.
    refresh_token: String,
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
impl Calls {
    /// Begin a session
    ///
    /// The access token opens the API for ten minutes; the refresh token is good for a session of at
    /// most 30 days without use and 90 days in all. An unknown username is answered like a wrong
    /// password.
    #[oai(path = "/login", method = "post", operation_id = "login")]
    async fn login(
        &self,
        client: Phone,
        service: Data<&Service>,
        body: Json<Login>,
    ) -> Result<Json<Tokens>, Failure> {
        let Json(input) = &body;
        let mut errors = Errors::default();
        let credentials = errors.note_all(Credentials::parse(&input.username, &input.password));
        let device = input.device_name.as_deref().map(DeviceName::parse);
        let device = errors.note(device.transpose());
        let call_id = errors.note(input.call_id.as_deref().map(CallId::parse).transpose());
        let (Some(credentials), Some(device), Some(call_id)) = (credentials, device, call_id)
        else {
            return Err(errors.into());
        };
        let Phone(mut client) = client;
        client.call_id = call_id;
        if let Some(device) = device {
            device.as_str().clone_into(&mut client.description);
        }
        let tokens = service.log_in_device(credentials, client).await;
        answer(&service, tokens)
    }

    /// Exchange the refresh token for the next pair
    ///
    /// Send it again if the answer got lost: the same refresh token is answered until that one has
    /// been exchanged in its turn, and for a minute after that. An older one ends the session, since
    /// somebody else must hold it.
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
    ) -> Result<Json<Tokens>, Failure> {
        let text = &body.0.refresh_token;
        if text.is_empty() {
            let words = "Send the refresh token of the last answer";
            let error = FieldError::new("refresh_token", FieldCode::Required, words);
            return Err(failed(error.into()));
        }
        let Some(token) = RefreshToken::parse(text) else {
            return Err(failed(service.reject_refresh_token(**from).await));
        };
        let tokens = service.refresh(token, **from).await;
        answer(&service, tokens)
    }

    /// End the session
    ///
    /// Its access tokens open nothing from now on. Sent again with the same access token, while that has
    /// not expired, the answer is the same.
    #[oai(path = "/logout", method = "post", operation_id = "logout")]
    async fn logout(&self, token: Token, service: Data<&Service>) -> Result<LoggedOut, Failure> {
        let ended = service.log_out_device(token.0.expose_secret()).await;
        if let Some(user) = ended.map_err(failed)? {
            Span::current().record("user", tracing::field::display(user));
        }
        Ok(LoggedOut::Done)
    }
}

fn answer(
    service: &Service,
    tokens: Result<service::TokenPair, Error>,
) -> Result<Json<Tokens>, Failure> {
    let tokens = tokens.map_err(failed)?;
    Span::current().record("user", tracing::field::display(tokens.public_id));
    // To the nearest second: some milliseconds have passed since the session was stored.
    let refresh_expires = tokens.expires - service.clock().now() + Duration::milliseconds(500);
    Ok(Json(Tokens {
        token: tokens.access.expose_secret().into(),
        token_type: "Bearer".into(),
        expires_in: ACCESS_TOKEN_TTL.whole_seconds(),
        refresh_token: tokens.refresh.expose_secret().into(),
        refresh_expires_in: refresh_expires.whole_seconds(),
        session_id: tokens.session_id.0,
    }))
}

/// The phone, as a login has to know it. It keeps no cookie: its way in past full limits is its
/// refresh token.
struct Phone(ClientInfo);

impl<'a> FromRequest<'a> for Phone {
    async fn from_request(request: &'a Request, body: &mut RequestBody) -> poem::Result<Self> {
        let Data(address) = Data::<&ClientIp>::from_request(request, body).await?;
        Ok(Self(ClientInfo {
            address: *address,
            description: request.header("user-agent").unwrap_or_default().to_owned(),
            device: None,
            call_id: None,
        }))
    }
}
