//! The commands of the binary, one file each, and why one ends before it should.

mod healthcheck;
mod migrate;
mod restored;
mod serve;

use std::io;

use tickbox::{config::ConfigErrors, domain::error::Error};

pub(crate) use self::{
    healthcheck::healthcheck, migrate::migrate, restored::restored, serve::serve,
};

/// Why a command ends before it should.
pub(crate) enum CommandError {
    /// Bad settings.
    Config(ConfigErrors),
    /// An address that cannot be listened on, with advice.
    Port(String),
    /// Any other cause.
    Other(String),
}

impl From<Error> for CommandError {
    fn from(error: Error) -> Self {
        Self::Other(match error {
            Error::Unavailable { cause, .. } => cause,
            Error::Internal(cause) => cause.to_string(),
            error => error.to_string(),
        })
    }
}

impl From<io::Error> for CommandError {
    fn from(error: io::Error) -> Self {
        Self::Other(error.to_string())
    }
}
