//! How many requests one instance takes from one address.

use std::{
    net::IpAddr,
    sync::atomic::{AtomicU32, Ordering},
};

use governor::{DefaultKeyedRateLimiter, RateLimiter};

use crate::domain::rate_limit::RequestQuota;

/// After this many requests the addresses that have been quiet for a while are forgotten: somebody
/// with many addresses can fill no more memory than this many, and those of the last ten seconds.
const FORGET_EVERY: u32 = 10_000;

pub(super) struct Quota {
    limiter: DefaultKeyedRateLimiter<IpAddr>,
    since_forgotten: AtomicU32,
}

impl Quota {
    /// None when requests may follow each other without any time between them: that is no limit.
    pub(super) fn new(quota: RequestQuota) -> Option<Self> {
        let RequestQuota { burst, replenish } = quota;
        let quota = governor::Quota::with_period(replenish)?.allow_burst(burst);
        Some(Self {
            limiter: RateLimiter::keyed(quota),
            since_forgotten: AtomicU32::new(0),
        })
    }

    /// Whether one more may come from there now.
    pub(super) fn admits(&self, network: IpAddr) -> bool {
        self.forget_some();
        self.limiter.check_key(&network).is_ok()
    }

    fn forget_some(&self) {
        if self.since_forgotten.fetch_add(1, Ordering::Relaxed) >= FORGET_EVERY {
            self.since_forgotten.store(0, Ordering::Relaxed);
            self.limiter.retain_recent();
        }
    }
}
