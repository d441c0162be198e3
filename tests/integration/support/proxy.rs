//! Roads to the database: long ones, on which a request can be cancelled half-way, and such as break.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use sqlx::mysql::{MySqlConnectOptions, MySqlSslMode};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::{mpsc, watch},
    time::{Instant, sleep_until},
};

const PIECE: usize = 16 * 1024;

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
    let mut buffer = vec![0; PIECE];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        let piece = (Instant::now() + delay, buffer[..length].to_vec());
        if on_the_way.send(piece).is_err() {
            return;
        }
    }
}

/// What happens to what is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    Open,
    /// It does not arrive while this lasts, and nobody is told.
    BlackHole,
    /// Connections end, and new ones end at once.
    Cut,
    /// Of an answer the first half arrives; then the connection ends.
    HalfAnswers,
    /// The server says of itself that it takes no writes.
    ReadOnly,
}

/// A way to the database whose condition changes, also for connections that are open.
pub(crate) struct Road {
    pub(crate) options: MySqlConnectOptions,
    condition: watch::Sender<Condition>,
    travellers: Arc<AtomicUsize>,
}

impl Road {
    pub(crate) async fn to(options: &MySqlConnectOptions) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let server = (options.get_host().to_owned(), options.get_port());
        let (condition, changes) = watch::channel(Condition::Open);
        let travellers = Arc::new(AtomicUsize::new(0));
        let count = travellers.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if *changes.borrow() == Condition::Cut {
                    continue;
                }
                count.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(travel(client, server.clone(), changes.clone()));
            }
        });
        // In the clear, since one condition changes what is said.
        let options = options.clone().ssl_mode(MySqlSslMode::Disabled);
        Self {
            options: options.host("127.0.0.1").port(port),
            condition,
            travellers,
        }
    }

    pub(crate) fn turn(&self, condition: Condition) {
        self.condition.send_replace(condition);
    }

    /// How many connections have come this way.
    pub(crate) fn travellers(&self) -> usize {
        self.travellers.load(Ordering::Relaxed)
    }
}

async fn travel(client: TcpStream, server: (String, u16), changes: watch::Receiver<Condition>) {
    let server = TcpStream::connect(&server).await.expect("a database");
    client.set_nodelay(true).expect("connected");
    server.set_nodelay(true).expect("connected");
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    // When one direction ends, the other does.
    tokio::select! {
        () = carry(from_client, to_server, changes.clone(), false) => {}
        () = carry(from_server, to_client, changes, true) => {}
    }
}

async fn carry(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut changes: watch::Receiver<Condition>,
    are_answers: bool,
) {
    let mut buffer = vec![0; PIECE];
    loop {
        let length = tokio::select! {
            read = from.read(&mut buffer) => match read {
                Ok(length @ 1..) => length,
                _ => return,
            },
            cut = changes.wait_for(|now| *now == Condition::Cut) => {
                drop(cut);
                return;
            }
        };
        let passable = changes.wait_for(|now| *now != Condition::BlackHole).await;
        let Ok(condition) = passable.map(|now| *now) else {
            return;
        };
        let mut piece = buffer[..length].to_vec();
        match condition {
            Condition::Cut => return,
            Condition::ReadOnly if are_answers => deny_writes(&mut piece),
            Condition::HalfAnswers if are_answers => piece.truncate(length / 2),
            _ => {}
        }
        if to.write_all(&piece).await.is_err() || piece.len() < length {
            return;
        }
    }
}

/// In the rows of `SHOW VARIABLES`, whose texts have their lengths before them.
fn deny_writes(answer: &mut [u8]) {
    let (off, on) = (b"\x09read_only\x03OFF", b"\x09read_only\x03ON!");
    let found = answer.windows(off.len()).position(|bytes| bytes == off);
    if let Some(at) = found {
        answer[at..at + on.len()].copy_from_slice(on);
    }
}
