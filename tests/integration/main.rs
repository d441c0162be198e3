//! Everything that needs a real database, in one binary. Each test has a database of its own.

mod api;
mod command;
mod log;
mod pool;
mod proxy;
mod web;
mod world;
