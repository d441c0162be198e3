//! Background jobs of an instance.

use std::time::Duration;

use tickbox::service::{Purged, Reindexed, Service};
use tokio::time::sleep;

/// How often an instance checks whether one of them is due, or was abandoned by another instance.
const CHECK: Duration = Duration::from_mins(10);
/// Checks after the start at which to-dos are indexed in any case: instances of the version before may still write.
const REINDEX_STARTS: u32 = 2;

/// Does the daily jobs. Every instance checks, one a day does each; one after the other, on one connection.
pub(crate) async fn daily(service: Service) {
    let mut checks = 0;
    loop {
        purge(&service).await;
        reindex(&service, checks < REINDEX_STARTS).await;
        checks = REINDEX_STARTS.min(checks + 1);
        sleep(CHECK).await;
    }
}

/// Purges what is no longer needed. Expired rate limits are few and deleted by every instance.
async fn purge(service: &Service) {
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
}

/// Indexes what versions of before have written: after the start, since it may be an update, and then daily.
async fn reindex(service: &Service, is_after_start: bool) {
    match service.reindex_if_due(is_after_start).await {
        Ok(None) => {}
        Ok(Some(Reindexed { todos, passed_by })) => {
            tracing::info!(todos, passed_by, "indexed for searches");
        }
        Err(cause) => tracing::warn!(%cause, "indexing for searches did not finish"),
    }
}
