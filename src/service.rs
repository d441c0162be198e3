//! The verbs. Each looks up only within its user's own data, is idempotent, and owns its transaction. May import
//! `store`, `database` and `domain`; knows neither pages, nor JSON, nor SQL.

#![expect(
    clippy::missing_errors_doc,
    reason = "each may fail as the database does; what else may fail is documented"
)]

mod access_token;
mod allowance;
mod jwt_provider;
mod lease;
mod password_hasher;
mod purge;
mod random;
mod rate_limit;
mod readiness;
mod refusal;
mod reindex;
mod session;
mod todo;
mod user;

use std::sync::{Arc, atomic::AtomicI64};

use tokio::sync::Semaphore;

use self::{allowance::Allowances, readiness::Readiness};
use crate::{
    database::{Database, Status},
    domain::{clock::Clock, rate_limit::RequestQuota},
};

pub use crate::database::within_budget;
pub use crate::domain::todo::{TodoUpdate, WriteOutcome};
pub use access_token::TokenSigner;
pub use password_hasher::{Argon2Cost, Hasher};
pub use purge::Purged;
pub use refusal::{Refusal, counting_refusals};
pub use reindex::Reindexed;
pub use session::{ClientInfo, NewBrowserSession, TokenPair};
pub use todo::ChangeSet;
pub use user::RenewedSession;

/// All verbs of the application. Clones share one pool, one clock and one queue for hashing.
#[derive(Clone)]
pub struct Service {
    database: Database,
    clock: Clock,
    hasher: Hasher,
    signer: Arc<TokenSigner>,
    /// When (seconds since 1970) the last use of sessions may be written again; shared by clones.
    next_touch_at: Arc<AtomicI64>,
    /// Permit for such writes, which are made one after the other; shared by clones.
    touching: Arc<Semaphore>,
    /// Shared by clones.
    readiness: Readiness,
    /// None when nothing is limited.
    request_quota: Option<RequestQuota>,
    /// Allowances that accounts and addresses have spent of this instance; shared by clones.
    allowances: Arc<Allowances>,
}

impl Service {
    /// The verbs over a database, without rate limits: see [`Self::with_rate_limits`].
    #[must_use]
    pub fn new(database: Database, clock: Clock, hasher: Hasher, signer: TokenSigner) -> Self {
        Self {
            database,
            clock,
            hasher,
            signer: Arc::new(signer),
            next_touch_at: Arc::default(),
            touching: Arc::new(Semaphore::new(1)),
            readiness: Readiness::default(),
            request_quota: None,
            allowances: Arc::default(),
        }
    }

    /// The clock that all dates come from.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The database pool's current numbers, for the metrics.
    #[must_use]
    pub fn database_status(&self) -> Status {
        self.database.status()
    }

    /// Requests that wait for a password to be hashed.
    #[must_use]
    pub fn hashes_waiting(&self) -> usize {
        self.hasher.waiting()
    }
}
