//! Authentication of calls: the access token in `Authorization: Bearer`, and nothing else. A cookie never
//! opens the API.

use poem::{
    FromRequest as _, Request, RequestBody, Result, http::header::AUTHORIZATION, web::Data,
};
use poem_openapi::{
    SecurityScheme,
    auth::{Bearer, BearerAuthorization as _},
};
use secrecy::{ExposeSecret as _, SecretString};
use tracing::Span;

use super::problem::ApiError;
use crate::{
    domain::{
        error::{AuthError, Error},
        user::{Account, UserId},
    },
    service::Service,
};

/// The `token` that `login` and `refresh_token` answer. It is good for ten minutes.
#[derive(SecurityScheme)]
#[oai(
    rename = "bearer",
    ty = "bearer",
    bearer_format = "JWT",
    checker = "authenticate"
)]
pub(super) struct Caller(pub(super) Account);

/// The `token` that `login` and `refresh_token` answer. It is good for ten minutes.
///
/// The same scheme, for the call that ends the session: the session may have ended before.
#[derive(SecurityScheme)]
#[oai(
    rename = "bearer",
    ty = "bearer",
    bearer_format = "JWT",
    checker = "only_one"
)]
pub(super) struct Token(pub(super) SecretString);

/// The access token of a call that can do without.
#[derive(SecurityScheme)]
pub(super) enum AnyToken {
    Access(Token),
    #[oai(fallback)]
    None,
}

#[expect(clippy::unused_async, reason = "the framework waits for a checker")]
async fn only_one(request: &Request, bearer: Bearer) -> Result<SecretString> {
    // The framework reads the first of several headers; a proxy may have checked the last.
    if request.headers().get_all(AUTHORIZATION).iter().count() > 1 {
        return Err(ApiError::from(Error::Unauthenticated(AuthError::NoToken)).into());
    }
    Ok(bearer.token.into())
}

async fn authenticate(request: &Request, bearer: Bearer) -> Result<Account> {
    let service = Data::<&Service>::from_request(request, &mut RequestBody::default()).await?;
    verify(request, bearer, &service).await
}

/// The user of the access token of a request, whose body need not have arrived.
///
/// # Errors
/// When there is no token, or it is not valid, and those of the database.
pub async fn authenticated_user(request: &Request, service: &Service) -> Result<UserId> {
    let bearer = Bearer::from_request(request)?;
    Ok(verify(request, bearer, service).await?.user_id)
}

async fn verify(request: &Request, bearer: Bearer, service: &Service) -> Result<Account> {
    let token = only_one(request, bearer).await?;
    let account = service.authenticate_access(token.expose_secret()).await;
    let account = account.map_err(ApiError::from)?;
    Span::current().record("user", tracing::field::display(account.public_id));
    Ok(account)
}
