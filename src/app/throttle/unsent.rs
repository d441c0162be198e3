//! Back-pressure: counts the bytes of responses that clients have not read yet, by address and in all, so that a
//! client that reads nothing cannot fill the memory of the instance.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Collected, combinators::BoxBody};
use hyper::body::Body as _;
use metrics::{Gauge, gauge};
use poem::{Body, Response};

use super::event_log::Event;
use crate::server::Room;

/// Most unsent bytes of one address: eight of the largest responses, or the pages of a thousand users.
const OF_ONE: usize = 8 * 1024 * 1024;
/// Most unsent bytes of the instance; beyond it the address with most of them loses connections to one with fewer.
/// Together with the memory of 8,192 connections an instance stays below 160 MiB: `tests/measured/unread.rs`.
const IN_ALL: usize = 24 * 1024 * 1024;
/// A response of at most this size is never rejected: it fits into the send buffer of the socket. Every response to
/// a form is smaller, so that a change is never reported as rejected.
const SMALL: usize = 16 * 1024;

/// Unsent bytes, by address and in total.
#[derive(Clone)]
pub(super) struct Unsent(Arc<Held>);

struct Held {
    all: AtomicUsize,
    of: Mutex<HashMap<IpAddr, usize>>,
    shown: Gauge,
}

impl Default for Unsent {
    fn default() -> Self {
        Self(Arc::new(Held {
            all: AtomicUsize::new(0),
            of: Mutex::default(),
            shown: gauge!("tickbox_http_unsent_bytes"),
        }))
    }
}

impl Unsent {
    /// Whether clients of the address have to read earlier responses before the next one is made: beyond the bound of
    /// an address, or with anything unsent while the instance is beyond its own bound.
    pub(super) fn is_full_for(&self, network: IpAddr) -> bool {
        let all = self.0.all.load(Ordering::Relaxed);
        // Mostly the addresses need not be looked up.
        all >= OF_ONE && {
            let own = self.0.lock().get(&network).copied().unwrap_or_default();
            own >= OF_ONE || (all >= IN_ALL && own > SMALL)
        }
    }

    /// The response; its bytes count until the last of them is with the system. Bytes that many responses share are
    /// not counted.
    pub(super) async fn hold(
        &self,
        network: IpAddr,
        mut response: Response,
        room: Option<Room>,
    ) -> Result<Response, Event> {
        let body: BoxBody<Bytes, _> = response.take_body().into();
        if body.size_hint().exact().is_none_or(|length| length == 0) {
            response.set_body(Body::from(body));
            return Ok(response);
        }
        // Already in one piece: nothing is awaited or copied.
        let bytes = body.collect().await.map(Collected::to_bytes);
        let bytes = bytes.unwrap_or_default();
        response.set_body(if bytes.is_unique() {
            self.counted(network, bytes, room)?
        } else {
            bytes
        });
        Ok(response)
    }

    fn counted(&self, network: IpAddr, bytes: Bytes, room: Option<Room>) -> Result<Bytes, Event> {
        let length = bytes.len();
        let mut of = self.0.lock();
        let own = of.get(&network).copied().unwrap_or_default() + length;
        if length > SMALL && own > OF_ONE {
            return Err(Event::UnsentOfOne);
        }
        if length > SMALL && self.0.all.load(Ordering::Relaxed) + length > IN_ALL {
            let greediest = of.iter().max_by_key(|(_, bytes)| **bytes);
            // Closed connections drop their bytes a moment later.
            let is_made = greediest.is_some_and(|(other, bytes)| {
                *bytes > own && room.is_some_and(|room| room.close_stalled(*other))
            });
            if !is_made {
                return Err(Event::Unsent);
            }
        }
        of.insert(network, own);
        self.0.all.fetch_add(length, Ordering::Relaxed);
        drop(of);
        self.0.show(length, Gauge::increment::<f64>);
        Ok(Bytes::from_owner(Counted {
            bytes,
            network,
            held: self.0.clone(),
        }))
    }
}

impl Held {
    fn release(&self, network: IpAddr, length: usize) {
        let mut of = self.lock();
        if let Some(own) = of.get_mut(&network) {
            *own -= length;
            if *own == 0 {
                of.remove(&network);
            }
        }
        self.all.fetch_sub(length, Ordering::Relaxed);
        drop(of);
        self.show(length, Gauge::decrement::<f64>);
    }

    #[expect(clippy::cast_precision_loss, reason = "far below 2 to the 53rd")]
    fn show(&self, length: usize, change: fn(&Gauge, f64)) {
        change(&self.shown, length as f64);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.of.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Bytes of one response, which hyper drops when they are sent or the connection has ended.
struct Counted {
    bytes: Bytes,
    network: IpAddr,
    held: Arc<Held>,
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.held.release(self.network, self.bytes.len());
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const MIB: usize = 1024 * 1024;

    fn from(number: u8) -> IpAddr {
        Ipv4Addr::new(10, 0, 0, number).into()
    }

    async fn answer(unsent: &Unsent, number: u8, length: usize) -> Result<Response, Event> {
        let response = Response::builder().body(vec![b'x'; length]);
        unsent.hold(from(number), response, None).await
    }

    #[tokio::test]
    async fn a_response_counts_until_its_last_byte_is_gone() {
        let unsent = Unsent::default();
        let mut response = answer(&unsent, 1, 3 * MIB).await.expect("room");
        let body = response.take_body().into_bytes().await.expect("in memory");
        drop(response);
        assert_eq!(unsent.0.all.load(Ordering::Relaxed), 3 * MIB);
        let rest = body.slice(body.len() - 1..);
        drop(body);
        assert_eq!(
            unsent.0.all.load(Ordering::Relaxed),
            3 * MIB,
            "hyper has it"
        );
        drop(rest);
        assert_eq!(unsent.0.all.load(Ordering::Relaxed), 0);
        assert!(unsent.0.lock().is_empty(), "the address is forgotten");
    }

    #[tokio::test]
    async fn a_shared_response_does_not_count() {
        let unsent = Unsent::default();
        let shared = Bytes::from(vec![b'x'; MIB]);
        let mut kept = vec![];
        for bytes in [Bytes::from_static(&[b'x'; 1_000]), shared.clone()] {
            let response = Response::builder().body(bytes);
            kept.push(unsent.hold(from(1), response, None).await.expect("room"));
        }
        assert_eq!(unsent.0.all.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn an_address_over_its_bound_is_refused_alone() {
        let unsent = Unsent::default();
        let mut kept = vec![];
        for _ in 0..8 {
            assert!(!unsent.is_full_for(from(1)));
            kept.push(answer(&unsent, 1, MIB).await.expect("room"));
        }
        assert!(unsent.is_full_for(from(1)), "before anything is made");
        let refused = answer(&unsent, 1, MIB).await;
        assert_eq!(refused.err(), Some(Event::UnsentOfOne));
        assert!(answer(&unsent, 1, SMALL).await.is_ok(), "what was done");
        assert!(!unsent.is_full_for(from(2)));
        assert!(answer(&unsent, 2, MIB).await.is_ok());
        kept.clear();
        assert!(!unsent.is_full_for(from(1)), "all has been taken");
    }

    #[tokio::test]
    async fn all_addresses_together_stay_within_the_total_bound() {
        let unsent = Unsent::default();
        let mut kept = vec![];
        for number in 0..16 {
            for _ in 0..7 {
                kept.extend(answer(&unsent, number, MIB).await.ok());
            }
        }
        assert_eq!(unsent.0.all.load(Ordering::Relaxed), IN_ALL);
        assert_eq!(answer(&unsent, 99, MIB).await.err(), Some(Event::Unsent));
        assert!(unsent.is_full_for(from(0)), "it has some of it");
        assert!(!unsent.is_full_for(from(99)), "it has nothing of it");
        assert!(answer(&unsent, 99, SMALL).await.is_ok(), "a page");
    }
}
