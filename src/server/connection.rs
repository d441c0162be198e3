//! A connection: serves its requests with hyper.

use std::{
    convert::Infallible,
    io,
    net::{IpAddr, SocketAddr},
    panic::AssertUnwindSafe,
    sync::Arc,
};

use bytes::Bytes;
use futures_util::FutureExt as _;
use http_body_util::{BodyExt as _, combinators::BoxBody};
use hyper::{
    Request,
    body::{Body as _, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::{rt::TokioIo, server::graceful::GracefulShutdown};
use poem::{
    Endpoint, Response,
    http::{HeaderValue, Method, StatusCode, header, uri::Scheme},
    web::{LocalAddr, RemoteAddr},
};
use tokio::{net::TcpStream, sync::OwnedSemaphorePermit};
use tokio_util::task::TaskTracker;

use super::{
    Lifecycle, Limits,
    limits::HEAD_BYTES,
    peers::{Entered, Peers, Room},
    rejection::BareResponse,
    timed_socket::{PhaseTracker, RequestGuard, TimedSocket},
};
use crate::{detach_on_drop::DetachOnDrop, domain::client_ip::ClientIp};

/// The open connections, and the state they share.
pub(super) struct Connections<E> {
    application: Application<E>,
    limits: Limits,
    http: http1::Builder,
    open: GracefulShutdown,
    /// None behind proxies.
    peers: Option<Peers>,
}

struct Application<E> {
    endpoint: Arc<E>,
    requests: TaskTracker,
    lifecycle: Lifecycle,
    room: Option<Room>,
}

impl<E> Clone for Application<E> {
    fn clone(&self) -> Self {
        Self {
            endpoint: self.endpoint.clone(),
            requests: self.requests.clone(),
            lifecycle: self.lifecycle.clone(),
            room: self.room.clone(),
        }
    }
}

impl<E: Endpoint<Output = Response> + 'static> Connections<E> {
    pub(super) fn new(endpoint: E, limits: Limits, lifecycle: Lifecycle) -> Self {
        // No timers of hyper: the socket has them.
        let mut http = http1::Builder::new();
        http.max_buf_size(HEAD_BYTES);
        let peers = limits.of_one.map(Peers::new);
        Self {
            application: Application {
                endpoint: Arc::new(endpoint),
                requests: TaskTracker::new(),
                lifecycle,
                room: peers.clone().map(Room),
            },
            limits,
            http,
            open: GracefulShutdown::new(),
            peers,
        }
    }

    /// Whether one more connection may come from that network.
    pub(super) fn admit(&self, network: IpAddr) -> bool {
        let peers = self.peers.as_ref();
        peers.is_none_or(|peers| peers.admit(network))
    }

    /// Closes idle connections, so that one from that network gets a permit.
    pub(super) fn make_room(&self, network: IpAddr) {
        if let Some(peers) = &self.peers {
            peers.make_room(network);
        }
    }

    /// Serves a connection in a task of its own, which holds its permit until it ends.
    pub(super) fn begin(&self, socket: TcpStream, permit: Option<OwnedSemaphorePermit>) {
        let (Ok(local), Ok(peer)) = (socket.local_addr(), socket.peer_addr()) else {
            // It is closed already.
            return;
        };
        // Otherwise the second part of a response waits 40 ms for the acknowledgement of the first.
        socket.set_nodelay(true).ok();
        let phases = PhaseTracker::new();
        let application = self.application.clone();
        let refuse = Box::new({
            let application = application.clone();
            move |bare, head| application.clone().refuse(bare, head, local, peer).boxed()
        });
        let timed = TimedSocket::new(socket, phases.clone(), self.limits, refuse);
        let io = TokioIo::new(timed);
        let known = phases.clone();
        let service = service_fn(move |request| {
            let guard = phases.begin_request();
            let (application, phases) = (application.clone(), phases.clone());
            async move {
                let response = application.answer(request, local, peer, phases).await;
                Ok::<_, Infallible>(response.map(|body| hold_until_sent(body, guard)))
            }
        });
        let connection = self.open.watch(self.http.serve_connection(io, service));
        let begin = |entered: Option<Entered>| {
            let task = tokio::spawn(async move {
                let _place = (permit, Counted::new(), entered);
                if let Err(error) = connection.await {
                    tracing::debug!(%peer, %error, "a connection was aborted");
                }
            });
            task.abort_handle()
        };
        match &self.peers {
            None => {
                begin(None);
            }
            Some(peers) => {
                let network = ClientIp::from(peer.ip()).network();
                peers.enter(network, known, |entered| begin(Some(entered)));
            }
        }
    }

    /// Closes idle connections and waits for the others, and for requests whose clients have left.
    pub(super) async fn end(self) {
        self.application.requests.close();
        self.open.shutdown().await;
        self.application.requests.wait().await;
    }
}

impl<E: Endpoint<Output = Response> + 'static> Application<E> {
    async fn answer(
        self,
        request: Request<Incoming>,
        local: SocketAddr,
        peer: SocketAddr,
        phases: PhaseTracker,
    ) -> hyper::Response<BoxBody<Bytes, io::Error>> {
        let has_body = !request.body().is_end_stream();
        let bytes = request.body().size_hint().upper();
        let is_large = bytes.is_none_or(|bytes| bytes > HEAD_BYTES as u64);
        let local = LocalAddr(local.into());
        let peer = RemoteAddr(peer.into());
        let mut request = poem::Request::from((request, local, peer, Scheme::HTTP));
        if let Some(room) = &self.room {
            request.set_data(room.clone());
        }
        let mut response = self.ask(request).await;
        let is_unread = has_body && may_precede_body(response.status(), is_large);
        // A client that used up the time limit of its body gets no more time.
        if is_unread && response.status() != StatusCode::REQUEST_TIMEOUT {
            phases.enable_lingering_close();
        }
        if self.lifecycle.is_stopping() || is_unread {
            let close = HeaderValue::from_static("close");
            response.headers_mut().insert(header::CONNECTION, close);
        }
        response.into()
    }

    /// The response in place of hyper's own to a head that it rejects.
    async fn refuse(
        self,
        bare: BareResponse,
        head: Vec<u8>,
        local: SocketAddr,
        peer: SocketAddr,
    ) -> Bytes {
        let (local, peer) = (LocalAddr(local.into()), RemoteAddr(peer.into()));
        let request = bare.request(&head, local, peer);
        let is_head = request.method() == Method::HEAD;
        let response = self.ask(request).await;
        bare.replaced_by(response, is_head).await
    }

    async fn ask(&self, request: poem::Request) -> Response {
        let endpoint = self.endpoint.clone();
        let handler = async move { endpoint.get_response(request).await };
        // A client that leaves neither cancels it nor keeps it out of the log.
        let handler = DetachOnDrop::new(self.requests.track_future(handler));
        let answered = AssertUnwindSafe(handler).catch_unwind().await;
        // The application handles its own panics; this one came from its middleware, and is logged.
        answered.unwrap_or_else(|_| bare_error())
    }
}

/// The response when no middleware is left to render an error.
fn bare_error() -> Response {
    Response::builder()
        .status(StatusCode::INTERNAL_SERVER_ERROR)
        .content_type("text/plain; charset=utf-8")
        .header(
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'",
        )
        .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
        .header(header::CACHE_CONTROL, "no-store")
        .body("Something went wrong on our side. Wait a moment, then try again.\n")
}

/// Whether a response of that status may precede the end of the request's body. A large body is read only after its
/// sender has been verified.
fn may_precede_body(status: StatusCode, is_large: bool) -> bool {
    match status {
        StatusCode::BAD_REQUEST
        | StatusCode::REQUEST_TIMEOUT
        | StatusCode::PAYLOAD_TOO_LARGE
        | StatusCode::URI_TOO_LONG
        | StatusCode::TOO_MANY_REQUESTS => true,
        StatusCode::UNAUTHORIZED | StatusCode::SERVICE_UNAVAILABLE => is_large,
        _ => false,
    }
}

/// Holds the request guard until the body of the response is sent.
fn hold_until_sent(
    body: BoxBody<Bytes, io::Error>,
    guard: RequestGuard,
) -> BoxBody<Bytes, io::Error> {
    let keep = move |error| {
        let _ = &guard;
        error
    };
    body.map_err(keep).boxed()
}

/// Counts a connection while it is open.
struct Counted;

impl Counted {
    fn new() -> Self {
        metrics::gauge!("tickbox_http_connections").increment(1);
        Self
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        metrics::gauge!("tickbox_http_connections").decrement(1);
    }
}
