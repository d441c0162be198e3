//! Background jobs of an instance.

use std::time::Duration;

use tickbox::service::{Purged, Service};
use tokio::time::sleep;

/// How often an instance checks whether the daily purge is due, or was abandoned by another one.
const PURGE_CHECK: Duration = Duration::from_mins(10);

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
