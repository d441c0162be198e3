//! Limits of connections and requests, and of open files (`RLIMIT_NOFILE`).

use std::time::Duration;

/// Limits of connections.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Maximum open connections; the next ones wait in the system's queue, or get the permit of an idle one.
    pub connections: u32,
    /// Maximum of one network (IPv6: a /64). None behind proxies: then no idle connection is closed for another
    /// one either.
    pub of_one: Option<u32>,
    /// Time limit from the first byte of a request to the end of its head; also from connecting to the first byte.
    pub head: Duration,
    /// Idle timeout between two requests on one connection. Longer than the 60 s after which an AWS balancer closes
    /// its side: closing first would cut off a request that it is just sending.
    pub idle: Duration,
    /// Time limit for a client to receive 64 KiB of its response, or the rest of it.
    pub write: Duration,
}

/// Limits of one request.
#[derive(Clone, Copy, Debug)]
pub struct RequestLimits {
    /// Maximum length of the URI, without scheme and host.
    pub uri_bytes: usize,
    /// Maximum length of the body; [`LargeBodySender`](super::LargeBodySender)s have one of their own.
    pub body_bytes: usize,
    /// Time limit from the end of the head to the end of the body.
    pub body: Duration,
    /// Time limit from the end of the body to the response.
    pub handler: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 8_192,
            of_one: None,
            head: Duration::from_secs(10),
            idle: Duration::from_secs(75),
            write: Duration::from_secs(30),
        }
    }
}

/// Maximum bytes of a request's head, which is also the read buffer of a body.
pub(super) const HEAD_BYTES: usize = 16 * 1024;

/// Descriptors reserved for everything but connections: the database, logs, timers.
const RESERVED: u64 = 128;

impl Limits {
    /// The limits with as many connections as this process may have descriptors, less some: without a
    /// descriptor nothing can be accepted, not even to be refused. Half of them for one address: 680
    /// browsers with six connections each.
    pub(super) fn of_process(behind_proxy: bool) -> Self {
        let limits = Self::default();
        let descriptors = raise_descriptors();
        let left = descriptors - RESERVED.min(descriptors / 2);
        let most = u32::try_from(left).unwrap_or(u32::MAX);
        let connections = limits.connections.min(most.max(1));
        Self {
            connections,
            of_one: (!behind_proxy).then_some(connections.div_ceil(2)),
            ..limits
        }
    }

    pub(super) fn permits(&self) -> usize {
        usize::try_from(self.connections).unwrap_or(usize::MAX)
    }
}

/// Raises the soft limit of descriptors to the hard one and returns it: the soft one, often 1,024, exists for programs
/// that use `select`. Where it cannot be raised, it stays.
fn raise_descriptors() -> u64 {
    rlimit::increase_nofile_limit(u64::MAX)
        .or_else(|_| rlimit::Resource::NOFILE.get_soft())
        .unwrap_or(u64::MAX)
}
