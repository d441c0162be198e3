//! The embedded files: compressed, cached for ever, under names of their content.

use sqlx::MySqlPool;
use std::{collections::BTreeMap, ffi::OsStr, fs, path::Path};

use reqwest::Method;

use crate::support::{browser::Answer, test_server::Site};

async fn addresses(site: &Site) -> Vec<String> {
    let page = site.stranger().get("/login").await;
    let mut addresses = page.attributes("head link", "href");
    addresses.extend(page.attributes("script", "src"));
    addresses
}

async fn get(site: &Site, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = site.request(Method::GET, path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = request.send().await.expect("an answer");
    Answer {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        // Compressed ones are no text.
        body: response.bytes().await.expect("a body").len().to_string(),
    }
}

#[sqlx::test]
async fn each_asset_has_a_name_with_the_hash_of_its_content(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let addresses = addresses(&site).await;
    assert_eq!(addresses.len(), 3, "{addresses:?}");
    for address in addresses {
        let hash = address.rsplit(['-', '.']).nth(1).expect("a hash");
        assert_eq!(hash.len(), 16, "{address}");
        let file = get(&site, &address, &[]).await;
        assert_eq!(file.status, 200, "{address}");
        assert_eq!(
            file.header("cache-control"),
            "public, max-age=31536000, immutable"
        );
        let kind = match address.rsplit_once('.').expect("an extension").1 {
            "css" => "text/css; charset=utf-8",
            "js" => "text/javascript; charset=utf-8",
            _ => "image/svg+xml; charset=utf-8",
        };
        assert_eq!(file.header("content-type"), kind);
    }
}

/// Browsers ask there for an origin whose page names no icon: a JSON answer, or the login page of a gateway in between.
#[sqlx::test]
async fn the_icon_is_served_at_favicon_ico_too(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let icon = get(&site, "/favicon.ico", &[]).await;
    assert_eq!(icon.status, 200);
    assert_eq!(icon.header("content-type"), "image/svg+xml; charset=utf-8");
    assert_eq!(icon.header("cache-control"), "public, max-age=86400");
    let etag = icon.header("etag").to_owned();
    let again = get(&site, "/favicon.ico", &[("if-none-match", &etag)]).await;
    assert_eq!((again.status, again.body.as_str()), (304, "0"));
}

#[sqlx::test]
async fn an_asset_is_sent_in_the_best_accepted_encoding(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    for address in addresses(&site).await {
        let mut sizes = Vec::new();
        let mut etags = Vec::new();
        for (accepted, encoding) in [
            ("gzip, deflate, br, zstd", "br"),
            ("gzip", "gzip"),
            ("br;q=0, gzip;q=0", ""),
        ] {
            let file = get(&site, &address, &[("accept-encoding", accepted)]).await;
            assert_eq!(file.header("content-encoding"), encoding, "{address}");
            assert_eq!(file.header("vary"), "accept-encoding");
            sizes.push(file.body.parse::<usize>().expect("a length"));
            etags.push(file.header("etag").to_owned());
        }
        assert!(
            sizes[0] <= sizes[1] && sizes[1] < sizes[2],
            "{address} {sizes:?}"
        );
        assert!(etags[0] != etags[1] && etags[1] != etags[2], "{etags:?}");
    }
}

#[sqlx::test]
async fn an_unchanged_asset_is_a_304(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let address = addresses(&site).await.remove(0);
    let etag = get(&site, &address, &[]).await.header("etag").to_owned();
    assert!(etag.starts_with('"') && etag.ends_with('"'), "{etag}");
    for (known, status) in [
        (etag.clone(), 304),
        (format!("\"other\", W/{etag}"), 304),
        ("*".to_owned(), 304),
        ("\"other\"".to_owned(), 200),
    ] {
        let file = get(&site, &address, &[("if-none-match", &known)]).await;
        assert_eq!(file.status, status, "{known}");
        assert_eq!(file.header("etag"), etag);
    }
    let other = [
        ("if-none-match", etag.as_str()),
        ("accept-encoding", "gzip"),
    ];
    assert_eq!(
        get(&site, &address, &other).await.status,
        200,
        "another representation"
    );
}

#[sqlx::test]
async fn only_assets_are_served_below_assets(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let script = addresses(&site).await.pop().expect("a script");
    for path in [
        format!("{script}.br"),
        "/assets/".into(),
        "/assets/LICENSE".into(),
        "/assets/..%2f..%2fCargo.toml".into(),
        "/assets/app.css".into(),
    ] {
        assert_eq!(get(&site, &path, &[]).await.status, 404, "{path}");
    }
}

#[test]
fn vendored_files_match_their_recorded_hashes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/vendor");
    for folder in fs::read_dir(root).expect("a folder") {
        let folder = folder.expect("an entry").path();
        let sums = fs::read_to_string(folder.join("SHA256SUMS")).expect("recorded");
        let recorded: BTreeMap<_, _> = sums
            .lines()
            .filter_map(|line| line.split_once("  "))
            .map(|(sum, name)| (name.to_owned(), format!("SHA256:{sum}")))
            .collect();
        let mut found = BTreeMap::new();
        for file in fs::read_dir(&folder).expect("a folder") {
            let path = file.expect("an entry").path();
            let name = path.file_name().and_then(OsStr::to_str).expect("a name");
            if !["README.md", "SHA256SUMS"].contains(&name) {
                let content = fs::read(&path).expect("a file");
                let text = String::from_utf8_lossy(&content);
                assert!(!text.contains("sourceMappingURL"), "{name} names a map");
                let sum = ring::digest::digest(&ring::digest::SHA256, &content);
                found.insert(name.to_owned(), format!("{sum:?}"));
            }
        }
        assert!(!found.is_empty(), "nothing in {}", folder.display());
        assert_eq!(found, recorded, "{}", folder.display());
    }
}
