//! Large bodies: batches and notes beyond the usual limit, which are read only for a user whose access token or session
//! cookie has been verified. A stranger's idle upload would otherwise occupy a place.

use std::sync::Arc;

use poem::{Endpoint, EndpointExt as _, IntoResponse as _, Request, Response};

use crate::{
    api,
    domain::INPUT_MAX,
    server::LargeBodySender,
    service::{self, Service},
    web,
};

/// Verifies the access token or the session of a request that may have a large body, and names its user for the limits.
///
/// # Errors
/// Those of the access token or of the session.
pub(super) fn with_large_body_senders<E: Endpoint<Output = Response> + 'static>(
    endpoint: E,
    service: Service,
) -> impl Endpoint<Output = Response> {
    endpoint.around(move |endpoint: Arc<E>, mut request: Request| {
        let service = service.clone();
        async move {
            let max_bytes = api::body_max(&request).max(web::body_max(&request));
            if max_bytes > INPUT_MAX && has_large_body(&request, max_bytes) {
                let user = if api::is_api_path(request.uri().path()) {
                    let verified = api::authenticated_user(&request, &service);
                    service::within_budget(verified).await?
                } else {
                    let verified = web::authenticated_user(&request, &service);
                    service::within_budget(verified).await?
                };
                request.set_data(LargeBodySender { user, max_bytes });
            }
            Ok(endpoint.call(request).await?.into_response())
        }
    })
}

/// Whether the body may be larger than usual, and not too large.
fn has_large_body(request: &Request, max_bytes: usize) -> bool {
    match request.header("content-length") {
        Some(bytes) => {
            let bytes = bytes.parse::<usize>();
            bytes.is_ok_and(|bytes| bytes > INPUT_MAX && bytes <= max_bytes)
        }
        None => request.header("transfer-encoding").is_some(),
    }
}
