//! Pages about sessions: logging in and out, and the active sessions of the user.

pub(super) mod active;
pub(super) mod login;
pub(super) mod logout;
mod user_agent;
