//! Allowances of accounts and addresses: limit the work of one instance, so they are counted in its memory, by
//! the work done, however it ended.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use secrecy::SecretString;
use uuid::Uuid;

use super::{Service, password_hasher::Verification, refusal::limited};
use crate::domain::{
    error::Error,
    rate_limit::{Allowance, Bucket, RateLimit, Share, Spent, Work},
    user::{Account, PasswordAttempt, UserId},
};

/// Concurrent requests of one user: their cost is known only when they are done, and database permits are few.
/// A person's devices together stay below, since each waits for its responses.
const UNDER_WAY_MAX: usize = 32;
/// `Retry-After` of the next request.
const UNDER_WAY_WAIT: Duration = Duration::from_secs(1);

/// The allowances spent, by subject.
pub(super) struct Allowances {
    hashes_of_accounts: Mutex<Spent<Bucket>>,
    hashes_of_addresses: Mutex<Spent<Bucket>>,
    work: Mutex<Spent<UserId>>,
    under_way: Mutex<HashMap<UserId, usize>>,
}

/// A request under way for a user, until it is dropped.
pub(super) struct UnderWay {
    user: UserId,
    allowances: Arc<Allowances>,
}

impl UnderWay {
    /// None when the user has the maximum under way.
    fn begin(allowances: &Arc<Allowances>, user: UserId) -> Option<Self> {
        let mut under_way = lock(&allowances.under_way);
        let count = under_way.entry(user).or_insert(0);
        if *count >= UNDER_WAY_MAX {
            return None;
        }
        *count += 1;
        Some(Self {
            user,
            allowances: allowances.clone(),
        })
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut under_way = lock(&self.allowances.under_way);
        match under_way.get_mut(&self.user) {
            Some(count) if *count > 1 => *count -= 1,
            // Users without requests under way take no memory.
            _ => drop(under_way.remove(&self.user)),
        }
    }
}

impl Default for Allowances {
    fn default() -> Self {
        let of = |allowance| Mutex::new(Spent::nothing(allowance));
        Self {
            hashes_of_accounts: of(Allowance::HASHES_OF_ACCOUNT),
            hashes_of_addresses: of(Allowance::HASHES_OF_ADDRESS),
            work: Mutex::new(Spent::nothing(Allowance::WORK_OF_USER)),
            under_way: Mutex::default(),
        }
    }
}

impl Service {
    /// The same verbs with another allowance for reads and writes of one user.
    #[must_use]
    pub fn with_work_allowance(self, allowance: Allowance) -> Self {
        let allowances = Allowances {
            work: Mutex::new(Spent::nothing(allowance)),
            ..Allowances::default()
        };
        Self {
            allowances: Arc::new(allowances),
            ..self
        }
    }

    /// Whether a password may be hashed for this share. Checked before anything else is done for the attempt, so
    /// that a refusal costs nothing. `user` is named in the log when it is refused.
    ///
    /// # Errors
    /// [`Error::RateLimited`] until both allowances have a unit left.
    pub(super) fn check_hashes(&self, share: &Share, user: Option<Uuid>) -> Result<(), Error> {
        let Allowances {
            hashes_of_accounts,
            hashes_of_addresses,
            ..
        } = &*self.allowances;
        let (of_account, of_address) = (RateLimit::HashesAccount, RateLimit::HashesAddress);
        self.check(hashes_of_accounts, &share.account, of_account, user)?;
        self.check(hashes_of_addresses, &share.address, of_address, user)
    }

    /// Hashes a password and counts it.
    ///
    /// # Errors
    /// Those of [`Hasher::hash`](super::Hasher::hash).
    pub(super) async fn hash(&self, password: SecretString, share: Share) -> Result<String, Error> {
        self.spend_hash(&share);
        self.hasher.hash(password, share).await
    }

    /// Verifies a password against a hash and counts it.
    ///
    /// # Errors
    /// Those of [`Hasher::verify`](super::Hasher::verify).
    pub(super) async fn verify(
        &self,
        password: PasswordAttempt,
        hash: Option<String>,
        share: Share,
    ) -> Result<Verification, Error> {
        self.spend_hash(&share);
        self.hasher.verify(password, hash, share).await
    }

    /// Only for passwords that are hashed: an attempt that a limit on failures refuses costs nothing, and must not
    /// use up the allowance of an account's owner.
    fn spend_hash(&self, share: &Share) {
        if self.request_quota().is_none() {
            return;
        }
        let (now, allowances) = (self.clock.instant(), &self.allowances);
        lock(&allowances.hashes_of_accounts).spend(share.account, 1, now);
        lock(&allowances.hashes_of_addresses).spend(share.address, 1, now);
    }

    /// Starts reading or writing for the user, if the allowance permits. Not needed for a 304.
    ///
    /// # Errors
    /// [`Error::RateLimited`] until the allowance has a unit left, and while too many requests are under way.
    pub(super) fn begin_work(&self, account: &Account) -> Result<Option<UnderWay>, Error> {
        let (spent, limit, user) = (
            &self.allowances.work,
            RateLimit::WorkUser,
            account.public_id,
        );
        self.check(spent, &account.user_id, limit, Some(user))?;
        if self.request_quota().is_none() {
            return Ok(None);
        }
        match UnderWay::begin(&self.allowances, account.user_id) {
            Some(begun) => Ok(Some(begun)),
            None => Err(limited(limit, Some(user), UNDER_WAY_WAIT)),
        }
    }

    /// Counts the rows read or written for the user.
    pub(super) fn spend_work(&self, account: &Account, work: Work) {
        if self.request_quota().is_some() {
            let mut spent = lock(&self.allowances.work);
            spent.spend(account.user_id, work.units(), self.clock.instant());
        }
    }

    fn check<K: Eq + Hash>(
        &self,
        spent: &Mutex<Spent<K>>,
        subject: &K,
        limit: RateLimit,
        user: Option<Uuid>,
    ) -> Result<(), Error> {
        if self.request_quota().is_none() {
            return Ok(());
        }
        let wait = lock(spent).wait(subject, self.clock.instant());
        match wait {
            None => Ok(()),
            // Rounded up to whole seconds.
            Some(wait) => {
                let wait = Duration::from_secs(wait.as_secs() + 1);
                Err(limited(limit, user, wait))
            }
        }
    }
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_user_cannot_use_up_the_allowance_of_others() {
        let allowances = Arc::new(Allowances::default());
        let (rita, ona) = (UserId(1), UserId(2));
        let begin = |user| UnderWay::begin(&allowances, user);
        let mut of_rita: Vec<_> = std::iter::from_fn(|| begin(rita)).collect();
        assert_eq!(of_rita.len(), UNDER_WAY_MAX);
        assert!(begin(ona).is_some());
        of_rita.pop();
        assert!(begin(rita).is_some(), "one has ended");
        drop(of_rita);
        assert!(lock(&allowances.under_way).is_empty());
    }
}
