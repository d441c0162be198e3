//! Bodies beyond the usual limit, of users whose requests may have one: few at a time, and few of one user, since each
//! occupies memory until its call is answered, and a client can be slow to send it.

use std::{
    collections::HashMap,
    hash::Hash,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::domain::user::UserId;

/// Large bodies of one instance at the same time: 18 MiB.
const AT_ONCE: usize = 64;
/// Those of one network; behind a proxy that names its clients, of one client's network.
const OF_NETWORK: usize = 32;
/// Those of one user: idle uploads keep only the user's own next ones out.
const OF_USER: usize = 2;

/// The user who may send a large body, as data of the request. Its token has been verified before the body is read.
#[derive(Clone, Copy, Debug)]
pub struct LargeBodySender {
    /// The user.
    pub user: UserId,
    /// Maximum length of the body.
    pub max_bytes: usize,
}

/// The large bodies under way; clones share them.
#[derive(Clone, Default)]
pub(super) struct LargeBodies(Arc<Mutex<UnderWay>>);

#[derive(Default)]
struct UnderWay {
    networks: HashMap<IpAddr, usize>,
    users: HashMap<UserId, usize>,
}

/// A place for one large body, until it is dropped.
pub(super) struct Place {
    network: IpAddr,
    user: UserId,
    bodies: LargeBodies,
}

impl LargeBodies {
    /// A place; none while all are taken, or as many as one network or one user may have.
    pub(super) fn begin(&self, network: IpAddr, user: UserId) -> Option<Place> {
        let mut under_way = self.lock();
        let UnderWay { networks, users } = &mut *under_way;
        let is_full = networks.values().sum::<usize>() >= AT_ONCE
            || count(networks, &network) >= OF_NETWORK
            || count(users, &user) >= OF_USER;
        if is_full {
            return None;
        }
        *networks.entry(network).or_insert(0) += 1;
        *users.entry(user).or_insert(0) += 1;
        Some(Place {
            network,
            user,
            bodies: self.clone(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, UnderWay> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut under_way = self.bodies.lock();
        leave(&mut under_way.networks, &self.network);
        leave(&mut under_way.users, &self.user);
    }
}

fn count<K: Hash + Eq>(counts: &HashMap<K, usize>, key: &K) -> usize {
    counts.get(key).copied().unwrap_or_default()
}

/// Keys without any take no memory.
fn leave<K: Hash + Eq>(counts: &mut HashMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(number: u8) -> IpAddr {
        IpAddr::from([10, 0, 0, number])
    }

    #[test]
    fn one_user_takes_some_places_and_leaves_the_rest_to_others_of_the_same_network() {
        let bodies = LargeBodies::default();
        let of = |user: u64| bodies.begin(network(1), UserId(user));
        let mut taken: Vec<_> = std::iter::from_fn(|| of(1)).collect();
        assert_eq!(taken.len(), OF_USER);
        assert!(of(2).is_some(), "there is room for others");
        taken.pop();
        taken.extend(std::iter::from_fn(|| of(1)));
        assert_eq!(taken.len(), OF_USER, "one has ended");
    }

    #[test]
    fn one_network_leaves_places_to_others_and_all_have_an_end() {
        let bodies = LargeBodies::default();
        let mut taken = Vec::new();
        for number in 1.. {
            let users = (0..).map(|user| UserId(u64::from(number) * 1_000 + user));
            let places = users.map_while(|user| bodies.begin(network(number), user));
            let places: Vec<_> = places.collect();
            assert!(places.len() <= OF_NETWORK);
            if places.is_empty() {
                break;
            }
            taken.extend(places);
        }
        assert_eq!(taken.len(), AT_ONCE);
        drop(taken);
        let under_way = bodies.lock();
        assert!(under_way.networks.is_empty() && under_way.users.is_empty());
    }
}
