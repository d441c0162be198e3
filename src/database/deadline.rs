//! The deadline of a request: one time budget for all its trips to the database.

use std::{cell::OnceCell, time::Duration};

use tokio::{task_local, time::Instant};

/// Time limit of all trips of one request: with it, the response that reports a timeout arrives within the
/// promised five seconds.
const BUDGET: Duration = Duration::from_millis(4500);

task_local! {
    /// The current request's deadline; empty until it first queries the database or waits for a hash, since
    /// the time before, such as that of reading a slow body, is the client's.
    static DEADLINE: OnceCell<Instant>;
}

/// Runs a request with a common time limit for all its trips to the database, and for all other work limited
/// by its [`deadline`]: 4.5 seconds after the first of them started. Work outside any request keeps to each
/// trip's own limit.
pub async fn within_budget<F: Future>(request: F) -> F::Output {
    DEADLINE.scope(OnceCell::new(), request).await
}

/// The deadline of a trip that may take `limit` by itself. Must be called in the request's own task: another
/// one does not have its budget.
#[must_use]
pub fn deadline(limit: Duration) -> Instant {
    let own = Instant::now() + limit;
    DEADLINE
        .try_with(|deadline| *deadline.get_or_init(|| Instant::now() + BUDGET))
        .map_or(own, |budget| budget.min(own))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(5);

    #[tokio::test]
    async fn all_queries_of_a_request_share_its_deadline() {
        within_budget(async {
            let started = Instant::now();
            let first = deadline(LIMIT);
            assert!(first >= started + BUDGET && first <= Instant::now() + BUDGET);
            tokio::time::sleep(Duration::from_millis(1)).await;
            assert_eq!(deadline(LIMIT), first);
        })
        .await;
    }

    #[tokio::test]
    async fn a_query_keeps_its_own_limit_within_a_larger_deadline() {
        let short = Duration::from_secs(1);
        let within = within_budget(async { deadline(short) }).await;
        assert!(within <= Instant::now() + short);
        assert!(deadline(LIMIT) > Instant::now() + BUDGET);
    }
}
