//! Metrics for Prometheus, on a listener of their own.

use metrics::gauge;
use poem::{Endpoint, EndpointExt as _, IntoResponse as _, Request, Response, Route, get};

use crate::{server, service::Service, telemetry::Metrics};

/// The endpoint of the second listener: `/metrics`.
#[must_use]
pub fn endpoint(metrics: Metrics, service: Service) -> impl Endpoint<Output = Response> {
    let show = poem::endpoint::make_sync(move |_: Request| {
        record_queue_gauges(&service);
        metrics
            .render()
            .with_content_type("text/plain; version=0.0.4; charset=utf-8")
    });
    let routes = Route::new().at("/metrics", get(show));
    server::with_request_limits(routes, super::REQUEST).map_to_response()
}

/// Queue lengths are sampled on scrape; counters are updated where events happen.
fn record_queue_gauges(service: &Service) {
    let database = service.database_status();
    let idle = database
        .open
        .saturating_sub(database.in_use + database.detached);
    let record = |name: &'static str, count: usize| gauge!(name).set(gauge_value(count));
    record("tickbox_database_waiting", database.waiting);
    record("tickbox_database_detached", database.detached);
    record("tickbox_database_connections_max", database.size);
    record("tickbox_password_hashes_waiting", service.hashes_waiting());
    let connections = |state| gauge!("tickbox_database_connections", "state" => state);
    connections("in_use").set(gauge_value(database.in_use));
    connections("idle").set(gauge_value(idle));
}

#[expect(clippy::cast_precision_loss, reason = "some thousand at most")]
fn gauge_value(count: usize) -> f64 {
    count as f64
}
