//! The pages over HTTP: what a browser sends and gets, with and without htmx.

mod account;
mod active_sessions;
mod assets;
mod compression;
mod csrf;
mod draft;
mod failures;
mod harmless;
mod head;
mod headers;
mod list;
mod logs;
mod older;
mod owner;
mod password_change;
mod quoted;
mod repetition;
mod routes;
mod todo;
mod words;
mod xss;
