//! One way down: reads every import and path of `src` and fails when one leads up, sideways or in a
//! circle, or when a layer uses a crate that is not its business.

mod circles;
mod source;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use circles::circles;
use source::{Import, imports};

/// Which module may use which: what stands to its right in the map of `src/lib.rs`. `main` is a
/// crate of its own that starts what `lib` holds.
const ALLOWED: &[(&str, &[&str])] = &[
    ("main", &["command", "jobs", "api", "config"]),
    (
        "command",
        &[
            "jobs",
            "app",
            "service",
            "store",
            "database",
            "http",
            "domain",
            "server",
            "telemetry",
            "config",
        ],
    ),
    ("jobs", &["service"]),
    (
        "app",
        &[
            "web",
            "api",
            "assets",
            "http",
            "service",
            "domain",
            "server",
            "telemetry",
        ],
    ),
    ("bench", &["web", "api", "domain"]),
    ("web", &["service", "domain", "assets", "http"]),
    ("api", &["service", "domain", "assets", "http"]),
    ("assets", &["http"]),
    ("http", &[]),
    ("service", &["store", "database", "domain"]),
    ("store", &["database", "domain"]),
    ("database", &["domain", "detach_on_drop"]),
    ("domain", &[]),
    ("server", &["domain", "detach_on_drop"]),
    ("telemetry", &["config"]),
    ("config", &["database"]),
    ("detach_on_drop", &[]),
];

/// What is not the business of a layer, as the beginning of a path.
const FORBIDDEN: &[(&str, &[&str])] = &[
    (
        "web",
        &["sqlx", "deadpool", "poem_openapi", "tracing_subscriber"],
    ),
    ("api", &["sqlx", "deadpool", "maud", "tracing_subscriber"]),
    ("assets", &["sqlx", "deadpool", "poem_openapi", "maud"]),
    ("http", &["sqlx", "deadpool", "poem_openapi", "maud"]),
    (
        "service",
        &["sqlx", "deadpool", "poem", "poem_openapi", "maud"],
    ),
    (
        "store",
        &[
            "deadpool",
            "tokio",
            "poem",
            "poem_openapi",
            "maud",
            "argon2",
        ],
    ),
    ("database", &["poem", "poem_openapi", "maud", "argon2"]),
    (
        "domain",
        &[
            "sqlx",
            "deadpool",
            "poem",
            "poem_openapi",
            "maud",
            "tokio",
            "argon2",
            "std::fs",
            "std::env",
            "std::process",
        ],
    ),
    ("app", &["sqlx", "deadpool", "maud"]),
    ("server", &["sqlx", "deadpool", "maud"]),
    ("telemetry", &["sqlx", "deadpool", "maud"]),
    ("config", &["deadpool", "poem", "poem_openapi", "maud"]),
    ("main", &["deadpool", "poem_openapi", "maud"]),
    (
        "command",
        &["sqlx", "deadpool", "poem", "poem_openapi", "maud"],
    ),
    (
        "jobs",
        &["sqlx", "deadpool", "poem", "poem_openapi", "maud"],
    ),
];

/// What opens a connection, whatever path leads to it: addresses alone are no I/O.
const SOCKETS: &[&str] = &["TcpStream", "TcpListener", "UdpSocket"];

#[test]
fn every_import_follows_the_layers() {
    let wrong = against_the_layers(&sources());
    assert!(
        wrong.is_empty(),
        "see the map in src/lib.rs\n{}",
        wrong.join("\n")
    );
}

#[test]
fn no_layer_uses_a_forbidden_crate() {
    let wrong = forbidden_crates(&sources());
    assert!(
        wrong.is_empty(),
        "see the map in src/lib.rs\n{}",
        wrong.join("\n")
    );
}

#[test]
fn there_is_no_import_cycle() {
    assert_eq!(circles(&sources()), Vec::<Vec<String>>::new());
}

#[test]
fn every_module_belongs_to_a_layer() {
    let known: BTreeSet<_> = ALLOWED
        .iter()
        .map(|(module, _)| (*module).to_owned())
        .collect();
    let found: BTreeSet<_> = sources().iter().map(Source::module).collect();
    let lost: Vec<_> = found
        .difference(&known)
        .filter(|module| *module != "lib")
        .collect();
    assert!(lost.is_empty(), "name them in ALLOWED: {lost:?}");
}

#[test]
fn an_import_upwards_is_found() {
    let made_up = [
        source(
            "store/todo.rs",
            "use crate::{domain::todo::Todo, service::Service};",
        ),
        source(
            "domain/todo.rs",
            "fn f() { super::super::store::todo::find() }",
        ),
        source(
            "web/todo.rs",
            "#[cfg(test)] mod tests { use super::super::super::api::bearer; }",
        ),
        source(
            "service/todo.rs",
            "use super::Service; use crate::domain::error::Error;",
        ),
    ];
    assert_eq!(
        against_the_layers(&made_up),
        [
            "store/todo.rs:1 uses crate::service::Service",
            "domain/todo.rs:1 uses crate::store::todo::find",
            "web/todo.rs:1 uses crate::api::bearer",
        ]
    );
}

#[test]
fn an_import_cycle_is_found() {
    let made_up = [
        source("server.rs", "use crate::config::Settings;"),
        source("config.rs", "use crate::telemetry;"),
        source("telemetry.rs", "fn f() { crate::server::stop() }"),
    ];
    assert_eq!(
        circles(&made_up),
        [["config", "telemetry", "server", "config"]]
    );
}

#[test]
fn an_import_cycle_of_siblings_is_found_in_every_folder() {
    let made_up = [
        source("web.rs", "mod todo; use todo::row::Row;"),
        source("web/form.rs", "use super::failure::Failure;"),
        source("web/failure.rs", "use super::page::{self, frame};"),
        source("web/page.rs", "mod tests { use super::super::form::Form; }"),
        source("web/todo.rs", "use super::form; mod row; mod page;"),
        source("web/todo/row.rs", "use super::{page::Page, Outcome};"),
        source("web/todo/page.rs", "use crate::web::todo::row::Row;"),
    ];
    assert_eq!(
        circles(&made_up),
        [
            vec!["web::failure", "web::page", "web::form", "web::failure"],
            vec!["web::todo::page", "web::todo::row", "web::todo::page"],
        ]
    );
}

#[test]
fn a_parent_and_its_children_are_not_a_cycle() {
    let made_up = [
        source(
            "web.rs",
            "mod form; use form::Form; pub(crate) struct Page;",
        ),
        source("web/form.rs", "use super::{Page, todo::Todo};"),
        source("web/todo.rs", "use super::Page; fn form() {}"),
    ];
    assert_eq!(circles(&made_up), Vec::<Vec<String>>::new());
}

#[test]
fn a_crate_in_the_wrong_layer_is_found() {
    let made_up = [
        source("service/todo.rs", "fn f() { sqlx::query!(\"SELECT 1\") }"),
        source("domain/todo.rs", "use std::{fmt, fs::File};"),
        source(
            "web/todo.rs",
            "// use sqlx::Row;\nuse maud::html; const A: &str = \"sqlx::query\";",
        ),
        source(
            "domain/clock.rs",
            "use std::{sync::Arc, net::IpAddr}; use super::tokio_free;",
        ),
        source(
            "domain/user.rs",
            "use core::net; fn f() { net::TcpStream::connect() }",
        ),
        source(
            "domain/rate_limit.rs",
            "use ::std::net::UdpSocket as Other;",
        ),
    ];
    assert_eq!(
        forbidden_crates(&made_up),
        [
            "service/todo.rs:1 uses sqlx::query",
            "domain/todo.rs:1 uses std::fs::File",
            "domain/user.rs:1 uses net::TcpStream::connect",
            "domain/rate_limit.rs:1 uses std::net::UdpSocket",
        ]
    );
}

/// A file below `src`.
struct Source {
    path: String,
    imports: Vec<Import>,
}

impl Source {
    /// The top-level module that the file belongs to.
    fn module(&self) -> String {
        let first = self.path.split('/').next().expect("split gives one");
        first.trim_end_matches(".rs").to_owned()
    }

    /// The module that the file is, from the crate's root.
    fn path_of_modules(&self) -> Vec<String> {
        let stem = self.path.trim_end_matches(".rs");
        stem.split('/').map(str::to_owned).collect()
    }

    /// Other top-level modules that the file names, with the import.
    fn uses(&self) -> impl Iterator<Item = (String, &Import)> {
        let own = self.module();
        self.imports.iter().filter_map(move |import| {
            let to = import.module()?.to_owned();
            (to != own).then_some((to, import))
        })
    }
}

fn source(path: &str, text: &str) -> Source {
    Source {
        path: path.to_owned(),
        imports: imports(path, text),
    }
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&root, &mut files);
    files.sort();
    assert!(files.len() > 10, "these are not all: {files:?}");
    files
        .iter()
        .map(|file| {
            let path = file.strip_prefix(&root).expect("below src");
            let text = fs::read_to_string(file).expect("a text");
            source(&path.to_string_lossy(), &text)
        })
        .collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|it| it == "rs") {
            files.push(path);
        }
    }
}

fn against_the_layers(sources: &[Source]) -> Vec<String> {
    let allowed: BTreeMap<_, _> = ALLOWED.iter().copied().collect();
    let modules: BTreeSet<_> = allowed.keys().copied().collect();
    let mut wrong = Vec::new();
    for source in sources {
        let own = source.module();
        let mine = allowed.get(own.as_str()).copied().unwrap_or_default();
        for (to, import) in source.uses() {
            // What is no module is an item of the crate's root; `lib.rs` declares modules only.
            if modules.contains(to.as_str()) && !mine.contains(&to.as_str()) {
                wrong.push(format!("{}:{import}", source.path));
            }
        }
    }
    wrong
}

fn forbidden_crates(sources: &[Source]) -> Vec<String> {
    let forbidden: BTreeMap<_, _> = FORBIDDEN.iter().copied().collect();
    let mut wrong = Vec::new();
    for source in sources {
        let mine = forbidden.get(source.module().as_str()).copied();
        for import in &source.imports {
            let paths = mine.unwrap_or_default();
            let opens = source.module() == "domain" && SOCKETS.iter().any(|it| import.names(it));
            if opens || paths.iter().any(|path| import.begins_with(path)) {
                wrong.push(format!("{}:{import}", source.path));
            }
        }
    }
    wrong
}
