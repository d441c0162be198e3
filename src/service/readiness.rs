//! Readiness check, cached for one second.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::Mutex;

use super::Service;
use crate::database::migrations;

/// How long a result is cached: a client that asks more often than balancers do must not load the database.
const HOLDS: Duration = Duration::from_secs(1);

/// The cached result; its lock is held while it is refreshed, so that there is one query at a time.
#[derive(Clone, Default)]
pub(super) struct Readiness(Arc<Mutex<Option<(Instant, bool)>>>);

impl Service {
    /// Whether requests can be answered: the database is reachable and has the schema that this binary needs, as
    /// of at most a second ago. The reason why not is logged.
    pub async fn is_ready(&self) -> bool {
        let mut last = self.readiness.0.lock().await;
        if let Some((found, ready)) = *last
            && found.elapsed() < HOLDS
        {
            return ready;
        }
        let verdict = self.database.read(migrations::verify).await;
        if let Err(cause) = &verdict {
            tracing::warn!(%cause, "not ready");
        }
        *last = Some((Instant::now(), verdict.is_ok()));
        verdict.is_ok()
    }
}
