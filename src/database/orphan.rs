//! Orphaned connections: closed by us in the middle of a statement. Closing the socket ends nothing on the
//! server, which goes on until it has something to send. So a read is ended by KILL from another connection,
//! and the permit of the operation is held until the server has closed the connection: an instance never has
//! more connections than permits, and one that observes the orphans.
//!
//! A write may go on, as a detached one does: its progress is unknown.

use std::{
    io,
    mem::replace,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _, MySqlConnection, Row as _,
};
use tokio::{
    runtime::Handle,
    time::{Instant, sleep, timeout},
};
use tracing::Instrument as _;

use super::{Database, failover::Hosts, permits::Permit, probe::LONGEST_STATEMENT};

/// A user may see all of its own threads, and end each with `KILL`.
const THREADS: &str = "SHOW PROCESSLIST";

/// Time limit of one inspection, opening its connection included: a server that is silent for longer may
/// recover meanwhile, and the next inspection finds it.
const INSPECTION_TIMEOUT: Duration = Duration::from_secs(1);
/// Shortest and longest pause between inspections: a statement ends within milliseconds, or takes its time.
const PAUSES: [Duration; 2] = [Duration::from_millis(5), Duration::from_millis(500)];
/// How long an orphan that cannot be inspected keeps its permit: the server has ended the statement by then.
const MAX_AGE: Duration = LONGEST_STATEMENT;
/// [`MAX_AGE`] on a host that is no longer the primary, or may not be: the new one needs the permits.
const MAX_AGE_ELSEWHERE: Duration = Duration::from_secs(1);

/// The kind of operation that a connection is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Work {
    Read,
    Write,
}

/// A connection that is closed on our side only.
pub(super) struct Orphan {
    /// The server's id of the connection.
    pub(super) thread: u64,
    pub(super) host: usize,
    pub(super) work: Work,
    pub(super) since: Instant,
    #[expect(dead_code, reason = "held, and released with this")]
    pub(super) permit: Arc<Permit>,
}

/// All connections that the server has not closed yet.
#[derive(Default)]
pub(super) struct Orphans(Mutex<Queue>);

#[derive(Default)]
struct Queue {
    waiting: Vec<Orphan>,
    is_watched: bool,
}

impl Orphans {
    pub(super) fn count(&self) -> usize {
        self.queue().waiting.len()
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The host of the first orphan; none when there is nothing left to watch.
    fn next_host(&self, hosts: &Hosts) -> Option<usize> {
        let mut queue = self.queue();
        queue.waiting.retain(|orphan| {
            let is_kept = orphan.is_kept(hosts);
            if !is_kept {
                tracing::warn!(
                    thread = orphan.thread,
                    "the database did not close an orphaned connection"
                );
            }
            is_kept
        });
        let host = queue.waiting.first().map(|orphan| orphan.host);
        queue.is_watched = host.is_some();
        host
    }

    /// Releases the orphans of a host that are not among its threads, and returns the reads of the rest.
    fn release_ended(&self, host: usize, threads: &[Thread]) -> Vec<u64> {
        let mut queue = self.queue();
        queue
            .waiting
            .retain(|orphan| orphan.host != host || threads.iter().any(|thread| thread.is(orphan)));
        let here = queue.waiting.iter().filter(|orphan| orphan.host == host);
        let reads = here.filter(|orphan| orphan.work == Work::Read);
        reads.map(|orphan| orphan.thread).collect()
    }
}

impl Orphan {
    fn is_kept(&self, hosts: &Hosts) -> bool {
        let limit = if hosts.is_primary(self.host) {
            MAX_AGE
        } else {
            MAX_AGE_ELSEWHERE
        };
        self.since.elapsed() < limit
    }
}

/// A row of the server's process list.
struct Thread {
    id: u64,
    command: String,
    /// Seconds since the command started; none while it is connecting.
    time: Option<i64>,
}

impl Thread {
    /// Whether it still runs the orphan's statement. A thread that waits for a command ends with its socket;
    /// one whose command started later belongs to a restarted server.
    fn is(&self, orphan: &Orphan) -> bool {
        let since = i64::try_from(orphan.since.elapsed().as_secs()).unwrap_or(i64::MAX);
        self.id == orphan.thread
            && self.command != "Sleep"
            && self.time.is_some_and(|time| time + 1 >= since)
    }
}

impl Database {
    /// Kills an orphaned read and waits until the server has closed the connection; its permit is held
    /// meanwhile.
    pub(super) fn reap(&self, orphan: Orphan) {
        // Without a runtime the process is ending.
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        let mut queue = self.orphans.queue();
        queue.waiting.push(orphan);
        if !replace(&mut queue.is_watched, true) {
            runtime.spawn(self.clone().watch_orphans().in_current_span());
        }
    }

    async fn watch_orphans(self) {
        let hosts = &self.pool.manager().hosts;
        let mut observer = None;
        let [mut pause, longest] = PAUSES;
        while let Some(host) = self.orphans.next_host(hosts) {
            match timeout(INSPECTION_TIMEOUT, self.inspect(host, &mut observer)).await {
                Ok(Ok(())) => {}
                // Nothing listens there: no connection has outlived its server.
                Ok(Err(sqlx::Error::Io(error)))
                    if error.kind() == io::ErrorKind::ConnectionRefused =>
                {
                    self.orphans.release_ended(host, &[]);
                    observer = None;
                }
                Ok(Err(error)) => {
                    tracing::debug!(%error, "orphaned connections cannot be inspected");
                    observer = None;
                }
                Err(_) => observer = None,
            }
            sleep(pause).await;
            pause = longest.min(pause * 2);
        }
        if let Some((_, connection)) = observer {
            connection.close().await.ok();
        }
    }

    /// Inspects one host, by a connection to it that is kept for the next inspection.
    async fn inspect(
        &self,
        host: usize,
        observer: &mut Option<(usize, MySqlConnection)>,
    ) -> Result<(), sqlx::Error> {
        if observer.as_ref().is_none_or(|(of, _)| *of != host) {
            let options = self.pool.manager().hosts.options(host);
            *observer = Some((host, options.connect().await?));
        }
        let Some((_, connection)) = observer else {
            return Ok(());
        };
        let threads = connection.fetch_all(THREADS).await?;
        let threads: Result<Vec<_>, sqlx::Error> = threads
            .iter()
            .map(|row| {
                Ok(Thread {
                    id: row.try_get_unchecked("Id")?,
                    command: row.try_get_unchecked("Command")?,
                    time: row.try_get_unchecked("Time")?,
                })
            })
            .collect();
        for thread in self.orphans.release_ended(host, &threads?) {
            // A number of the server's own. MySQL takes no parameter here (6413).
            let kill = AssertSqlSafe(format!("KILL CONNECTION {thread}"));
            if let Err(error) = connection.execute(sqlx::raw_sql(kill)).await {
                // It has ended meanwhile, or the next inspection tells.
                tracing::debug!(%error, thread, "an orphaned connection was not killed");
            }
        }
        Ok(())
    }
}
