//! The whole application on one screen: every mount and everything around it.

mod compression;
mod limit;

use std::{sync::Arc, time::Duration};

use metrics::gauge;
use poem::{
    Endpoint, EndpointExt as _, IntoResponse, Request, Response, Route, get, handler,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    web::Data,
};

use self::limit::Edge;
use crate::{
    api, assets,
    domain::{INPUT_MAX, client_ip::ClientIp, head::HeadOnly},
    server::{self, Lifecycle, RequestLimits},
    service::{self, Service},
    telemetry::{self, Metrics},
    web::{self, PublicOrigin, TrustedProxies, error_page::with_allow},
};

/// What one request may cost: a stranger can hold a place for the sum of these times.
const REQUEST: RequestLimits = RequestLimits {
    uri_bytes: 4 * 1024,
    body_bytes: INPUT_MAX,
    body: Duration::from_secs(15),
    handler: Duration::from_secs(10),
};

/// How people reach the instance.
pub struct Front {
    /// Between them and it.
    pub proxies: TrustedProxies,
    /// Where the pages are for them, if proxies do not say so.
    pub public_origin: Option<PublicOrigin>,
    /// What browsers are told to remember of HTTPS: the value of `Strict-Transport-Security`.
    pub hsts: Option<&'static str>,
}

/// Pages, assets, the API and health checks over one service.
#[must_use]
pub fn endpoint(
    service: Service,
    front: Front,
    lifecycle: Lifecycle,
) -> impl Endpoint<Output = Response> {
    let Front {
        proxies,
        public_origin,
        hsts,
    } = front;
    let behind_proxy = proxies.0 > 0;
    let requests = service.request_quota();
    let routes = Route::new()
        .at("/healthz", with_allow(get(healthz), "GET"))
        .at("/readyz", with_allow(get(readyz), "GET"))
        .at(assets::ROUTE, with_allow(get(assets::asset), "GET"))
        .nest(api::PATH, api::routes())
        .nest("/", web::routes(proxies, public_origin))
        .data(service)
        .data(lifecycle)
        .around(async |routes, request| service::within_budget(routes.call(request)).await);
    let routes = server::with_request_limits(routes, REQUEST);
    let headers = security_headers(hsts);
    let edge = Edge::new(requests, &headers);
    // Boxed, or the type of it all is deeper than the compiler looks.
    let answering = compression::compressed(failing_well(routes));
    let answering = edge.holding(with_headers(answering, headers).boxed());
    let logged = telemetry::log_requests(answering, behind_proxy, known_address);
    with_client_address(edge.around(logged), proxies)
}

/// Finds out once where a request comes from, for the limits and for the log, and what it wants.
fn with_client_address<E: Endpoint + 'static>(
    endpoint: E,
    proxies: TrustedProxies,
) -> impl Endpoint<Output = Response> {
    endpoint.around(move |endpoint: Arc<E>, mut request: Request| async move {
        request.set_data(client_address(&request, proxies));
        if request.method() == Method::HEAD {
            request.set_data(HeadOnly);
        }
        endpoint
            .call(request)
            .await
            .map(IntoResponse::into_response)
    })
}

fn client_address(request: &Request, proxies: TrustedProxies) -> ClientIp {
    let Some(peer) = request.remote_addr().as_socket_addr() else {
        return ClientIp::default();
    };
    let forwarded = request.headers().get_all("x-forwarded-for").iter();
    ClientIp::from_forwarded_for(peer.ip(), forwarded.map(HeaderValue::as_bytes), proxies.0)
}

fn known_address(request: &Request) -> ClientIp {
    request.data().copied().unwrap_or_default()
}

/// What the second listener answers: `/metrics`.
#[must_use]
pub fn metrics(metrics: Metrics, service: Service) -> impl Endpoint<Output = Response> {
    let show = poem::endpoint::make_sync(move |_: Request| {
        note_queues(&service);
        metrics
            .render()
            .with_content_type("text/plain; version=0.0.4; charset=utf-8")
    });
    let routes = Route::new().at("/metrics", get(show));
    server::with_request_limits(routes, REQUEST).map_to_response()
}

/// What is counted where it happens needs no asking; how long a queue is, is asked for.
fn note_queues(service: &Service) {
    let database = service.database_status();
    let idle = database
        .open
        .saturating_sub(database.in_use + database.detached);
    let note = |name: &'static str, count: usize| gauge!(name).set(as_number(count));
    note("tickbox_database_waiting", database.waiting);
    note("tickbox_database_detached", database.detached);
    note("tickbox_database_connections_max", database.size);
    note("tickbox_password_hashes_waiting", service.hashes_waiting());
    let connections = |state| gauge!("tickbox_database_connections", "state" => state);
    connections("in_use").set(as_number(database.in_use));
    connections("idle").set(as_number(idle));
}

#[expect(clippy::cast_precision_loss, reason = "some thousand at most")]
fn as_number(count: usize) -> f64 {
    count as f64
}

/// Answers failures as problems under `/api` and as pages elsewhere: here, outside all routes,
/// because an address may be one that no route can even read.
fn failing_well<E: Endpoint + 'static>(routes: E) -> impl Endpoint<Output = Response> {
    let routes = Arc::new(routes);
    let (calls, pages) = (
        api::with_problem_responses(routes.clone()),
        web::error_page::with_error_pages(routes),
    );
    let both = Arc::new((calls, pages));
    poem::endpoint::make(move |request: Request| {
        let both = both.clone();
        async move {
            let (calls, pages) = &*both;
            if api::is_api_path(request.uri().path()) {
                calls.call(request).await
            } else {
                pages.call(request).await
            }
        }
    })
    .map_to_response()
}

/// The process lives.
#[handler]
fn healthz() -> &'static str {
    "ok\n"
}

/// The instance wants requests and can answer them.
#[handler]
async fn readyz(service: Data<&Service>, lifecycle: Data<&Lifecycle>) -> Response {
    let unavailable = |words: &'static str| {
        let response = words.with_status(StatusCode::SERVICE_UNAVAILABLE);
        response.into_response()
    };
    if lifecycle.is_stopping() {
        return unavailable("stopping\n");
    }
    if service.is_ready().await {
        "ready\n".into_response()
    } else {
        unavailable("not ready\n")
    }
}

/// What every answer says to browsers, errors included.
const SECURITY_HEADERS: [(HeaderName, &str); 7] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
    // Pages are about one person; the assets, which are not, say so themselves.
    (header::CACHE_CONTROL, "no-store"),
];

fn security_headers(hsts: Option<&'static str>) -> HeaderMap {
    // Browsers heed it only over HTTPS.
    let hsts = hsts.map(|value| (header::STRICT_TRANSPORT_SECURITY, value));
    let all = SECURITY_HEADERS.into_iter().chain(hsts);
    all.map(|(name, value)| (name, HeaderValue::from_static(value)))
        .collect()
}

/// Adds those headers that an answer does not have itself.
fn with_headers<E: Endpoint + 'static>(
    endpoint: E,
    headers: HeaderMap,
) -> impl Endpoint<Output = Response> {
    let headers = Arc::new(headers);
    endpoint.around(move |endpoint: Arc<E>, request: Request| {
        let headers = headers.clone();
        async move {
            let mut response = match endpoint.call(request).await {
                Ok(output) => output.into_response(),
                Err(error) => error.into_response(),
            };
            for (name, value) in &*headers {
                let own = response.headers_mut().entry(name);
                own.or_insert_with(|| value.clone());
            }
            Ok(response)
        }
    })
}
