//! The calls of sessions: a file for each.

mod end_other_sessions;
mod end_session;
mod login;
mod logout;
mod refresh_token;
mod session_list;
