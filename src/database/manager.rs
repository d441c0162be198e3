//! Opens connections for the pool, and decides which may be lent again.

use std::time::Duration;

use deadpool::managed::{self, Metrics, RecycleError, RecycleResult};
use sqlx::{Connection as _, MySqlConnection};
use tokio::time::Instant;

use super::failover::{Found, Hosts, Options};
use crate::domain::error::Error;

/// A connection that rested longer is pinged before it is lent: a firewall or the server may have
/// dropped it meanwhile.
const CHECK_AFTER: Duration = Duration::from_secs(5);
/// Connections are replaced at this age, give or take a tenth, so that a moved endpoint is noticed.
const MAX_LIFETIME: Duration = Duration::from_mins(5);

pub(super) struct Connector {
    pub(super) hosts: Hosts,
}

impl Connector {
    pub(super) fn new(options: Options) -> Self {
        Self {
            hosts: Hosts::new(options),
        }
    }
}

/// A connection with its age and where it leads.
pub(super) struct Opened {
    pub(super) connection: MySqlConnection,
    pub(super) used: Instant,
    expires: Instant,
    pub(super) host: usize,
    /// By which the server knows it; none where it does not say.
    pub(super) thread: Option<u64>,
}

impl managed::Manager for Connector {
    type Type = Opened;
    type Error = Error;

    async fn create(&self) -> Result<Opened, Error> {
        let now = Instant::now();
        let expires = now + MAX_LIFETIME.mul_f64(0.9 + 0.2 * fastrand::f64());
        let Found {
            host,
            connection,
            thread,
        } = self.hosts.connect().await?;
        Ok(Opened {
            connection,
            used: now,
            expires,
            host,
            thread,
        })
    }

    async fn recycle(&self, opened: &mut Opened, _: &Metrics) -> RecycleResult<Error> {
        if Instant::now() >= opened.expires {
            return Err(RecycleError::message("expired"));
        }
        if !self.hosts.is_writer(opened.host) {
            return Err(RecycleError::message("the database moved"));
        }
        if opened.used.elapsed() > CHECK_AFTER {
            let pong = opened.connection.ping().await;
            pong.map_err(|error| RecycleError::Backend(error.into()))?;
        }
        Ok(())
    }
}
