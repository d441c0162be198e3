//! The JSON API under `/api/v1`: calls in the style of remote procedures, described by a document
//! that is made from the handlers themselves. Never reads the cookie, so no other site can act through
//! it. May import `service`, `domain` and `assets`; knows neither SQL nor the pages.

mod account;
mod asked;
mod bearer;
mod docs;
mod document;
mod json;
mod problem;
mod refusal;
mod schema;
mod session;
mod todo;
mod version;

use std::sync::Arc;

use poem::{
    Endpoint, EndpointExt as _, IntoEndpoint as _, IntoResponse as _, Request, Response, Result,
    Route, endpoint::BoxEndpoint, get, http::Uri,
};
use poem_openapi::{OpenApiService, Tags};

use crate::domain::todo::Page;

pub use document::document;
pub use problem::refused;
pub use refusal::answers;

/// Under which the router mounts it.
pub const PATH: &str = "/api";

/// Whether an address is the API's.
#[must_use]
pub fn is_for(path: &str) -> bool {
    let rest = path.strip_prefix(PATH);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// All calls, the document, and the page that shows it.
#[must_use]
pub fn routes() -> BoxEndpoint<'static> {
    Route::new()
        .at("/openapi.json", get(docs::json))
        .at("/docs", get(docs::page))
        .at("/docs/", get(docs::without_slash))
        .nest("/v1", calls().into_endpoint().around(answered))
        .map_to_response()
        .boxed()
}

/// Answers a call. One with a slash behind its name is answered like the one without: few clients send
/// a body again when they are sent elsewhere.
async fn answered<E: Endpoint>(calls: Arc<E>, mut request: Request) -> Result<Response> {
    if let Some(refusal) = refusal::of_unknown_parameters(&request) {
        return Ok(refusal);
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

type Calls = (
    account::Calls,
    session::Calls,
    session::own::Calls,
    todo::Calls,
);

fn calls() -> OpenApiService<Calls, ()> {
    let calls = (
        account::Calls,
        session::Calls,
        session::own::Calls,
        todo::Calls,
    );
    OpenApiService::new(calls, "Tickbox API", env!("CARGO_PKG_VERSION")).server("/api/v1")
}

/// The JSON of a part of the list; public for `benches` alone.
#[doc(hidden)]
#[must_use]
pub fn list_json(page: Page) -> Vec<u8> {
    json::bytes(&schema::TodoList::new(page))
}
