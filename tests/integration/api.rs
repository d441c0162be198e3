//! The API over HTTP, and its document.

mod absent;
mod bearer;
mod call_id;
mod compatibility;
mod cross_origin;
mod examples;
mod expected_rev;
mod harmless;
mod offline_add;
pub(crate) mod openapi;
mod outbox;
mod plan;
mod problem;
mod quick_add;
mod removed_list;
mod repetition;
mod schema_version;
mod session;
mod swagger_ui;
mod sync;
mod todo;
mod user;
mod web_api_parity;
mod wrong_type;
