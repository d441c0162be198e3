//! Open connections by the network of their peer: one client cannot use up all permits, and an idle connection
//! makes room for a new one.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{task::AbortHandle, time::Instant};

use super::timed_socket::PhaseTracker;

/// Idle time after which a connection may be closed for another one. A client that is about to send a request on it
/// has mostly done so by then.
const REST: Duration = Duration::from_secs(1);
/// Fraction of a network's connections that is closed at once, so that not all are scanned for each new one.
const AT_ONCE: usize = 64;
/// Pause after a search that found no idle connection.
const FRUITLESS: Duration = Duration::from_millis(100);
/// Pause between two searches for the network with most connections.
const SEARCH: Duration = Duration::from_millis(10);

/// The connections of one listener; clones share them.
#[derive(Clone)]
pub(super) struct Peers {
    of_one: usize,
    open: Arc<Mutex<Open>>,
}

#[derive(Default)]
struct Open {
    networks: HashMap<IpAddr, Network>,
    next: u64,
    searched: Option<Instant>,
}

#[derive(Default)]
struct Network {
    connections: HashMap<u64, Connection>,
    fruitless: Option<Instant>,
}

struct Connection {
    phases: PhaseTracker,
    /// None while it is being started.
    task: Option<AbortHandle>,
}

impl Peers {
    /// Limits the connections of one network.
    pub(super) fn new(of_one: u32) -> Self {
        Self {
            of_one: usize::try_from(of_one).unwrap_or(usize::MAX),
            open: Arc::default(),
        }
    }

    /// Registers a connection, whose task `begin` starts. The task holds the guard until it ends.
    pub(super) fn enter(
        &self,
        network: IpAddr,
        phases: PhaseTracker,
        begin: impl FnOnce(Entered) -> AbortHandle,
    ) {
        // Before its task starts, so that one that ends immediately finds itself registered.
        let number = {
            let mut open = self.lock();
            open.next += 1;
            let (number, task) = (open.next, None);
            let connections = &mut open.networks.entry(network).or_default().connections;
            connections.insert(number, Connection { phases, task });
            number
        };
        let task = begin(Entered {
            peers: self.clone(),
            network,
            number,
        });
        let mut open = self.lock();
        let found = open.networks.get_mut(&network);
        if let Some(connection) = found.and_then(|found| found.connections.get_mut(&number)) {
            connection.task = Some(task);
        }
    }

    /// Whether one more connection of that network is allowed. At the limit an idle one is closed for it.
    pub(super) fn admit(&self, network: IpAddr) -> bool {
        let mut open = self.lock();
        let Some(found) = open.networks.get_mut(&network) else {
            return true;
        };
        if found.connections.len() < self.of_one || found.close(PhaseTracker::idle_since) {
            return true;
        }
        metrics::counter!(CLOSED, "reason" => "too_many").increment(1);
        false
    }

    /// Closes idle connections of the network that has most, counting the new one from `network`.
    pub(super) fn make_room(&self, network: IpAddr) {
        let mut open = self.lock();
        let now = Instant::now();
        if open.searched.is_some_and(|last| now < last + SEARCH) {
            return;
        }
        open.searched = Some(now);
        let networks = open.networks.iter_mut();
        let greediest = networks.max_by_key(|(address, found)| {
            found.connections.len() + usize::from(**address == network)
        });
        if let Some((_, greediest)) = greediest {
            greediest.close(PhaseTracker::idle_since);
        }
    }

    /// Closes stalled connections of that network, which do not receive their responses. Returns whether there were
    /// any.
    fn close_stalled(&self, network: IpAddr) -> bool {
        let mut open = self.lock();
        let found = open.networks.get_mut(&network);
        found.is_some_and(|found| found.close(PhaseTracker::stalled_since))
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Connections closed to make room for others.
const CLOSED: &str = "tickbox_http_connections_closed_total";

impl Network {
    /// Closes those that have been idle longest, according to `since`. Returns whether there were any.
    fn close(&mut self, since: fn(&PhaseTracker) -> Option<Instant>) -> bool {
        let now = Instant::now();
        if self.fruitless.is_some_and(|last| now < last + FRUITLESS) {
            return false;
        }
        let connections = self.connections.iter();
        let mut resting: Vec<_> = connections
            .filter_map(|(number, it)| Some((since(&it.phases)?, *number)))
            .filter(|(since, _)| *since + REST <= now)
            .collect();
        resting.sort_unstable();
        resting.truncate((self.connections.len() / AT_ONCE).max(1));
        self.fruitless = resting.is_empty().then_some(now);
        for (_, number) in &resting {
            let connection = self.connections.remove(number);
            if let Some(task) = connection.and_then(|it| it.task) {
                task.abort();
            }
        }
        let count = u64::try_from(resting.len()).unwrap_or(u64::MAX);
        metrics::counter!(CLOSED, "reason" => "rested").increment(count);
        count > 0
    }
}

/// Makes room in memory for the responses of other clients. Attached to each request, except behind proxies.
#[derive(Clone)]
pub struct Room(pub(super) Peers);

impl Room {
    /// Closes connections of that network whose clients have received nothing of their responses for a second,
    /// longest first. Returns whether there were any.
    #[must_use]
    pub fn close_stalled(&self, network: IpAddr) -> bool {
        self.0.close_stalled(network)
    }
}

/// A registered connection, while it is open.
pub(super) struct Entered {
    peers: Peers,
    network: IpAddr,
    number: u64,
}

impl Drop for Entered {
    fn drop(&mut self) {
        let mut open = self.peers.lock();
        if let Some(found) = open.networks.get_mut(&self.network) {
            found.connections.remove(&self.number);
            if found.connections.is_empty() {
                open.networks.remove(&self.network);
            }
        }
    }
}
