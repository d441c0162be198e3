//! Large bodies: batches beyond the usual limit, which are read only for a user whose access token has been verified. A
//! stranger's idle upload would otherwise occupy a place.

use std::sync::Arc;

use poem::{Endpoint, EndpointExt as _, IntoResponse as _, Request, Response};

use crate::{
    api,
    domain::{BATCH_INPUT_MAX, INPUT_MAX},
    server::LargeBodySender,
    service::{self, Service},
};

/// Verifies the access token of a request that may have a large body, and names its user for the limits.
///
/// # Errors
/// Those of the access token.
pub(super) fn with_large_body_senders<E: Endpoint<Output = Response> + 'static>(
    endpoint: E,
    service: Service,
) -> impl Endpoint<Output = Response> {
    endpoint.around(move |endpoint: Arc<E>, mut request: Request| {
        let service = service.clone();
        async move {
            if api::takes_batch(&request) && has_large_body(&request) {
                let verified = api::authenticated_user(&request, &service);
                let user = service::within_budget(verified).await?;
                request.set_data(LargeBodySender(user));
            }
            Ok(endpoint.call(request).await?.into_response())
        }
    })
}

/// Whether the body may be larger than usual, and not too large for any request.
fn has_large_body(request: &Request) -> bool {
    match request.header("content-length") {
        Some(bytes) => {
            let bytes = bytes.parse::<usize>();
            bytes.is_ok_and(|bytes| bytes > INPUT_MAX && bytes <= BATCH_INPUT_MAX)
        }
        None => request.header("transfer-encoding").is_some(),
    }
}
