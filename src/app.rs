//! All routes, and the middleware around them.

mod client_ip;
mod compression;
mod health;
mod large_bodies;
pub mod metrics;
mod security_headers;
mod throttle;

use std::{sync::Arc, time::Duration};

use poem::{Endpoint, EndpointExt as _, Request, Response, Route, get};

use self::{
    client_ip::{client_ip, with_client_ip},
    compression::compressed,
    health::{healthz, readyz},
    large_bodies::with_large_body_senders,
    security_headers::{SecurityHeaders, with_headers},
    throttle::Throttle,
};
use crate::{
    api, assets,
    domain::INPUT_MAX,
    http::origin::{PublicOrigin, TrustedProxies},
    server::{self, Lifecycle, RequestLimits},
    service::{self, Service},
    telemetry,
    web::{self},
};

/// Limits per request. A client can occupy a connection for at most the sum of the timeouts.
const REQUEST: RequestLimits = RequestLimits {
    uri_bytes: 4 * 1024,
    body_bytes: INPUT_MAX,
    body: Duration::from_secs(15),
    handler: Duration::from_secs(10),
};

/// How clients reach the instance.
pub struct Front {
    /// The proxies in front of it.
    pub proxies: TrustedProxies,
    /// The origin of the pages for browsers, if proxies do not forward it.
    pub public_origin: Option<PublicOrigin>,
    /// The value of `Strict-Transport-Security`.
    pub hsts: Option<&'static str>,
}

/// Wraps the last expression in the layers before it, written outermost first.
macro_rules! layers {
    ($routes:expr) => { $routes };
    ($app:ident => $layer:expr; $($inner:tt)+) => {{
        let $app = layers!($($inner)+);
        $layer
    }};
}

/// All routes behind the middleware of every request, outermost first: the first layer sees a request first and its
/// response last.
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
    let headers = SecurityHeaders::new(hsts);
    let throttle = Throttle::new(service.request_quota(), &headers);
    let routes = routes(proxies, public_origin)
        .data(service.clone())
        .data(lifecycle);

    layers! {
        // The client IP, for rate limits and logs.
        app => with_client_ip(app, proxies);
        // Rate limit by client IP, before anything is done for a request.
        app => throttle.around(app);
        // One log line and the metrics of each request, under its request id.
        app => telemetry::log_requests(app, proxies.0 > 0, client_ip);
        // Back-pressure: the bytes of a response count until its client has read them.
        app => throttle.holding(app);
        // Security headers. Boxed: otherwise the nested type exceeds the recursion limit.
        app => with_headers(app, headers).boxed();
        // Pages and JSON are compressed.
        app => compressed(app);
        // Errors and panics become pages or problem documents.
        app => with_error_responses(app);
        // The token of a batch, or of notes, that are large, before they are read.
        app => with_large_body_senders(app, service);
        // Limits on URI, headers, body and time; the body is read whole.
        app => server::with_request_limits(app, REQUEST);
        // Deadline of all database work and of the wait for a password hash.
        app => app.around(async |app, request| service::within_budget(app.call(request)).await);
        routes
    }
}

fn routes(proxies: TrustedProxies, public_origin: Option<PublicOrigin>) -> Route {
    Route::new()
        .at("/healthz", get(healthz))
        .at("/readyz", get(readyz))
        .at(assets::ROUTE, get(assets::asset))
        .at(assets::FAVICON_ROUTE, get(assets::favicon))
        .nest(api::PATH, api::routes(proxies, public_origin.clone()))
        .nest("/", web::routes(proxies, public_origin))
}

/// Answers errors as problem documents under `/api` and as pages elsewhere: outside all routes, because a path may be
/// one that no route can read.
fn with_error_responses<E: Endpoint + 'static>(routes: E) -> impl Endpoint<Output = Response> {
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
