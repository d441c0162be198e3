//! Calls about people.

use poem::web::Data;
use poem_openapi::{ApiResponse, Object, OpenApi};
use serde::{Deserialize, Serialize};
use tracing::Span;
use uuid::Uuid;

use super::{
    Tag,
    bearer::Caller,
    json::Json,
    problem::{Failure, failed},
};
use crate::{
    domain::{
        self,
        client_ip::ClientIp,
        user::{PasswordChange, PasswordChangeInput, Registration, RegistrationInput},
    },
    service::Service,
};

pub(super) struct Calls;

/// Somebody who wants an account. The username is trimmed and folded to lower case.
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
}

impl From<domain::user::User> for User {
    fn from(user: domain::user::User) -> Self {
        Self {
            public_id: user.public_id,
            first_name: user.first_name,
            last_name: user.last_name,
            user_name: user.username,
        }
    }
}

#[derive(ApiResponse)]
enum Registered {
    /// The account was made; log in with it.
    #[oai(status = 201)]
    Created(Json<User>),
}

/// Somebody who takes another password.
#[derive(Default, Deserialize, Object)]
#[oai(deny_unknown_fields)]
#[serde(default, deny_unknown_fields)]
struct ChangePassword {
    /// The one that the account has.
    current_password: String,
    /// At most 128 characters in Unicode's form NFKC, in which it is hashed; not trimmed. Refused when it
    /// is the current one, common or contains the username.
    new_password: String,
    /// The new one once more, where a person types it.
    new_password_again: Option<String>,
}

#[derive(ApiResponse)]
enum PasswordChanged {
    /// The new password counts. This session goes on with the tokens it has; all others have ended.
    #[oai(status = 204)]
    Done,
}

#[OpenApi(tag = "Tag::Account")]
impl Calls {
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
    ) -> Result<Registered, Failure> {
        let Json(input) = &body;
        let registration = Registration::parse(RegistrationInput {
            first_name: &input.first_name,
            last_name: &input.last_name,
            username: &input.username,
            password: &input.password,
            password_again: input.password_again.as_deref(),
        });
        let registration = registration.map_err(|errors| failed(errors.into()))?;
        let user = service
            .register(registration, **from)
            .await
            .map_err(failed)?;
        Span::current().record("user", tracing::field::display(user.public_id));
        Ok(Registered::Created(Json(user.into())))
    }

    /// Who the token belongs to
    ///
    /// The person that logged in with it.
    #[oai(path = "/me", method = "get", operation_id = "me")]
    async fn me(&self, caller: Caller, service: Data<&Service>) -> Result<Json<User>, Failure> {
        let user = service.user(&caller.0).await.map_err(failed)?;
        Ok(Json(user.into()))
    }

    /// Change the password
    ///
    /// All other sessions end at once, of browsers and of phones; this one goes on with the tokens it
    /// has. A wrong current password is an error of its field, `wrong_password`; but what this
    /// session sends again within a minute, since the answer got lost, is answered like the first one.
    #[oai(
        path = "/change_password",
        method = "post",
        operation_id = "change_password"
    )]
    async fn change_password(
        &self,
        caller: Caller,
        service: Data<&Service>,
        from: Data<&ClientIp>,
        body: Json<ChangePassword>,
    ) -> Result<PasswordChanged, Failure> {
        let Json(input) = &body;
        let user = service.user(&caller.0).await.map_err(failed)?;
        let input = PasswordChangeInput {
            current_password: &input.current_password,
            new_password: &input.new_password,
            new_password_again: input.new_password_again.as_deref(),
        };
        let change = PasswordChange::parse(input, &user.username);
        let change = change.map_err(|errors| failed(errors.into()))?;
        let changed = service.change_password_on_device(&caller.0, change, **from);
        changed.await.map_err(failed)?;
        Ok(PasswordChanged::Done)
    }
}
