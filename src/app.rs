//! The whole application on one screen: every mount and everything around it.

use std::sync::Arc;

use poem::{
    Endpoint, EndpointExt as _, IntoResponse as _, Request, Response, Route, get, handler,
    http::{HeaderName, HeaderValue, StatusCode, header},
    web::Data,
};

use crate::{
    api, assets,
    server::Draining,
    service::{self, Service},
    telemetry,
    web::{self, Proxies, error::with_allow},
};

/// Pages, assets, the API and health checks over one service.
#[must_use]
pub fn endpoint(service: Service, proxies: Proxies, draining: Draining) -> impl Endpoint {
    let behind_proxy = proxies.0 > 0;
    let routes = Route::new()
        .at("/healthz", with_allow(get(healthz), "GET"))
        .at("/readyz", with_allow(get(readyz), "GET"))
        .at(assets::ROUTE, with_allow(get(assets::asset), "GET"))
        .nest(api::PATH, api::routes())
        .nest("/", web::routes(proxies))
        .data(service)
        .data(draining)
        .around(async |routes, request| service::within_budget(routes.call(request)).await);
    telemetry::requests(with_security_headers(failing_well(routes)), behind_proxy)
}

/// Answers failures as problems under `/api` and as pages elsewhere: here, outside all routes,
/// because an address may be one that no route can even read.
fn failing_well<E: Endpoint + 'static>(routes: E) -> impl Endpoint<Output = Response> {
    let routes = Arc::new(routes);
    let (calls, pages) = (api::answers(routes.clone()), web::error::pages(routes));
    let both = Arc::new((calls, pages));
    poem::endpoint::make(move |request: Request| {
        let both = both.clone();
        async move {
            let (calls, pages) = &*both;
            if api::is_for(request.uri().path()) {
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
async fn readyz(service: Data<&Service>, draining: Data<&Draining>) -> Response {
    let unavailable = |words: &'static str| {
        let response = words.with_status(StatusCode::SERVICE_UNAVAILABLE);
        response.into_response()
    };
    if draining.is_draining() {
        return unavailable("stopping\n");
    }
    match service.ready().await {
        Ok(()) => "ready\n".into_response(),
        Err(cause) => {
            tracing::warn!(%cause, "not ready");
            unavailable("not ready\n")
        }
    }
}

/// What every answer says to browsers, errors included.
const SECURITY_HEADERS: [(HeaderName, &str); 8] = [
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
    // Browsers heed it only over HTTPS.
    (header::STRICT_TRANSPORT_SECURITY, "max-age=63072000"),
    // Pages are about one person; the assets, which are not, say so themselves.
    (header::CACHE_CONTROL, "no-store"),
];

fn with_security_headers<E: Endpoint + 'static>(endpoint: E) -> impl Endpoint<Output = Response> {
    endpoint.around(|endpoint: Arc<E>, request: Request| async move {
        let mut response = match endpoint.call(request).await {
            Ok(output) => output.into_response(),
            Err(error) => error.into_response(),
        };
        for (name, value) in SECURITY_HEADERS {
            let headers = response.headers_mut();
            headers
                .entry(name)
                .or_insert(HeaderValue::from_static(value));
        }
        Ok(response)
    })
}
