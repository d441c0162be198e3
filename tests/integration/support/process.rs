//! The binary as a process.

use std::{
    net::TcpListener,
    process::{Command, Output, Stdio},
};

use sqlx::mysql::MySqlConnectOptions;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    process::{Child, ChildStderr},
};

pub(crate) const SECRET: &str = "5d0c7be9413fa8625d1e90b3c47af826";

/// What a process still says.
pub(crate) type Log = Lines<BufReader<ChildStderr>>;

pub(crate) fn tickbox(arguments: &[&str], settings: &[(&str, &str)]) -> Command {
    let mut command = Command::new(program());
    command
        .args(arguments)
        .env_clear()
        .envs(settings.iter().copied());
    command
}

/// This build, unless the figures of another one are wanted, such as that which is shipped.
fn program() -> String {
    let other = std::env::var("TICKBOX_PROGRAM");
    other.unwrap_or_else(|_| env!("CARGO_BIN_EXE_tickbox").to_owned())
}

pub(crate) fn run(arguments: &[&str], settings: &[(&str, &str)]) -> Output {
    tickbox(arguments, settings).output().expect("it runs")
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The test's own database, with the user and password that the tests were given.
pub(crate) fn url(options: &MySqlConnectOptions) -> String {
    let server = std::env::var("DATABASE_URL").expect("the tests have a server");
    let mut url = url::Url::parse(&server).expect("a URL");
    url.set_path(options.get_database().expect("one of its own"));
    url.into()
}

/// Below the ports that the system gives to clients: one of those may be taken by the time it is used.
pub(crate) fn free_address() -> String {
    loop {
        let address = format!("127.0.0.1:{}", fastrand::u16(20_000..32_000));
        if TcpListener::bind(&address).is_ok() {
            return address;
        }
    }
}

/// Starts the server and waits until it says that it listens.
pub(crate) async fn start(settings: &[(&str, &str)]) -> Child {
    started(tickbox(&[], settings)).await
}

/// The same with so few descriptors.
pub(crate) async fn start_with_descriptors(count: u32, settings: &[(&str, &str)]) -> Child {
    let mut command = Command::new("sh");
    let limited = format!("ulimit -n {count} && exec \"$0\"");
    command
        .args(["-c", &limited, env!("CARGO_BIN_EXE_tickbox")])
        .env_clear()
        .envs(settings.iter().copied());
    started(command).await
}

/// What a process has cost the processor so far, in hundredths of a second.
#[cfg(target_os = "linux")]
pub(crate) fn processor_ticks(child: &Child) -> u64 {
    let pid = child.id().expect("running");
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("running");
    // Behind the name, which stands in brackets: see proc(5).
    let fields: Vec<_> = stat
        .rsplit(')')
        .next()
        .expect("fields")
        .split_whitespace()
        .collect();
    let ticks = |place: usize| fields[place].parse::<u64>().expect("a number");
    ticks(11) + ticks(12)
}

/// Starts the server and waits until it says that it waits for its database.
pub(crate) async fn start_without_database(settings: &[(&str, &str)]) -> Child {
    said(tickbox(&[], settings), "waiting for the database").await
}

async fn started(command: Command) -> Child {
    said(command, "\"listening\"").await
}

/// The process, once it has said these words. The rest of its log is read too, or it would wait for that.
async fn said(command: Command, words: &str) -> Child {
    let (child, mut log) = logging(command, words).await;
    tokio::spawn(async move { while let Ok(Some(_)) = log.next_line().await {} });
    child
}

/// Starts the server and waits until it listens; with the rest of its log, which is to be read.
pub(crate) async fn start_logging(settings: &[(&str, &str)]) -> (Child, Log) {
    logging(tickbox(&[], settings), "\"listening\"").await
}

async fn logging(mut command: Command, words: &str) -> (Child, Log) {
    command.env("LOG_FORMAT", "json").stderr(Stdio::piped());
    let mut child = tokio::process::Command::from(command)
        .kill_on_drop(true)
        .spawn()
        .expect("it runs");
    let log = child.stderr.take().expect("piped");
    let mut lines = BufReader::new(log).lines();
    let mut said = String::new();
    while !said.contains(words) {
        let line = lines.next_line().await.expect("text");
        said = line.unwrap_or_else(|| panic!("it ended, and last said: {said}"));
    }
    (child, lines)
}

/// By the shell, which has `kill` built in: a minimal system has no such program.
pub(crate) fn signal(child: &Child, name: &str) {
    let pid = child.id().expect("running");
    let kill = format!("kill -s {name} {pid}");
    let sent = Command::new("sh").args(["-c", &kill]).status();
    assert!(sent.expect("a shell runs").success());
}
