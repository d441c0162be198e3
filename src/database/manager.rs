//! The pool's manager: opens connections to the primary and decides which may be reused.

use std::time::Duration;

use deadpool::managed::{self, Metrics, RecycleError, RecycleResult};
use sqlx::{Connection as _, MySqlConnection};
use tokio::time::Instant;

use super::{
    connection::ConnectOptions,
    failover::{Found, Hosts},
};
use crate::domain::error::Error;

/// A connection that was idle for longer is pinged before it is lent: a firewall or the server may have
/// dropped it meanwhile.
const PING_AFTER: Duration = Duration::from_secs(5);
/// Connections are replaced at this age, give or take a tenth (jitter), so that a moved endpoint is noticed.
const MAX_LIFETIME: Duration = Duration::from_mins(5);

pub(super) struct Manager {
    pub(super) hosts: Hosts,
}

impl Manager {
    pub(super) fn new(options: ConnectOptions) -> Self {
        Self {
            hosts: Hosts::new(options),
        }
    }
}

/// A connection with its age and its host.
pub(super) struct PooledConnection {
    pub(super) connection: MySqlConnection,
    pub(super) last_used: Instant,
    expires: Instant,
    pub(super) host: usize,
    /// The server's id of the connection; none where the server does not say.
    pub(super) thread: Option<u64>,
}

impl managed::Manager for Manager {
    type Type = PooledConnection;
    type Error = Error;

    async fn create(&self) -> Result<PooledConnection, Error> {
        let now = Instant::now();
        let expires = now + MAX_LIFETIME.mul_f64(0.9 + 0.2 * fastrand::f64());
        let Found {
            host,
            connection,
            thread,
        } = self.hosts.connect().await?;
        Ok(PooledConnection {
            connection,
            last_used: now,
            expires,
            host,
            thread,
        })
    }

    async fn recycle(&self, pooled: &mut PooledConnection, _: &Metrics) -> RecycleResult<Error> {
        if Instant::now() >= pooled.expires {
            return Err(RecycleError::message("expired"));
        }
        if !self.hosts.is_primary(pooled.host) {
            return Err(RecycleError::message("the primary changed"));
        }
        if pooled.last_used.elapsed() > PING_AFTER {
            let pong = pooled.connection.ping().await;
            pong.map_err(|error| RecycleError::Backend(error.into()))?;
        }
        Ok(())
    }
}
