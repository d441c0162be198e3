//! Three phones, of which one is of the first version, and a browser on one list for ten thousand steps: writes queue up,
//! answers get lost, requests come late or twice, months pass. Whatever happens, everybody sees one list at the end, and it
//! is what the requests that arrived make of it; what the old phone does not know is not lost by it.

mod browser_tab;
mod offline_client;
mod reference_model;

use sqlx::MySqlPool;
use std::{collections::BTreeSet, env, thread};

use fastrand::Rng;
use time::Duration;
use uuid::Uuid;

use self::{
    browser_tab::Tab,
    offline_client::{Handset, Request},
    reference_model::{Entry, Ledger, as_once},
};
use super::{assert_refused, list};
use crate::support::{
    api_client::{Phone, Reply},
    test_server::Site,
};

const STEPS: u32 = 10_000;
/// The phone of the first version.
const OLD: usize = 1;
/// Of writes, of one phone.
const OUTBOX: usize = 30;
/// Half of what a session lasts unused and a tombstone lives, and a little more.
const DAYS: i64 = 16;

#[sqlx::test]
async fn phones_old_and_new_and_a_browser_converge_to_one_list(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    let mut play = Play::new(&site).await;
    while play.told.step < STEPS {
        play.told.step += 1;
        play.step().await;
    }
    play.end().await;
}

/// Names what led to a failure. Set `MODEL_SEED` to see it again.
struct Told {
    seed: u64,
    step: u32,
}

impl Drop for Told {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("MODEL_SEED={}, step {}", self.seed, self.step);
        }
    }
}

struct Play<'a> {
    site: &'a Site,
    phones: [Handset<'a>; 3],
    tab: Tab<'a>,
    ledger: Ledger,
    /// What the network still holds: it has arrived once and will arrive again.
    late: Vec<Request>,
    /// The ids of all that was to be added.
    added: BTreeSet<String>,
    /// What the old phone has changed of to-dos with a plan, which it does not know.
    blind_changes: u32,
    random: Rng,
    told: Told,
}

impl<'a> Play<'a> {
    async fn new(site: &'a Site) -> Self {
        let seed = env::var("MODEL_SEED")
            .ok()
            .and_then(|seed| seed.parse().ok());
        let seed = seed.unwrap_or_else(|| fastrand::u64(..));
        Self {
            site,
            phones: [
                Handset::new(site, false).await,
                Handset::new(site, true).await,
                Handset::new(site, false).await,
            ],
            tab: Tab::new(site).await,
            ledger: Ledger::default(),
            late: Vec::new(),
            added: BTreeSet::new(),
            blind_changes: 0,
            random: Rng::with_seed(seed),
            told: Told { seed, step: 0 },
        }
    }

    async fn step(&mut self) {
        let number = self.told.step as usize;
        match self.random.u32(..1_000) {
            0..3 => self.pass_days().await,
            3..60 => self.deliver_late().await,
            60..200 => {
                let (ledger, random) = (&mut self.ledger, &mut self.random);
                let new = self.tab.act(ledger, random, number).await;
                self.added.extend(new);
            }
            // One phone does more than the others.
            200..580 => self.step_of(0, number).await,
            580..820 => self.step_of(OLD, number).await,
            _ => self.step_of(2, number).await,
        }
    }

    async fn step_of(&mut self, who: usize, number: usize) {
        let (phone, random) = (&mut self.phones[who], &mut self.random);
        let is_offline = phone.offline > 0;
        let what = random.u32(..1_000);
        if (is_offline || what < 450) && phone.outbox.len() < OUTBOX {
            self.added.extend(phone.write(random, number));
        }
        phone.offline = phone.offline.saturating_sub(1);
        match what {
            _ if is_offline => {}
            0..550 => self.send(who).await,
            550..560 => phone.offline = random.u32(1..40),
            560..565 => phone.begin_again(),
            _ => drop(self.fetch(who).await),
        }
    }

    /// Sends the first of the outbox: it may get lost, or its answer may, or it may arrive twice.
    async fn send(&mut self, who: usize) {
        let fate = self.random.u8(..20);
        let Some(request) = self.phones[who]
            .outbox
            .front()
            .cloned()
            .filter(|_| fate > 1)
        else {
            return;
        };
        let reply = self.arrive(who, &request).await;
        if self.random.u8(..8) == 0 {
            self.late.push(request);
        }
        let phone = &mut self.phones[who];
        if fate < 6 {
            phone.is_in_doubt = true;
        } else {
            phone.settle(&reply, &mut self.random);
        }
    }

    async fn arrive(&mut self, who: usize, request: &Request) -> Reply {
        let stored = request.body["id"].as_str();
        let stored = stored.and_then(|id| self.ledger.todos.get(id));
        let (had_plan, rev) = (stored.is_some_and(Entry::has_plan), self.ledger.rev);
        let reply = self.phones[who].send(request).await;
        let expected = self.ledger.apply(request.operation, &request.body);
        expected.check(&reply);
        self.blind_changes += u32::from(who == OLD && had_plan && self.ledger.rev > rev);
        reply
    }

    /// Fetches a part of what is new, and says whether there is more; its answer may get lost.
    async fn fetch(&mut self, who: usize) -> bool {
        let limit = self.random.usize(1..=30);
        let phone = &mut self.phones[who];
        let reply = phone.ask(limit).await;
        if reply.status == 410 {
            assert!(!self.ledger.purged.is_empty(), "{}", reply.answer.body);
            assert_refused(&reply, 410, "sync_token_expired");
            phone.begin_again();
            return true;
        }
        assert_eq!(reply.status, 200, "{}", reply.answer.body);
        let is_lost = self.random.u8(..10) == 0;
        if is_lost {
            return true;
        }
        let has_more = phone.replica.take(&reply.json);
        phone.forget_what_is_new();
        if !has_more {
            self.ledger.check(&phone.replica.todos, phone.is_old);
        }
        has_more
    }

    async fn deliver_late(&mut self) {
        if !self.late.is_empty() {
            let place = self.random.usize(..self.late.len());
            let request = self.late.swap_remove(place);
            self.arrive(0, &request).await;
        }
    }

    /// Nothing is on its way for weeks, but writes may wait in an outbox for as long.
    async fn pass_days(&mut self) {
        for who in 0..self.phones.len() {
            while self.phones[who].is_in_doubt {
                self.send(who).await;
            }
        }
        while !self.late.is_empty() {
            self.deliver_late().await;
        }
        self.tab.close();
        let days = DAYS * self.random.i64(1..=3);
        self.site.world.clock.advance(Duration::days(days));
        self.ledger.day += days;
        if self.random.bool() {
            let purged = self.site.world.service.purge_if_due().await;
            let purged = purged.expect("no fault").expect("due");
            assert_eq!(purged.tombstones, self.ledger.purge() as u64);
        }
    }

    async fn end(mut self) {
        for who in 0..self.phones.len() {
            while !self.phones[who].outbox.is_empty() {
                self.send(who).await;
            }
        }
        while !self.late.is_empty() {
            self.deliver_late().await;
        }
        let phone = Phone::log_in(self.site, "ona").await;
        let listed = list(&phone).await;
        for who in 0..self.phones.len() {
            while self.fetch(who).await {}
            let mut listed = listed.clone();
            if who == OLD {
                for todo in listed.values_mut() {
                    *todo = as_once(todo);
                }
            }
            assert_eq!(self.phones[who].replica.todos, listed, "phone {who}");
        }
        let [first, others @ ..] = &self.phones;
        for other in others {
            assert_eq!(first.replica.since, other.replica.since);
        }
        self.ledger.check(&listed, false);
        assert!(self.blind_changes > STEPS / 200, "{}", self.blind_changes);
        self.tab.check(&self.ledger).await;
        let (ledger, purged) = (self.ledger.todos.keys(), self.ledger.purged.iter());
        let there: BTreeSet<_> = ledger.chain(purged).cloned().collect();
        assert_eq!(there, self.added, "not everything was added");
        assert_eq!(
            self.stored().await,
            self.ledger.todos.keys().cloned().collect()
        );
        let (open, all) = self.ledger.counts();
        assert_eq!(
            self.counted().await,
            (open as u64, all as u64, self.ledger.rev)
        );
    }

    /// The ids of the rows, tombstones among them.
    async fn stored(&self) -> BTreeSet<String> {
        let mut connection = self.site.world.connect().await;
        let ids: Vec<Uuid> = sqlx::query_scalar("SELECT id FROM todos WHERE user_id = ?")
            .bind(self.site.world.ona.user_id.0)
            .fetch_all(&mut connection)
            .await
            .expect("read");
        ids.into_iter().map(|id| id.to_string()).collect()
    }

    /// Open, all, and the revision, as they are kept with the user.
    async fn counted(&self) -> (u64, u64, u64) {
        let mut connection = self.site.world.connect().await;
        sqlx::query_as(
            "SELECT CAST(open_count AS UNSIGNED), CAST(todo_count AS UNSIGNED), rev FROM users WHERE id = ?",
        )
        .bind(self.site.world.ona.user_id.0)
        .fetch_one(&mut connection)
        .await
        .expect("read")
    }
}
