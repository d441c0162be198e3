//! The JSON API under `/api/v1`: calls in the style of remote procedures, described by a document
//! that is made from the handlers themselves. Never reads the cookie, so no other site can act through
//! it. May import `service`, `domain` and `assets`; knows neither SQL nor the pages.

mod account;
mod docs;
mod document;
mod problem;

use poem::{EndpointExt as _, Route, endpoint::BoxEndpoint, get};
use poem_openapi::OpenApiService;

pub use document::document;
pub use problem::answers;

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
        .nest("/v1", calls())
        .map_to_response()
        .boxed()
}

fn calls() -> OpenApiService<account::Calls, ()> {
    OpenApiService::new(account::Calls, "Tickbox API", env!("CARGO_PKG_VERSION")).server("/api/v1")
}
