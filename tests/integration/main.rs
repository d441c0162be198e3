//! Everything that needs a real database, in one binary. Each test has a database of its own.

mod api;
mod clock;
mod command;
mod database;
mod documents;
mod layers;
mod migrations;
mod outage;
mod parsers;
mod rate_limit;
mod server;
mod session;
mod support;
mod test_files;
mod todo;
mod user;
mod vocabulary;
mod web;
