//! The binary as an operator runs it.

use std::{
    collections::BTreeSet,
    net::TcpListener,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use sqlx::{MySqlPool, mysql::MySqlConnectOptions};

#[cfg(target_os = "linux")]
use crate::support::{
    fixture::{connect, options},
    process::{
        SECRET, free_address, processor_ticks, run, signal, start, start_logging,
        start_with_descriptors, start_without_database, text, tickbox, url,
    },
};

/// What an operator runs after setting the database back to a backup.
pub(crate) fn restored(options: &MySqlConnectOptions) {
    let url = url(options);
    let settings = [("DATABASE_URL", url.as_str()), ("JWT_SECRET", SECRET)];
    let output = run(&["restored"], &settings);
    assert!(output.status.success(), "{}", text(&output.stderr));
}

#[test]
fn without_settings_it_lists_those_missing_and_exits_2() {
    let output = run(&[], &[]);
    assert_eq!(output.status.code(), Some(2));
    let words = text(&output.stderr);
    assert!(words.contains("DATABASE_URL is missing"), "{words}");
    assert!(words.contains("JWT_SECRET is missing"), "{words}");
}

#[test]
fn an_unknown_command_lists_the_known_ones() {
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
async fn a_port_in_use_is_reported_with_advice(pool: MySqlPool) {
    let options = options(&pool);
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
async fn it_migrates_serves_is_healthy_and_stops_on_sigterm(pool: MySqlPool) {
    let options = options(&pool);
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

#[sqlx::test]
async fn counts_of_the_last_second_are_logged_at_shutdown(pool: MySqlPool) {
    let options = options(&pool);
    let url = url(&options);
    let listen = free_address();
    let settings = [
        ("DATABASE_URL", url.as_str()),
        ("JWT_SECRET", SECRET),
        ("LISTEN", &listen),
    ];
    let (mut child, mut log) = start_logging(&settings).await;
    let healthy = reqwest::get(format!("http://{listen}/healthz")).await;
    assert_eq!(healthy.expect("an answer").status(), 200);
    signal(&child, "TERM");
    let mut lines = vec![];
    while let Some(line) = log.next_line().await.expect("text") {
        lines.push(line);
    }
    assert!(child.wait().await.expect("it ends").success());
    let counted = |line: &&String| line.contains("health checks");
    assert_eq!(lines.iter().filter(counted).count(), 1, "{lines:?}");
}

#[tokio::test]
async fn sigterm_while_waiting_for_the_database_stops_at_once() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let silent = silent.local_addr().expect("bound").to_string();
    let nobody = free_address();
    for (name, address) in [("TERM", &nobody), ("INT", &nobody), ("TERM", &silent)] {
        let url = format!("mysql://ona@{address}/todo");
        let settings = [
            ("DATABASE_URL", url.as_str()),
            ("JWT_SECRET", SECRET),
            ("LISTEN", "127.0.0.1:0"),
        ];
        let mut child = start_without_database(&settings).await;
        let told = Instant::now();
        signal(&child, name);
        let status = child.wait().await.expect("it ends");
        assert_eq!(status.code(), Some(0), "{name} {address}: {status}");
        assert!(
            told.elapsed() < Duration::from_secs(1),
            "{:?}",
            told.elapsed()
        );
    }
}

#[cfg(unix)]
#[test]
fn a_setting_that_is_not_utf_8_is_named() {
    use std::os::unix::ffi::OsStrExt as _;
    let secret = std::ffi::OsStr::from_bytes(&[0xff; 32]);
    let mut command = tickbox(&[], &[("DATABASE_URL", "mysql://ona@db/todo")]);
    let output = command.env("JWT_SECRET", secret).output().expect("it runs");
    assert_eq!(output.status.code(), Some(2));
    let words = text(&output.stderr);
    assert!(
        words.contains("JWT_SECRET must be text in UTF-8"),
        "{words}"
    );
    assert!(!words.contains("is missing"), "{words}");
}

#[sqlx::test(migrations = false)]
async fn rate_limits_are_on_by_default(pool: MySqlPool) {
    let options = options(&pool);
    let url = url(&options);
    for (setting, eleventh) in [("", 429), ("off", 401)] {
        let listen = free_address();
        let settings = [
            ("DATABASE_URL", url.as_str()),
            ("JWT_SECRET", SECRET),
            ("LISTEN", &listen),
            ("RATE_LIMITS", setting),
        ];
        let server = start(&settings).await;
        let mut answers = vec![];
        for _ in 0..11 {
            let request = reqwest::Client::new()
                .post(format!("http://{listen}/api/v1/login"))
                .header("content-type", "application/json")
                .body(r#"{"username": "nobody", "password": "violet teapot"}"#);
            answers.push(request.send().await.expect("an answer").status().as_u16());
        }
        assert_eq!(answers[..10], [401; 10], "{setting}");
        assert_eq!(answers[10], eleventh, "{setting}");
        drop(server);
    }
}

#[sqlx::test(migrations = false)]
async fn migrating_twice_succeeds(pool: MySqlPool) {
    let options = options(&pool);
    let url = url(&options);
    let settings = [("DATABASE_URL", url.as_str()), ("JWT_SECRET", SECRET)];
    let migrated = run(&["migrate"], &settings);
    assert!(migrated.status.success(), "{}", text(&migrated.stderr));
    let again = run(&["migrate"], &settings);
    assert!(again.status.success(), "{}", text(&again.stderr));
}

#[sqlx::test(migrations = false)]
async fn ten_concurrent_starts_run_each_migration_once(pool: MySqlPool) {
    let options = options(&pool);
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
async fn while_draining_it_serves_but_is_not_ready(pool: MySqlPool) {
    let options = options(&pool);
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

#[sqlx::test]
async fn metrics_count_requests_by_route_on_their_own_listener(pool: MySqlPool) {
    let options = options(&pool);
    let url = url(&options);
    let (listen, metrics) = (free_address(), free_address());
    let settings = [
        ("DATABASE_URL", url.as_str()),
        ("JWT_SECRET", SECRET),
        ("LISTEN", &listen),
        ("METRICS_LISTEN", &metrics),
    ];
    let _child = start(&settings).await;
    let get = async |address: &str, path: &str| {
        let answer = reqwest::get(format!("http://{address}{path}")).await;
        let answer = answer.expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("text"))
    };
    for path in ["/login", "/login?next=/", "/nowhere", "/no%20where"] {
        get(&listen, path).await;
    }
    let (status, text) = get(&metrics, "/metrics").await;
    assert_eq!(status, 200);
    for line in [
        r#"tickbox_http_request_duration_seconds_count{method="GET",route="/login",status="200"} 2"#,
        r#"tickbox_http_request_duration_seconds_count{method="GET",route="none",status="404"} 2"#,
        concat!(
            r#"tickbox_build_info{version=""#,
            env!("CARGO_PKG_VERSION"),
            r#""} 1"#
        ),
    ] {
        assert!(text.lines().any(|found| found == line), "{line} in {text}");
    }
    let listed = include_str!("../../ops/observe/metrics.txt");
    let listed = listed.lines().filter(|line| !line.starts_with('#'));
    let listed: BTreeSet<_> = listed
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let shown: BTreeSet<_> = types.filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(shown, listed, "ops/observe/metrics.txt");
    assert_eq!(get(&listen, "/metrics").await.0, 404, "not for everybody");
    assert_eq!(get(&metrics, "/login").await.0, 404, "nothing else");
}

/// A connection for which there is no descriptor stays in the queue, and accepting it fails again and
/// again.
#[cfg(target_os = "linux")]
#[sqlx::test]
async fn out_of_file_descriptors_it_neither_spins_nor_dies(pool: MySqlPool) {
    let options = options(&pool);
    let (url, listen) = (url(&options), free_address());
    let settings = [
        ("DATABASE_URL", url.as_str()),
        ("JWT_SECRET", SECRET),
        ("LISTEN", &listen),
    ];
    let child = start_with_descriptors(30, &settings).await;
    let mut taken = Vec::new();
    for _ in 0..100 {
        taken.push(
            tokio::net::TcpStream::connect(&listen)
                .await
                .expect("queued"),
        );
    }
    let before = processor_ticks(&child);
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    let spent = processor_ticks(&child) - before;
    assert!(spent < 15, "{spent} of 300 ticks");
    drop(taken);
    let page = reqwest::get(format!("http://{listen}/login")).await;
    assert_eq!(page.expect("an answer").status(), 200);
}
