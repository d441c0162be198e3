//! Health checks: liveness and readiness.

use poem::{IntoResponse as _, Response, handler, http::StatusCode, web::Data};

use crate::{server::Lifecycle, service::Service};

/// Liveness: the process runs.
#[handler]
pub(super) fn healthz() -> &'static str {
    "ok\n"
}

/// Readiness: the instance accepts requests and can answer them.
#[handler]
pub(super) async fn readyz(service: Data<&Service>, lifecycle: Data<&Lifecycle>) -> Response {
    let unavailable = |reason: &'static str| {
        let response = reason.with_status(StatusCode::SERVICE_UNAVAILABLE);
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
