//! Calls about people.

use poem::web::Data;
use poem_openapi::{ApiResponse, Object, OpenApi, Tags, payload::Json, types::Example};
use uuid::Uuid;

use super::problem::{Failure, failed};
use crate::{
    domain::{
        self,
        user::{Registration, RegistrationInput},
    },
    service::Service,
};

pub(super) struct Calls;

#[derive(Tags)]
enum Tag {
    /// Making an account.
    Account,
}

/// Somebody who wants an account. The username is folded to lower case.
#[derive(Object)]
#[oai(deny_unknown_fields, example)]
struct RegisterUser {
    /// Given name: 1 to 50 characters after trimming.
    first_name: String,
    /// Family name: 1 to 50 characters after trimming.
    last_name: String,
    /// The letters A to Z, digits, dots, underscores and hyphens; not case-sensitive.
    username: String,
    /// Neither trimmed nor changed. Refused when it is common or contains the username.
    password: String,
    /// The same once more, where a person types it.
    #[oai(skip_serializing_if_is_none)]
    password_again: Option<String>,
}

impl Example for RegisterUser {
    fn example() -> Self {
        Self {
            first_name: "Ona".into(),
            last_name: "Petraitė".into(),
            username: "ona.petraite".into(),
            password: "seven green bottles".into(),
            password_again: Some("seven green bottles".into()),
        }
    }
}

/// A registered person.
#[derive(Object)]
#[oai(example)]
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

impl Example for User {
    fn example() -> Self {
        Self {
            public_id: Uuid::from_u128(0x2f1d_6b8e_7a43_4c59_9d0e_5b7c_1a2f_3e4d),
            first_name: "Ona".into(),
            last_name: "Petraitė".into(),
            user_name: "ona.petraite".into(),
        }
    }
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

#[OpenApi(tag = "Tag::Account")]
impl Calls {
    /// Make an account
    ///
    /// Every broken rule comes back at once, one a field. The username is taken for ever.
    #[oai(
        path = "/register_user",
        method = "post",
        operation_id = "register_user",
        response_header(
            name = "x-request-id",
            ty = "String",
            description = "Names this request in the server's log"
        )
    )]
    async fn register_user(
        &self,
        service: Data<&Service>,
        body: Json<RegisterUser>,
    ) -> Result<Registered, Failure> {
        let registration = Registration::parse(RegistrationInput {
            first_name: &body.first_name,
            last_name: &body.last_name,
            username: &body.username,
            password: &body.password,
            password_again: body.password_again.as_deref(),
        });
        let registration = registration.map_err(|errors| failed(errors.into()))?;
        let user = service.register(registration).await.map_err(failed)?;
        Ok(Registered::Created(Json(user.into())))
    }
}
