//! Aggregated log lines: events that come in floods are counted, and logged once a second with their number, so
//! that a client cannot fill the log.

use std::{
    collections::{HashMap, HashSet},
    mem,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use poem::http::StatusCode;
use tokio::time::sleep;
use tracing::{field::display, info_span};
use uuid::Uuid;

use crate::domain::{rate_limit::RateLimit, security_event::SecurityEvent};

/// An event that is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Event {
    /// Requests rejected by the rate limit of requests.
    TooMany,
    /// Health checks rejected by their own rate limit.
    TooManyChecks,
    /// Requests rejected because the address has too many unsent bytes.
    UnsentOfOne,
    /// Requests rejected because the instance has too many unsent bytes.
    Unsent,
    /// Requests rejected by the rate limit of a verb.
    Limited(RateLimit),
    /// Requests that were answered while others of the same address are rejected.
    Passed,
    /// Successful health checks.
    Healthy,
    /// Failed health checks.
    Unhealthy,
}

impl Event {
    /// A health check, by the status of its response.
    pub(super) fn checked(status: StatusCode) -> Self {
        if status.is_server_error() {
            Self::Unhealthy
        } else {
            Self::Healthy
        }
    }

    /// The name of the limit that rejects, in the log and in the metrics.
    fn limit(self) -> Option<&'static str> {
        match self {
            Self::TooMany => Some("requests"),
            Self::TooManyChecks => Some("health_checks"),
            Self::UnsentOfOne => Some("unsent_of_address"),
            Self::Unsent => Some("unsent"),
            Self::Limited(limit) => Some(limit.as_str()),
            Self::Passed | Self::Healthy | Self::Unhealthy => None,
        }
    }
}

/// Interval between two log lines of the same event.
const SECOND: Duration = Duration::from_secs(1);
/// Most log lines a second, the largest counts first: at 300 bytes a line below 10 KB.
const LINES: usize = 30;
/// Most counters a second; events beyond them share one number.
const COUNTED: usize = 1_000;

/// Requests are counted by address, and by user if known.
type Subject = (IpAddr, Option<Uuid>);

/// Counts by address and user, until they are logged.
#[derive(Clone, Default)]
pub(super) struct EventLog(Arc<Mutex<Counts>>);

#[derive(Default)]
struct Counts {
    of: HashMap<(Subject, Event), u64>,
    /// Events beyond [`COUNTED`].
    others: u64,
    /// Addresses that were rejected in the second before.
    refused: HashSet<IpAddr>,
    /// Whether a task is running that will log the counts.
    is_awaited: bool,
}

impl EventLog {
    /// Counts an event; it is logged within a second.
    pub(super) fn record(&self, network: IpAddr, user: Option<Uuid>, event: Event) {
        let subject = (network, user);
        // The rate limit of a verb counts its own hits.
        if let Some(limit) = event
            .limit()
            .filter(|_| !matches!(event, Event::Limited(_)))
        {
            metrics::counter!("tickbox_rate_limit_hits_total", "limit" => limit).increment(1);
        }
        let mut counts = self.lock();
        let is_full = counts.of.len() >= COUNTED;
        match counts.of.get_mut(&(subject, event)) {
            Some(count) => *count += 1,
            None if is_full => counts.others += 1,
            None => {
                counts.of.insert((subject, event), 1);
            }
        }
        if !mem::replace(&mut counts.is_awaited, true) {
            let log = self.clone();
            tokio::spawn(async move { while log.log_after_a_second().await {} });
        }
    }

    /// Whether the address is being rejected: then its answered requests are counted too.
    pub(super) fn is_refusing(&self, network: IpAddr) -> bool {
        let counts = self.lock();
        counts.is_awaited
            && (counts.refused.contains(&network)
                || counts.of.contains_key(&((network, None), Event::TooMany)))
    }

    /// Returns whether there was an event, after which more may follow.
    async fn log_after_a_second(&self) -> bool {
        sleep(SECOND).await;
        self.log()
    }

    /// Logs the counts, and returns whether there were any.
    pub(super) fn log(&self) -> bool {
        let (counts, others) = {
            let mut counts = self.lock();
            let of = mem::take(&mut counts.of);
            let refused = of.keys().filter(|(_, event)| *event == Event::TooMany);
            counts.refused = refused.map(|((network, _), _)| *network).collect();
            counts.is_awaited = !of.is_empty();
            (of, mem::take(&mut counts.others))
        };
        let goes_on = !counts.is_empty();
        log(counts, others);
        goes_on
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn log(counts: HashMap<(Subject, Event), u64>, others: u64) {
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(subject, count)| (u64::MAX - count, *subject));
    let rest = counts.split_off(counts.len().min(LINES));
    for (((network, user), event), count) in counts {
        let user = user.map(display);
        info_span!("counted", client = %network, user).in_scope(|| line(event, count));
    }
    let rest = others + rest.iter().map(|(_, count)| count).sum::<u64>();
    if rest > 0 {
        tracing::info!(
            count = rest,
            "rejections and health checks of further addresses"
        );
    }
}

fn line(event: Event, count: u64) {
    match event {
        Event::Healthy => tracing::info!(count, "health checks"),
        Event::Unhealthy => tracing::warn!(count, "health checks answered with 503"),
        Event::Passed => tracing::info!(count, "requests answered beside rejected ones"),
        event => tracing::warn!(
            event = SecurityEvent::RateLimited.as_str(),
            limit = event.limit(),
            count,
            "too many"
        ),
    }
}
