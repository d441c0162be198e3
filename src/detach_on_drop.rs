//! A future that continues in a detached task when it is dropped: a request whose client disconnects, a
//! transaction whose caller is cancelled. Imports no other module.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use tokio::runtime::Handle;
use tracing::Instrument as _;

/// Polled by its caller; dropped unfinished, it continues in a task of its own. Spawning up front would have the
/// same effect at the cost of two task hand-offs per request.
pub(crate) struct DetachOnDrop<F: Future<Output: Send> + Send + 'static>(Option<Pin<Box<F>>>);

impl<F: Future<Output: Send> + Send + 'static> DetachOnDrop<F> {
    pub(crate) fn new(work: F) -> Self {
        Self(Some(Box::pin(work)))
    }
}

impl<F: Future<Output: Send> + Send + 'static> Future for DetachOnDrop<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        // Taken out, so that work that panics is over.
        let mut work = self.0.take().expect("polled before it was ready");
        let polled = work.as_mut().poll(context);
        if polled.is_pending() {
            self.0 = Some(work);
        }
        polled
    }
}

impl<F: Future<Output: Send> + Send + 'static> Drop for DetachOnDrop<F> {
    fn drop(&mut self) {
        // Without a runtime the process is ending.
        if let (Some(work), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            runtime.spawn(work.in_current_span());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::FutureExt as _;
    use tokio::{sync::oneshot, task::yield_now, time::timeout};

    use super::*;

    const SOON: Duration = Duration::from_secs(5);

    #[tokio::test]
    async fn awaiting_returns_the_inner_output() {
        let work = DetachOnDrop::new(async {
            yield_now().await;
            7
        });
        assert_eq!(work.await, 7);
    }

    #[tokio::test]
    async fn dropped_work_continues() {
        let (go, wait) = oneshot::channel::<()>();
        let (done, finished) = oneshot::channel();
        let mut work = DetachOnDrop::new(async move {
            wait.await.ok();
            done.send(()).ok();
        });
        assert!((&mut work).now_or_never().is_none());
        drop(work);
        go.send(()).expect("it still waits");
        timeout(SOON, finished).await.expect("soon").expect("done");
    }

    #[tokio::test]
    async fn panicked_work_is_dropped() {
        let (kept, gone) = oneshot::channel::<()>();
        let work = DetachOnDrop::new(async move {
            let _kept = kept;
            panic!("on purpose");
        });
        let caught = std::panic::AssertUnwindSafe(work).catch_unwind().await;
        assert!(caught.is_err());
        let alive = Handle::current().metrics().num_alive_tasks();
        assert_eq!(alive, 0, "it does not go on");
        assert!(timeout(SOON, gone).await.expect("dropped").is_err());
    }
}
