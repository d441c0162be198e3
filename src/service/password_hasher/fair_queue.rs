//! A fair queue: when many jobs wait, addresses and accounts take turns.

use std::collections::{BTreeMap, HashMap};

use crate::domain::rate_limit::Share;

/// Maximum length. At some 25 ms a hash and one at a time the last of them waits less than two seconds.
pub(super) const MAX_WAITING: usize = 64;

/// Gives each job a turn after the waiting ones of the same address and of the same account, and serves turn by
/// turn. A client with no job waiting is next, however many the others have.
pub(super) struct FairQueue<J> {
    /// Jobs by turn, and within one turn by arrival.
    waiting: BTreeMap<(u64, u64), (J, Share)>,
    /// Subjects with waiting jobs, by the key of the address or account.
    subjects: HashMap<[u8; 32], Subject>,
    /// The turn of the job that was popped last.
    turn: u64,
    arrivals: u64,
}

#[derive(Default)]
struct Subject {
    waiting: usize,
    last_turn: u64,
}

impl<J> FairQueue<J> {
    pub(super) fn new() -> Self {
        Self {
            waiting: BTreeMap::new(),
            subjects: HashMap::new(),
            turn: 0,
            arrivals: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Returns the job that is evicted from a full queue: the newest in the last turn, which is that of the
    /// greediest subject. This bounds each subject too: it exceeds its share only while the others leave room.
    pub(super) fn push(&mut self, job: J, share: Share) -> Option<J> {
        let keys = [share.address.key, share.account.key];
        let last = keys.iter().filter_map(|key| self.subjects.get(key));
        let turn = last.map(|it| it.last_turn).fold(self.turn, u64::max) + 1;
        for key in keys {
            let subject = self.subjects.entry(key).or_default();
            subject.waiting += 1;
            subject.last_turn = turn;
        }
        self.waiting.insert((turn, self.arrivals), (job, share));
        self.arrivals += 1;
        if self.waiting.len() <= MAX_WAITING {
            return None;
        }
        let ((turn, _), (job, share)) = self.waiting.pop_last()?;
        self.leave(&share);
        // Its turn is free again.
        for key in [share.address.key, share.account.key] {
            if let Some(subject) = self.subjects.get_mut(&key) {
                subject.last_turn = subject.last_turn.min(turn - 1);
            }
        }
        Some(job)
    }

    pub(super) fn pop(&mut self) -> Option<J> {
        let ((turn, _), (job, share)) = self.waiting.pop_first()?;
        self.turn = turn;
        self.leave(&share);
        Some(job)
    }

    /// A subject without waiting jobs has no later turn, so that nothing is lost with it.
    fn leave(&mut self, share: &Share) {
        for key in [share.address.key, share.account.key] {
            if let Some(subject) = self.subjects.get_mut(&key) {
                subject.waiting -= 1;
                if subject.waiting == 0 {
                    self.subjects.remove(&key);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::client_ip::ClientIp;

    fn share(address: u8, account: &str) -> Share {
        let peer = [192, 0, 2, address].into();
        let from = ClientIp::from_forwarded_for(peer, [].into_iter(), 0);
        Share::login(account, from, false)
    }

    /// The queue with as many of each as it takes, one after the other.
    fn filled(shares: &[Share]) -> FairQueue<Option<usize>> {
        let mut queue = FairQueue::new();
        for share in shares.iter().cycle().take(shares.len() * MAX_WAITING) {
            queue.push(None, *share);
        }
        queue
    }

    /// How many are served until the job with that name is.
    fn served_before(queue: &mut FairQueue<Option<usize>>, name: usize) -> usize {
        let mut before = 0;
        while queue.pop().expect("it waits") != Some(name) {
            before += 1;
        }
        before
    }

    #[test]
    fn a_stranger_is_served_before_a_flooders_second_job() {
        for (case, flood, before) in [
            (
                "one account from eight addresses",
                (0..8).map(|it| share(it, "rita")).collect::<Vec<_>>(),
                1,
            ),
            (
                "eight accounts from one address",
                (0..8).map(|it| share(0, &format!("rita{it}"))).collect(),
                1,
            ),
            (
                "eight accounts from eight addresses",
                (0..8).map(|it| share(it, &format!("rita{it}"))).collect(),
                8,
            ),
            (
                "sixty accounts from sixty addresses",
                (0..60).map(|it| share(it, &format!("rita{it}"))).collect(),
                60,
            ),
        ] {
            let mut queue = filled(&flood);
            assert!(
                queue.push(Some(1), share(200, "ona")).flatten().is_none(),
                "{case}"
            );
            assert!(served_before(&mut queue, 1) <= before, "{case}");
        }
    }

    #[test]
    fn a_full_queue_drops_the_newest_job_of_the_greediest() {
        let flood: Vec<_> = (0..8).map(|it| share(it, &format!("rita{it}"))).collect();
        let mut queue = filled(&flood);
        assert_eq!(queue.len(), MAX_WAITING);
        let refused = queue.push(Some(1), share(9, "ona"));
        assert_eq!(refused, Some(None), "not the stranger");
        assert_eq!(queue.len(), MAX_WAITING);
        let greedy = queue.push(Some(2), flood[0]);
        assert_eq!(greedy, Some(Some(2)), "the one that has eight waiting");
    }

    #[test]
    fn a_dropped_job_does_not_cost_a_later_turn() {
        let flood = share(0, "rita");
        let mut queue = filled(&[flood]);
        for _ in 0..1_000 {
            assert!(queue.push(None, flood).is_some());
        }
        queue.pop();
        assert_eq!(queue.push(Some(1), flood), None);
        assert_eq!(queue.push(Some(2), share(9, "ona")), Some(Some(1)));
        queue.pop();
        assert_eq!(queue.push(Some(3), flood), None);
        assert!(queue.subjects[&flood.account.key].last_turn <= queue.turn + MAX_WAITING as u64);
    }

    #[test]
    fn single_clients_are_served_in_order_and_then_forgotten() {
        let mut queue = FairQueue::new();
        for number in 0..20 {
            let account = format!("pupil{number}");
            assert_eq!(
                queue.push(number, share(u8::try_from(number).expect("few"), &account)),
                None
            );
        }
        let served: Vec<_> = std::iter::from_fn(|| queue.pop()).collect();
        assert_eq!(served, (0..20).collect::<Vec<_>>());
        assert!(queue.subjects.is_empty());
    }
}
