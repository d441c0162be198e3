//! Refusals by a rate limit: each is told to the caller of [`counting_refusals`], which counts and logs
//! them, since a client that is refused may send many requests a second.

use std::{cell::Cell, time::Duration};

use uuid::Uuid;

use crate::domain::{error::Error, rate_limit::RateLimit, security_event::SecurityEvent};

/// What a rate limit has refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The limit.
    pub limit: RateLimit,
    /// Public id of the user, if it is known whose attempt it was.
    pub user: Option<Uuid>,
}

tokio::task_local! {
    static LAST: Cell<Option<Refusal>>;
}

/// Does the work of one request, and returns with it what a limit has refused of it, if anything. Outside
/// of this, each refusal is logged where it happens.
pub async fn counting_refusals<T>(work: impl Future<Output = T>) -> (T, Option<Refusal>) {
    let counted = async {
        let output = work.await;
        (output, LAST.with(Cell::take))
    };
    LAST.scope(Cell::new(None), counted).await
}

/// Reports a refusal, and returns the error for the client.
#[must_use]
pub(super) fn limited(limit: RateLimit, user: Option<Uuid>, retry_after: Duration) -> Error {
    metrics::counter!("tickbox_rate_limit_hits_total", "limit" => limit.as_str()).increment(1);
    let refusal = Refusal { limit, user };
    if LAST.try_with(|last| last.set(Some(refusal))).is_err() {
        tracing::warn!(
            event = SecurityEvent::RateLimited.as_str(),
            limit = limit.as_str(),
            user = user.map(tracing::field::display),
            "too many"
        );
    }
    Error::RateLimited { retry_after }
}
