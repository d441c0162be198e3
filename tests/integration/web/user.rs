//! The pages of an account: a file for each route.

mod account;
mod change_password;
mod register;
mod settings;
