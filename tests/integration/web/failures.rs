//! What goes wrong is said in words, in the look of the pages, and gives nothing away.

use poem::{
    Endpoint as _, EndpointExt as _, Request, endpoint::make_sync, error::InternalServerError,
    http::StatusCode,
};
use reqwest::Method;
use sqlx::{Executor as _, MySqlPool};
use tickbox::web;

use crate::support::{browser::Answer, fixture::PASSWORD, snapshot, test_server::Site};

async fn answer(endpoint: impl poem::Endpoint + 'static, htmx: bool) -> (StatusCode, String) {
    let mut request = Request::builder();
    if htmx {
        request = request.header("hx-request", "true");
    }
    let response = web::error_page::with_error_pages(endpoint)
        .get_response(request.finish())
        .await;
    let status = response.status();
    let body = response.into_body().into_string().await;
    (status, body.expect("text"))
}

#[tokio::test]
async fn a_panic_is_a_500_page() {
    let panics =
        || make_sync(|_: Request| -> &'static str { panic!("secret detail of the fault") });
    for htmx in [false, true] {
        let (status, body) = answer(panics(), htmx).await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(body.contains("Something went wrong on our side"), "{body}");
        assert!(!body.contains("secret detail"), "{body}");
        assert_eq!(
            body.starts_with("<hx-partial hx-target=\"#status\""),
            htmx,
            "{body}"
        );
    }
}

#[tokio::test]
async fn an_internal_error_is_a_500_page_without_its_cause() {
    let fails = poem::endpoint::make(|_: Request| async {
        Err::<(), _>(InternalServerError(std::io::Error::other(
            "secret detail of the fault",
        )))
    });
    let (status, body) = answer(fails.map_to_response(), false).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(body.contains("Something went wrong on our side"), "{body}");
    assert!(!body.contains("secret detail"), "{body}");
}

#[sqlx::test]
async fn error_pages_look_like_pages_and_link_back(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    let forged = site
        .request(Method::POST, "/login")
        .header("sec-fetch-site", "cross-site");
    for (answer, heading) in [
        (browser.get("/nowhere").await, "Not Found"),
        (browser.get("/remove-todo").await, "Method Not Allowed"),
        (Answer::to(forged).await, "Forbidden"),
    ] {
        assert_eq!(answer.texts("h1"), [heading]);
        assert_eq!(
            answer.texts("title"),
            [format!("Error: {heading} – Tickbox")]
        );
        assert_eq!(answer.attributes("main a.button", "href"), ["/"]);
        assert_eq!(answer.attributes("[rel=stylesheet]", "href").len(), 1);
    }
    for (answer, status) in [
        (browser.with_htmx().get("/nowhere").await, 404),
        (browser.with_htmx().get("/remove-todo").await, 405),
    ] {
        assert_eq!(answer.status, status);
        assert_eq!(answer.targets(), ["#status"]);
        assert_eq!(answer.texts(".failure").len(), 1);
    }
}

#[sqlx::test]
async fn a_chunked_body_too_large_is_refused(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    for (length, status) in [(16 * 1024, 422), (16 * 1024 + 1, 413), (200_000, 413)] {
        let body = format!("description={}", "x".repeat(length - "description=".len()));
        let answer = browser.send(Method::POST, "/", Some(body.clone())).await;
        assert_eq!(answer.status, status, "{length} bytes");
        assert_eq!(
            chunked(&site, browser.cookie.as_deref(), &body).await,
            status,
            "{length} bytes"
        );
    }
}

/// Sends a form in chunks over a bare socket: the client library would state a length.
async fn chunked(site: &Site, cookie: Option<&str>, body: &str) -> u16 {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let head = format!(
        "POST / HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\nSec-Fetch-Site: same-origin\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\
         Connection: close\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n",
        site.address,
        cookie.unwrap_or_default(),
        body.len(),
    );
    let mut stream = tokio::net::TcpStream::connect(&site.address)
        .await
        .expect("a server");
    // The server may answer, and close, before it has read all.
    stream.write_all(head.as_bytes()).await.ok();
    let mut status = [0; 12];
    stream.read_exact(&mut status).await.expect("an answer");
    String::from_utf8_lossy(&status[9..])
        .parse()
        .expect("a status")
}

#[sqlx::test]
async fn an_unavailable_page_returns_the_submitted_form(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    let mut connection = site.world.connect().await;
    connection
        .execute("DROP TABLE sessions")
        .await
        .expect("dropped");
    let form = [
        ("todo_id", "0195f3a2-7c1e-7b3a-9d52-3f1f6f0c2a11"),
        ("description", "Milk & <bread>"),
    ];
    let page = browser.post("/", &form).await;
    assert_eq!(page.status, 500);
    assert_eq!(page.attribute("form", "action"), "/");
    assert_eq!(page.attribute("form [name=todo_id]", "value"), form[0].1);
    assert_eq!(
        page.attribute("form [name=description]", "value"),
        form[1].1
    );
}

#[sqlx::test]
async fn a_returned_form_contains_only_known_fields(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    let send = async |fields: usize| {
        let body = format!("description=Milk{}", "&x=1".repeat(fields - 1));
        browser.send(Method::POST, "/", Some(body)).await
    };
    let refused = send(4_000).await;
    assert_eq!(refused.status, 413);
    assert!(refused.body.contains("at most 100 fields"));
    assert_eq!(send(101).await.status, 413);
    assert_eq!(send(100).await.status, 303);
    let mut connection = site.world.connect().await;
    connection
        .execute("DROP TABLE sessions")
        .await
        .expect("dropped");
    let (one, hundred) = (send(1).await, send(100).await);
    assert_eq!((one.status, hundred.status), (500, 500));
    assert_eq!(hundred.attributes("form input", "name"), ["description"]);
    assert_eq!(hundred.body.len(), one.body.len());
}

#[sqlx::test]
async fn a_busy_database_is_a_503_with_retry_after(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    let mut connection = site.world.connect().await;
    let hold = "START TRANSACTION; SELECT * FROM users FOR UPDATE";
    sqlx::raw_sql(hold)
        .execute(&mut connection)
        .await
        .expect("held");
    let form = [("description", "Milk")];
    let (page, fragments) = tokio::join!(browser.post("/", &form), async {
        browser.with_htmx().post("/", &form).await
    },);
    assert_eq!((page.status, fragments.status), (503, 503));
    assert_eq!(
        (page.header("retry-after"), fragments.header("retry-after")),
        ("5", "5")
    );
    assert_eq!(page.attribute("form [name=description]", "value"), "Milk");
    assert_eq!(fragments.targets(), ["#status"]);

    let registered = site
        .stranger()
        .post("/login", &[("username", "ona"), ("password", PASSWORD)])
        .await;
    assert_eq!(
        registered.status, 503,
        "the new session needs the user's row"
    );
    assert_eq!(registered.attribute("#username", "value"), "ona");
    assert_eq!(registered.header("retry-after"), "5");
}

#[sqlx::test]
async fn an_undecodable_url_fails_as_page_or_problem(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let page = site.stranger().get("/%ff").await;
    assert_eq!(
        (page.status, page.texts("h1")),
        (400, vec!["Bad Request".to_owned()])
    );
    let problem = site.stranger().get("/api/v1/%ff").await;
    assert_eq!(problem.status, 400);
    assert_eq!(problem.header("content-type"), "application/problem+json");
}

#[sqlx::test]
async fn a_form_that_is_not_utf_8_is_refused(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    let answer = browser
        .send(Method::POST, "/", Some("description=%ff%fe".into()))
        .await;
    assert_eq!(answer.status, 400);
    assert!(browser.get("/").await.todos().is_empty());
}

#[sqlx::test]
async fn only_form_content_types_are_accepted(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let cookie = site.browser("ona").await.cookie.expect("logged in");
    for (kind, status) in [
        ("application/json", 415),
        ("text/plain", 415),
        ("multipart/form-data; boundary=x", 415),
        ("application/x-www-form-urlencoded; charset=UTF-8", 303),
    ] {
        let request = site
            .request(Method::POST, "/")
            .header("sec-fetch-site", "same-origin")
            .header("cookie", &cookie)
            .header("content-type", kind)
            .body("description=Milk");
        assert_eq!(Answer::to(request).await.status, status, "{kind}");
    }
}

#[sqlx::test]
async fn a_missing_table_is_a_500_without_details(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let browser = site.browser("ona").await;
    let mut connection = site.world.connect().await;
    connection
        .execute("DROP TABLE todos")
        .await
        .expect("dropped");
    for browser in [browser.clone(), browser.with_htmx()] {
        let answer = browser.get("/").await;
        assert_eq!(answer.status, 500);
        assert!(!answer.body.contains("todos'"), "{}", answer.body);
        assert!(answer.body.contains("Something went wrong on our side"));
    }
}

#[sqlx::test]
async fn the_404_page_is_as_recorded(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let page = site.stranger().get("/nothing").await;
    insta::assert_snapshot!(snapshot::html(&page));
}
