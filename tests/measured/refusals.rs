//! Whoever asks without end fills no log.

use sqlx::MySqlPool;
use std::{
    fs::{self, File},
    path::Path,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{sleep, timeout},
};

use crate::{
    options,
    process::{SECRET, free_address, tickbox, url},
};

/// Until the requests that may come at once have come.
const BURST: Duration = Duration::from_secs(3);
const FLOOD: Duration = Duration::from_secs(10);
/// A second.
const LOG_BYTES_MOST: f64 = 10_000.0;

#[sqlx::test(migrations = false)]
async fn a_flood_writes_less_than_ten_kilobytes_of_log_a_second(pool: MySqlPool) {
    let options = options(&pool);
    let (url, address) = (url(&options), free_address());
    let log = Path::new(env!("CARGO_TARGET_TMPDIR")).join("refusals.log");
    let settings = [
        ("DATABASE_URL", url.as_str()),
        ("JWT_SECRET", SECRET),
        ("LISTEN", &address),
        ("LOG_FORMAT", "json"),
    ];
    let mut command = tickbox(&[], &settings);
    command.stderr(File::create(&log).expect("a file"));
    let program = tokio::process::Command::from(command)
        .kill_on_drop(true)
        .spawn();
    let _program = program.expect("it runs");
    let started = async {
        while !written(&log).contains("listening") {
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(BURST * 10, started).await.expect("it starts");
    for path in ["/api/nowhere", "/healthz"] {
        // What may come at once has come when the first is refused.
        let mut bursts = 0;
        while flood(&address, path, BURST).await.1 == 0 {
            bursts += 1;
            assert!(bursts < 10, "nothing is refused");
        }
        let (before, begun) = (written(&log).len(), Instant::now());
        let (answers, _) = flood(&address, path, FLOOD).await;
        let seconds = begun.elapsed().as_secs_f64();
        let (answers, bytes) = (
            number(answers) / seconds,
            number(written(&log).len() - before) / seconds,
        );
        println!("refusals: {answers:.0} requests/s of {path} wrote {bytes:.0} bytes/s of log");
        assert!(bytes < LOG_BYTES_MOST, "{path}: {bytes} bytes/s");
    }
}

fn written(log: &Path) -> String {
    fs::read_to_string(log).expect("text")
}

/// Sends requests behind each other on one connection, for so long. Gives how many were answered, and how
/// many of these refused.
async fn flood(address: &str, path: &str, duration: Duration) -> (usize, usize) {
    let socket = TcpStream::connect(address).await.expect("it listens");
    let (mut answers, mut requests) = socket.into_split();
    let many = format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").repeat(100);
    let sends =
        tokio::spawn(async move { while requests.write_all(many.as_bytes()).await.is_ok() {} });
    let (mut count, mut refused) = (0, 0);
    let reads = async {
        let (mut part, mut read) = (vec![0; 64 * 1024], Vec::new());
        while let Ok(length @ 1..) = answers.read(&mut part).await {
            read.extend_from_slice(&part[..length]);
            let heads = read.windows(REFUSED.len());
            let heads = heads.filter(|it| it.starts_with(BEGIN));
            let (all, of_these) = heads.fold((0, 0), |(all, of_these), head| {
                (all + 1, of_these + usize::from(head == REFUSED))
            });
            (count, refused) = (count + all, refused + of_these);
            read.drain(..read.len().saturating_sub(REFUSED.len() - 1));
        }
    };
    let ended = timeout(duration, reads).await;
    assert!(ended.is_err(), "the connection was closed");
    sends.abort();
    (count, refused)
}

/// Of an answer, and of a refusal.
const BEGIN: &[u8] = b"HTTP/1.1 ";
const REFUSED: &[u8] = b"HTTP/1.1 429";

#[expect(clippy::cast_precision_loss, reason = "some million at most")]
fn number(count: usize) -> f64 {
    count as f64
}
