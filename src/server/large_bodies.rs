//! Bodies beyond the usual limit, of the few routes that take them: few at a time, and few of one network, since
//! each occupies memory before anything is known of its sender.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Large bodies of one instance at the same time.
const AT_ONCE: usize = 32;
/// Those of one network; behind a proxy that names its clients, of one client's network.
const OF_ONE: usize = 8;

/// The large bodies under way; clones share them.
#[derive(Clone, Default)]
pub(super) struct LargeBodies(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// A place for one large body, until it is dropped.
pub(super) struct Place {
    network: IpAddr,
    bodies: LargeBodies,
}

impl LargeBodies {
    /// A place; none while all are taken, or as many as one network may have.
    pub(super) fn begin(&self, network: IpAddr) -> Option<Place> {
        let mut under_way = self.lock();
        let all: usize = under_way.values().sum();
        let of_one = under_way.entry(network).or_insert(0);
        if all >= AT_ONCE || *of_one >= OF_ONE {
            under_way.retain(|_, count| *count > 0);
            return None;
        }
        *of_one += 1;
        Some(Place {
            network,
            bodies: self.clone(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut under_way = self.bodies.lock();
        if let Some(count) = under_way.get_mut(&self.network) {
            *count -= 1;
        }
        // Networks without any take no memory.
        under_way.retain(|_, count| *count > 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_network_takes_some_places_and_leaves_the_rest_to_others() {
        let bodies = LargeBodies::default();
        let of = |number: u8| IpAddr::from([10, 0, 0, number]);
        let mut taken: Vec<_> = std::iter::from_fn(|| bodies.begin(of(1))).collect();
        assert_eq!(taken.len(), OF_ONE);
        assert!(bodies.begin(of(2)).is_some(), "there is room for others");
        taken.pop();
        taken.extend(bodies.begin(of(1)));
        assert_eq!(taken.len(), OF_ONE, "one has ended");
        for number in 2.. {
            let more: Vec<_> = std::iter::from_fn(|| bodies.begin(of(number))).collect();
            if more.is_empty() {
                break;
            }
            taken.extend(more);
        }
        assert_eq!(taken.len(), AT_ONCE);
        drop(taken);
        assert!(bodies.lock().is_empty());
    }
}
