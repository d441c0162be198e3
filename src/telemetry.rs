//! Logs and metrics: one line per request, every panic an event, never a secret. May import `config`
//! only.

mod metrics;

use std::{
    fmt::Display,
    panic::{self, PanicHookInfo},
    sync::Arc,
    time::Instant,
};

use poem::{
    Endpoint, EndpointExt as _, IntoResponse as _, PathPattern, Request, Response,
    http::{HeaderValue, Method, StatusCode},
};
use tracing::{Instrument as _, field, info_span};
use tracing_subscriber::{
    filter::Targets, fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};
use uuid::Uuid;

pub use self::metrics::Metrics;
use crate::config::LogFormat;

/// Starts logging to standard error, since standard output is for the output of commands. Panics are logged too.
pub fn start(format: LogFormat, filter: Targets) {
    let registry = tracing_subscriber::registry().with(filter);
    match format {
        LogFormat::Pretty => registry
            .with(
                fmt::layer()
                    .compact()
                    .with_target(false)
                    .with_writer(std::io::stderr),
            )
            .init(),
        LogFormat::Json => registry
            .with(
                fmt::layer()
                    .json()
                    .flatten_event(true)
                    .with_span_list(false)
                    .with_writer(std::io::stderr),
            )
            .init(),
    }
    panic::set_hook(Box::new(log_panic));
}

/// Logs a panic as an event: plain text between JSON lines would be lost.
pub fn log_panic(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string);
    let text = panic.payload_as_str().unwrap_or("of unknown kind");
    tracing::error!(place, "panic: {text}");
}

/// Attached to a request or its response: it is counted where it arrives, and gets no log line of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unlogged {
    /// Whatever the response is.
    Always,
    /// Unless it fails with a server error, or changes something: operators search for these by their request id.
    UnlessItFailsOrChanges,
}

/// Records the response to a request that was refused before any work was done for it.
pub fn observe_refusal(method: &Method, status: StatusCode) {
    metrics::observe(metrics::method_label(method), "none", status, 0.0);
}

/// The header of a request's id, in requests and responses.
const REQUEST_ID: &str = "x-request-id";

/// Middleware that logs each request with its route, never its URL, which may contain user input. The handlers record
/// the user in the span; every event within carries the request's id, which only a trusted proxy may set.
pub fn log_requests<E: Endpoint + 'static, A: Display + 'static>(
    endpoint: E,
    behind_proxy: bool,
    client: fn(&Request) -> A,
) -> impl Endpoint<Output = Response> {
    endpoint.around(move |endpoint: Arc<E>, request: Request| async move {
        let given = behind_proxy
            .then(|| forwarded_request_id(&request))
            .flatten();
        let id = given.unwrap_or_else(|| Uuid::new_v4().to_string());
        // All at once: each field that is recorded later formats all of them again.
        let span = info_span!("request", %id, client = %client(&request), user = field::Empty);
        let mut response = logged(endpoint, request).instrument(span).await;
        if let Ok(id) = HeaderValue::try_from(id) {
            response.headers_mut().insert(REQUEST_ID, id);
        }
        Ok(response)
    })
}

async fn logged<E: Endpoint>(endpoint: Arc<E>, request: Request) -> Response {
    let begin = Instant::now();
    let method = metrics::method_label(request.method());
    let unlogged = request.data::<Unlogged>().copied();
    let response = match endpoint.call(request).await {
        Ok(output) => output.into_response(),
        Err(error) => error.into_response(),
    };
    let unlogged = response.data().copied().or(unlogged);
    let pattern = response.data::<PathPattern>();
    let route = pattern.map_or("", |pattern| &pattern.0);
    let route = if route.is_empty() { "none" } else { route };
    let seconds = begin.elapsed().as_secs_f64();
    metrics::observe(method, route, response.status(), seconds);
    let is_logged = match unlogged {
        None => true,
        Some(Unlogged::Always) => false,
        Some(Unlogged::UnlessItFailsOrChanges) => {
            let status = response.status();
            let is_change = !matches!(method, "GET" | "HEAD") && !status.is_client_error();
            status.is_server_error() || is_change
        }
    };
    if !is_logged {
        return response;
    }
    let milliseconds = seconds * 1_000.0;
    tracing::info!(
        method,
        route,
        status = response.status().as_u16(),
        ms = (milliseconds * 10.0).round() / 10.0,
        "request"
    );
    response
}

/// The id that a proxy set, if it is well-formed; it is logged as it is.
fn forwarded_request_id(request: &Request) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '=');
    let given = request.header(REQUEST_ID)?;
    let looks_like_one = (8..=100).contains(&given.len()) && given.chars().all(plain);
    looks_like_one.then(|| given.to_owned())
}
