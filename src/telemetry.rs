//! Logs and metrics: one line a request, every panic an event, never a secret. May import `config`
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

/// Starts logging to standard error: standard output is for what commands print. What panics say
/// goes to the log too.
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

/// What a panic says, as an event: plain text between JSON lines would be lost.
pub fn log_panic(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string);
    let text = panic.payload_as_str().unwrap_or("of unknown kind");
    tracing::error!(place, "panic: {text}");
}

/// With a request or its answer: it is counted where it came in, and has no line of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unlogged {
    /// Whatever the answer is.
    Always,
    /// Unless the failure is ours, or something was changed: that is looked for later, by its id.
    UnlessItFailsOrChanges,
}

/// Notes an answer that was refused before anything was done for it.
pub fn observe_refusal(method: &Method, status: StatusCode) {
    metrics::observe(metrics::method_label(method), "none", status, 0.0);
}

/// Where a request's id stands, on the way in and out.
const REQUEST_ID: &str = "x-request-id";

/// Logs each request with its route, never its address: that may hold what somebody typed. The
/// pages note the user in the span; whatever is logged on the way carries the request's id, which
/// only a proxy of ours may give.
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
        // Noted at once: each field that is added later is written by reading and writing all of them.
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

/// The id that a proxy gave, if it looks like one; it goes into the log as it is.
fn forwarded_request_id(request: &Request) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '=');
    let given = request.header(REQUEST_ID)?;
    let looks_like_one = (8..=100).contains(&given.len()) && given.chars().all(plain);
    looks_like_one.then(|| given.to_owned())
}
