//! Sends requests at a constant rate, whatever the server does, and measures each from the moment at
//! which it was due: a server that falls behind cannot hide it by being asked less.
//!
//!     mix URL SECONDS < KINDS
//!
//! KINDS is one JSON object a line: {"name", "per_second", "expected", "requests": [{"method", "path",
//! "headers", "body"}]}. Prints one JSON object with latencies and errors of each kind and of all.

use std::{
    collections::BTreeMap,
    env,
    io::{self, BufRead as _},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::Request;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde::{Deserialize, Serialize};
use tokio::{
    sync::mpsc::{UnboundedSender, unbounded_channel},
    time::{Instant, sleep_until, timeout},
};

/// Whoever has no answer by then has left.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Deserialize)]
struct Kind {
    name: String,
    per_second: f64,
    /// The status of every answer.
    expected: Vec<u16>,
    requests: Vec<Wanted>,
}

#[derive(Deserialize)]
struct Wanted {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: String,
}

/// How one request ended.
struct Ended {
    kind: usize,
    took: Duration,
    error: Option<String>,
}

#[derive(Serialize)]
struct Summary {
    requests: usize,
    errors: usize,
    p50_ms: f64,
    p99_ms: f64,
    max_ms: f64,
}

type Http = Client<HttpConnector, Full<Bytes>>;

fn request(url: &str, wanted: &Wanted) -> Request<Full<Bytes>> {
    let mut request = Request::builder()
        .method(wanted.method.as_str())
        .uri(format!("{url}{}", wanted.path));
    for (name, value) in &wanted.headers {
        request = request.header(name, value);
    }
    let body = Full::new(Bytes::from(wanted.body.clone()));
    request.body(body).expect("headers that may be sent")
}

async fn outcome(http: &Http, request: Request<Full<Bytes>>, expected: &[u16]) -> Option<String> {
    let answer = async {
        let response = http
            .request(request)
            .await
            .map_err(|error| error.to_string())?;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await;
        body.map_err(|error| error.to_string())?;
        Ok::<_, String>(status)
    };
    match timeout(PATIENCE, answer).await {
        Ok(Ok(status)) if expected.contains(&status) => None,
        Ok(Ok(status)) => Some(format!("status {status}")),
        Ok(Err(error)) => Some(error),
        Err(_) => Some("no answer".to_owned()),
    }
}

/// One kind of request, evenly spread over the time.
async fn send(
    place: usize,
    kinds: Arc<Vec<Kind>>,
    http: Http,
    url: Arc<String>,
    end: Instant,
    ended: UnboundedSender<Ended>,
) {
    let kind = &kinds[place];
    let pause = Duration::from_secs_f64(1.0 / kind.per_second);
    let mut due = Instant::now() + pause.mul_f64(fastrand::f64());
    let mut next = 0;
    while due < end {
        sleep_until(due).await;
        let request = request(&url, &kind.requests[next % kind.requests.len()]);
        next += 1;
        let (http, ended, kinds) = (http.clone(), ended.clone(), kinds.clone());
        tokio::spawn(async move {
            let error = outcome(&http, request, &kinds[place].expected).await;
            let took = due.elapsed();
            // Whoever listens does so to the end.
            let _ = ended.send(Ended {
                kind: place,
                took,
                error,
            });
        });
        due += pause;
    }
}

fn summary(mut took: Vec<Duration>, errors: usize) -> Summary {
    took.sort_unstable();
    let at = |percent: usize| {
        let place = (took.len() * percent).div_ceil(100).saturating_sub(1);
        took.get(place)
            .map_or(0.0, |took| took.as_secs_f64() * 1_000.0)
    };
    Summary {
        requests: took.len(),
        errors,
        p50_ms: at(50),
        p99_ms: at(99),
        max_ms: at(100),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<_> = env::args().collect();
    let url = Arc::new(arguments[1].clone());
    let seconds: f64 = arguments[2].parse().expect("a number of seconds");
    let kinds: Vec<Kind> = io::stdin()
        .lock()
        .lines()
        .map(|line| serde_json::from_str(&line.expect("text")).expect("a kind"))
        .collect();
    let kinds = Arc::new(kinds);
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let http = Client::builder(TokioExecutor::new()).build(connector);
    let end = Instant::now() + Duration::from_secs_f64(seconds);
    let (sender, mut receiver) = unbounded_channel();
    for place in 0..kinds.len() {
        tokio::spawn(send(
            place,
            kinds.clone(),
            http.clone(),
            url.clone(),
            end,
            sender.clone(),
        ));
    }
    drop(sender);

    let mut took: Vec<Vec<Duration>> = kinds.iter().map(|_| Vec::new()).collect();
    let mut errors = vec![0; kinds.len()];
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    while let Some(ended) = receiver.recv().await {
        took[ended.kind].push(ended.took);
        if let Some(error) = ended.error {
            errors[ended.kind] += 1;
            *reasons
                .entry(format!("{}: {error}", kinds[ended.kind].name))
                .or_default() += 1;
        }
    }
    let all = summary(took.concat(), errors.iter().sum());
    let each: BTreeMap<_, _> = kinds
        .iter()
        .zip(took.into_iter().zip(errors))
        .map(|(kind, (took, errors))| (kind.name.clone(), summary(took, errors)))
        .collect();
    let result = serde_json::json!({ "all": all, "each": each, "reasons": reasons });
    println!("{result}");
}
