//! Prepares what the binary embeds: every file of `assets/` that browsers load gets a name with the
//! hash of its content, so that it may be cached for ever, and is compressed once, as small as it
//! goes, instead of with each request.

use std::{
    env, fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use brotli::CompressorWriter;
use flate2::{Compression, write::GzEncoder};
use sha2::{Digest as _, Sha256};

/// What browsers load; licences and notes beside it are not embedded.
const EXTENSIONS: [&str; 3] = ["css", "js", "svg"];

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed=assets");
    println!("cargo:rerun-if-changed=migrations");
    let output = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it")).join("assets");
    if output.exists() {
        fs::remove_dir_all(&output)?;
    }
    fs::create_dir_all(&output)?;
    embed_all(Path::new("assets"), &output)
}

fn embed_all(folder: &Path, output: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            embed_all(&path, output)?;
        } else if path
            .extension()
            .is_some_and(|extension| EXTENSIONS.iter().any(|known| extension == *known))
        {
            embed(&path, output)?;
        }
    }
    Ok(())
}

fn embed(path: &Path, output: &Path) -> io::Result<()> {
    let content = fs::read(path)?;
    let name = path.file_name().and_then(|name| name.to_str());
    let (stem, extension) = name
        .and_then(|name| name.rsplit_once('.'))
        .ok_or_else(|| io::Error::other(format!("{} has no plain name", path.display())))?;
    let hash = Sha256::digest(&content);
    let hash = u64::from_be_bytes(hash[..8].try_into().expect("SHA-256 has 32 bytes"));
    let target = output.join(format!("{stem}-{hash:016x}.{extension}"));

    fs::write(&target, &content)?;
    fs::write(with_suffix(&target, "gz"), gzip(&content)?)?;
    fs::write(with_suffix(&target, "br"), brotli(&content)?)
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
