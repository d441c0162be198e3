//! The threads that hash: one fewer than processors, behind all others, with a queue before them.

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

/// A hash, which is told once what becomes of it.
pub(super) type Job = Box<dyn FnOnce(Turn<'_>) + Send>;

/// What becomes of a job.
pub(super) enum Turn<'a> {
    /// It is done now, in memory that is used again.
    Now(&'a mut Vec<Block>),
    /// There is no place for it.
    Never,
}

/// How long a thread keeps its memory when there is nothing to hash.
const IDLE_MEMORY_TTL: Duration = Duration::from_secs(2);

/// Hands jobs to the threads, which end when it is dropped. Behind a mutex, not a channel without locks:
/// in one of those a sender spins until a receiver is done, which the system may have put off for it.
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

    /// Has the job wait for its turn. When there is no place for it, or another one has to make room, that
    /// one is told.
    pub(super) fn take(&self, job: Job, share: Share) {
        let refused = match self.0.lock().as_mut() {
            Some(jobs) => jobs.push(job, share),
            None => Some(job),
        };
        self.0.changed.notify_one();
        // Not behind the lock.
        if let Some(job) = refused {
            job(Turn::Never);
        }
    }

    /// Jobs that no thread has begun.
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

/// As many hashes as can be made at once, each of which takes a processor and its memory: one processor
/// is left to requests, where there are several.
pub(super) fn count() -> usize {
    let processors = thread::available_parallelism().map_or(1, usize::from);
    processors.saturating_sub(1).max(1)
}

/// Puts this thread behind those that answer requests: for them a hash would be as long as a hundred
/// turns of their own. Of a processor that is never idle it still gets a quarter.
#[cfg(target_os = "linux")]
fn lower_thread_priority() {
    const NICE: i32 = 5; // from 0 to 19
    let thread = rustix::thread::gettid(); // Linux keeps a priority for each
    if let Err(error) = rustix::process::setpriority_process(Some(thread), NICE) {
        tracing::warn!(%error, "hashing is as urgent as requests");
    }
}

/// Elsewhere a priority is that of all threads.
#[cfg(not(target_os = "linux"))]
fn lower_thread_priority() {}

impl JobQueue {
    fn work(&self) {
        lower_thread_priority();
        let mut memory = Vec::new();
        while let Some(job) = self.next(&mut memory) {
            // What panics is logged, and its caller learns that there will be no answer.
            catch_unwind(AssertUnwindSafe(|| job(Turn::Now(&mut memory)))).ok();
        }
    }

    /// The next job; gives the memory back when there is none for a while.
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
                    // Not behind the lock: giving back so much takes a while.
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
