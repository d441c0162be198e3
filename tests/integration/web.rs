//! The pages over HTTP: what a browser sends and gets, with and without htmx.

mod assets;
mod compression;
mod cookie;
mod csrf;
mod draft;
mod failures;
mod flash;
mod harmless;
mod head;
mod headers;
mod logs;
mod older;
mod owner;
mod quoted;
mod repetition;
mod routes;
mod session;
mod todo;
mod user;
mod words;
mod xss;
