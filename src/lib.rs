//! Tickbox: a multi-user to-do list.
pub mod domain;
pub mod service;
pub mod store;
