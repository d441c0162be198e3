//! The thread pool that hashes: one thread fewer than processors, at low priority, fed by a fair queue.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use argon2::Block;

use super::fair_queue::FairQueue;
use crate::domain::rate_limit::Share;

/// A job, which is called exactly once.
pub(super) type Job = Box<dyn FnOnce(Turn<'_>) + Send>;

/// How a job is called.
pub(super) enum Turn<'a> {
    /// To do its work now, in reused memory.
    Now(&'a mut Vec<Block>),
    /// To fail, since the queue is full.
    Never,
}

/// How long an idle thread keeps its memory.
const IDLE_MEMORY_TTL: Duration = Duration::from_secs(2);

/// Submits jobs to the threads, which end when it is dropped. A mutex rather than a lock-free channel: with
/// low-priority workers a sender could spin on a preempted receiver.
pub(super) struct HashPool(Arc<JobQueue>);

struct JobQueue {
    /// None when no more will come.
    jobs: Mutex<Option<FairQueue<Job>>>,
    changed: Condvar,
}

impl HashPool {
    pub(super) fn start() -> io::Result<Self> {
        let queue = Arc::new(JobQueue {
            jobs: Mutex::new(Some(FairQueue::new())),
            changed: Condvar::new(),
        });
        let threads = Self(queue);
        for _ in 0..count() {
            let queue = threads.0.clone();
            thread::Builder::new()
                .name("password-hash".into())
                .spawn(move || queue.work())?;
        }
        Ok(threads)
    }

    /// Enqueues a job. When the queue is full, the job that is evicted fails.
    pub(super) fn submit(&self, job: Job, share: Share) {
        let refused = match self.0.lock().as_mut() {
            Some(jobs) => jobs.push(job, share),
            None => Some(job),
        };
        self.0.changed.notify_one();
        // After the lock is released.
        if let Some(job) = refused {
            job(Turn::Never);
        }
    }

    /// Jobs that no thread has started.
    pub(super) fn waiting(&self) -> usize {
        self.0.lock().as_ref().map_or(0, FairQueue::len)
    }
}

impl Drop for HashPool {
    fn drop(&mut self) {
        *self.0.lock() = None;
        self.0.changed.notify_all();
    }
}

/// Number of threads. Each hash takes a processor and its memory; one processor is left to requests, where there
/// are several.
pub(super) fn count() -> usize {
    let processors = thread::available_parallelism().map_or(1, usize::from);
    processors.saturating_sub(1).max(1)
}

/// Lowers the priority of this thread below that of the threads that serve requests, for which a hash would be as
/// long as a hundred time slices. Of a busy processor it still gets a quarter.
#[cfg(target_os = "linux")]
fn lower_thread_priority() {
    const NICE: i32 = 5; // from 0 to 19
    let thread = rustix::thread::gettid(); // Linux keeps a priority for each
    if let Err(error) = rustix::process::setpriority_process(Some(thread), NICE) {
        tracing::warn!(%error, "the priority of hashing threads could not be lowered");
    }
}

/// Elsewhere a priority applies to all threads of the process.
#[cfg(not(target_os = "linux"))]
fn lower_thread_priority() {}

impl JobQueue {
    fn work(&self) {
        lower_thread_priority();
        let mut memory = Vec::new();
        while let Some(job) = self.next(&mut memory) {
            // A panic is logged, and the caller gets an error.
            catch_unwind(AssertUnwindSafe(|| job(Turn::Now(&mut memory)))).ok();
        }
    }

    /// The next job; frees the memory when there is none for a while.
    fn next(&self, memory: &mut Vec<Block>) -> Option<Job> {
        let mut jobs = self.lock();
        loop {
            if let Some(job) = jobs.as_mut()?.pop() {
                return Some(job);
            }
            jobs = if memory.is_empty() {
                let woken = self.changed.wait(jobs);
                woken.unwrap_or_else(PoisonError::into_inner)
            } else {
                let woken = self.changed.wait_timeout(jobs, IDLE_MEMORY_TTL);
                let (jobs, _) = woken.unwrap_or_else(PoisonError::into_inner);
                if jobs.as_ref().is_some_and(|jobs| jobs.len() == 0) {
                    // After the lock is released: freeing so much takes a while.
                    drop(jobs);
                    *memory = Vec::new();
                    self.lock()
                } else {
                    jobs
                }
            };
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<FairQueue<Job>>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
