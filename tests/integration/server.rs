//! The listener on a real socket, asked by clients that no library would write.

mod capacity;
mod deadlines;
mod framing;
mod graceful_shutdown;
mod large_bodies;
mod refusal;

use std::time::Duration;

use poem::{Endpoint, EndpointExt as _, IntoResponse as _, Request, Response};
use tickbox::server::{self, Lifecycle, Limits};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

/// Much longer than any limit that these tests set.
const PATIENCE: Duration = Duration::from_secs(10);

/// A request that is answered, and leaves the connection open.
const ASK: &str = "GET / HTTP/1.1\r\nHost: here\r\n\r\n";

/// A listener over an endpoint of the test's own.
async fn listen(
    endpoint: impl Endpoint<Output = Response> + 'static,
    limits: Limits,
) -> (String, Lifecycle) {
    let any = "127.0.0.1:0".parse().expect("an address");
    let listener = server::bind(any).expect("a free port");
    let address = listener.local_addr().expect("bound").to_string();
    let lifecycle = Lifecycle::default();
    tokio::spawn(server::run(listener, endpoint, limits, lifecycle.clone()));
    (address, lifecycle)
}

/// Answers at once.
fn ready() -> impl Endpoint<Output = Response> + 'static {
    poem::endpoint::make_sync(|_: Request| "ready\n".into_response()).map_to_response()
}

/// A connection that says just what the test wants it to.
struct Wire(TcpStream);

impl Wire {
    async fn to(address: &str) -> Self {
        let socket = TcpStream::connect(address).await.expect("it listens");
        socket.set_nodelay(true).expect("connected");
        Self(socket)
    }

    /// Fails when the other side has closed, which some tests wait for.
    async fn send(&mut self, bytes: impl AsRef<[u8]>) -> std::io::Result<()> {
        self.0.write_all(bytes.as_ref()).await
    }

    /// What has arrived when the other side closes the connection.
    async fn rest(&mut self) -> String {
        let mut bytes = Vec::new();
        let read = timeout(PATIENCE * 3, self.0.read_to_end(&mut bytes)).await;
        // A reset is an end too.
        let _ = read.expect("the connection stays open");
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// One answer with a short body, on a connection that stays open.
    async fn answer(&mut self) -> String {
        let mut bytes = vec![0; 16 * 1024];
        let read = timeout(PATIENCE, self.0.read(&mut bytes)).await;
        let length = read.expect("no answer").expect("no answer");
        String::from_utf8_lossy(&bytes[..length]).into_owned()
    }

    /// Whether the other side still waits for us.
    async fn is_open(&mut self) -> bool {
        let mut byte = [0];
        let read = timeout(Duration::from_millis(20), self.0.read(&mut byte)).await;
        read.is_err()
    }
}

/// The status of each answer that a connection gave.
fn statuses(answers: &str) -> Vec<&str> {
    let heads = answers.split("HTTP/1.1 ").skip(1);
    heads.map(|head| &head[..3]).collect()
}
