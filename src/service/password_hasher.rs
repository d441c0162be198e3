//! Password hashing: argon2id with a dummy hash for unknown users, off the async threads, in a bounded queue.

mod fair_queue;
mod pool;

#[cfg(test)]
mod tests;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use argon2::{
    ARGON2ID_IDENT, Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{Output, ParamsString, PasswordHash, Salt},
};
use secrecy::{ExposeSecret, SecretString};
use tokio::{sync::oneshot, time::timeout_at};
use tracing::Span;

use self::pool::{HashPool, Job, Turn};
use crate::{
    database,
    domain::{error::Error, rate_limit::Share, user::PasswordAttempt},
};

/// Maximum time in the queue; a login that waited longer would exceed its database budget after hashing.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(3);
/// Time limit of queueing and hashing, of which [`RESERVE`] is left for the database.
const TIMEOUT: Duration = Duration::from_millis(4500);
/// Time to refund the attempt of a request when there is no hash for it.
const RESERVE: Duration = Duration::from_millis(500);
/// `Retry-After` when the queue is full.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// The cost parameters of a hash (RFC 9106).
#[derive(Clone, Copy, Debug)]
pub struct Argon2Cost {
    /// Memory in KiB.
    pub memory: u32,
    /// Passes over it.
    pub passes: u32,
}

impl Argon2Cost {
    /// 19 MiB, two passes, one lane: OWASP's Password Storage Cheat Sheet.
    pub const STANDARD: Self = Self {
        memory: 19_456,
        passes: 2,
    };
}

/// Hashes and verifies passwords. Clones share one queue.
#[derive(Clone)]
pub struct Hasher(Arc<HasherInner>);

struct HasherInner {
    params: Params,
    /// A dummy hash for unknown usernames, so that these cost as much as others. Made up: a real one would take
    /// 30 ms of each start, and its memory until the first login.
    dummy_hash: String,
    threads: HashPool,
}

/// The result of verifying a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verification {
    /// Another password, or no such user.
    Mismatch,
    /// The password.
    Match,
    /// The password, but the hash has outdated cost parameters, or is of another form of the text.
    MatchNeedsRehash,
}

impl Hasher {
    /// Hashes on all processors but one, at low priority.
    ///
    /// # Errors
    /// When argon2 does not accept the cost parameters, or no threads can be started.
    pub fn new(cost: Argon2Cost) -> Result<Self, Error> {
        let params = Params::new(cost.memory, cost.passes, 1, None).map_err(internal)?;
        let output = Output::new(&[0; Params::DEFAULT_OUTPUT_LEN]).map_err(internal)?;
        let dummy_hash = phc_string(&params, Salt::generate(), output)?;
        let threads = HashPool::start().map_err(Error::internal)?;
        Ok(Self(Arc::new(HasherInner {
            params,
            dummy_hash,
            threads,
        })))
    }

    /// The PHC string of a password, with a salt of its own.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when too many are waiting, in all or of that share.
    pub async fn hash(&self, password: SecretString, share: Share) -> Result<String, Error> {
        let work = move |inner: &HasherInner, memory: &mut Vec<Block>| {
            inner.hash(password.expose_secret().as_bytes(), memory)
        };
        self.run(work, share).await
    }

    /// Verifies a password against a stored hash; without one it takes as long and is a mismatch.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when too many are waiting, in all or of that share; [`Error::Internal`]
    /// when the hash is malformed.
    pub async fn verify(
        &self,
        password: PasswordAttempt,
        hash: Option<String>,
        share: Share,
    ) -> Result<Verification, Error> {
        let work = move |inner: &HasherInner, memory: &mut Vec<Block>| {
            inner.verify(&password, hash.as_deref(), memory)
        };
        self.run(work, share).await
    }

    /// Requests in the queue.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.0.threads.waiting()
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&HasherInner, &mut Vec<Block>) -> Result<T, Error> + Send + 'static,
        share: Share,
    ) -> Result<T, Error> {
        let (answer, answered) = oneshot::channel();
        let (inner, span, asked) = (self.0.clone(), Span::current(), Instant::now());
        let until = database::deadline(TIMEOUT) - RESERVE;
        let job: Job = Box::new(move |turn| {
            // The caller has timed out meanwhile.
            if answer.is_closed() {
                return;
            }
            let done = match turn {
                Turn::Never => Err(unavailable("too many passwords wait to be hashed")),
                Turn::Now(_) if asked.elapsed() > QUEUE_TIMEOUT => {
                    Err(unavailable("hashing a password was not begun in time"))
                }
                Turn::Now(memory) => span.in_scope(|| work(&inner, memory)),
            };
            answer.send(done).ok();
        });
        self.0.threads.submit(job, share);
        match timeout_at(until, answered).await {
            Ok(answer) => answer.map_err(Error::internal)?,
            Err(_) => Err(unavailable("hashing a password took too long")),
        }
    }
}

fn unavailable(cause: &str) -> Error {
    Error::Unavailable {
        retry_after: RETRY_AFTER,
        cause: cause.to_owned(),
    }
}

impl HasherInner {
    fn hash(&self, password: &[u8], memory: &mut Vec<Block>) -> Result<String, Error> {
        let salt = Salt::generate();
        let output = output(password, &salt, &self.params, memory)?;
        phc_string(&self.params, salt, output)
    }

    /// The number of hashes depends on the text alone, until one matches: the time does not tell whether the user
    /// exists.
    fn verify(
        &self,
        password: &PasswordAttempt,
        stored: Option<&str>,
        memory: &mut Vec<Block>,
    ) -> Result<Verification, Error> {
        let verification = self.compare(&password.normalised, stored, memory)?;
        match &password.as_sent {
            Some(as_sent) if verification == Verification::Mismatch => {
                Ok(match self.compare(as_sent, stored, memory)? {
                    Verification::Mismatch => Verification::Mismatch,
                    Verification::Match | Verification::MatchNeedsRehash => {
                        Verification::MatchNeedsRehash
                    }
                })
            }
            _ => Ok(verification),
        }
    }

    fn compare(
        &self,
        password: &SecretString,
        stored: Option<&str>,
        memory: &mut Vec<Block>,
    ) -> Result<Verification, Error> {
        let hash = PasswordHash::new(stored.unwrap_or(&self.dummy_hash)).map_err(internal)?;
        if hash.algorithm != ARGON2ID_IDENT {
            return Err(internal("a hash of another algorithm"));
        }
        let used = Params::try_from(&hash).map_err(internal)?;
        let salt = hash.salt.ok_or_else(|| internal("a hash without a salt"))?;
        let password = password.expose_secret().as_bytes();
        let output = output(password, &salt, &used, memory)?;
        // Compared in constant time.
        let right = hash.hash == Some(output);
        Ok(if !(right && stored.is_some()) {
            Verification::Mismatch
        } else if is_current_cost(&used, &self.params) {
            Verification::Match
        } else {
            Verification::MatchNeedsRehash
        })
    }
}

fn output(
    password: &[u8],
    salt: &Salt,
    params: &Params,
    memory: &mut Vec<Block>,
) -> Result<Output, Error> {
    #[cfg(test)]
    tests::HASHES.set(tests::HASHES.get() + 1);
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
    let length = params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN);
    memory.resize(params.block_count().max(memory.len()), Block::new());
    let mut output = vec![0; length];
    argon2
        .hash_password_into_with_memory(password, salt, &mut output, memory)
        .map_err(internal)?;
    Output::new(&output).map_err(internal)
}

/// The PHC string.
fn phc_string(params: &Params, salt: Salt, output: Output) -> Result<String, Error> {
    let hash = PasswordHash {
        algorithm: ARGON2ID_IDENT,
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(params).map_err(internal)?,
        salt: Some(salt),
        hash: Some(output),
    };
    Ok(hash.to_string())
}

fn is_current_cost(used: &Params, wanted: &Params) -> bool {
    used.m_cost() >= wanted.m_cost() && used.t_cost() >= wanted.t_cost()
}

fn internal(error: impl std::fmt::Display) -> Error {
    Error::internal(format!("argon2: {error}"))
}
