//! Whether requests can be answered: asked by anybody as often as they like, found out once a second.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::Mutex;

use super::Service;
use crate::database::migrations;

/// How long a verdict holds. Balancers ask every few seconds; who asks more often must not load the
/// database with it.
const HOLDS: Duration = Duration::from_secs(1);

/// The last verdict; whoever finds out another one holds the lock, so that one question at a time is
/// on its way.
#[derive(Clone, Default)]
pub(super) struct Readiness(Arc<Mutex<Option<(Instant, bool)>>>);

impl Service {
    /// Whether requests can be answered: the database does, and has the schema this binary needs. As
    /// it was found at most a second ago; why not, is logged.
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
