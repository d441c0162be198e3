//! Background jobs of an instance.

use std::time::Duration;

use tickbox::service::{Purged, Reindexed, Service};
use tokio::time::sleep;

/// How often an instance checks whether the daily purge is due, or was abandoned by another one.
const PURGE_CHECK: Duration = Duration::from_mins(10);
/// How often an instance checks whether to-dos are to be indexed.
const REINDEX_CHECK: Duration = Duration::from_mins(10);
/// Checks after the start at which they are looked at in any case: instances of the version before may still write.
const REINDEX_STARTS: u32 = 2;

/// Purges what is no longer needed. Every instance checks, one a day does it; expired rate limits are few
/// and deleted by every instance.
pub(crate) async fn purge_daily(service: Service) {
    loop {
        if let Err(cause) = service.purge_expired_limits().await {
            tracing::warn!(%cause, "expired rate limits could not be deleted");
        }
        match service.purge_if_due().await {
            Ok(None) => {}
            Ok(Some(Purged {
                tombstones,
                sessions,
                calls,
                passed_by,
            })) => {
                tracing::info!(tombstones, sessions, calls, passed_by, "purged");
            }
            Err(cause) => tracing::warn!(%cause, "the purge did not finish"),
        }
        sleep(PURGE_CHECK).await;
    }
}

/// Indexes what versions of before have written: at the start, since it may be an update, soon after it, and then
/// daily, which one instance does.
pub(crate) async fn reindex_daily(service: Service) {
    let mut checks = 0;
    loop {
        let is_after_start = checks < REINDEX_STARTS;
        match service.reindex_if_due(is_after_start).await {
            Ok(None) => {}
            Ok(Some(Reindexed { todos, passed_by })) => {
                tracing::info!(todos, passed_by, "indexed for searches");
            }
            Err(cause) => tracing::warn!(%cause, "indexing for searches did not finish"),
        }
        checks = REINDEX_STARTS.min(checks + 1);
        sleep(REINDEX_CHECK).await;
    }
}
