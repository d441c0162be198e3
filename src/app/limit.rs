//! What is refused at the edge, before anything is done for a request: too many from one address, and
//! what would have to wait behind answers that nobody takes. Refusals by the limits of verbs are counted here too. Kept in memory: it protects the instance,
//! while what must hold across all of them is counted in the database.

mod quota;
mod refusal;
mod tally;
mod unsent;

use std::{net::IpAddr, num::NonZeroU32, sync::Arc, time::Duration};

use poem::{
    Endpoint, EndpointExt as _, Request, Response,
    http::{HeaderMap, StatusCode},
};

use self::{
    quota::Quota,
    refusal::{Kind, Refusals},
    tally::{Tally, What},
    unsent::Unsent,
};
use super::known_address;
use crate::{
    domain::rate_limit::RequestQuota,
    server::Room,
    service,
    telemetry::{self, Unlogged},
};

/// Asked by balancers and monitors, all from few addresses.
const HEALTH: [&str; 2] = ["/healthz", "/readyz"];

/// Of an address, for both health checks together. A balancer asks every few seconds, from two or three
/// places; what asks 20 times a second is none.
const HEALTH_CHECKS: RequestQuota = RequestQuota {
    burst: NonZeroU32::new(200).expect("more than none"),
    replenish: Duration::from_millis(50),
};

/// The edge of one instance; clones share what they count.
#[derive(Clone)]
pub(super) struct Edge(Arc<Shared>);

struct Shared {
    requests: Option<Quota>,
    health_checks: Option<Quota>,
    unsent: Unsent,
    tally: Tally,
    refusals: Refusals,
}

impl Edge {
    /// Without a quota all may pass whose answers are taken. Each refusal has those headers.
    pub(super) fn new(quota: Option<RequestQuota>, headers: &HeaderMap) -> Self {
        Self(Arc::new(Shared {
            requests: quota.and_then(Quota::new),
            health_checks: quota.and(Quota::new(HEALTH_CHECKS)),
            unsent: Unsent::default(),
            tally: Tally::default(),
            refusals: Refusals::new(quota, headers),
        }))
    }

    /// Lets a request through unless there are too many, or too much that is not sent yet. What it
    /// refuses is neither logged nor answered one by one: the answer is one for all, the log has a number.
    pub(super) fn around<E: Endpoint<Output = Response> + 'static>(
        &self,
        endpoint: E,
    ) -> impl Endpoint<Output = Response> + use<E> {
        let edge = self.0.clone();
        endpoint.around(move |endpoint: Arc<E>, mut request: Request| {
            let edge = edge.clone();
            async move {
                let network = known_address(&request).network();
                let is_check = HEALTH.contains(&request.uri().path());
                if let Err(what) = edge.admit(network, is_check) {
                    return Ok(edge.refuse(what, network, &request));
                }
                if is_check {
                    request.set_data(Unlogged::Always);
                } else if edge.tally.is_refusing(network) {
                    edge.tally.note(network, None, What::Passed);
                    request.set_data(Unlogged::UnlessItFailsOrChanges);
                }
                let response = endpoint.call(request).await?;
                if is_check {
                    edge.tally
                        .note(network, None, What::checked(response.status()));
                }
                Ok(response)
            }
        })
    }

    /// Counts what limits refuse, in place of a line for each, and the bytes of each answer until they are
    /// sent. What there is no room for is refused.
    pub(super) fn holding<E: Endpoint<Output = Response> + 'static>(
        &self,
        endpoint: E,
    ) -> impl Endpoint<Output = Response> + use<E> {
        let edge = self.0.clone();
        endpoint.around(move |endpoint: Arc<E>, request: Request| {
            let edge = edge.clone();
            async move {
                let network = known_address(&request).network();
                let refusal = Kind::of(&request);
                let room = request.data::<Room>().cloned();
                let called = service::counting_refusals(endpoint.call(request));
                let (response, refused) = called.await;
                let mut response = response?;
                if let Some(refused) = refused {
                    let what = What::Limited(refused.limit);
                    edge.tally.note(network, refused.user, what);
                    if response.status() == StatusCode::TOO_MANY_REQUESTS {
                        response.set_data(Unlogged::Always);
                    }
                }
                match edge.unsent.hold(network, response, room).await {
                    Ok(response) => Ok(response),
                    Err(what) => {
                        edge.tally.note(network, None, what);
                        Ok(edge.refusals.answer(what, refusal))
                    }
                }
            }
        })
    }
}

impl Drop for Shared {
    /// Nothing of the last second is lost.
    fn drop(&mut self) {
        self.tally.log();
    }
}

impl Shared {
    fn admit(&self, network: IpAddr, is_check: bool) -> Result<(), What> {
        let (quota, what) = if is_check {
            (&self.health_checks, What::TooManyChecks)
        } else {
            (&self.requests, What::TooMany)
        };
        if quota.as_ref().is_some_and(|quota| !quota.admits(network)) {
            return Err(what);
        }
        // An answer to a check is not worth holding back.
        if !is_check && self.unsent.is_full_for(network) {
            return Err(What::UnsentOfOne);
        }
        Ok(())
    }

    fn refuse(&self, what: What, network: IpAddr, request: &Request) -> Response {
        self.tally.note(network, None, what);
        let response = self.refusals.answer(what, Kind::of(request));
        telemetry::observe_refusal(request.method(), response.status());
        response
    }
}
