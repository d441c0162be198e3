//! Pages about the user: registration, the account and its password.

pub(super) mod password_change;
pub(super) mod profile;
pub(super) mod registration;
pub(super) mod settings;
