//! The field's standard terms: whoever greps for one finds its module by the first line.

use std::{fs, path::Path};

/// Each term, and the modules whose first line has it.
const TERMS: &[(&str, &[&str])] = &[
    ("audit log", &["src/domain/security_event.rs"]),
    ("backoff", &["src/database/transaction.rs"]),
    ("CSRF", &["src/web/csrf.rs"]),
    ("dummy hash", &["src/service/password_hasher.rs"]),
    ("failover", &["src/database/failover.rs"]),
    ("fixation", &["src/service/session/login.rs"]),
    ("fixture", &["tests/integration/support/fixture.rs"]),
    ("flash", &["src/web/flash.rs"]),
    (
        "idempoten",
        &["src/domain/session/call_id.rs", "src/service/todo.rs"],
    ),
    ("jitter", &["src/database/transaction.rs"]),
    ("liveness", &["src/command/healthcheck.rs"]),
    (
        "middleware",
        &[
            "src/api/error_middleware.rs",
            "src/server/request_limits.rs",
        ],
    ),
    ("open redirect", &["src/web/url.rs"]),
    ("pagination", &["src/domain/todo/pagination.rs"]),
    ("reuse detection", &["src/domain/session/refresh_token.rs"]),
    ("Slowloris", &["src/server/timed_socket.rs"]),
];

#[test]
fn each_standard_term_is_in_the_first_line_of_its_module() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut missing = Vec::new();
    for (term, modules) in TERMS {
        for module in *modules {
            let text = fs::read_to_string(root.join(module)).unwrap_or_default();
            if !names(&text, term) {
                missing.push(format!("{module} does not begin with {term}"));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn a_term_counts_in_the_first_line_alone() {
    assert!(names("//! Flash messages: shown once.\n", "flash"));
    assert!(!names("//! Messages.\n//! Also called flash.\n", "flash"));
    assert!(!names("use crate::web::flash;\n", "flash"));
    assert!(!names("", "flash"));
}

fn names(text: &str, term: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    first.starts_with("//!") && first.to_lowercase().contains(&term.to_lowercase())
}
