//! A long road to the database, on which a request can be cancelled half-way.

use std::time::Duration;

use sqlx::mysql::MySqlConnectOptions;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::mpsc,
    time::{Instant, sleep_until},
};

/// The way to the same database with `delay` in each direction.
pub(crate) async fn lengthen(
    options: &MySqlConnectOptions,
    delay: Duration,
) -> MySqlConnectOptions {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("bound").port();
    let server = (options.get_host().to_owned(), options.get_port());
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(&server).await.expect("a database");
            client.set_nodelay(true).expect("connected");
            server.set_nodelay(true).expect("connected");
            let (from_client, to_client) = client.into_split();
            let (from_server, to_server) = server.into_split();
            tokio::spawn(forward(from_client, to_server, delay));
            tokio::spawn(forward(from_server, to_client, delay));
        }
    });
    options.clone().host("127.0.0.1").port(port)
}

/// Hands on each piece when it is due; reading goes on meanwhile, so that only time is lost.
async fn forward(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, delay: Duration) {
    let (on_the_way, mut arriving) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
    tokio::spawn(async move {
        while let Some((due, bytes)) = arriving.recv().await {
            sleep_until(due).await;
            if to.write_all(&bytes).await.is_err() {
                return;
            }
        }
    });
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        let piece = (Instant::now() + delay, buffer[..length].to_vec());
        if on_the_way.send(piece).is_err() {
            return;
        }
    }
}
