//! The binary as an operator runs it.

use std::{
    net::TcpListener,
    process::{Command, Output, Stdio},
};

use futures_util::future::join_all;
use sqlx::mysql::{MySqlConnectOptions, MySqlPoolOptions};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::Child,
};

use crate::world::connect;

const SECRET: &str = "0123456789abcdef0123456789abcdef";

fn tickbox(arguments: &[&str], settings: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tickbox"));
    command
        .args(arguments)
        .env_clear()
        .envs(settings.iter().copied());
    command
}

fn run(arguments: &[&str], settings: &[(&str, &str)]) -> Output {
    tickbox(arguments, settings).output().expect("it runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The test's own database, with the user and password that the tests were given.
fn url(options: &MySqlConnectOptions) -> String {
    let server = std::env::var("DATABASE_URL").expect("the tests have a server");
    let mut url = url::Url::parse(&server).expect("a URL");
    url.set_path(options.get_database().expect("one of its own"));
    url.into()
}

/// What an operator runs after setting the database back to a backup.
pub(crate) fn restored(options: &MySqlConnectOptions) {
    let url = url(options);
    let settings = [("DATABASE_URL", url.as_str()), ("JWT_SECRET", SECRET)];
    let output = run(&["restored"], &settings);
    assert!(output.status.success(), "{}", text(&output.stderr));
}

fn free_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("bound").to_string()
}

#[test]
fn without_settings_it_names_all_that_is_missing_and_exits_2() {
    let output = run(&[], &[]);
    assert_eq!(output.status.code(), Some(2));
    let words = text(&output.stderr);
    assert!(words.contains("DATABASE_URL is missing"), "{words}");
    assert!(words.contains("JWT_SECRET is missing"), "{words}");
}

#[test]
fn an_unknown_command_is_told_the_known_ones() {
    for arguments in [&["serv"][..], &["migrate", "now"]] {
        let output = run(arguments, &[]);
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains("Usage: tickbox"));
    }
    let help = run(&["help"], &[]);
    assert!(help.status.success());
    assert!(text(&help.stdout).contains("migrate"));
}

#[sqlx::test(migrations = false)]
async fn a_taken_port_is_said_with_how_to_choose_another(
    _: MySqlPoolOptions,
    options: MySqlConnectOptions,
) {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let listen = taken.local_addr().expect("bound").to_string();
    let url = url(&options);
    let output = run(
        &[],
        &[
            ("DATABASE_URL", &url),
            ("JWT_SECRET", SECRET),
            ("LISTEN", &listen),
        ],
    );
    assert_eq!(output.status.code(), Some(2));
    let words = text(&output.stderr);
    assert!(
        words.contains(&format!("cannot listen on {listen}")),
        "{words}"
    );
    assert!(words.contains("LISTEN=127.0.0.1:"), "{words}");
}

#[sqlx::test(migrations = false)]
async fn it_migrates_serves_answers_its_health_check_and_ends_on_sigterm(
    _: MySqlPoolOptions,
    options: MySqlConnectOptions,
) {
    let url = url(&options);
    let listen = free_address();
    let settings = [
        ("DATABASE_URL", url.as_str()),
        ("JWT_SECRET", SECRET),
        ("LISTEN", &listen),
    ];
    let mut child = start(&settings).await;
    assert!(run(&["healthcheck"], &settings).status.success());
    let ready = reqwest::get(format!("http://{listen}/readyz"))
        .await
        .expect("an answer");
    assert_eq!(ready.status(), 200);

    signal(&child, "TERM");
    let status = child.wait().await.expect("it ends");
    assert_eq!(status.code(), Some(0));
    assert!(!run(&["healthcheck"], &settings).status.success());
}

#[sqlx::test(migrations = false)]
async fn migrating_twice_is_fine(_: MySqlPoolOptions, options: MySqlConnectOptions) {
    let url = url(&options);
    let settings = [("DATABASE_URL", url.as_str()), ("JWT_SECRET", SECRET)];
    let migrated = run(&["migrate"], &settings);
    assert!(migrated.status.success(), "{}", text(&migrated.stderr));
    let again = run(&["migrate"], &settings);
    assert!(again.status.success(), "{}", text(&again.stderr));
}

#[sqlx::test(migrations = false)]
async fn ten_starts_at_once_run_each_migration_once(
    _: MySqlPoolOptions,
    options: MySqlConnectOptions,
) {
    let url = url(&options);
    let starts = (0..10).map(async |_| {
        let listen = free_address();
        let settings = [
            ("DATABASE_URL", url.as_str()),
            ("JWT_SECRET", SECRET),
            ("LISTEN", &listen),
        ];
        start(&settings).await
    });
    let mut running = join_all(starts).await;
    for child in &mut running {
        assert_eq!(child.try_wait().expect("asked"), None, "it serves");
    }
    // What ran a second time would have failed, since its table or column was there, and left its row
    // half done.
    let mut connection = connect(&options).await;
    let applied = "SELECT COUNT(*), CAST(SUM(success) AS SIGNED) FROM _sqlx_migrations";
    let (all, done): (i64, i64) = sqlx::query_as(applied)
        .fetch_one(&mut connection)
        .await
        .expect("read");
    let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations"));
    let files = i64::try_from(files.expect("a folder").count()).expect("few");
    assert_eq!((all, done), (files, files));
}

#[sqlx::test]
async fn while_it_drains_it_serves_but_is_not_ready(
    _: MySqlPoolOptions,
    options: MySqlConnectOptions,
) {
    let url = url(&options);
    let listen = free_address();
    let settings = [
        ("DATABASE_URL", url.as_str()),
        ("JWT_SECRET", SECRET),
        ("LISTEN", &listen),
        ("DRAIN_SECONDS", "60"),
    ];
    let mut child = start(&settings).await;
    signal(&child, "TERM");
    loop {
        let ready = reqwest::get(format!("http://{listen}/readyz"))
            .await
            .expect("an answer");
        if ready.status() == 503 {
            break;
        }
    }
    let page = reqwest::get(format!("http://{listen}/login"))
        .await
        .expect("an answer");
    assert_eq!(page.status(), 200, "it still serves");
    signal(&child, "INT");
    let status = child.wait().await.expect("a second signal ends it at once");
    assert_eq!(status.code(), Some(0));
}

/// Starts the server and waits until it says that it listens.
async fn start(settings: &[(&str, &str)]) -> Child {
    let mut command = tickbox(&[], settings);
    command.env("LOG_FORMAT", "json").stderr(Stdio::piped());
    let mut child = tokio::process::Command::from(command)
        .kill_on_drop(true)
        .spawn()
        .expect("it runs");
    let log = child.stderr.take().expect("piped");
    let mut lines = BufReader::new(log).lines();
    loop {
        let line = lines.next_line().await.expect("text").expect("it goes on");
        if line.contains("\"listening\"") {
            break;
        }
    }
    // Read on, or it would wait for somebody to take its log.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    child
}

/// By the shell, which has `kill` built in: a minimal system has no such program.
fn signal(child: &Child, name: &str) {
    let pid = child.id().expect("running");
    let kill = format!("kill -s {name} {pid}");
    let sent = Command::new("sh").args(["-c", &kill]).status();
    assert!(sent.expect("a shell runs").success());
}
