//! A multi-user to-do list in a single binary. This is its map; each layer may use only what is to the
//! right of it, and a test (`tests/integration/layers.rs`) keeps it so.
//!
//! ```text
//! main -> command -> { app, jobs -> service }
//!         app -> { web, api } -> service -> store -> database -> domain
//!         app -> { web, api } -> assets -> http
//!         app -> server -> domain
//!         app -> telemetry -> config -> database
//! { server, database } -> detach_on_drop
//! ```
//!
//! The same noun (`todo`, `user`, `session`) has the same file name in each layer: a feature is a
//! straight line of short files from the page or the call, over the verb and the statement, to the
//! type.

pub mod api;
pub mod app;
pub mod assets;
#[doc(hidden)]
pub mod bench;
pub mod config;
pub mod database;
mod detach_on_drop;
pub mod domain;
pub mod http;
pub mod server;
pub mod service;
pub mod store;
pub mod telemetry;
pub mod web;
