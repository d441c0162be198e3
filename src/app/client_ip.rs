//! The client IP of each request, by `X-Forwarded-For` of trusted proxies.

use std::sync::Arc;

use poem::{
    Endpoint, EndpointExt as _, IntoResponse, Request, Response,
    http::{HeaderValue, Method},
};

use crate::{
    domain::{client_ip::ClientIp, head::HeadOnly},
    http::origin::TrustedProxies,
};

/// Adds the client IP to the request, for limits and logs, and a mark to HEAD requests.
pub(super) fn with_client_ip<E: Endpoint + 'static>(
    endpoint: E,
    proxies: TrustedProxies,
) -> impl Endpoint<Output = Response> {
    endpoint.around(move |endpoint: Arc<E>, mut request: Request| async move {
        request.set_data(from_request(&request, proxies));
        if request.method() == Method::HEAD {
            request.set_data(HeadOnly);
        }
        endpoint
            .call(request)
            .await
            .map(IntoResponse::into_response)
    })
}

fn from_request(request: &Request, proxies: TrustedProxies) -> ClientIp {
    let Some(peer) = request.remote_addr().as_socket_addr() else {
        return ClientIp::default();
    };
    let forwarded = request.headers().get_all("x-forwarded-for").iter();
    ClientIp::from_forwarded_for(peer.ip(), forwarded.map(HeaderValue::as_bytes), proxies.0)
}

/// The IP of the client, as [`with_client_ip`] found it.
pub(super) fn client_ip(request: &Request) -> ClientIp {
    request.data().copied().unwrap_or_default()
}
