//! The two statements of a list, on as many connections as Tickbox has, without HTTP, pool, HTML or
//! JSON: the rows are decoded and dropped. Prints what that cost.
//!
//!     query-loop URL SECONDS < SESSIONS
//!
//! SESSIONS are the ids of sessions in hexadecimal, one a line, `web` or `api` in front.

use std::{
    env, fs,
    io::{self, Read as _},
    sync::Arc,
    time::{Duration, Instant},
};

use sqlx::{ConnectOptions as _, FromRow, MySqlConnection, mysql::MySqlConnectOptions};
use time::PrimitiveDateTime;
use uuid::Uuid;

const CONNECTIONS: usize = 8;
/// Before counting: every connection has prepared its statements.
const WARM_UP: Duration = Duration::from_secs(1);

/// As src/store/session.rs reads it.
const SESSION: &str =
    "SELECT sessions.secret_hash, sessions.created_date, sessions.seen_date, sessions.expires_date,
                  users.id AS user_id, users.public_id, users.firstname,
                  users.rev, users.open_count, users.todo_count
           FROM sessions JOIN users ON users.id = sessions.user_id
           WHERE sessions.id = ? AND sessions.kind = ?";
/// As src/store/todo.rs reads it.
const LIST: &str = "SELECT id, description, isdone, created_date, done_date, removed_date, rev,
                  original_description
           FROM todos WHERE user_id = ? AND removed_date IS NULL
           ORDER BY isdone, created_date DESC, id DESC LIMIT ?";
const LIMIT: u32 = 51;

#[derive(FromRow)]
#[expect(dead_code, reason = "decoded, which costs, and dropped")]
struct Session {
    secret_hash: Vec<u8>,
    created_date: PrimitiveDateTime,
    seen_date: PrimitiveDateTime,
    expires_date: PrimitiveDateTime,
    user_id: u64,
    public_id: Uuid,
    firstname: String,
    rev: u64,
    open_count: i32,
    todo_count: i32,
}

#[derive(FromRow)]
#[expect(dead_code, reason = "decoded, which costs, and dropped")]
struct Todo {
    id: Uuid,
    description: String,
    isdone: bool,
    created_date: PrimitiveDateTime,
    done_date: Option<PrimitiveDateTime>,
    removed_date: Option<PrimitiveDateTime>,
    rev: u64,
    original_description: Option<String>,
}

async fn list(connection: &mut MySqlConnection, kind: &str, session: Uuid) -> sqlx::Result<usize> {
    let query = sqlx::query_as(SESSION).bind(session).bind(kind);
    let session: Session = query.fetch_one(&mut *connection).await?;
    let query = sqlx::query_as(LIST).bind(session.user_id).bind(LIMIT);
    let todos: Vec<Todo> = query.fetch_all(connection).await?;
    Ok(todos.len())
}

/// Seconds of user and system time of this process.
fn cpu() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").expect("Linux");
    let fields: Vec<_> = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split(' ')
        .collect();
    let ticks: f64 = fields[12..14]
        .iter()
        .filter_map(|field| field.parse::<f64>().ok())
        .sum();
    ticks / 100.0 // USER_HZ, which is the same on all architectures that Rust knows
}

async fn work(
    mut connection: MySqlConnection,
    sessions: Arc<Vec<(String, Uuid)>>,
    end: Instant,
) -> (MySqlConnection, u64) {
    let mut lists = 0;
    while Instant::now() < end {
        let (kind, session) = &sessions[fastrand::usize(..sessions.len())];
        let rows = list(&mut connection, kind, *session).await;
        assert!(rows.expect("a list") > 0, "an empty list costs less");
        lists += 1;
    }
    (connection, lists)
}

#[tokio::main]
async fn main() {
    let arguments: Vec<_> = env::args().collect();
    let options: MySqlConnectOptions = arguments[1].parse().expect("a URL of a database");
    let options = options.disable_statement_logging();
    let seconds: f64 = arguments[2].parse().expect("a number of seconds");
    let mut text = String::new();
    io::stdin().read_to_string(&mut text).expect("sessions");
    let sessions = text.lines().map(|line| {
        let (kind, id) = line.split_once(' ').expect("a kind and an id");
        (kind.to_owned(), id.parse().expect("a UUID"))
    });
    let sessions: Arc<Vec<(String, Uuid)>> = Arc::new(sessions.collect());
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS {
        connections.push(options.connect().await.expect("a database"));
    }

    let mut round = async |seconds| {
        let end = Instant::now() + seconds;
        let tasks: Vec<_> = connections
            .drain(..)
            .map(|connection| tokio::spawn(work(connection, sessions.clone(), end)))
            .collect();
        let mut lists = 0;
        for task in tasks {
            let (connection, done) = task.await.expect("no panic");
            connections.push(connection);
            lists += done;
        }
        lists
    };
    round(WARM_UP).await;
    let (began, before) = (Instant::now(), cpu());
    let lists = round(Duration::from_secs_f64(seconds)).await;
    let result = serde_json::json!({
        "lists": lists,
        "cpu_seconds": cpu() - before,
        "seconds": began.elapsed().as_secs_f64(),
    });
    println!("{result}");
}
