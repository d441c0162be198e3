//! What holds only as a figure. Each test wants the machine for itself: `./ops/test measured` runs them
//! one at a time.

mod flood;
mod login_timing;
#[expect(
    dead_code,
    reason = "the integration tests need more of it than these do"
)]
#[path = "../integration/support/process.rs"]
mod process;
mod purge;
mod refusals;
mod reindex;
mod search;
mod slowloris;
mod statistics;
mod unread;

use sqlx::mysql::{MySqlConnectOptions, MySqlPool};
use tokio::process::Child;

use process::{SECRET, free_address, start, url};

/// How to connect to the database of a test, past its pool.
fn options(pool: &MySqlPool) -> MySqlConnectOptions {
    pool.connect_options().as_ref().clone()
}

/// The program on a database of the test's own.
struct Program {
    address: String,
    process: Child,
}

impl Program {
    async fn start(options: &MySqlConnectOptions) -> Self {
        Self::start_with(options, &[("RATE_LIMITS", "off")]).await
    }

    async fn start_with(options: &MySqlConnectOptions, more: &[(&str, &str)]) -> Self {
        let (url, address) = (url(options), free_address());
        let settings = [
            ("DATABASE_URL", url.as_str()),
            ("JWT_SECRET", SECRET),
            ("LISTEN", &address),
            // With the line that says that it listens.
            ("RUST_LOG", "warn,tickbox::server=info"),
        ];
        let process = start(&[&settings, more].concat()).await;
        Self { address, process }
    }

    /// Where a page is.
    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Registers a person.
    async fn register(&self, client: &reqwest::Client, username: &str, password: &str) {
        let form = form(&[
            ("first_name", "Ona"),
            ("last_name", "Onaitė"),
            ("username", username),
            ("password", password),
            ("password_again", password),
        ]);
        let answer = post(client, self.url("/register"), form).await;
        assert_eq!(answer.status(), 303);
    }
}

fn form(fields: &[(&str, &str)]) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(fields).finish()
}

async fn post(client: &reqwest::Client, url: String, form: String) -> reqwest::Response {
    let request = client
        .post(url)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form);
    request.send().await.expect("an answer")
}

/// A client that follows nothing and waits for nobody else.
fn client() -> reqwest::Client {
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    client.no_proxy().build().expect("a client")
}
