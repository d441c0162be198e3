//! The defence against forged requests. Browsers say where a request comes from; nothing that
//! changes anything is accepted from elsewhere, the login and registration forms included. The rules
//! are those of Go's `http.CrossOriginProtection`.

use poem::{Endpoint, IntoResponse as _, Request, Response, Result, http::Method};

use super::{error::Failure, session::has_cookie};

/// Lets a request through to the pages, unless it would change something and comes from another
/// site.
pub(super) async fn check<E: Endpoint>(
    endpoint: std::sync::Arc<E>,
    request: Request,
) -> Result<Response> {
    if is_safe(request.method()) || is_ours(&request) {
        Ok(endpoint.call(request).await?.into_response())
    } else {
        Err(Failure::CrossSite.into())
    }
}

fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

fn is_ours(request: &Request) -> bool {
    if let Some(site) = request.header("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    // Browsers send Sec-Fetch-Site only to https and localhost.
    match (request.header("origin"), request.header("host")) {
        (Some(origin), Some(host)) => origin
            .split_once("://")
            .is_some_and(|(_, from)| from.eq_ignore_ascii_case(host)),
        (Some(_), None) => false,
        // No browser of the last ten years: it can only act for itself.
        (None, _) => !has_cookie(request),
    }
}
