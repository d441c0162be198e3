//! How many requests one instance takes from one address. Generous, and kept in memory: it protects
//! the instance, while what must hold across all of them is counted in the database.

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock as _, MonotonicClock},
};
use poem::{Endpoint, EndpointExt as _, Request, Response, Result};

use super::known_address;
use crate::{
    api,
    domain::limit::{RateLimit, RequestQuota},
    service, web,
};

/// Asked by balancers and monitors, all from few addresses; neither costs the database anything.
const EXEMPT: [&str; 2] = ["/healthz", "/readyz"];
/// After this many requests the addresses that have been quiet for a while are forgotten: somebody
/// with many addresses can fill no more memory than this many, and those of the last ten seconds.
const FORGET_EVERY: u32 = 10_000;

/// Lets a request through unless too many have come from its address. Without a quota all may pass.
pub(super) fn limited<E: Endpoint + 'static>(
    routes: E,
    quota: Option<RequestQuota>,
) -> impl Endpoint<Output = Response> {
    let requests = quota.and_then(Requests::new).map(Arc::new);
    routes.around(move |routes: Arc<E>, request: Request| {
        let requests = requests.clone();
        async move {
            if let Some(requests) = requests {
                requests.admit(&request)?;
            }
            let output = routes.call(request).await;
            output.map(poem::IntoResponse::into_response)
        }
    })
}

struct Requests {
    limiter: DefaultKeyedRateLimiter<IpAddr>,
    clock: MonotonicClock,
    since_forgotten: AtomicU32,
}

impl Requests {
    /// None when requests may follow each other without any time between them: that is no limit.
    fn new(quota: RequestQuota) -> Option<Self> {
        let RequestQuota { burst, replenish } = quota;
        let quota = Quota::with_period(replenish)?.allow_burst(burst);
        Some(Self {
            limiter: RateLimiter::keyed(quota),
            clock: MonotonicClock,
            since_forgotten: AtomicU32::new(0),
        })
    }

    fn admit(&self, request: &Request) -> Result<()> {
        let path = request.uri().path();
        if EXEMPT.contains(&path) {
            return Ok(());
        }
        self.forget_some();
        let address = known_address(request);
        self.limiter.check_key(&address.network()).map_err(|until| {
            let wait = until.wait_time_from(self.clock.now());
            let seconds = Duration::from_secs(wait.as_secs() + 1);
            let error = service::limited(RateLimit::Requests, seconds);
            if api::is_for(path) {
                api::failure(error)
            } else {
                web::error::failure(error)
            }
        })
    }

    fn forget_some(&self) {
        if self.since_forgotten.fetch_add(1, Ordering::Relaxed) >= FORGET_EVERY {
            self.since_forgotten.store(0, Ordering::Relaxed);
            self.limiter.retain_recent();
        }
    }
}
