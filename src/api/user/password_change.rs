//! The call that changes the password.

use poem::web::Data;
use poem_openapi::{ApiResponse, Object, OpenApi};
use serde::Deserialize;

use super::super::{Tag, bearer::Caller, json::Json, problem::ApiError};
use crate::{
    domain::{
        client_ip::ClientIp,
        user::{PasswordChange, PasswordChangeInput},
    },
    service::Service,
};

pub(in crate::api) struct PasswordChangeApi;

/// A change of the password.
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
impl PasswordChangeApi {
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
    ) -> Result<PasswordChanged, ApiError> {
        let Json(input) = &body;
        let user = service.user(&caller.0).await?;
        let input = PasswordChangeInput {
            current_password: &input.current_password,
            new_password: &input.new_password,
            new_password_again: input.new_password_again.as_deref(),
        };
        let change = PasswordChange::parse(input, &user.username)?;
        let changed = service.change_password_on_device(&caller.0, change, **from);
        changed.await?;
        Ok(PasswordChanged::Done)
    }
}
