//! Semaphore permits that limit concurrent operations: all, writes (fewer, so that reads go on while writes
//! are blocked), and detached writes apart from both.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout_at},
};

use super::error_code::unavailable;
use crate::domain::error::Error;

/// Detached writes that may run. A write that blocks (a full disk, a cluster without a majority) is detached
/// only after seconds, so that these are used up only when none ends.
pub(super) const MAX_DETACHED: usize = 8;

pub(super) struct WorkPermits {
    size: usize,
    all: Arc<Semaphore>,
    writes: Arc<Semaphore>,
    detached: Arc<Semaphore>,
    waiting: AtomicUsize,
}

/// Released when its last holder drops it: the operation, or its orphaned connection.
pub(super) struct Permit(Mutex<Held>);

struct Held {
    _own: Option<OwnedSemaphorePermit>,
    _write: Option<OwnedSemaphorePermit>,
}

impl Permit {
    fn new(own: Option<OwnedSemaphorePermit>, write: Option<OwnedSemaphorePermit>) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Held {
            _own: own,
            _write: write,
        })))
    }

    /// For the start, when no operation runs yet: takes nothing from the limits.
    pub(super) fn unlimited() -> Arc<Self> {
        Self::new(None, None)
    }
}

impl WorkPermits {
    /// `size` permits, a quarter of them for reads only.
    pub(super) fn new(size: usize) -> Self {
        Self {
            size,
            all: Arc::new(Semaphore::new(size)),
            writes: Arc::new(Semaphore::new(size - size / 4)),
            detached: Arc::new(Semaphore::new(MAX_DETACHED)),
            waiting: AtomicUsize::new(0),
        }
    }

    /// A permit for a read; [`Error::Unavailable`] when none gets free.
    pub(super) async fn read(&self, until: Instant) -> Result<Arc<Permit>, Error> {
        let own = self.acquire(&self.all, until).await?;
        Ok(Permit::new(Some(own), None))
    }

    /// A permit for a write; [`Error::Unavailable`] when none gets free, and immediately when so many
    /// writes hang that one more would hang too.
    pub(super) async fn write(&self, until: Instant) -> Result<Arc<Permit>, Error> {
        if self.detached.available_permits() == 0 {
            return Err(unavailable("the database takes no writes now"));
        }
        let write = self.acquire(&self.writes, until).await?;
        let own = self.acquire(&self.all, until).await?;
        Ok(Permit::new(Some(own), Some(write)))
    }

    /// Exchanges the permit of a write for one of the detached; if there is none, the write keeps its own.
    pub(super) fn detach(&self, permit: &Permit) {
        if let Ok(detached) = self.detached.clone().try_acquire_owned() {
            let mut held = permit.0.lock().unwrap_or_else(PoisonError::into_inner);
            *held = Held {
                _own: Some(detached),
                _write: None,
            };
        }
    }

    pub(super) fn size(&self) -> usize {
        self.size
    }

    pub(super) fn in_use(&self) -> usize {
        self.size - self.all.available_permits()
    }

    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    pub(super) fn detached(&self) -> usize {
        MAX_DETACHED - self.detached.available_permits()
    }

    async fn acquire(
        &self,
        semaphore: &Arc<Semaphore>,
        until: Instant,
    ) -> Result<OwnedSemaphorePermit, Error> {
        let _waiting = WaitingGuard::new(&self.waiting);
        match timeout_at(until, semaphore.clone().acquire_owned()).await {
            Ok(permit) => permit.map_err(Error::internal),
            Err(_) => Err(unavailable("all database connections are in use")),
        }
    }
}

/// Counts a caller while it waits, also when it is cancelled.
struct WaitingGuard<'a>(&'a AtomicUsize);

impl<'a> WaitingGuard<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for WaitingGuard<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::task::yield_now;

    use super::*;

    fn soon() -> Instant {
        Instant::now() + Duration::from_millis(50)
    }

    fn later() -> Instant {
        Instant::now() + Duration::from_mins(1)
    }

    #[tokio::test]
    async fn writes_leave_a_quarter_of_the_permits_to_reads() {
        let permits = WorkPermits::new(8);
        let mut writes = Vec::new();
        for _ in 0..6 {
            writes.push(permits.write(soon()).await.expect("free"));
        }
        assert!(permits.write(soon()).await.is_err());
        let _reads = [permits.read(soon()).await, permits.read(soon()).await];
        assert_eq!(permits.in_use(), 8);
        assert!(permits.read(soon()).await.is_err());
        writes.clear();
        assert!(permits.read(soon()).await.is_ok());
    }

    #[tokio::test]
    async fn without_detached_permits_new_writes_are_refused() {
        let permits = WorkPermits::new(8);
        let late = permits.write(soon()).await.expect("free");
        let mut detached = Vec::new();
        for _ in 0..MAX_DETACHED {
            let permit = permits.write(soon()).await.expect("free");
            permits.detach(&permit);
            detached.push(permit);
        }
        permits.detach(&late);
        detached.push(late);
        assert_eq!(permits.detached(), MAX_DETACHED);
        assert_eq!(permits.in_use(), 1);
        let refused = tokio::time::timeout(Duration::from_secs(5), permits.write(later())).await;
        assert!(refused.expect("immediately").is_err());
        drop(detached);
        assert_eq!((permits.detached(), permits.in_use()), (0, 0));
        assert!(permits.write(soon()).await.is_ok());
    }

    #[tokio::test]
    async fn a_waiting_caller_is_counted_until_it_stops_waiting() {
        let permits = Arc::new(WorkPermits::new(1));
        let held = permits.read(soon()).await.expect("free");
        let waiter = tokio::spawn({
            let permits = permits.clone();
            async move { permits.read(later()).await.map(drop) }
        });
        while permits.waiting() == 0 {
            yield_now().await;
        }
        waiter.abort();
        assert!(waiter.await.expect_err("aborted").is_cancelled());
        assert_eq!(permits.waiting(), 0);
        drop(held);
    }
}
