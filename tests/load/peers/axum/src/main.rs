//! What Tickbox does for its list, done as one would with axum and sqlx's own pool: the same tables and
//! statements, the same page and JSON to the byte, the same work around each request. The benchmark
//! compares the answers before it compares the cost.

mod answers;
mod layers;
mod page;
mod store;

use std::{env, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    http::StatusCode,
    middleware::{from_fn, from_fn_with_state},
    routing::get,
};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use sqlx::{ConnectOptions as _, MySqlPool, mysql::MySqlConnectOptions, mysql::MySqlPoolOptions};
use tokio::net::TcpListener;
use tower_http::{
    CompressionLevel,
    catch_panic::CatchPanicLayer,
    compression::{CompressionLayer, predicate::SizeAbove},
    limit::RequestBodyLimitLayer,
    timeout::TimeoutLayer,
};
use tracing_subscriber::EnvFilter;

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// As many as Tickbox opens.
const CONNECTIONS: u32 = 8;
const BODY_BYTES: usize = 16 * 1024;
const HANDLER: Duration = Duration::from_secs(10);
const HEAD: Duration = Duration::from_secs(10);

/// What handlers share.
struct Shared {
    pool: MySqlPool,
    key: DecodingKey,
    validation: Validation,
    assets: page::Assets,
}

type App = Arc<Shared>;

fn setting(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("{name} is missing"))
}

fn shared() -> App {
    let url = setting("DATABASE_URL");
    let options: MySqlConnectOptions = url.parse().expect("a URL of a database");
    // The pool's best setting: a ping before each use would cost another round trip.
    let pool = MySqlPoolOptions::new()
        .max_connections(CONNECTIONS)
        .min_connections(CONNECTIONS)
        .test_before_acquire(false)
        .acquire_timeout(Duration::from_secs(2))
        .connect_lazy_with(options.disable_statement_logging());
    let mut validation = Validation::new(Algorithm::HS256);
    validation.set_issuer(&["tickbox"]);
    validation.set_audience(&["tickbox-api"]);
    Arc::new(Shared {
        pool,
        key: DecodingKey::from_secret(setting("JWT_SECRET").as_bytes()),
        validation,
        assets: page::Assets::parse(&setting("ASSETS")),
    })
}

fn router(app: App) -> Router {
    let answers = Router::new()
        .route("/readyz", get(answers::ready))
        .route("/", get(answers::list).post(answers::add))
        .route("/api/v1/todo_list", get(answers::api_list))
        .with_state(app);
    // Where Tickbox compresses.
    let answers = match env::var("COMPRESS").as_deref() {
        Ok("gzip") => {
            let large = SizeAbove::new(1_400);
            let layer = CompressionLayer::new().quality(CompressionLevel::Fastest);
            answers.layer(layer.compress_when(large))
        }
        _ => answers,
    };
    answers
        .layer(from_fn(layers::own_site_only))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::SERVICE_UNAVAILABLE,
            HANDLER,
        ))
        .layer(RequestBodyLimitLayer::new(BODY_BYTES))
        .layer(from_fn(layers::bounded_head))
        .layer(from_fn_with_state(
            Arc::new(layers::Limiter::new()),
            layers::limited,
        ))
        .layer(CatchPanicLayer::new())
        .layer(from_fn(layers::security_headers))
        .layer(from_fn(layers::logged))
        .layer(from_fn(layers::in_its_own_task))
}

#[tokio::main]
async fn main() {
    // As Tickbox logs: one JSON object a line, on standard error.
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_span_list(false)
        .with_env_filter(EnvFilter::new("info"))
        .with_writer(std::io::stderr)
        .init();
    let router = router(shared());
    let address: SocketAddr = setting("LISTEN").parse().expect("an address and a port");
    let listener = TcpListener::bind(address).await.expect("a free port");
    loop {
        let Ok((socket, _)) = listener.accept().await else {
            continue;
        };
        // axum's own `serve` has no limit for heads.
        socket.set_nodelay(true).ok();
        let service = TowerToHyperService::new(router.clone());
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD)
            .serve_connection(TokioIo::new(socket), service);
        tokio::spawn(connection);
    }
}
