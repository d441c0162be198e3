//! Hashing passwords: argon2id, off the async threads, a bounded number at a time.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use argon2::{
    ARGON2ID_IDENT, Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{Output, ParamsString, PasswordHash, Salt},
};
use secrecy::{ExposeSecret, SecretString};
use tokio::{sync::Semaphore, task::spawn_blocking};
use tracing::Span;

use crate::domain::error::Error;

/// Requests that may wait for a hash. At some 30 ms a hash and two at a time the last of them waits
/// about a second; more would only time out.
const QUEUE: usize = 64;
/// What the next one is told to wait.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// How much a hash costs.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Memory in KiB.
    pub memory: u32,
    /// Passes over it.
    pub passes: u32,
}

impl Effort {
    /// 19 MiB, two passes, one lane: OWASP's Password Storage Cheat Sheet.
    pub const STANDARD: Self = Self {
        memory: 19_456,
        passes: 2,
    };
}

/// Hashes and verifies passwords. Clones share one queue.
#[derive(Clone)]
pub struct Hasher(Arc<Inner>);

struct Inner {
    params: Params,
    /// What stands for the hash of a user who is not there, so that such a one costs as much as others.
    /// It is made up: a real one would take 30 ms of each start, and its memory as long as nobody logs in.
    nobody: String,
    at_once: Semaphore,
    waiting: AtomicUsize,
    /// Working memory to use again, at most one for each hash at once: freed and allocated anew each
    /// time, glibc keeps many times as much.
    memory: Mutex<Vec<Vec<Block>>>,
}

/// What verifying a password found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is not the password, or there is no such user.
    Wrong,
    /// It is.
    Right,
    /// It is, but the hash was made with less effort than is asked for now.
    RightButOutdated,
}

impl Hasher {
    /// As many hashes at once as there are processors: each takes one of them and its memory.
    ///
    /// # Errors
    /// When argon2 cannot work with `effort`.
    pub fn new(effort: Effort) -> Result<Self, Error> {
        let params = Params::new(effort.memory, effort.passes, 1, None).map_err(fault)?;
        let processors = thread::available_parallelism().map_or(1, usize::from);
        let output = Output::new(&[0; Params::DEFAULT_OUTPUT_LEN]).map_err(fault)?;
        let nobody = written(&params, Salt::generate(), output)?;
        let inner = Inner {
            params,
            nobody,
            at_once: Semaphore::new(processors),
            waiting: AtomicUsize::new(0),
            memory: Mutex::default(),
        };
        Ok(Self(Arc::new(inner)))
    }

    /// The PHC string of a password, with a salt of its own.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when too many are waiting.
    pub async fn hash(&self, password: SecretString) -> Result<String, Error> {
        self.run(move |inner| inner.hash(password.expose_secret().as_bytes()))
            .await
    }

    /// Compares a password with a stored hash; without one it takes as long and is wrong.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when too many are waiting; [`Error::Internal`] when the hash is not
    /// one of ours.
    pub async fn verify(
        &self,
        password: SecretString,
        hash: Option<String>,
    ) -> Result<Verdict, Error> {
        self.run(move |inner| {
            let somebody = hash.is_some();
            let text = hash.as_deref().unwrap_or(&inner.nobody);
            let hash = PasswordHash::new(text).map_err(fault)?;
            if hash.algorithm != ARGON2ID_IDENT {
                return Err(fault("a hash of another algorithm"));
            }
            let used = Params::try_from(&hash).map_err(fault)?;
            let salt = hash.salt.ok_or_else(|| fault("a hash without a salt"))?;
            let output = inner.output(password.expose_secret().as_bytes(), &salt, &used)?;
            // Compared in constant time.
            let right = hash.hash == Some(output);
            Ok(if !(right && somebody) {
                Verdict::Wrong
            } else if at_least(&used, &inner.params) {
                Verdict::Right
            } else {
                Verdict::RightButOutdated
            })
        })
        .await
    }

    /// Requests in the queue.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.0.waiting.load(Ordering::Relaxed)
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let inner = self.0.clone();
        let place = Place::take(inner.clone())?;
        let span = Span::current();
        // A task of its own, so that a caller that goes away neither frees the permit while the
        // hash still runs nor loses its place's count.
        let task = tokio::spawn(async move {
            let _permit = inner.at_once.acquire().await.map_err(Error::internal)?;
            drop(place);
            let inner = inner.clone();
            spawn_blocking(move || span.in_scope(|| work(&inner)))
                .await
                .map_err(Error::internal)?
        });
        task.await.map_err(Error::internal)?
    }
}

impl Inner {
    fn hash(&self, password: &[u8]) -> Result<String, Error> {
        let salt = Salt::generate();
        let output = self.output(password, &salt, &self.params)?;
        written(&self.params, salt, output)
    }

    fn output(&self, password: &[u8], salt: &Salt, params: &Params) -> Result<Output, Error> {
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
        let length = params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN);
        let mut memory = self.free_memory().pop().unwrap_or_default();
        memory.resize(params.block_count().max(memory.len()), Block::new());
        let mut output = vec![0; length];
        let done =
            argon2.hash_password_into_with_memory(password, salt, &mut output, &mut memory[..]);
        self.free_memory().push(memory);
        done.map_err(fault)?;
        Output::new(&output).map_err(fault)
    }

    fn free_memory(&self) -> MutexGuard<'_, Vec<Vec<Block>>> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in the queue, given back when it is dropped.
struct Place(Arc<Inner>);

impl Place {
    fn take(inner: Arc<Inner>) -> Result<Self, Error> {
        let place = Self(inner);
        if place.0.waiting.fetch_add(1, Ordering::Relaxed) >= QUEUE {
            return Err(Error::Unavailable {
                retry_after: RETRY_AFTER,
                cause: format!("{QUEUE} passwords are waiting to be hashed"),
            });
        }
        Ok(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The PHC string.
fn written(params: &Params, salt: Salt, output: Output) -> Result<String, Error> {
    let hash = PasswordHash {
        algorithm: ARGON2ID_IDENT,
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(params).map_err(fault)?,
        salt: Some(salt),
        hash: Some(output),
    };
    Ok(hash.to_string())
}

fn at_least(used: &Params, wanted: &Params) -> bool {
    used.m_cost() >= wanted.m_cost() && used.t_cost() >= wanted.t_cost()
}

fn fault(error: impl std::fmt::Display) -> Error {
    Error::internal(format!("argon2: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHEAP: Effort = Effort {
        memory: 64,
        passes: 1,
    };

    #[tokio::test]
    async fn a_hash_is_argon2id_with_the_standard_effort() {
        let hasher = Hasher::new(Effort::STANDARD).expect("valid");
        let hash = hasher.hash("a password".into()).await.expect("hashed");
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        assert!(hash.len() <= 200, "the column is 200 wide");
    }

    #[tokio::test]
    async fn only_the_same_password_is_right() {
        let hasher = Hasher::new(CHEAP).expect("valid");
        let hash = hasher.hash("a password".into()).await.expect("hashed");
        for (password, expected) in [
            ("a password", Verdict::Right),
            ("a passworD", Verdict::Wrong),
            ("", Verdict::Wrong),
        ] {
            let verdict = hasher
                .verify(password.into(), Some(hash.clone()))
                .await
                .expect("verified");
            assert_eq!(verdict, expected, "{password:?}");
        }
    }

    #[tokio::test]
    async fn whoever_is_not_there_costs_as_much_and_nothing_before() {
        let hasher = Hasher::new(CHEAP).expect("valid");
        assert!(hasher.0.free_memory().is_empty());
        let hash = hasher.hash("a password".into()).await.expect("hashed");
        let (real, nobody) = (
            PasswordHash::new(&hash).expect("valid"),
            PasswordHash::new(&hasher.0.nobody).expect("valid"),
        );
        assert_eq!(real.params, nobody.params);
        assert_eq!(real.version, nobody.version);
        let length = |hash: &PasswordHash| hash.hash.as_ref().map(|output| output.as_ref().len());
        assert_eq!(length(&real), length(&nobody));
        let hasher = Hasher::new(CHEAP).expect("valid");
        let verdict = hasher.verify("a password".into(), None).await;
        assert_eq!(verdict.expect("verified"), Verdict::Wrong);
        assert_eq!(hasher.0.free_memory().len(), 1, "it was hashed");
    }

    #[tokio::test]
    async fn nobody_has_a_password() {
        let hasher = Hasher::new(CHEAP).expect("valid");
        for password in ["", "a password"] {
            let verdict = hasher
                .verify(password.into(), None)
                .await
                .expect("verified");
            assert_eq!(verdict, Verdict::Wrong);
        }
    }

    #[tokio::test]
    async fn a_hash_that_is_not_ours_is_a_fault_and_not_a_wrong_password() {
        let hasher = Hasher::new(CHEAP).expect("valid");
        let hash = hasher.hash("a password".into()).await.expect("hashed");
        let other = hash.replace("$argon2id$", "$argon2i$");
        for hash in [other.as_str(), "", "plain"] {
            let verdict = hasher.verify("a password".into(), Some(hash.into())).await;
            assert!(matches!(verdict, Err(Error::Internal(_))), "{hash:?}");
        }
    }

    #[tokio::test]
    async fn a_hash_of_less_effort_is_outdated() {
        let old = Hasher::new(CHEAP).expect("valid");
        let new = Hasher::new(Effort {
            memory: 128,
            ..CHEAP
        })
        .expect("valid");
        let hash = old.hash("a password".into()).await.expect("hashed");
        let verdict = new.verify("a password".into(), Some(hash)).await;
        assert_eq!(verdict.expect("verified"), Verdict::RightButOutdated);
    }

    #[tokio::test]
    async fn more_than_the_queue_holds_are_sent_away_and_the_queue_empties_again() {
        let hasher = Hasher::new(CHEAP).expect("valid");
        let all = hasher.0.at_once.available_permits();
        let held = hasher.0.at_once.acquire_many(all.try_into().expect("few"));
        let held = held.await.expect("open");
        let waiting: Vec<_> = (0..QUEUE)
            .map(|_| {
                let hasher = hasher.clone();
                tokio::spawn(async move { hasher.hash("a password".into()).await })
            })
            .collect();
        while hasher.0.waiting.load(Ordering::Relaxed) < QUEUE {
            tokio::task::yield_now().await;
        }
        let refused = hasher.hash("a password".into()).await;
        assert!(
            matches!(refused, Err(Error::Unavailable { .. })),
            "{refused:?}"
        );
        drop(held);
        for task in waiting {
            task.await.expect("no panic").expect("hashed");
        }
        assert_eq!(hasher.0.waiting.load(Ordering::Relaxed), 0);
    }
}
