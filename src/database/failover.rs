//! The servers that hold the database, and which of them takes writes.
//!
//! With several, nothing is ever read from one that takes no writes: it may lag behind what was
//! acknowledged, and a phone would see its revision go back. One alone is used as it is.

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
    error_code::{is_refusal, unavailable},
    probe::{self, Server},
};
use crate::domain::error::Error;

/// More than there are statements, so that each is prepared once a connection and none is closed.
const STATEMENT_CACHE: usize = 256;
/// How long the host that took writes last is asked alone: well below what opening a connection may
/// take, so that a black hole there leaves time for the others.
const HEAD_START: Duration = Duration::from_millis(700);
/// For the one connection of a start.
const START_TIMEOUT: Duration = Duration::from_secs(5);

/// How connections are made: to one server, or to that of several which takes writes.
#[derive(Clone, Debug)]
pub struct Options(Vec<MySqlConnectOptions>);

impl Options {
    /// The hosts in the order in which they are asked.
    #[must_use]
    pub fn new(hosts: Vec<MySqlConnectOptions>) -> Self {
        let with_cache = |host: MySqlConnectOptions| host.statement_cache_capacity(STATEMENT_CACHE);
        Self(hosts.into_iter().map(with_cache).collect())
    }
}

impl From<MySqlConnectOptions> for Options {
    fn from(host: MySqlConnectOptions) -> Self {
        Self::new(vec![host])
    }
}

/// One connection outside any pool, for the start. Of several hosts that take writes (Galera) it is
/// the first by name, whatever the order given: instances that start together with different orders
/// must change the schema through the same one, since a lock on one is not known on the others.
///
/// # Errors
/// [`Error::Unavailable`] when the database cannot be reached or takes no writes anywhere;
/// [`Error::Internal`] when each server refuses us, which asking again will not change.
pub async fn connect(options: &Options) -> Result<MySqlConnection, Error> {
    let mut hosts: Vec<_> = options.0.iter().collect();
    hosts.sort_by_key(|host| (host.get_host().to_owned(), host.get_port()));
    let is_single = hosts.len() == 1;
    let attempts = hosts.into_iter().map(async |host| {
        let opened = timeout(START_TIMEOUT, open(host, is_single)).await;
        let opened = opened.unwrap_or(Err(Failure::Silent));
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

/// The hosts, and where the pool's connections lead.
pub(super) struct Hosts {
    all: Vec<MySqlConnectOptions>,
    writer: Mutex<Writer>,
}

/// The host that took writes when it was last asked.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Writer {
    host: Option<usize>,
    /// It left work unanswered: cut off from its group, it may not know that another took over.
    doubted: bool,
}

impl Hosts {
    pub(super) fn new(options: Options) -> Self {
        Self {
            all: options.0,
            writer: Mutex::default(),
        }
    }

    /// A new connection, ready for the statements of this layer.
    pub(super) async fn connect(&self) -> Result<Found, Error> {
        let seen = *self.writer();
        let (first, then) = self.order(seen);
        let mut attempts: FuturesUnordered<_> =
            first.into_iter().map(|host| self.attempt(host)).collect();
        let mut failures = Vec::new();
        // Nobody who was asked first is given up when the others join: it may just be slow.
        let early = timeout(HEAD_START, first_of(&mut attempts, &mut failures)).await;
        let mut found = early.unwrap_or_default();
        if found.is_none() {
            attempts.extend(then.into_iter().map(|host| self.attempt(host)));
            found = first_of(&mut attempts, &mut failures).await;
        }
        let found = found.ok_or_else(|| explain(failures))?;
        self.settle(seen, found.host);
        Ok(found)
    }

    /// Whether a connection to `host` may be lent again. One to a former writer may not, even if that
    /// has come back: as a replica.
    pub(super) fn is_writer(&self, host: usize) -> bool {
        let writer = self.writer();
        self.all.len() == 1 || (writer.host == Some(host) && !writer.doubted)
    }

    /// How to reach a host past the pool.
    pub(super) fn options(&self, host: usize) -> &MySqlConnectOptions {
        &self.all[host]
    }

    /// Who takes writes, as far as is known, for work that is about to begin.
    pub(super) fn known(&self) -> Writer {
        *self.writer()
    }

    /// Work was left without an answer that began when `known` was the writer: of several hosts the
    /// others are asked first from now on. Not when the writer has changed since: the one that was left
    /// may have come back, not knowing yet that it is none any more. Whether there was reason to doubt.
    pub(super) fn doubt(&self, known: Writer) -> bool {
        let mut writer = self.writer();
        let is_same = *writer == known && self.all.len() > 1;
        writer.doubted |= is_same;
        is_same
    }

    /// Who is asked first, and who then.
    fn order(&self, writer: Writer) -> (Vec<usize>, Vec<usize>) {
        let favourite = writer.host.unwrap_or(0);
        let (one, others) = (0..self.all.len()).partition(|host| *host == favourite);
        if writer.doubted {
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

    /// Whoever found the writer first decides where connections lead from now on: of hosts that all
    /// take writes only one is used, and the connections to others are closed after their first use.
    fn settle(&self, seen: Writer, found: usize) {
        let mut writer = self.writer();
        if *writer != seen {
            return;
        }
        *writer = Writer {
            host: Some(found),
            doubted: false,
        };
        drop(writer);
        if let Some(before) = seen.host.filter(|before| *before != found) {
            let (from, to) = (name(&self.all[before]), name(&self.all[found]));
            tracing::warn!(from, to, "the database moved");
            metrics::counter!("tickbox_database_moves_total").increment(1);
        }
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A new connection.
pub(super) struct Found {
    /// That it leads to.
    pub(super) host: usize,
    pub(super) connection: MySqlConnection,
    /// By which the server knows it; none where it does not say.
    pub(super) thread: Option<u64>,
}

/// A connection, or the name of a host and why it is not used.
type Attempt = Result<Found, (String, Failure)>;

/// Why a host is not used.
enum Failure {
    Error(sqlx::Error),
    Silent,
    TakesNoWrites(String),
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Error(error)
    }
}

async fn open(
    host: &MySqlConnectOptions,
    as_it_is: bool,
) -> Result<(MySqlConnection, Server), Failure> {
    let mut connection = host.connect().await?;
    let server = probe::ask(&mut connection).await?;
    match server.refusal {
        Some(refusal) if !as_it_is => Err(Failure::TakesNoWrites(refusal)),
        _ => Ok((connection, server)),
    }
}

async fn first_of(
    attempts: &mut FuturesUnordered<BoxFuture<'_, Attempt>>,
    failures: &mut Vec<(String, Failure)>,
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

/// One refusal among other failures may be of a host that is not yet what it shall be.
fn explain(failures: Vec<(String, Failure)>) -> Error {
    let is_refused = |failure: &Failure| match failure {
        Failure::Error(error) => is_refusal(error),
        Failure::Silent | Failure::TakesNoWrites(_) => false,
    };
    let refused = !failures.is_empty() && failures.iter().all(|(_, failure)| is_refused(failure));
    let causes: Vec<_> = failures
        .into_iter()
        .map(|(host, failure)| match failure {
            Failure::Error(error) => format!("{host}: {error}"),
            Failure::Silent => format!("{host} does not answer"),
            Failure::TakesNoWrites(refusal) => format!("{host} {refusal}"),
        })
        .collect();
    let causes = causes.join("; ");
    if refused {
        Error::internal(causes)
    } else {
        unavailable(causes)
    }
}
