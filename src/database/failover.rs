//! Failover: which of the hosts is the primary, the one that takes writes.
//!
//! Nothing is ever read from a replica: it may lag behind what was acknowledged, and a client would see its
//! revision go back. A single host is used as it is.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::{
    StreamExt as _,
    future::{BoxFuture, join_all},
    stream::FuturesUnordered,
};
use sqlx::{ConnectOptions as _, MySqlConnection, mysql::MySqlConnectOptions};
use tokio::time::timeout;

use super::{
    connection::ConnectOptions,
    error_code::{is_refusal, unavailable},
    probe::{self, ServerState},
};
use crate::domain::error::Error;

/// How long only the last known primary is tried (RFC 8305 calls it the connection attempt delay): well below
/// what opening a connection may take, so that a host that drops packets leaves time for the others.
const CONNECTION_ATTEMPT_DELAY: Duration = Duration::from_millis(700);
/// Time limit of [`connect`] for each host.
const START_TIMEOUT: Duration = Duration::from_secs(5);

/// One connection outside any pool, for the start. Of several hosts that take writes (Galera) it is
/// the first by name, whatever the order given: instances that start together with different orders
/// must change the schema through the same one, since a lock on one is not known on the others.
///
/// # Errors
/// [`Error::Unavailable`] when the database cannot be reached or takes no writes anywhere;
/// [`Error::Internal`] when each server refuses us, which asking again will not change.
pub async fn connect(options: &ConnectOptions) -> Result<MySqlConnection, Error> {
    let mut hosts: Vec<_> = options.hosts().iter().collect();
    hosts.sort_by_key(|host| (host.get_host().to_owned(), host.get_port()));
    let is_single = hosts.len() == 1;
    let attempts = hosts.into_iter().map(async |host| {
        let opened = timeout(START_TIMEOUT, open(host, is_single)).await;
        let opened = opened.unwrap_or(Err(ConnectFailure::Timeout));
        opened.map_err(|failure| (name(host), failure))
    });
    let mut failures = Vec::new();
    for opened in join_all(attempts).await {
        match opened {
            Ok((connection, _)) => return Ok(connection),
            Err(failure) => failures.push(failure),
        }
    }
    Err(explain(failures))
}

/// The hosts, and the primary among them.
pub(super) struct Hosts {
    all: Vec<MySqlConnectOptions>,
    primary: Mutex<Primary>,
}

/// The host that took writes when it was last connected to.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Primary {
    host: Option<usize>,
    /// An operation timed out there: cut off from its group, it may not know that another took over.
    is_suspect: bool,
}

impl Hosts {
    pub(super) fn new(options: ConnectOptions) -> Self {
        Self {
            all: options.into_hosts(),
            primary: Mutex::default(),
        }
    }

    /// A new connection to the primary, with its session prepared.
    pub(super) async fn connect(&self) -> Result<Found, Error> {
        let seen = self.primary();
        let (first, then) = self.order(seen);
        let mut attempts: FuturesUnordered<_> =
            first.into_iter().map(|host| self.attempt(host)).collect();
        let mut failures = Vec::new();
        // The first attempt keeps running when the others start (Happy Eyeballs): it may just be slow.
        let early = first_of(&mut attempts, &mut failures);
        let mut found = timeout(CONNECTION_ATTEMPT_DELAY, early)
            .await
            .unwrap_or_default();
        if found.is_none() {
            attempts.extend(then.into_iter().map(|host| self.attempt(host)));
            found = first_of(&mut attempts, &mut failures).await;
        }
        let found = found.ok_or_else(|| explain(failures))?;
        self.record_primary(seen, found.host);
        Ok(found)
    }

    /// Whether a connection to `host` may be reused. One to a former primary may not, even if that has
    /// come back: as a replica.
    pub(super) fn is_primary(&self, host: usize) -> bool {
        let primary = self.primary();
        self.all.len() == 1 || (primary.host == Some(host) && !primary.is_suspect)
    }

    /// How to connect to a host outside the pool.
    pub(super) fn options(&self, host: usize) -> &MySqlConnectOptions {
        &self.all[host]
    }

    /// The primary, as far as is known.
    pub(super) fn primary(&self) -> Primary {
        *self.lock()
    }

    /// Marks the primary as suspect after an operation timed out that started when it was `primary`: of
    /// several hosts the others are tried first from now on. Not when the primary has changed since: the
    /// operation's host may have come back, not knowing yet that it is a replica. Returns whether it is marked.
    pub(super) fn suspect(&self, primary: Primary) -> bool {
        let mut current = self.lock();
        let is_same = *current == primary && self.all.len() > 1;
        current.is_suspect |= is_same;
        is_same
    }

    /// The hosts to try first, and those to try after [`CONNECTION_ATTEMPT_DELAY`].
    fn order(&self, primary: Primary) -> (Vec<usize>, Vec<usize>) {
        let favourite = primary.host.unwrap_or(0);
        let (one, others) = (0..self.all.len()).partition(|host| *host == favourite);
        if primary.is_suspect {
            (others, one)
        } else {
            (one, others)
        }
    }

    fn attempt(&self, host: usize) -> BoxFuture<'_, Attempt> {
        let options = &self.all[host];
        let is_single = self.all.len() == 1;
        Box::pin(async move {
            let opened = async {
                let (mut connection, server) = open(options, is_single).await?;
                probe::prepare(&mut connection, &server).await?;
                Ok(Found {
                    host,
                    connection,
                    thread: server.thread,
                })
            };
            let opened = opened.await;
            opened.map_err(|failure| (name(options), failure))
        })
    }

    /// The first attempt that found a primary decides where connections go from now on: of hosts that all
    /// take writes only one is used, and the connections to others are closed after their first use.
    fn record_primary(&self, seen: Primary, found: usize) {
        let mut primary = self.lock();
        if *primary != seen {
            return;
        }
        *primary = Primary {
            host: Some(found),
            is_suspect: false,
        };
        drop(primary);
        if let Some(before) = seen.host.filter(|before| *before != found) {
            let (from, to) = (name(&self.all[before]), name(&self.all[found]));
            tracing::warn!(from, to, "database primary changed");
            metrics::counter!("tickbox_database_failovers_total").increment(1);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Primary> {
        self.primary.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A new connection to the primary.
pub(super) struct Found {
    pub(super) host: usize,
    pub(super) connection: MySqlConnection,
    /// The server's id of the connection; none where the server does not say.
    pub(super) thread: Option<u64>,
}

/// A connection, or the name of a host and why it is not used.
type Attempt = Result<Found, (String, ConnectFailure)>;

/// Why a host is not used.
enum ConnectFailure {
    Error(sqlx::Error),
    Timeout,
    ReadOnly(String),
}

impl From<sqlx::Error> for ConnectFailure {
    fn from(error: sqlx::Error) -> Self {
        Self::Error(error)
    }
}

async fn open(
    host: &MySqlConnectOptions,
    may_be_read_only: bool,
) -> Result<(MySqlConnection, ServerState), ConnectFailure> {
    let mut connection = host.connect().await?;
    let server = probe::inspect(&mut connection).await?;
    match server.read_only {
        Some(reason) if !may_be_read_only => Err(ConnectFailure::ReadOnly(reason)),
        _ => Ok((connection, server)),
    }
}

async fn first_of(
    attempts: &mut FuturesUnordered<BoxFuture<'_, Attempt>>,
    failures: &mut Vec<(String, ConnectFailure)>,
) -> Option<Found> {
    while let Some(attempt) = attempts.next().await {
        match attempt {
            Ok(found) => return Some(found),
            Err(failure) => failures.push(failure),
        }
    }
    None
}

fn name(host: &MySqlConnectOptions) -> String {
    format!("{}:{}", host.get_host(), host.get_port())
}

/// One refusal among other failures may be of a host that is not set up completely yet.
fn explain(failures: Vec<(String, ConnectFailure)>) -> Error {
    let is_refused = |failure: &ConnectFailure| match failure {
        ConnectFailure::Error(error) => is_refusal(error),
        ConnectFailure::Timeout | ConnectFailure::ReadOnly(_) => false,
    };
    let refused = !failures.is_empty() && failures.iter().all(|(_, failure)| is_refused(failure));
    let causes: Vec<_> = failures
        .into_iter()
        .map(|(host, failure)| match failure {
            ConnectFailure::Error(error) => format!("{host}: {error}"),
            ConnectFailure::Timeout => format!("{host} does not answer"),
            ConnectFailure::ReadOnly(reason) => format!("{host} {reason}"),
        })
        .collect();
    let causes = causes.join("; ");
    if refused {
        Error::internal(causes)
    } else {
        unavailable(causes)
    }
}
