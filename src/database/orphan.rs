//! Connections that were given up in the middle of a statement. Closing the socket ends nothing: the server
//! goes on until it has something to send. So a read is ended by a KILL from another connection, and the place
//! of whoever gave up is taken until the server has let the connection go: of its connections never more are
//! ours than there are places, and one that looks after these.
//!
//! A write may go on, as one may whose caller was sent away: of what it does nobody knows how far it is.

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

use super::{Database, failover::Hosts, permits::Place, probe::LONGEST_STATEMENT};

/// Of one's own threads every user may see all, and end each with `KILL`.
const THREADS: &str = "SHOW PROCESSLIST";

/// For a look at the server, a new connection among it: what is silent for longer may open itself again
/// meanwhile, and the next look finds it.
const LOOK_TIMEOUT: Duration = Duration::from_secs(1);
/// From one look to the next: a statement ends within milliseconds, or takes its time.
const PAUSES: [Duration; 2] = [Duration::from_millis(5), Duration::from_millis(500)];
/// How long a place is kept of which nothing can be learnt: the server has ended the statement by then.
const KEPT: Duration = LONGEST_STATEMENT;
/// The same where another server takes writes by now, or may: it needs the places.
const KEPT_BEHIND: Duration = Duration::from_secs(1);

/// What is done on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Work {
    Read,
    Write,
}

/// A connection that was closed on our side alone.
pub(super) struct GivenUp {
    /// By which the server knows it.
    pub(super) thread: u64,
    pub(super) host: usize,
    pub(super) work: Work,
    pub(super) since: Instant,
    #[expect(dead_code, reason = "it is held, and free with this")]
    pub(super) place: Arc<Place>,
}

/// All that the server has not let go yet.
#[derive(Default)]
pub(super) struct Leftovers(Mutex<Queue>);

#[derive(Default)]
struct Queue {
    waiting: Vec<GivenUp>,
    is_watched: bool,
}

impl Leftovers {
    pub(super) fn count(&self) -> usize {
        self.queue().waiting.len()
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The host of the first that is still waited for; none when nobody has to watch any more.
    fn next_host(&self, hosts: &Hosts) -> Option<usize> {
        let mut queue = self.queue();
        queue.waiting.retain(|given_up| {
            let is_kept = given_up.is_kept(hosts);
            if !is_kept {
                tracing::warn!(
                    thread = given_up.thread,
                    "the database did not let a connection go"
                );
            }
            is_kept
        });
        let host = queue.waiting.first().map(|given_up| given_up.host);
        queue.is_watched = host.is_some();
        host
    }

    /// Frees the places of those at that host which are not among its threads, and gives the reads of the rest.
    fn settle(&self, host: usize, threads: &[Thread]) -> Vec<u64> {
        let mut queue = self.queue();
        queue.waiting.retain(|given_up| {
            given_up.host != host || threads.iter().any(|thread| thread.is(given_up))
        });
        let here = queue
            .waiting
            .iter()
            .filter(|given_up| given_up.host == host);
        let reads = here.filter(|given_up| given_up.work == Work::Read);
        reads.map(|given_up| given_up.thread).collect()
    }
}

impl GivenUp {
    fn is_kept(&self, hosts: &Hosts) -> bool {
        let limit = if hosts.is_writer(self.host) {
            KEPT
        } else {
            KEPT_BEHIND
        };
        self.since.elapsed() < limit
    }
}

/// A line of the server's list.
struct Thread {
    id: u64,
    command: String,
    /// How long it has been at that, in seconds; none of one that is just connecting.
    time: Option<i64>,
}

impl Thread {
    /// Whether it is still at what was given up. One that waits for a command ends with its socket; one that
    /// has begun something since is another's, of a server that was started anew.
    fn is(&self, given_up: &GivenUp) -> bool {
        let since = i64::try_from(given_up.since.elapsed().as_secs()).unwrap_or(i64::MAX);
        self.id == given_up.thread
            && self.command != "Sleep"
            && self.time.is_some_and(|time| time + 1 >= since)
    }
}

impl Database {
    /// Waits until the server has let a connection go, and ends what it reads; meanwhile its place is taken.
    pub(super) fn see_off(&self, given_up: GivenUp) {
        // Without a runtime the process is ending.
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        let mut queue = self.leftovers.queue();
        queue.waiting.push(given_up);
        if !replace(&mut queue.is_watched, true) {
            runtime.spawn(self.clone().watch().in_current_span());
        }
    }

    async fn watch(self) {
        let hosts = &self.pool.manager().hosts;
        let mut observer = None;
        let [mut pause, longest] = PAUSES;
        while let Some(host) = self.leftovers.next_host(hosts) {
            match timeout(LOOK_TIMEOUT, self.look(host, &mut observer)).await {
                Ok(Ok(())) => {}
                // Nobody listens there: no connection has outlived its server.
                Ok(Err(sqlx::Error::Io(error)))
                    if error.kind() == io::ErrorKind::ConnectionRefused =>
                {
                    self.leftovers.settle(host, &[]);
                    observer = None;
                }
                Ok(Err(error)) => {
                    tracing::debug!(%error, "what was given up cannot be seen");
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

    /// One look at one host, by a connection to it that is kept for the next one.
    async fn look(
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
        for thread in self.leftovers.settle(host, &threads?) {
            // A number of the server's own. MySQL takes no parameter here (6413).
            let kill = AssertSqlSafe(format!("KILL CONNECTION {thread}"));
            if let Err(error) = connection.execute(sqlx::raw_sql(kill)).await {
                // It has gone meanwhile, or the next look tells.
                tracing::debug!(%error, thread, "what was given up was not ended");
            }
        }
        Ok(())
    }
}
