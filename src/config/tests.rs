mod urls;

use std::{ffi::OsStr, os::unix::ffi::OsStrExt as _};

use secrecy::ExposeSecret as _;

use super::*;
use crate::database::{Host, Tls};

const SECRET: &str = "5d0c7be9413fa8625d1e90b3c47af826";

fn read(variables: &[(&str, &str)]) -> Result<Config, String> {
    let find = |name: &str| {
        let found = variables.iter().find(|(found, _)| *found == name);
        found.map(|(_, value)| value.into())
    };
    Config::read(Purpose::Serve, find).map_err(|error| error.to_string())
}

fn with_url(url: &str) -> Result<Config, String> {
    read(&[("DATABASE_URL", url), ("JWT_SECRET", SECRET)])
}

fn host(name: &str, port: u16) -> Host {
    Host {
        name: name.to_owned(),
        port,
    }
}

#[test]
fn two_settings_are_required_and_the_others_have_defaults() {
    let config = with_url("mysql://ona:p%40ss@db.example/todo").expect("valid");
    assert_eq!(config.database.hosts, [host("db.example", 3306)]);
    assert_eq!(config.database.name, "todo");
    assert_eq!(config.database.username, "ona");
    assert_eq!(config.database.password.expose_secret(), "p@ss");
    assert_eq!(config.database.tls, Tls::Preferred);
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.trusted_proxy_hops, 0);
    assert!(config.migrate_on_start);
    assert_eq!(config.drain, Duration::ZERO);
    assert_eq!(config.public_origin, None);
    assert_eq!(config.hsts, Some("max-age=63072000; includeSubDomains"));
    assert!(config.rate_limits);
    assert_eq!(config.log_filter.to_string(), "info");
}

#[test]
fn the_parts_of_the_secret_give_the_same_database() {
    let config = read(&[
        ("DB_HOST", "db.example"),
        ("DB_NAME", "todo"),
        ("DB_USERNAME", "ona"),
        ("DB_PASSWORD", "p@ss"),
        ("JWT_SECRET", SECRET),
    ])
    .expect("valid");
    assert_eq!(config.database.hosts, [host("db.example", 3306)]);
    assert_eq!(config.database.password.expose_secret(), "p@ss");
}

#[test]
fn every_bad_value_is_named_in_one_message() {
    let message = read(&[
        ("DB_HOST", "db.example"),
        ("DB_PORT", "many"),
        ("JWT_SECRET", "short"),
        ("JWT_SECRET_PREVIOUS", "short"),
        ("LISTEN", "8080"),
        ("TRUSTED_PROXY_HOPS", "-1"),
        ("MIGRATE_ON_START", "perhaps"),
        ("DRAIN_SECONDS", "301"),
        ("METRICS_LISTEN", "on"),
        ("PUBLIC_ORIGIN", "todo.example.org"),
        ("HSTS", "true"),
        ("DB_TLS", "maybe"),
        ("DB_TLS_CA", "/no/such/file"),
        ("RATE_LIMITS", "false"),
        ("LOG_FORMAT", "xml"),
        ("RUST_LOG", "tickbox=loud"),
    ])
    .expect_err("bad");
    for name in [
        "DB_NAME",
        "DB_USERNAME",
        "DB_PASSWORD",
        "DB_PORT",
        "JWT_SECRET must",
        "JWT_SECRET_PREVIOUS",
        "LISTEN",
        "TRUSTED_PROXY_HOPS",
        "MIGRATE_ON_START",
        "DRAIN_SECONDS",
        "PUBLIC_ORIGIN",
        "HSTS",
        "DB_TLS must",
        "DB_TLS_CA",
        "RATE_LIMITS",
        "LOG_FORMAT",
        "RUST_LOG",
    ] {
        assert!(
            message.contains(&format!("\n  {name}")),
            "{name} in {message}"
        );
    }
}

#[test]
fn a_secret_is_judged_by_more_than_its_length() {
    for name in ["JWT_SECRET", "JWT_SECRET_PREVIOUS"] {
        for text in [
            " ".repeat(32),
            "x".repeat(32),
            format!("{:\u{a0}<32}", "lantern"),
        ] {
            let usual = |asked: &str| {
                let url = ("DATABASE_URL", "mysql://ona@db/todo");
                let usual = [url, ("JWT_SECRET", SECRET)];
                let usual = usual.into_iter().find(|(found, _)| *found == asked);
                usual.map(|(_, value)| OsString::from(value))
            };
            let lookup = |asked: &str| {
                let given = (asked == name).then(|| text.clone().into());
                given.or_else(|| usual(asked))
            };
            let message = Config::read(Purpose::Serve, lookup);
            let message = message.expect_err(&text).to_string();
            assert!(
                message.contains(&format!("\n  {name} must be")),
                "{message}"
            );
        }
    }
}

#[test]
fn the_public_origin_is_normalised_as_browsers_do() {
    let origin = |text: &str| {
        let config = read(&[
            ("DATABASE_URL", "mysql://ona@db/todo"),
            ("JWT_SECRET", SECRET),
            ("PUBLIC_ORIGIN", text),
        ]);
        config.map(|config| config.public_origin)
    };
    for (text, expected) in [
        ("https://todo.example.org", "https://todo.example.org"),
        ("https://todo.example.org/", "https://todo.example.org"),
        ("HTTPS://Todo.Example.org:443", "https://todo.example.org"),
        ("http://10.0.0.5:8080", "http://10.0.0.5:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ] {
        assert_eq!(origin(text), Ok(Some(expected.to_owned())), "{text}");
    }
    assert_eq!(origin(""), Ok(None));
    for text in [
        "todo.example.org",
        "https://todo.example.org/list",
        "https://todo.example.org?",
        "https://todo.example.org/#",
        "https://ona@todo.example.org",
        "ftp://todo.example.org",
        "null",
        "https://",
    ] {
        let message = origin(text).expect_err(text);
        assert!(message.contains("PUBLIC_ORIGIN must be"), "{message}");
    }
}

#[test]
fn the_hsts_header_can_be_configured() {
    let hsts = |text: &str| {
        let config = read(&[
            ("DATABASE_URL", "mysql://ona@db/todo"),
            ("JWT_SECRET", SECRET),
            ("HSTS", text),
        ]);
        config.expect("valid").hsts
    };
    assert_eq!(hsts("off"), None);
    assert_eq!(hsts("on"), Some("max-age=63072000"));
    assert_eq!(hsts("subdomains"), hsts(""));
    assert_eq!(hsts("forget"), Some("max-age=0"));
}

#[test]
fn a_setting_that_is_not_utf_8_is_refused_and_not_unset() {
    let not_text = || Some(OsStr::from_bytes(b"\xff5d0c7be9413fa8625d1e90b3c47af826").into());
    for name in [
        "JWT_SECRET",
        "JWT_SECRET_PREVIOUS",
        "DATABASE_URL",
        "DB_PASSWORD",
        "LISTEN",
    ] {
        let lookup = |asked: &str| {
            let usual = [
                ("JWT_SECRET", SECRET),
                ("DB_HOST", "db"),
                ("DB_NAME", "todo"),
                ("DB_USERNAME", "ona"),
                ("DB_PASSWORD", "p@ss"),
            ];
            let usual = usual.iter().find(|(found, _)| *found == asked);
            let given = asked == name;
            if given {
                not_text()
            } else {
                usual.map(|(_, value)| value.into())
            }
        };
        let message = Config::read(Purpose::Serve, lookup)
            .expect_err(name)
            .to_string();
        let words = format!("\n  {name} must be text in UTF-8");
        assert_eq!(message.matches(&words).count(), 1, "{message}");
        assert!(!message.contains("is missing"), "{message}");
        assert!(!message.contains(SECRET), "{message}");
    }
}

#[test]
fn the_two_listeners_need_different_addresses() {
    let message = read(&[
        ("LISTEN", "127.0.0.1:9090"),
        ("METRICS_LISTEN", "127.0.0.1:9090"),
    ])
    .expect_err("refused");
    assert!(message.contains("\n  METRICS_LISTEN"), "{message}");
}

#[test]
fn an_empty_part_of_a_log_filter_is_refused() {
    for filter in ["info,", ",info", "tickbox=debug,,warn"] {
        let message = read(&[("RUST_LOG", filter)]).expect_err("refused");
        assert!(message.contains("\n  RUST_LOG"), "{message}");
    }
}

#[test]
fn without_settings_both_required_ones_are_named() {
    let message = read(&[("DATABASE_URL", ""), ("JWT_SECRET", "")]).expect_err("missing");
    assert!(message.contains("DATABASE_URL is missing"), "{message}");
    assert!(message.contains("JWT_SECRET is missing"), "{message}");
}

#[test]
fn a_command_reads_only_the_settings_it_needs() {
    let url = |name: &str| (name == "DATABASE_URL").then(|| "mysql://ona@db/todo".into());
    assert!(Config::read(Purpose::Serve, url).is_err());
    assert!(Config::read(Purpose::Migrate, url).is_ok());
    assert!(Config::read(Purpose::Migrate, |_| None).is_err());
    assert!(Config::read(Purpose::CheckHealth, |_| None).is_ok());
}

#[test]
fn a_refused_value_is_not_repeated() {
    let message = read(&[
        ("DATABASE_URL", "mysql://ona:hunter2@/"),
        ("JWT_SECRET", "hunter2"),
    ])
    .expect_err("bad");
    assert!(!message.contains("hunter2"), "{message}");
}

#[test]
fn settings_do_not_print_their_secrets() {
    let config = with_url("mysql://ona:hunter2@db/todo").expect("valid");
    let printed = format!("{config:?}");
    assert!(
        !printed.contains("hunter2") && !printed.contains(SECRET),
        "{printed}"
    );
}
