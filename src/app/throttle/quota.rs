//! Rate limit of requests per client IP, in the memory of one instance.

use std::{
    net::IpAddr,
    sync::atomic::{AtomicU32, Ordering},
};

use governor::{DefaultKeyedRateLimiter, RateLimiter};

use crate::domain::rate_limit::RequestQuota;

/// After this many requests idle addresses are evicted, so that an attacker with many addresses can fill no more
/// memory than this many, and those of the last ten seconds.
const EVICT_EVERY: u32 = 10_000;

pub(super) struct Quota {
    limiter: DefaultKeyedRateLimiter<IpAddr>,
    since_eviction: AtomicU32,
}

impl Quota {
    /// None when the interval between requests is zero, which is no limit.
    pub(super) fn new(quota: RequestQuota) -> Option<Self> {
        let RequestQuota { burst, replenish } = quota;
        let quota = governor::Quota::with_period(replenish)?.allow_burst(burst);
        Some(Self {
            limiter: RateLimiter::keyed(quota),
            since_eviction: AtomicU32::new(0),
        })
    }

    /// Whether the address may send another request now.
    pub(super) fn admits(&self, network: IpAddr) -> bool {
        self.evict_idle();
        self.limiter.check_key(&network).is_ok()
    }

    fn evict_idle(&self) {
        if self.since_eviction.fetch_add(1, Ordering::Relaxed) >= EVICT_EVERY {
            self.since_eviction.store(0, Ordering::Relaxed);
            self.limiter.retain_recent();
        }
    }
}
