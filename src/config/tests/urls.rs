//! The database's URL, and the parts that may stand for it.

use super::*;

#[test]
fn a_user_before_each_of_several_hosts_is_refused() {
    for url in [
        "mysql://ona:hunter2@h1,ona:hunter2@h2/todo",
        "mysql://ona@h1:3306,ona@h2:3306/todo",
        "mysql://ona:p@ss@h1,ona:p@ss@h2,h3/todo",
    ] {
        let message = with_url(url).expect_err(url);
        assert!(
            message.contains("the user and the password once"),
            "{message}"
        );
        assert!(!message.contains("hunter2"), "{message}");
    }
    // Not percent-encoded, and yet nothing that could be mistaken.
    let database = with_url("mysql://ona:p@ss@h1,h2/todo")
        .expect("valid")
        .database;
    assert_eq!(database.password.expose_secret(), "p@ss");
    assert_eq!(database.hosts, [host("h1", 3306), host("h2", 3306)]);
}

#[test]
fn an_ipv6_host_is_read_without_its_brackets() {
    let config = with_url("mysql://ona@[::1]:3307/todo").expect("valid");
    assert_eq!(config.database.hosts, [host("::1", 3307)]);
}

#[test]
fn a_url_may_hold_several_hosts() {
    let url = "mysql://ona:p%40s%2Cs%3A@h1:3306,h2:3307,[::1]:3308,h3/todo?ssl-mode=required";
    let database = with_url(url).expect("valid").database;
    let hosts = [
        host("h1", 3306),
        host("h2", 3307),
        host("::1", 3308),
        host("h3", 3306),
    ];
    assert_eq!(database.hosts, hosts);
    assert_eq!(database.username, "ona");
    assert_eq!(database.password.expose_secret(), "p@s,s:");
    assert_eq!(database.name, "todo");
    assert_eq!(database.tls, Tls::Required);
}

#[test]
fn a_comma_in_the_password_does_not_separate_hosts() {
    let database = with_url("mysql://ona:a,b@h1,h2/todo").expect("valid");
    assert_eq!(database.database.password.expose_secret(), "a,b");
    assert_eq!(
        database.database.hosts,
        [host("h1", 3306), host("h2", 3306)]
    );
}

#[test]
fn the_separate_settings_may_name_several_hosts() {
    let hosts = |text: &str| {
        let config = read(&[
            ("DB_HOST", text),
            ("DB_PORT", "3310"),
            ("DB_NAME", "todo"),
            ("DB_USERNAME", "ona"),
            ("DB_PASSWORD", "p@ss"),
            ("JWT_SECRET", SECRET),
        ]);
        config.map(|config| config.database.hosts)
    };
    for (text, expected) in [
        ("h1,h2:3307", vec![host("h1", 3310), host("h2", 3307)]),
        ("::1", vec![host("::1", 3310)]),
        ("[::1],[::2]:1", vec![host("::1", 3310), host("::2", 1)]),
    ] {
        assert_eq!(hosts(text), Ok(expected), "{text}");
    }
    for text in [
        "h1,", "h1, h2", "h1:0", "h1:many", "u@h1", "[h1]", "::1,:", "h:1:2",
    ] {
        let message = hosts(text).expect_err(text);
        assert!(message.contains("DB_HOST must be"), "{message}");
    }
}

#[test]
fn at_most_ten_hosts_are_accepted() {
    let hosts = |count| vec!["db"; count].join(",");
    let url = |count| format!("mysql://ona@{}/todo", hosts(count));
    assert_eq!(with_url(&url(10)).expect("valid").database.hosts.len(), 10);
    assert!(with_url(&url(11)).is_err());
}

#[test]
fn a_ca_file_needs_verified_tls() {
    let ca = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let url = format!("mysql://ona@db/todo?ssl-ca={ca}");
    let message = with_url(&url).expect_err("preferred checks nothing");
    assert!(message.contains("DB_TLS=verify"), "{message}");
    assert!(with_url(&format!("{url}&ssl-mode=verify")).is_ok());
    let nowhere = "mysql://ona@db/todo?ssl-mode=verify&ssl-ca=/no/such/file";
    assert!(with_url(nowhere).is_err());
}

#[test]
fn invalid_database_urls_are_refused() {
    for url in [
        "postgres://ona@db/todo",
        "mysql://ona@db",
        "mysql://ona@db/",
        "mysql://ona@db/a/b",
        "mysql:///todo",
        "mysql://ona@/todo",
        "mysql://ona@h1,/todo",
        "mysql://ona@,h1/todo",
        "mysql://ona@h1:many,h2/todo",
        "mysql://ona@h1,h2:99999/todo",
        "mysql://ona@h1, h2/todo",
        "mysql://ona@h1,ona@h2:1,/todo",
        "mysql://ona@h1,h2",
        "mysql://ona@h1/todo,mysql://ona@h2/todo",
        "db/todo",
        "mysql://ona@db/todo?ssl-mode=perhaps",
        "mysql://ona@db/todo?charset=latin1",
    ] {
        assert!(with_url(url).is_err(), "{url}");
    }
}

#[test]
fn the_tls_setting_wins_over_the_url() {
    let url = "mysql://ona@db/todo?ssl-mode=REQUIRED";
    assert_eq!(with_url(url).expect("valid").database.tls, Tls::Required);
    let config = read(&[
        ("DATABASE_URL", url),
        ("DB_TLS", "verify"),
        ("JWT_SECRET", SECRET),
    ]);
    assert_eq!(config.expect("valid").database.tls, Tls::Verify);
}
