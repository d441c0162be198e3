//! The API over HTTP, and its document.

mod absent;
mod bearer;
mod compatibility;
mod examples;
mod harmless;
pub(crate) mod openapi;
mod problem;
mod repetition;
mod schema_version;
mod session;
mod swagger_ui;
mod sync;
mod todo;
mod user;
mod web_api_parity;
