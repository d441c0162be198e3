//! Calls about users: registration and the own account; changing the password in a file of its own.

pub(super) mod password_change;

use poem::web::Data;
use poem_openapi::{ApiResponse, Object, OpenApi};
use serde::{Deserialize, Serialize};
use tracing::Span;
use uuid::Uuid;

use super::{Tag, bearer::Caller, json::Json, problem::ApiError};
use crate::{
    domain::{
        self,
        client_ip::ClientIp,
        user::{Registration, RegistrationInput, TimeZone},
    },
    service::Service,
};

pub(super) struct UserApi;

/// A registration. The username is trimmed and folded to lower case.
#[derive(Default, Deserialize, Object)]
#[oai(deny_unknown_fields)]
#[serde(default, deny_unknown_fields)]
struct RegisterUser {
    /// Given name: something that can be seen. Trimmed.
    first_name: String,
    /// Family name: something that can be seen. Trimmed.
    last_name: String,
    /// At most 100 letters A to Z, digits, dots, underscores and hyphens; not case-sensitive. Blanks
    /// around it do not count.
    username: String,
    /// At most 128 characters in Unicode's form NFKC, in which it is hashed; not trimmed. Refused when it
    /// is common or contains the username.
    password: String,
    /// The same once more, where a person types it.
    password_again: Option<String>,
}

/// A registered person.
#[derive(Object, Serialize)]
#[expect(clippy::struct_field_names, reason = "the original's name for it")]
struct User {
    /// Names the user outside.
    public_id: Uuid,
    /// Given name.
    first_name: String,
    /// Family name.
    last_name: String,
    /// The username, folded.
    user_name: String,
    /// The IANA name of the time zone that says what "today" is; `UTC` until it is set.
    time_zone: String,
}

/// What to change of the own account. What is left out stays as it is.
#[derive(Default, Deserialize, Object)]
#[oai(deny_unknown_fields)]
#[serde(default, deny_unknown_fields)]
struct UpdateMe {
    /// An IANA name, such as that of the phone's own zone; old names are taken too.
    time_zone: Option<String>,
}

impl From<domain::user::User> for User {
    fn from(user: domain::user::User) -> Self {
        Self {
            public_id: user.public_id,
            first_name: user.first_name,
            last_name: user.last_name,
            user_name: user.username,
            time_zone: user.time_zone.to_string(),
        }
    }
}

#[derive(ApiResponse)]
enum Registered {
    /// The account was made; log in with it.
    #[oai(status = 201)]
    Created(Json<User>),
}

#[OpenApi(tag = "Tag::Account")]
impl UserApi {
    /// Make an account
    ///
    /// Every broken rule comes back at once, one a field. The username is taken for ever. Sent again
    /// within a minute after its answer got lost, this call answers the same user.
    #[oai(
        path = "/register_user",
        method = "post",
        operation_id = "register_user"
    )]
    async fn register_user(
        &self,
        service: Data<&Service>,
        from: Data<&ClientIp>,
        body: Json<RegisterUser>,
    ) -> Result<Registered, ApiError> {
        let Json(input) = &body;
        let registration = Registration::parse(RegistrationInput {
            first_name: &input.first_name,
            last_name: &input.last_name,
            username: &input.username,
            password: &input.password,
            password_again: input.password_again.as_deref(),
        });
        let user = service.register(registration?, **from).await?;
        Span::current().record("user", tracing::field::display(user.public_id));
        Ok(Registered::Created(Json(user.into())))
    }

    /// Who the token belongs to
    ///
    /// The person that logged in with it.
    #[oai(path = "/me", method = "get", operation_id = "me")]
    async fn me(&self, caller: Caller, service: Data<&Service>) -> Result<Json<User>, ApiError> {
        let user = service.user(&caller.0).await?;
        Ok(Json(user.into()))
    }

    /// Change the own account
    ///
    /// Sets what is sent and leaves the rest. Another time zone moves nothing: due dates and times are those of the
    /// user's own calendar and clock.
    #[oai(path = "/update_me", method = "post", operation_id = "update_me")]
    async fn update_me(
        &self,
        caller: Caller,
        service: Data<&Service>,
        body: Json<UpdateMe>,
    ) -> Result<Json<User>, ApiError> {
        let time_zone = body.0.time_zone.as_deref().map(TimeZone::parse);
        let user = service.update_user(&caller.0, time_zone.transpose()?);
        Ok(Json(user.await?.into()))
    }
}
