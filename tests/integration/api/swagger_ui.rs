//! Swagger UI and the document that it shows, over HTTP.

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::MySqlPool;
use tickbox::http::origin::TrustedProxies;

use crate::support::{browser::Answer, test_server::Site};

const DOCS: &str = "/api/docs";
const DOCUMENT: &str = "/api/openapi.json";

async fn get(site: &Site, path: &str) -> Answer {
    Answer::to(site.request(Method::GET, path)).await
}

#[sqlx::test]
async fn the_docs_page_has_no_inline_script_or_style(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let page = get(&site, DOCS).await;
    assert_eq!(page.status, 200);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(page.attribute("html", "lang"), "en");
    assert_eq!(page.texts("title"), ["API – Tickbox"]);
    assert_eq!(page.texts("script"), ["", ""]);
    assert_eq!(page.attributes("script", "src").len(), 2);
    assert!(page.texts("style").is_empty());
    for name in page.attribute_names() {
        assert!(name != "style" && !name.starts_with("on"), "{name}");
    }
}

#[sqlx::test]
async fn everything_the_docs_page_links_to_exists(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let page = get(&site, DOCS).await;
    let mut addresses = page.attributes("link", "href");
    addresses.extend(page.attributes("script", "src"));
    addresses.extend(page.attributes("a", "href"));
    addresses.extend(page.attributes("[data-document]", "data-document"));
    assert_eq!(addresses.len(), 11, "{addresses:?}");
    for address in addresses {
        let kind = match address.rsplit_once('.') {
            Some((_, "css")) => "text/css; charset=utf-8",
            Some((_, "js")) => "text/javascript; charset=utf-8",
            Some((_, "svg")) => "image/svg+xml; charset=utf-8",
            Some((_, "txt")) => "text/plain; charset=utf-8",
            Some((_, "json")) => "application/json",
            _ => "",
        };
        let answer = get(&site, &address).await;
        assert_eq!(answer.header("content-type"), kind, "{address}");
        // The list itself sends a stranger on to the login page.
        let status = if address == "/" { 303 } else { 200 };
        assert_eq!(answer.status, status, "{address}");
    }
}

#[sqlx::test]
async fn swagger_ui_is_served_with_its_licences(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let page = get(&site, DOCS).await;
    let licences = page.attributes("footer a[href$='.txt']", "href");
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/vendor/swagger-ui");
    let files = [
        "swagger-ui-LICENSE.txt",
        "swagger-ui-NOTICE.txt",
        "swagger-ui-bundle.js.LICENSE.txt",
    ];
    assert_eq!(licences.len(), files.len());
    for (address, file) in licences.iter().zip(files) {
        let text = std::fs::read_to_string(format!("{folder}/{file}")).expect("vendored");
        assert_eq!(get(&site, address).await.body, text, "{file}");
    }
    let readme = std::fs::read_to_string(format!("{folder}/README.md")).expect("vendored");
    let version = readme
        .lines()
        .next()
        .and_then(|line| line.split(' ').next_back());
    let version = version.expect("a heading with the version");
    let words = page.texts("footer").concat();
    assert!(words.contains(&format!("Swagger UI {version}:")), "{words}");
}

#[sqlx::test]
async fn the_swagger_ui_bundle_is_sent_compressed(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let page = get(&site, DOCS).await;
    let bundle = page.attributes("script", "src").remove(0);
    let request = site.request(Method::GET, &bundle);
    let answer = request.header("accept-encoding", "gzip, br").send().await;
    let answer = answer.expect("an answer");
    assert_eq!(answer.headers()["content-encoding"], "br");
    let length = answer.bytes().await.expect("a body").len();
    assert!(length < 400_000, "{length} bytes");
}

#[sqlx::test]
async fn only_the_docs_page_may_show_data_images(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let policy = "content-security-policy";
    let page = get(&site, DOCS).await;
    assert_eq!(
        page.header(policy),
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    );
    let usual = get(&site, "/login").await.header(policy).to_owned();
    assert!(!usual.contains("data:"), "{usual}");
    let bundle = page.attributes("script", "src").remove(0);
    for (path, status) in [
        (DOCUMENT, 200),
        (bundle.as_str(), 200),
        ("/api/docs/", 308),
        ("/api/docs/more", 404),
        ("/api/v1/register_user", 405),
    ] {
        let answer = get(&site, path).await;
        assert_eq!(answer.status, status, "{path}");
        let is_asset = path == bundle;
        assert_eq!(answer.header(policy) == usual, is_asset, "{path}");
        assert!(!answer.header(policy).contains("data:"), "{path}");
    }
    let refused = Answer::to(site.request(Method::POST, DOCS)).await;
    assert!(!refused.header(policy).contains("data:"));
}

#[sqlx::test]
async fn a_trailing_slash_redirects_to_the_docs_page(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let answer = get(&site, "/api/docs/").await;
    assert_eq!((answer.status, answer.header("location")), (308, DOCS));
}

#[sqlx::test]
async fn the_docs_page_and_document_are_read_only(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    for path in [DOCS, "/api/docs/", DOCUMENT] {
        for method in [Method::POST, Method::PUT, Method::DELETE] {
            let answer = Answer::to(site.request(method.clone(), path)).await;
            assert_eq!(answer.status, 405, "{method} {path}");
            assert_eq!(answer.header("allow"), "GET, HEAD", "{method} {path}");
            assert_eq!(answer.header("content-type"), "application/problem+json");
        }
    }
    for path in [DOCS, DOCUMENT] {
        let head = Answer::to(site.request(Method::HEAD, path)).await;
        assert_eq!((head.status, head.body.as_str()), (200, ""), "{path}");
        let same = get(&site, path).await.header("content-type").to_owned();
        assert_eq!(head.header("content-type"), same, "{path}");
    }
}

#[sqlx::test]
async fn an_unchanged_document_is_a_304(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let first = get(&site, DOCUMENT).await;
    assert_eq!(first.header("cache-control"), "no-cache");
    let etag = first.header("etag");
    assert!(etag.len() > 10 && etag.starts_with('"'), "{etag}");
    for (known, status) in [(etag, 304), ("\"an-older-one\"", 200)] {
        let request = site.request(Method::GET, DOCUMENT);
        let answer = Answer::to(request.header("if-none-match", known)).await;
        assert_eq!(answer.status, status, "{known}");
        assert_eq!(answer.header("etag"), etag);
        assert_eq!(answer.body.is_empty(), status == 304);
    }
}

/// The document as a client gets it that reaches the server by that name and scheme.
async fn document_for(site: &Site, host: &str, scheme: &str) -> (Answer, Value) {
    let request = site.request(Method::GET, DOCUMENT);
    let request = request
        .header("host", host)
        .header("x-forwarded-proto", scheme);
    let answer = Answer::to(request).await;
    let document = serde_json::from_str(&answer.body).expect("JSON");
    (answer, document)
}

#[sqlx::test]
async fn the_document_names_the_address_that_its_reader_uses(pool: MySqlPool) {
    let open = Site::open(&pool).await;
    let behind = Site::behind(&pool, TrustedProxies(1)).await;
    for (site, host, scheme, server) in [
        (
            &open,
            "todo.example.org",
            "https",
            "http://todo.example.org/api/v1",
        ),
        (&open, "127.0.0.1:8080", "", "http://127.0.0.1:8080/api/v1"),
        (
            &behind,
            "todo.example.org",
            "https",
            "https://todo.example.org/api/v1",
        ),
        (
            &behind,
            "todo.example.org:81",
            "http",
            "http://todo.example.org:81/api/v1",
        ),
        (&behind, "no name", "https", "/api/v1"),
    ] {
        let (_, document) = document_for(site, host, scheme).await;
        assert_eq!(document["servers"], json!([{ "url": server }]), "{host}");
    }
    let configured = open.reached(Some("https://tick.example"), None).await;
    let (_, document) = document_for(&configured, "10.0.0.7", "http").await;
    assert_eq!(document["servers"][0]["url"], "https://tick.example/api/v1");
}

#[sqlx::test]
async fn the_document_is_served_as_committed_but_for_the_address(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let (answer, _) = document_for(&site, "name", "").await;
    let committed = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi/openapi.json");
    let committed = std::fs::read_to_string(committed).expect("committed");
    assert!(
        answer.body.replace("http://name/api/v1", "/api/v1") == committed,
        "openapi/openapi.json is stale: run ./ops/generate openapi"
    );
}

/// More names than the documents of which are kept.
#[sqlx::test]
async fn each_address_has_an_etag_of_its_own(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let hosts: Vec<_> = (0..9).map(|number| format!("name{number}")).collect();
    let mut tags = vec![];
    for host in &hosts {
        let (answer, _) = document_for(&site, host, "").await;
        tags.push(answer.header("etag").to_owned());
    }
    for (host, own) in hosts.iter().zip(&tags) {
        for tag in &tags {
            let request = site.request(Method::GET, DOCUMENT).header("host", host);
            let answer = Answer::to(request.header("if-none-match", tag)).await;
            let status = if tag == own { 304 } else { 200 };
            assert_eq!(answer.status, status, "{host}");
            assert_eq!(answer.header("etag"), own);
        }
    }
}

#[sqlx::test]
async fn the_compressed_document_has_an_etag_of_its_own(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let etag = async |encoding| {
        let request = site.request(Method::GET, DOCUMENT);
        let answer = request.header("accept-encoding", encoding).send().await;
        let headers = answer.expect("an answer").headers().clone();
        assert_eq!(headers["vary"], "accept-encoding");
        headers["etag"].clone()
    };
    assert_ne!(etag("gzip").await, etag("identity").await);
}

#[sqlx::test]
async fn responses_vary_on_the_encoding_once(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    for path in [DOCUMENT, "/favicon.ico"] {
        for (name, value) in [
            ("accept-encoding", "gzip"),
            ("accept-encoding", "identity"),
            ("if-none-match", "*"),
        ] {
            let request = site.request(Method::GET, path).header(name, value);
            let answer = Answer::to(request).await;
            let vary: Vec<_> = answer.headers.get_all("vary").iter().collect();
            assert_eq!(vary, ["accept-encoding"], "{path} {value}");
        }
    }
}
