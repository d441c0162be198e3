//! Everything that needs a real database, in one binary. Each test has a database of its own.

mod api;
mod command;
mod docs;
mod layers;
mod log;
mod migrations;
mod outage;
mod pool;
mod proxy;
mod session;
mod todo;
mod user;
mod web;
mod world;
