//! Metrics in the text format of Prometheus: counters and gauges that the layers update where events happen.
//! `ops/observe` has the dashboard and the alerts.

use std::time::Duration;

use metrics::{
    Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use poem::http::{Method, StatusCode};
use tokio::time::interval;

const REQUESTS: &str = "tickbox_http_request_duration_seconds";

/// Upper bounds in seconds. Dense around what a page costs (some milliseconds), and at the limits that
/// are promised: 5 s for a database that fails, 10 s for any answer.
const BUCKETS: [f64; 14] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
];

/// Interval at which observations are sorted into the buckets; until then every one is kept in memory.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

/// The metrics recorded since the start.
#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

impl Metrics {
    /// Starts recording: before this, updates are dropped and cost next to nothing.
    ///
    /// # Panics
    /// When called twice in one process, or outside a runtime.
    #[must_use]
    pub fn start() -> Self {
        let builder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Full(REQUESTS.into()), &BUCKETS)
            .expect("there are buckets");
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        metrics::set_global_recorder(recorder).expect("nobody else measures");
        describe();
        gauge!("tickbox_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1);
        let kept = handle.clone();
        tokio::spawn(async move {
            let mut ticks = interval(UPKEEP_INTERVAL);
            loop {
                ticks.tick().await;
                kept.run_upkeep();
            }
        });
        Self(handle)
    }

    /// The text that Prometheus reads.
    #[must_use]
    pub fn render(&self) -> String {
        self.0.render()
    }
}

/// The label of a method, one of the usual ones: a client cannot write text of its own into a log line, nor create
/// new time series.
pub(super) fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        _ => "other",
    }
}

/// Records a response. Method and route have few values.
pub(super) fn observe(method: &'static str, route: &str, status: StatusCode, seconds: f64) {
    let labels = [
        ("method", method.to_owned()),
        ("route", route.to_owned()),
        ("status", status.as_str().to_owned()),
    ];
    histogram!(REQUESTS, &labels).record(seconds);
}

fn describe() {
    describe_histogram!(
        REQUESTS,
        Unit::Seconds,
        "From a request's whole head to its answer"
    );
    for (name, words) in [
        ("tickbox_build_info", "The version that runs; always 1"),
        ("tickbox_http_connections", "Open connections"),
        (
            "tickbox_http_connections_max",
            "Connections that may be open",
        ),
        (
            "tickbox_http_unsent_bytes",
            "Bytes of answers that their clients have not taken yet",
        ),
        (
            "tickbox_database_connections",
            "Connections to the database, lent to requests or idle",
        ),
        (
            "tickbox_database_connections_max",
            "Connections that may be lent",
        ),
        (
            "tickbox_database_waiting",
            "Requests that wait for a connection to the database",
        ),
        (
            "tickbox_database_detached",
            "Writes that still run although their caller was told 503",
        ),
        (
            "tickbox_password_hashes_waiting",
            "Passwords that wait to be hashed",
        ),
    ] {
        describe_gauge!(name, words);
    }
    for (name, words, label, values) in COUNTERS {
        describe_counter!(*name, *words);
        // Starts at zero: a series that appears with its first event shows no increase.
        match values {
            [] => counter!(*name).absolute(0),
            values => {
                for value in *values {
                    counter!(*name, *label => *value).absolute(0);
                }
            }
        }
    }
}

/// Counters: name, description, label and its values. They are updated in `server`, `app`, `service` and
/// `database`.
const COUNTERS: &[(&str, &str, &str, &[&str])] = &[
    (
        "tickbox_http_connections_closed_total",
        "Connections that were closed to keep places for others, by reason",
        "reason",
        &["rested", "too_many"],
    ),
    (
        "tickbox_database_retries_total",
        "Work on the database that was tried again, by reason",
        "reason",
        &["conflict", "lost"],
    ),
    (
        "tickbox_database_detached_total",
        "Writes whose caller was told 503 while they went on",
        "",
        &[],
    ),
    (
        "tickbox_database_failovers_total",
        "Changes of the host that takes writes",
        "",
        &[],
    ),
    (
        "tickbox_logins_total",
        "Logins by result",
        "result",
        &["ok", "wrong", "limited", "unavailable"],
    ),
    (
        "tickbox_registrations_total",
        "Registrations by result",
        "result",
        &["ok", "repeated", "taken", "limited", "unavailable"],
    ),
    (
        "tickbox_rate_limit_hits_total",
        "Requests that were refused by a limit, by limit",
        "limit",
        &[
            "login_pair",
            "login_address",
            "login_username",
            "login_device",
            "password_change",
            "password_change_user",
            "registration",
            "refresh",
            "requests",
            "hashes_account",
            "hashes_address",
            "work_user",
            "health_checks",
            "unsent",
            "unsent_of_address",
        ],
    ),
    (
        "tickbox_purge_turns_total",
        "Turns of users in the daily purge, by what they left",
        "result",
        &["done", "more", "failed"],
    ),
    (
        "tickbox_reindexed_todos_total",
        "To-dos of an older version that were indexed for searches and tags",
        "",
        &[],
    ),
];
