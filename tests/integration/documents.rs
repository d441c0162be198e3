//! What the documents say: links lead somewhere, files that they name are there, and every setting is
//! described with its default.

use std::{
    cell::RefCell,
    collections::BTreeSet,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

use regex::Regex;
use tickbox::config::{Config, Purpose};

/// What the program needs to start, in both ways to name a database.
const BY_URL: [(&str, &str); 2] = [
    ("DATABASE_URL", "mysql://ona@db/todo"),
    ("JWT_SECRET", "5d0c7be9413fa8625d1e90b3c47af826"),
];
const BY_PARTS: [(&str, &str); 5] = [
    ("DB_HOST", "db"),
    ("DB_NAME", "todo"),
    ("DB_USERNAME", "ona"),
    ("DB_PASSWORD", "pass"),
    BY_URL[1],
];
/// Folders that hold documents of others, or of tools.
const NOT_OURS: [&str; 6] = [
    "target",
    "vendor",
    "node_modules",
    ".git",
    ".local",
    "generated",
];

#[test]
fn exactly_the_settings_that_exist_are_documented() {
    let asked = RefCell::new(BTreeSet::new());
    for given in [&[][..], &BY_URL, &BY_PARTS] {
        let lookup = |name: &str| {
            asked.borrow_mut().insert(name.to_owned());
            value(given, name)
        };
        let _ = Config::read(Purpose::Serve, lookup);
    }
    let documented = settings();
    let names = documented.iter().map(|(name, _)| name.clone());
    assert_eq!(names.collect::<BTreeSet<_>>(), asked.into_inner());
    for (name, default) in &documented {
        let given: &[_] = if BY_PARTS[..4].iter().any(|(part, _)| part == name) || name == "DB_PORT"
        {
            &BY_PARTS
        } else {
            &BY_URL
        };
        let without = read(given, name, "");
        match default.as_str() {
            "required" => {
                let message = without.expect_err(name);
                assert!(
                    message.contains(&format!("\n  {name} is missing")),
                    "{message}"
                );
            }
            "none" => {
                let field = name.trim_start_matches("DB_TLS_").to_lowercase();
                let printed = without.expect(name);
                assert!(
                    printed.contains(&format!(" {field}: None")),
                    "{field} in {printed}"
                );
            }
            // One default in a terminal, another one elsewhere.
            values => {
                let values = values.split('`').skip(1).step_by(2);
                let defaults = values.map(|value| read(given, name, value));
                assert!(
                    defaults.collect::<Vec<_>>().contains(&without),
                    "{name}: {without:?}"
                );
            }
        }
    }
}

/// Names and defaults of the tables of docs/configuration.md.
fn settings() -> Vec<(String, String)> {
    let text = fs::read_to_string(root().join("docs/configuration.md")).expect("the document");
    let row = Regex::new(r"(?m)^\| `([A-Z_]+)` \| ([^|]+) \|").expect("an expression");
    let rows = row.captures_iter(&text);
    rows.map(|row| (row[1].to_owned(), row[2].to_owned()))
        .collect()
}

/// The settings as they print themselves, or what is wrong with them.
fn read(given: &[(&str, &str)], name: &str, text: &str) -> Result<String, String> {
    let lookup = |asked: &str| {
        if asked == name {
            return Some(text.into());
        }
        value(given, asked)
    };
    let config = Config::read(Purpose::Serve, lookup);
    let config = config.map(|config| format!("{config:?}"));
    config.map_err(|problems| problems.to_string())
}

fn value(given: &[(&str, &str)], name: &str) -> Option<OsString> {
    let found = given.iter().find(|(found, _)| *found == name);
    found.map(|(_, value)| value.into())
}

#[test]
fn every_link_in_a_document_has_a_target() {
    let link = Regex::new(r"\]\(([^)#\s]*)(?:#([^)\s]+))?\)").expect("an expression");
    let (mut seen, mut broken) = (0, vec![]);
    for path in documents() {
        let text = without_code(&fs::read_to_string(&path).expect("text"));
        let folder = path.parent().expect("a folder");
        let links = link.captures_iter(&text);
        for link in links.filter(|link| !link[1].contains(':')) {
            let target = match &link[1] {
                "" => path.clone(),
                target => folder.join(target),
            };
            let has = |anchor: &str| anchors(&target).contains(anchor);
            let leads = target.exists() && link.get(2).is_none_or(|anchor| has(anchor.as_str()));
            if !leads {
                broken.push(format!("{} links to {}", path.display(), &link[0]));
            }
            seen += 1;
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    assert!(seen > 50, "{seen} links");
}

#[test]
fn every_finding_is_listed() {
    let listed = fs::read_to_string(root().join("findings/README.md")).expect("the list");
    for entry in fs::read_dir(root().join("findings")).expect("a folder") {
        let name = entry.expect("an entry").file_name();
        let name = name.to_str().expect("text");
        let is_listed = listed.contains(&format!("]({name})"));
        assert!(
            is_listed || name == "README.md",
            "{name} is not in findings/README.md"
        );
    }
}

#[test]
fn every_file_named_in_a_document_exists() {
    let name = Regex::new(r"`(?:\./)?([\w.-]+(?:/[\w.-]+)+)(?:[ :#][^`]*)?`");
    let name = name.expect("an expression");
    let (mut seen, mut missing) = (0, vec![]);
    for path in documents() {
        let text = fs::read_to_string(&path).expect("text");
        let folder = path.parent().expect("a folder").to_owned();
        // The map names the files of the program as they are below src.
        let places = [folder, root(), root().join("src"), root().join("assets")];
        for name in name.captures_iter(&text) {
            let named = Path::new(&name[1]);
            if is_of_the_tree(named) {
                if !places.iter().any(|place| place.join(named).exists()) {
                    missing.push(format!("{} names {}", path.display(), &name[0]));
                }
                seen += 1;
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
    assert!(seen > 100, "{seen} files");
}

/// Whether it is meant as a file or folder here, and not as a media type or an address.
fn is_of_the_tree(named: &Path) -> bool {
    let kinds = [
        "rs", "js", "mjs", "py", "sh", "md", "sql", "json", "toml", "yaml", "yml", "txt",
    ];
    let first = named.iter().next().unwrap_or_default();
    let is_file = named
        .extension()
        .is_some_and(|kind| kinds.iter().any(|ours| kind == *ours));
    first != "target" && first != ".local" && (is_file || root().join(first).is_dir())
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every document of the repository. Changes of the past name what has gone since.
fn documents() -> Vec<PathBuf> {
    let (mut found, mut folders) = (vec![], vec![root()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path
                .file_name()
                .and_then(|name| name.to_str())
                .unwrap_or_default();
            if path.is_dir() && !path.is_symlink() && !NOT_OURS.contains(&name) {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "md") && name != "CHANGELOG.md" {
                found.push(path);
            }
        }
    }
    found
}

fn without_code(text: &str) -> String {
    let code = Regex::new(r"(?ms)^```.*?^```|`[^`\n]*`").expect("an expression");
    code.replace_all(text, "").into_owned()
}

/// The headings' names in links to a document, as GitHub makes them.
fn anchors(document: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(document).expect("a document");
    let headings = text.lines().filter_map(|line| line.strip_prefix('#'));
    let headings = headings.map(|heading| heading.trim_start_matches('#').trim().to_lowercase());
    let anchors = headings.map(|heading| {
        let kept = heading
            .chars()
            .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    });
    anchors.collect()
}
