//! Throttling middleware: rejects requests before anything is done for them, by rate limits per client IP and by
//! the bytes of responses that clients have not read. Kept in memory, since it protects one instance; limits that
//! hold across all instances are counted in the database, and their rejections are logged from here.

mod event_log;
mod quota;
mod rejection;

mod unsent;

use std::{net::IpAddr, num::NonZeroU32, sync::Arc, time::Duration};

use poem::{Endpoint, EndpointExt as _, Request, Response, http::StatusCode};

use self::{
    event_log::{Event, EventLog},
    quota::Quota,
    rejection::{Format, Rejections},
    unsent::Unsent,
};
use super::{client_ip::client_ip, security_headers::SecurityHeaders};
use crate::{
    domain::rate_limit::RequestQuota,
    server::Room,
    service,
    telemetry::{self, Unlogged},
};

/// The health checks, which load balancers and monitors send from few addresses.
const HEALTH: [&str; 2] = ["/healthz", "/readyz"];

/// Rate limit of an address for both health checks together: a load balancer sends one every few seconds.
const HEALTH_CHECKS: RequestQuota = RequestQuota {
    burst: NonZeroU32::new(200).expect("more than none"),
    replenish: Duration::from_millis(50),
};

/// The throttle of one instance; clones share their counts.
#[derive(Clone)]
pub(super) struct Throttle(Arc<Shared>);

struct Shared {
    requests: Option<Quota>,
    health_checks: Option<Quota>,
    unsent: Unsent,
    events: EventLog,
    rejections: Rejections,
}

impl Throttle {
    /// Without a quota there is no rate limit. Each rejection has those headers.
    pub(super) fn new(quota: Option<RequestQuota>, headers: &SecurityHeaders) -> Self {
        Self(Arc::new(Shared {
            requests: quota.and_then(Quota::new),
            health_checks: quota.and(Quota::new(HEALTH_CHECKS)),
            unsent: Unsent::default(),
            events: EventLog::default(),
            rejections: Rejections::new(quota, headers),
        }))
    }

    /// Rejects a request beyond the rate limit, or while too much is unsent. Rejections share one response, and one
    /// log line a second with their number.
    pub(super) fn around<E: Endpoint<Output = Response> + 'static>(
        &self,
        endpoint: E,
    ) -> impl Endpoint<Output = Response> + use<E> {
        let throttle = self.0.clone();
        endpoint.around(move |endpoint: Arc<E>, mut request: Request| {
            let throttle = throttle.clone();
            async move {
                let network = client_ip(&request).network();
                let is_check = HEALTH.contains(&request.uri().path());
                if let Err(event) = throttle.check(network, is_check) {
                    return Ok(throttle.reject(event, network, &request));
                }
                if is_check {
                    request.set_data(Unlogged::Always);
                } else if throttle.events.is_refusing(network) {
                    throttle.events.record(network, None, Event::Passed);
                    request.set_data(Unlogged::UnlessItFailsOrChanges);
                }
                let response = endpoint.call(request).await?;
                if is_check {
                    throttle
                        .events
                        .record(network, None, Event::checked(response.status()));
                }
                Ok(response)
            }
        })
    }

    /// Counts the rejections of verbs, and the bytes of each response until they are sent. A response beyond the bounds
    /// is rejected.
    pub(super) fn holding<E: Endpoint<Output = Response> + 'static>(
        &self,
        endpoint: E,
    ) -> impl Endpoint<Output = Response> + use<E> {
        let throttle = self.0.clone();
        endpoint.around(move |endpoint: Arc<E>, request: Request| {
            let throttle = throttle.clone();
            async move {
                let network = client_ip(&request).network();
                let format = Format::of(&request);
                let room = request.data::<Room>().cloned();
                let called = service::counting_refusals(endpoint.call(request));
                let (response, refused) = called.await;
                let mut response = response?;
                if let Some(refused) = refused {
                    let event = Event::Limited(refused.limit);
                    throttle.events.record(network, refused.user, event);
                    if response.status() == StatusCode::TOO_MANY_REQUESTS {
                        response.set_data(Unlogged::Always);
                    }
                }
                match throttle.unsent.hold(network, response, room).await {
                    Ok(response) => Ok(response),
                    Err(event) => {
                        throttle.events.record(network, None, event);
                        Ok(throttle.rejections.response_to(event, format))
                    }
                }
            }
        })
    }
}

impl Drop for Shared {
    /// Logs the counts of the last second.
    fn drop(&mut self) {
        self.events.log();
    }
}

impl Shared {
    fn check(&self, network: IpAddr, is_check: bool) -> Result<(), Event> {
        let (quota, event) = if is_check {
            (&self.health_checks, Event::TooManyChecks)
        } else {
            (&self.requests, Event::TooMany)
        };
        if quota.as_ref().is_some_and(|quota| !quota.admits(network)) {
            return Err(event);
        }
        // The response to a health check is too small to hold back.
        if !is_check && self.unsent.is_full_for(network) {
            return Err(Event::UnsentOfOne);
        }
        Ok(())
    }

    fn reject(&self, event: Event, network: IpAddr, request: &Request) -> Response {
        self.events.record(network, None, event);
        let response = self.rejections.response_to(event, Format::of(request));
        telemetry::observe_refusal(request.method(), response.status());
        response
    }
}
