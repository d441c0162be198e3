//! RPC-style JSON API under `/api/v1`; its OpenAPI document is generated from the handlers. Never reads the cookie, so no other site can act through
//! it. May import `service`, `domain` and `assets`; knows neither SQL nor the pages.

mod bearer;
mod error_middleware;
mod etag;
mod json;
mod openapi;
mod openapi_endpoint;
mod preflight;
mod problem;
mod query_parameters;
mod read_request;
mod schema;
mod session;
mod swagger_ui;
mod tag;
mod todo;
mod user;

use std::sync::Arc;

use poem::{
    Endpoint, EndpointExt as _, IntoEndpoint as _, IntoResponse as _, Request, Response, Result,
    Route,
    endpoint::BoxEndpoint,
    get,
    http::{Method, Uri},
};
use poem_openapi::{OpenApiService, Tags};

use crate::{
    domain::{BATCH_INPUT_MAX, INPUT_MAX, NOTES_INPUT_MAX, todo::Page},
    http::origin::{PublicOrigin, TrustedProxies},
};

pub use bearer::authenticated_user;
pub use error_middleware::with_problem_responses;
pub use openapi::document;
pub use problem::error_response;

/// The path of the API.
pub const PATH: &str = "/api";

/// The path of the calls.
const SERVER: &str = "/api/v1";

/// Whether a path belongs to the API.
#[must_use]
pub fn is_api_path(path: &str) -> bool {
    let rest = path.strip_prefix(PATH);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Maximum bytes of the body of a request: more for a batch, and for a call that takes notes.
#[must_use]
pub fn body_max(request: &Request) -> usize {
    let path = request.uri().path();
    match path.strip_suffix('/').unwrap_or(path) {
        _ if request.method() != Method::POST => INPUT_MAX,
        "/api/v1/sync" => BATCH_INPUT_MAX,
        "/api/v1/add_todo" | "/api/v1/update_todo" => NOTES_INPUT_MAX,
        _ => INPUT_MAX,
    }
}

/// All calls, the OpenAPI document, and Swagger UI.
#[must_use]
pub fn routes(
    proxies: TrustedProxies,
    public_origin: Option<PublicOrigin>,
) -> BoxEndpoint<'static> {
    let document = get(openapi_endpoint::json);
    Route::new()
        .at("/openapi.json", document.data(proxies).data(public_origin))
        .at("/docs", get(swagger_ui::page))
        .at("/docs/", get(swagger_ui::redirect_slash))
        .nest("/v1", calls().into_endpoint().around(answered))
        .map_to_response()
        .boxed()
}

/// Answers a call. A trailing slash is ignored rather than redirected: few clients send a body again after a
/// redirect.
async fn answered<E: Endpoint>(calls: Arc<E>, mut request: Request) -> Result<Response> {
    let methods = openapi::methods(request.original_uri().path());
    if let Some(response) = preflight::response(&request, &methods) {
        return Ok(response);
    }
    if let Err(error) = query_parameters::check(&request) {
        let path = request.original_uri().path();
        return Ok(error_middleware::with_path_pattern(
            path,
            error.into_response(),
        ));
    }
    if let Some(uri) = without_slash(request.uri()) {
        *request.uri_mut() = uri;
    }
    Ok(calls.call(request).await?.into_response())
}

fn without_slash(uri: &Uri) -> Option<Uri> {
    let path = uri.path().strip_suffix('/')?;
    let query = uri.query().unwrap_or_default();
    format!("{path}?{query}").parse().ok()
}

/// What the calls are about.
#[derive(Tags)]
enum Tag {
    /// Making an account, who one is, and the password.
    Account,
    /// Logging in, staying logged in, seeing where, logging out.
    Session,
    /// The list.
    Todo,
}

type Apis = (
    user::UserApi,
    user::password_change::PasswordChangeApi,
    session::login::LoginApi,
    session::SessionApi,
    session::active::ActiveSessionsApi,
    todo::TodoApi,
    todo::sync::SyncApi,
    tag::TagApi,
);

fn calls() -> OpenApiService<Apis, ()> {
    let apis = (
        user::UserApi,
        user::password_change::PasswordChangeApi,
        session::login::LoginApi,
        session::SessionApi,
        session::active::ActiveSessionsApi,
        todo::TodoApi,
        todo::sync::SyncApi,
        tag::TagApi,
    );
    OpenApiService::new(apis, "Tickbox API", env!("CARGO_PKG_VERSION")).server(SERVER)
}

/// The JSON of a page of the list.
pub(crate) fn list_json(page: Page) -> Vec<u8> {
    json::bytes(&schema::TodoList::new(page))
}
