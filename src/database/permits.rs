//! Who may work at the same time: so many in all, fewer of them writes, so that reads go on while
//! writes are blocked; and the writes whose callers were sent away, apart from both.

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

/// Writes that may go on after their callers were sent away. One that blocks (a full disk, a cluster
/// without a majority) is only left behind after seconds, so that these fill up only when none ends.
pub(super) const LEFT_BEHIND: usize = 8;

pub(super) struct Places {
    size: usize,
    all: Arc<Semaphore>,
    writes: Arc<Semaphore>,
    left_behind: Arc<Semaphore>,
    waiting: AtomicUsize,
}

/// Free again when nobody holds it any more: whoever works there, or waits until the server has let a
/// connection go.
pub(super) struct Place(Mutex<Permits>);

struct Permits {
    _own: Option<OwnedSemaphorePermit>,
    _write: Option<OwnedSemaphorePermit>,
}

impl Place {
    fn new(own: Option<OwnedSemaphorePermit>, write: Option<OwnedSemaphorePermit>) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Permits {
            _own: own,
            _write: write,
        })))
    }

    /// For what is done before anybody works.
    pub(super) fn uncounted() -> Arc<Self> {
        Self::new(None, None)
    }
}

impl Places {
    /// `size` places; a quarter of them takes reads only.
    pub(super) fn new(size: usize) -> Self {
        Self {
            size,
            all: Arc::new(Semaphore::new(size)),
            writes: Arc::new(Semaphore::new(size - size / 4)),
            left_behind: Arc::new(Semaphore::new(LEFT_BEHIND)),
            waiting: AtomicUsize::new(0),
        }
    }

    /// A place for a read; [`Error::Unavailable`] when none gets free.
    pub(super) async fn read(&self, until: Instant) -> Result<Arc<Place>, Error> {
        let own = self.wait(&self.all, until).await?;
        Ok(Place::new(Some(own), None))
    }

    /// A place for a write; [`Error::Unavailable`] when none gets free, and at once when so many
    /// writes hang that one more would hang too.
    pub(super) async fn write(&self, until: Instant) -> Result<Arc<Place>, Error> {
        if self.left_behind.available_permits() == 0 {
            return Err(unavailable("the database takes no writes now"));
        }
        let write = self.wait(&self.writes, until).await?;
        let own = self.wait(&self.all, until).await?;
        Ok(Place::new(Some(own), Some(write)))
    }

    /// Frees the place of a write that goes on without its caller; if too many do, it keeps it.
    pub(super) fn leave_behind(&self, place: &Place) {
        if let Ok(permit) = self.left_behind.clone().try_acquire_owned() {
            let mut permits = place.0.lock().unwrap_or_else(PoisonError::into_inner);
            *permits = Permits {
                _own: Some(permit),
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

    pub(super) fn left_behind(&self) -> usize {
        LEFT_BEHIND - self.left_behind.available_permits()
    }

    async fn wait(
        &self,
        places: &Arc<Semaphore>,
        until: Instant,
    ) -> Result<OwnedSemaphorePermit, Error> {
        let _waiting = Waiting::new(&self.waiting);
        match timeout_at(until, places.clone().acquire_owned()).await {
            Ok(permit) => permit.map_err(Error::internal),
            Err(_) => Err(unavailable("all database connections are in use")),
        }
    }
}

/// Counts a caller for as long as it waits, also when it goes away.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
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
    async fn a_quarter_of_the_places_is_never_taken_by_writes() {
        let places = Places::new(8);
        let mut writes = Vec::new();
        for _ in 0..6 {
            writes.push(places.write(soon()).await.expect("free"));
        }
        assert!(places.write(soon()).await.is_err());
        let _reads = [places.read(soon()).await, places.read(soon()).await];
        assert_eq!(places.in_use(), 8);
        assert!(places.read(soon()).await.is_err());
        writes.clear();
        assert!(places.read(soon()).await.is_ok());
    }

    #[tokio::test]
    async fn more_writes_than_may_be_left_behind_keep_their_places_and_new_ones_are_refused() {
        let places = Places::new(8);
        let late = places.write(soon()).await.expect("free");
        let mut left = Vec::new();
        for _ in 0..LEFT_BEHIND {
            let place = places.write(soon()).await.expect("free");
            places.leave_behind(&place);
            left.push(place);
        }
        places.leave_behind(&late);
        left.push(late);
        assert_eq!(places.left_behind(), LEFT_BEHIND);
        assert_eq!(places.in_use(), 1);
        let refused = tokio::time::timeout(Duration::from_secs(5), places.write(later())).await;
        assert!(refused.expect("at once").is_err());
        drop(left);
        assert_eq!((places.left_behind(), places.in_use()), (0, 0));
        assert!(places.write(soon()).await.is_ok());
    }

    #[tokio::test]
    async fn who_waits_is_counted_until_it_leaves() {
        let places = Arc::new(Places::new(1));
        let held = places.read(soon()).await.expect("free");
        let waiter = tokio::spawn({
            let places = places.clone();
            async move { places.read(later()).await.map(drop) }
        });
        while places.waiting() == 0 {
            yield_now().await;
        }
        waiter.abort();
        assert!(waiter.await.expect_err("aborted").is_cancelled());
        assert_eq!(places.waiting(), 0);
        drop(held);
    }
}
