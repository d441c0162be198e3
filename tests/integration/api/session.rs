//! The calls of sessions: a file for each.

mod login;
mod logout;
mod refresh_token;
