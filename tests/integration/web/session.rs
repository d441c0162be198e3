//! The pages of sessions: a file for each route.

mod end_other_sessions;
mod end_session;
mod login;
mod logout;
mod sessions;
