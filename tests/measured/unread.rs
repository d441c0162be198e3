//! Connections that ask for the largest answers and read nothing cost little memory, and an honest client
//! next to nothing.

use sqlx::MySqlPool;
use std::{
    env, fs,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{
    io::AsyncWriteExt as _,
    net::{TcpSocket, TcpStream},
    runtime,
    sync::oneshot,
    task::JoinHandle,
    time::sleep,
};

use crate::{
    Program, client, options,
    slowloris::{REQUESTS, ask, log_in, raise_descriptors},
    statistics::quantile,
};

/// As many as an instance takes; `UNREAD_CONNECTIONS` says less, for builds that would take all memory.
const CONNECTIONS: usize = 8_192;
/// From so many addresses.
const ADDRESSES: usize = 16;
/// One in so many asks for the largest list there is, the others for the largest file.
const LISTS: usize = 64;
/// What an instance may take, as the system shows it.
const MIB_MOST: f64 = 160.0;
/// What the system may keep of an answer that nobody reads, which counts in a container's memory too.
const SYSTEM_BYTES_MOST: usize = 32 * 1024;
/// The to-dos of the largest list, and what each is called.
const TODOS: usize = 1_000;

#[sqlx::test(migrations = false)]
async fn eight_thousand_non_reading_connections_cost_little(pool: MySqlPool) {
    let options = options(&pool);
    raise_descriptors();
    let program = Program::start(&options).await;
    let cookie = log_in(&program).await;
    let token = long_list(&program).await;
    ask(&program, &cookie, REQUESTS / 4).await; // warm
    let alone = ask(&program, &cookie, REQUESTS).await;
    let idle = memory(&program);

    let requests = requests(&program, &token).await;
    let (all_sent, sent) = oneshot::channel();
    let (end, ended) = oneshot::channel::<()>();
    let wanted =
        env::var("UNREAD_CONNECTIONS").map_or(CONNECTIONS, |it| it.parse().expect("a number"));
    let unread = thread::spawn({
        let address = program.address.clone();
        move || hold(&address, wanted, requests, all_sent, ended)
    });
    let connected = sent.await.expect("they connect");
    let (most, watch) = watch(&program);
    let beside = ask(&program, &cookie, REQUESTS).await;
    watch.abort();
    let in_system = kept_by_system(&program.address) / connected;
    drop(end);
    unread.join().expect("they come to their end");

    let (alone, beside) = (quantile(&alone, 0.99), quantile(&beside, 0.99));
    let most = mebibytes(most.load(Ordering::Relaxed));
    println!(
        "unread: {connected} connections that read nothing, {most:.1} MiB (before them {:.1}), {in_system} bytes of each in the system; p99 alone {alone:?}, beside {beside:?}",
        mebibytes(idle)
    );
    assert!(connected > wanted * 99 / 100, "{connected} could connect");
    assert!(most < MIB_MOST, "{most} MiB");
    assert!(in_system < SYSTEM_BYTES_MOST, "{in_system} bytes");
    assert!(beside < alone * 2, "{beside:?} beside, {alone:?} alone");
}

/// A phone's token, for a list that is as long as an answer can be.
async fn long_list(program: &Program) -> String {
    let client = client();
    let call = async |name: &str, token: &str, body: Value| {
        let request = client
            .post(program.url(&format!("/api/v1/{name}")))
            .header("content-type", "application/json")
            .header("authorization", format!("Bearer {token}"))
            .body(body.to_string());
        let answer = request.send().await.expect("an answer");
        let text = answer.text().await.expect("text");
        serde_json::from_str::<Value>(&text).expect("JSON")
    };
    let login = json!({ "username": "ona", "password": "violet teapot 7" });
    let login = call("login", "", login).await;
    let token = login["token"].as_str().expect("a token");
    let long = "\u{1f96b}".repeat(200);
    for _ in 0..TODOS {
        let todo = call("add_todo", token, json!({ "description": long })).await;
        assert!(todo["id"].is_string(), "{todo}");
    }
    token.to_owned()
}

/// The request for the largest file, and that for the largest list.
async fn requests(program: &Program, token: &str) -> [String; 2] {
    let docs = client().get(program.url("/api/docs")).send().await;
    let docs = docs.expect("an answer").text().await.expect("text");
    let bundle = docs
        .split('"')
        .find(|part| part.contains("swagger-ui-bundle"));
    let bundle = bundle.expect("its address");
    let host = &program.address;
    [
        format!("GET {bundle} HTTP/1.1\r\nHost: {host}\r\n\r\n"),
        format!(
            "GET /api/v1/todo_list HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\r\n"
        ),
    ]
}

/// On a thread of their own: what they cost us is not what they cost the server.
fn hold(
    address: &str,
    wanted: usize,
    [file, list]: [String; 2],
    all_sent: oneshot::Sender<usize>,
    ended: oneshot::Receiver<()>,
) {
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let mut unread = Vec::new();
        for number in 0..wanted {
            let request = if number % LISTS == 0 { &list } else { &file };
            unread.extend(ask_and_read_nothing(address, number, request).await);
        }
        all_sent.send(unread.len()).expect("it is waited for");
        ended.await.ok();
    });
}

async fn ask_and_read_nothing(address: &str, number: usize, request: &str) -> Option<TcpStream> {
    let socket = TcpSocket::new_v4().ok()?;
    let own = u8::try_from(number % ADDRESSES).expect("few");
    socket.bind(([127, 0, 1, own], 0).into()).ok()?;
    let socket = socket.connect(address.parse().expect("an address")).await;
    let mut socket = socket.ok()?;
    socket.write_all(request.as_bytes()).await.ok()?;
    Some(socket)
}

/// The most that the program takes from now on.
fn watch(program: &Program) -> (Arc<AtomicUsize>, JoinHandle<()>) {
    let most = Arc::new(AtomicUsize::new(0));
    let (noted, pid) = (most.clone(), program.process.id().expect("running"));
    let watch = tokio::spawn(async move {
        loop {
            noted.fetch_max(resident(pid), Ordering::Relaxed);
            sleep(Duration::from_millis(50)).await;
        }
    });
    (most, watch)
}

fn memory(program: &Program) -> usize {
    resident(program.process.id().expect("running"))
}

/// Bytes that the program has written to its clients and these have not taken.
fn kept_by_system(address: &str) -> usize {
    let port = address.rsplit(':').next().expect("a port");
    let port = format!(":{:04X}", port.parse::<u16>().expect("a port"));
    let sockets = fs::read_to_string("/proc/net/tcp").expect("on Linux");
    let sockets = sockets.lines().map(|line| line.split_whitespace());
    let queues = sockets.filter_map(|mut fields| {
        let own = fields.nth(1).is_some_and(|local| local.ends_with(&port));
        let (unsent, _) = fields.nth(2)?.split_once(':')?;
        own.then(|| usize::from_str_radix(unsent, 16).ok())?
    });
    queues.sum()
}

/// `VmRSS` in KiB.
fn resident(pid: u32) -> usize {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("running");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|it| it.trim().strip_suffix(" kB"));
    number.expect("a line of it").parse().expect("a number")
}

#[expect(clippy::cast_precision_loss, reason = "of a process")]
fn mebibytes(kibibytes: usize) -> f64 {
    kibibytes as f64 / 1_024.0
}
