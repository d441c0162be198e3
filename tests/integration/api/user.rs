//! The calls of an account: a file for each.

mod change_password;
mod me;
mod register_user;
mod update_me;
