//! How long one request may wait for the database, however many trips it makes.

use std::{cell::OnceCell, time::Duration};

use tokio::{task_local, time::Instant};

/// For all trips of one request: with it, answers that say so arrive within the five seconds that
/// are promised.
const BUDGET: Duration = Duration::from_millis(4500);

task_local! {
    /// When the request at work has waited long enough; empty until it first asks the database or waits
    /// for a hash, since what it did before, such as reading a slow body, is the client's time.
    static DEADLINE: OnceCell<Instant>;
}

/// Gives the work of one request a common time limit for all its trips to the database, and for what
/// else asks for its [`deadline`]: it ends 4.5 seconds after the first of them began. Work outside any
/// request keeps to each trip's own limit.
pub async fn within_budget<F: Future>(request: F) -> F::Output {
    DEADLINE.scope(OnceCell::new(), request).await
}

/// When a trip ends that may take `limit` by itself. To be asked in the request's own task: another
/// one does not know its budget.
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
    async fn all_trips_of_a_request_end_with_its_budget() {
        within_budget(async {
            let begun = Instant::now();
            let first = deadline(LIMIT);
            assert!(first >= begun + BUDGET && first <= Instant::now() + BUDGET);
            tokio::time::sleep(Duration::from_millis(1)).await;
            assert_eq!(deadline(LIMIT), first);
        })
        .await;
    }

    #[tokio::test]
    async fn a_trip_keeps_to_its_own_limit_when_the_budget_is_larger_or_absent() {
        let short = Duration::from_secs(1);
        let within = within_budget(async { deadline(short) }).await;
        assert!(within <= Instant::now() + short);
        assert!(deadline(LIMIT) > Instant::now() + BUDGET);
    }
}
