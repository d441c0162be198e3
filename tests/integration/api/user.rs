//! The calls of an account: a file for each.

mod change_password;
mod register_user;
