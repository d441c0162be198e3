//! Prepares the embedded assets: every file of `assets/` that browsers load gets a name with the
//! hash of its content, so that it may be cached for ever, and is compressed once, as small as it
//! goes, instead of with each request. That takes ten seconds for Swagger UI, so what an earlier build
//! compressed is used again; after a change of how it is compressed, `cargo clean`.
//!
//! The scripts of the pages become one, which saves each first visit a request: htmx, then the parts
//! of `assets/app`, each in a function of its own.
//!
//! Also writes the list of all SQL statements, from `.sqlx`: on some servers each is prepared before a connection
//! is used (`src/database/galera.rs`).

use std::{
    collections::BTreeSet,
    env, fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use brotli::CompressorWriter;
use flate2::{Compression, write::GzEncoder};
use sha2::{Digest as _, Sha256};

/// Extensions of embedded files: those that browsers load, and their licences; notes are not embedded.
const EXTENSIONS: [&str; 4] = ["css", "js", "svg", "txt"];

/// The first part of the script of the pages, a third-party file.
const HTMX: &str = "assets/vendor/htmx/htmx.min.js";

/// The application's own parts, one file per concern.
const PARTS: &str = "assets/app";

/// Parts that start by themselves, in this order: they listen to the same events.
const ORDER: [&str; 15] = [
    "failures",
    "memory",
    "order",
    "answers",
    "refresh",
    "tabs",
    "drafts",
    "edit",
    "length",
    "lines",
    "times",
    "zone",
    "focus",
    "keys",
    "passwords",
];

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed=assets");
    println!("cargo:rerun-if-changed=migrations");
    println!("cargo:rerun-if-changed=.sqlx");
    let output = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    write_statements(Path::new(".sqlx"), &output.join("statements.rs"))?;
    let output = output.join("assets");
    fs::create_dir_all(&output)?;
    let mut outputs = BTreeSet::new();
    embed_all(Path::new("assets"), &output, &mut outputs)?;
    outputs.extend(embed(
        Path::new("app.js"),
        bundle_scripts()?.as_bytes(),
        &output,
    )?);
    prune(&output, &outputs)
}

/// Writes a constant slice of the `query` in each file.
fn write_statements(folder: &Path, target: &Path) -> io::Result<()> {
    let mut statements = BTreeSet::new();
    for entry in fs::read_dir(folder)? {
        let described = fs::read(entry?.path())?;
        let described: serde_json::Value = serde_json::from_slice(&described)?;
        statements.extend(described["query"].as_str().map(str::to_owned));
    }
    let statements: Vec<_> = statements.into_iter().collect();
    fs::write(target, format!("&{statements:#?}"))
}

fn embed_all(folder: &Path, output: &Path, outputs: &mut BTreeSet<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let is_loaded = path
            .extension()
            .is_some_and(|extension| EXTENSIONS.iter().any(|known| extension == *known));
        if path.is_dir() && path != Path::new(PARTS) {
            embed_all(&path, output, outputs)?;
        } else if is_loaded && path != Path::new(HTMX) {
            outputs.extend(embed(&path, &fs::read(&path)?, output)?);
        }
    }
    Ok(())
}

/// The script of the pages. The parts share a strict scope, as in a module, and each has one of its own, so that it
/// cannot touch another's state.
fn bundle_scripts() -> io::Result<String> {
    let found = fs::read_dir(PARTS)?.count();
    assert_eq!(found, ORDER.len() + 1, "{PARTS} holds what ORDER names");
    let part = |name: &str| fs::read_to_string(format!("{PARTS}/{name}.js"));
    let begun = |name| {
        Ok(format!(
            "\nstartPart(\"{name}\", () => {{\n{}}});\n",
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

/// Embeds a file; returns its outputs.
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

/// Removes outputs of earlier builds, which must not be embedded.
fn prune(output: &Path, outputs: &BTreeSet<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(output)? {
        let path = entry?.path();
        if !outputs.contains(&path) {
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
