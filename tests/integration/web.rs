//! The pages over HTTP: what a browser sends and gets, with and without htmx.

mod account;
mod assets;
mod compression;
mod draft;
mod failures;
mod harmless;
mod head;
mod headers;
mod hostile;
mod list;
mod logs;
mod older;
mod origin;
mod owner;
mod password;
mod quoted;
mod repetition;
mod routes;
mod sessions;
pub(crate) mod site;
mod todo;
mod words;
