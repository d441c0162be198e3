//! Prepares what the binary embeds: every file of `assets/` that browsers load gets a name with the
//! hash of its content, so that it may be cached for ever, and is compressed once, as small as it
//! goes, instead of with each request. That takes ten seconds for Swagger UI, so what an earlier build
//! compressed is used again; after a change of how it is compressed, `cargo clean`.
//!
//! The scripts of the pages become one, which saves each first visit a request: htmx, then the parts
//! of `assets/app`, each in a function of its own.
//!
//! And the list of all SQL statements, which `.sqlx` has: on some servers each is prepared before a
//! connection is used (`src/database/galera.rs`).

use std::{
    collections::BTreeSet,
    env, fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use brotli::CompressorWriter;
use flate2::{Compression, write::GzEncoder};
use sha2::{Digest as _, Sha256};

/// What browsers load, and the licences that have to come with it; notes beside it are not embedded.
const EXTENSIONS: [&str; 4] = ["css", "js", "svg", "txt"];

/// The first of the scripts of the pages, which is not ours.
const HTMX: &str = "assets/vendor/htmx/htmx.min.js";

/// Ours, one file a concern.
const PARTS: &str = "assets/app";

/// Those that start by themselves, in this order: they listen to the same events.
const ORDER: [&str; 12] = [
    "failures",
    "memory",
    "answers",
    "refresh",
    "tabs",
    "drafts",
    "length",
    "lines",
    "times",
    "focus",
    "keys",
    "passwords",
];

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed=assets");
    println!("cargo:rerun-if-changed=migrations");
    println!("cargo:rerun-if-changed=.sqlx");
    let output = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    list_statements(Path::new(".sqlx"), &output.join("statements.rs"))?;
    let output = output.join("assets");
    fs::create_dir_all(&output)?;
    let mut made = BTreeSet::new();
    embed_all(Path::new("assets"), &output, &mut made)?;
    made.extend(embed(Path::new("app.js"), script()?.as_bytes(), &output)?);
    remove_others(&output, &made)
}

/// A constant slice of what stands behind `query` in each file.
fn list_statements(folder: &Path, target: &Path) -> io::Result<()> {
    let mut statements = BTreeSet::new();
    for entry in fs::read_dir(folder)? {
        let described = fs::read(entry?.path())?;
        let described: serde_json::Value = serde_json::from_slice(&described)?;
        statements.extend(described["query"].as_str().map(str::to_owned));
    }
    let statements: Vec<_> = statements.into_iter().collect();
    fs::write(target, format!("&{statements:#?}"))
}

fn embed_all(folder: &Path, output: &Path, made: &mut BTreeSet<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let is_loaded = path
            .extension()
            .is_some_and(|extension| EXTENSIONS.iter().any(|known| extension == *known));
        if path.is_dir() && path != Path::new(PARTS) {
            embed_all(&path, output, made)?;
        } else if is_loaded && path != Path::new(HTMX) {
            made.extend(embed(&path, &fs::read(&path)?, output)?);
        }
    }
    Ok(())
}

/// Everything that a page runs. What ours have in common has names of its own and strict rules, as in
/// a module; each part again, so that one cannot touch what another keeps.
fn script() -> io::Result<String> {
    let found = fs::read_dir(PARTS)?.count();
    assert_eq!(found, ORDER.len() + 1, "{PARTS} holds what ORDER names");
    let part = |name: &str| fs::read_to_string(format!("{PARTS}/{name}.js"));
    let begun = |name| {
        Ok(format!(
            "\nbegin(\"{name}\", () => {{\n{}}});\n",
            part(name)?
        ))
    };
    let parts = ORDER
        .into_iter()
        .map(begun)
        .collect::<io::Result<Vec<_>>>()?;
    let (htmx, prelude) = (fs::read_to_string(HTMX)?, part("prelude")?);
    Ok(format!(
        "{htmx}\n;(() => {{\n\"use strict\";\n{prelude}{}}})();\n",
        parts.concat()
    ))
}

/// Gives what there is of the file now.
fn embed(path: &Path, content: &[u8], output: &Path) -> io::Result<[PathBuf; 3]> {
    let name = path.file_name().and_then(|name| name.to_str());
    let (stem, extension) = name
        .and_then(|name| name.rsplit_once('.'))
        .ok_or_else(|| io::Error::other(format!("{} has no plain name", path.display())))?;
    let hash = Sha256::digest(content);
    let hash = u64::from_be_bytes(hash[..8].try_into().expect("SHA-256 has 32 bytes"));
    let target = output.join(format!("{stem}-{hash:016x}.{extension}"));
    let (gz, br) = (with_suffix(&target, "gz"), with_suffix(&target, "br"));

    // Written last, so where it is complete, so are the others.
    if fs::read(&target).ok().as_deref() != Some(content) {
        fs::write(&gz, gzip(content)?)?;
        fs::write(&br, brotli(content)?)?;
        fs::write(&target, content)?;
    }
    Ok([target, gz, br])
}

/// What earlier builds made of files as they were then must not be embedded.
fn remove_others(output: &Path, made: &BTreeSet<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(output)? {
        let path = entry?.path();
        if !made.contains(&path) {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    PathBuf::from(name)
}

fn gzip(content: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content)?;
    encoder.finish()
}

fn brotli(content: &[u8]) -> io::Result<Vec<u8>> {
    let (buffer, quality, window) = (4096, 11, 22);
    let mut writer = CompressorWriter::new(Vec::new(), buffer, quality, window);
    writer.write_all(content)?;
    writer.flush()?;
    Ok(writer.into_inner())
}
