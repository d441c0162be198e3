//! What the whole run logs goes into a file, and every secret that a test meets into another: none
//! of the second may stand in the first.

use std::{
    fs::{self, File, OpenOptions},
    io::Write as _,
    panic,
    path::PathBuf,
    sync::{LazyLock, Mutex},
};

use tickbox::telemetry;
use tracing_subscriber::{
    filter::Targets, fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

static FILES: LazyLock<Files> = LazyLock::new(Files::open);

struct Files {
    log: PathBuf,
    secrets: Mutex<File>,
}

impl Files {
    fn open() -> Self {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/test-logs");
        fs::create_dir_all(&folder).expect("target can be written");
        let log = folder.join(format!("integration-{}.log", std::process::id()));
        let append = |path| OpenOptions::new().create(true).append(true).open(path);
        let file = append(log.clone()).expect("target can be written");
        let everything: Targets = "debug,tickbox=trace".parse().expect("a filter");
        tracing_subscriber::registry()
            .with(everything)
            .with(fmt::layer().json().with_writer(Mutex::new(file)))
            .init();
        // As the program does; and then what the test harness does.
        let harness = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            telemetry::log_panic(info);
            harness(info);
        }));
        let secrets = append(folder.join("secrets.txt")).expect("target can be written");
        Self {
            log,
            secrets: Mutex::new(secrets),
        }
    }
}

/// Notes a secret, before it is used.
pub(crate) fn register_secret(secret: &str) {
    let mut file = FILES.secrets.lock().expect("no test panics here");
    writeln!(file, "{secret}").expect("target can be written");
}

/// All that was logged so far.
pub(crate) fn read() -> String {
    fs::read_to_string(&FILES.log).expect("it was opened")
}
