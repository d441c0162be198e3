//! The JSON API under `/api/v1`: calls in the style of remote procedures, described by a document
//! that is made from the handlers themselves. Never reads the cookie, so no other site can act through
//! it. May import `service`, `domain` and `assets`; knows neither SQL nor the pages.

mod account;
mod bearer;
mod date;
mod docs;
mod document;
mod json;
mod problem;
mod refusal;
mod session;
mod todo;
mod version;

use poem::{EndpointExt as _, IntoEndpoint as _, Route, endpoint::BoxEndpoint, get};
use poem_openapi::{OpenApiService, Tags};

use crate::domain::todo::Page;

pub use document::document;
pub use problem::failure;
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
        .at("/openapi.json", get(docs::json()))
        .at("/docs", get(docs::page))
        .at("/docs/", get(docs::without_slash))
        .nest("/v1", refusal::of_known_parameters(calls().into_endpoint()))
        .map_to_response()
        .boxed()
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
pub fn list_json(page: Page, rev: u64) -> Vec<u8> {
    json::bytes(&todo::TodoList::new(page, rev))
}
