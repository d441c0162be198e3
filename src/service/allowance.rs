//! What one account or address may cost an instance: counted in its memory, since it is the instance's
//! processors that are spent, and in what was done, however it ended.

use std::{
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use secrecy::SecretString;

use super::{Service, limit::limited, password::Verdict};
use crate::domain::{
    error::Error,
    limit::{Allowance, Bucket, RateLimit, Share, Spent, Work},
    user::{Account, PasswordAttempt, UserId},
};

/// What has been spent, by whom.
pub(super) struct Allowances {
    hashes_of_accounts: Mutex<Spent<Bucket>>,
    hashes_of_addresses: Mutex<Spent<Bucket>>,
    work: Mutex<Spent<UserId>>,
}

impl Default for Allowances {
    fn default() -> Self {
        let of = |allowance| Mutex::new(Spent::nothing(allowance));
        Self {
            hashes_of_accounts: of(Allowance::HASHES_OF_ACCOUNT),
            hashes_of_addresses: of(Allowance::HASHES_OF_ADDRESS),
            work: Mutex::new(Spent::nothing(Allowance::WORK_OF_USER)),
        }
    }
}

impl Service {
    /// The same verbs with another allowance for what is read and written for one user.
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

    /// Whether a password may still be hashed for them. To be asked before anything else is done for the
    /// attempt, so that a refusal costs nothing.
    ///
    /// # Errors
    /// [`Error::RateLimited`] until there is something left for both.
    pub(super) fn check_hashes(&self, share: &Share) -> Result<(), Error> {
        let Allowances {
            hashes_of_accounts,
            hashes_of_addresses,
            ..
        } = &*self.allowances;
        self.check(hashes_of_accounts, &share.account, RateLimit::HashesAccount)?;
        self.check(
            hashes_of_addresses,
            &share.address,
            RateLimit::HashesAddress,
        )
    }

    /// Hashes a password, and counts that.
    ///
    /// # Errors
    /// Those of [`Hasher::hash`](super::Hasher::hash).
    pub(super) async fn hash(&self, password: SecretString, share: Share) -> Result<String, Error> {
        self.spend_hash(&share);
        self.hasher.hash(password, share).await
    }

    /// Compares a password with a hash, and counts that.
    ///
    /// # Errors
    /// Those of [`Hasher::verify`](super::Hasher::verify).
    pub(super) async fn verify(
        &self,
        password: PasswordAttempt,
        hash: Option<String>,
        share: Share,
    ) -> Result<Verdict, Error> {
        self.spend_hash(&share);
        self.hasher.verify(password, hash, share).await
    }

    /// Only for what is hashed: what a limit on failures refuses costs nothing, and must not use up what the
    /// owner of an account has.
    fn spend_hash(&self, share: &Share) {
        if self.request_quota().is_none() {
            return;
        }
        let (now, allowances) = (self.clock.instant(), &self.allowances);
        lock(&allowances.hashes_of_accounts).spend(share.account, 1, now);
        lock(&allowances.hashes_of_addresses).spend(share.address, 1, now);
    }

    /// Whether something more may be read or written for the user. Not to be asked for an answer that says
    /// only that nothing has changed.
    ///
    /// # Errors
    /// [`Error::RateLimited`] until there is something left.
    pub(super) fn check_work(&self, account: &Account) -> Result<(), Error> {
        self.check(&self.allowances.work, &account.user_id, RateLimit::WorkUser)
    }

    /// Counts what was read or written for the user.
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
    ) -> Result<(), Error> {
        if self.request_quota().is_none() {
            return Ok(());
        }
        let wait = lock(spent).wait(subject, self.clock.instant());
        match wait {
            None => Ok(()),
            // In whole seconds: who waits as long is not too early.
            Some(wait) => Err(limited(limit, Duration::from_secs(wait.as_secs() + 1))),
        }
    }
}

fn lock<K>(spent: &Mutex<Spent<K>>) -> MutexGuard<'_, Spent<K>> {
    spent.lock().unwrap_or_else(PoisonError::into_inner)
}
