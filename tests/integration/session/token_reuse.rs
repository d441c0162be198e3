//! A phone and a thief who hold tokens of one session and present them in any order and at any time:
//! what each gets, compared with a simple model after each step.

use proptest::{
    prelude::*,
    test_runner::{Config, TestCaseError, TestRunner},
};
use sqlx::MySqlPool;
use time::Duration;
use tokio::runtime::Handle;

use crate::support::{
    api_session::{log_in, open, refresh, row},
    fixture::World,
    tokens::Jwt,
};

const DAY: i64 = 86_400;
const LIVES: u32 = 40;
const STEPS: usize = 20;

/// Somebody waits and then presents the token that was given out so many exchanges before the last.
#[derive(Clone, Debug)]
struct Step {
    seconds: i64,
    back: usize,
}

fn step() -> impl Strategy<Value = Step> {
    // No sum of these comes near a minute, 30 days or 90: real time passes too.
    let seconds = prop_oneof![
        4 => Just(0), 4 => Just(25), 2 => Just(50), 2 => Just(75), 1 => Just(3_600),
        1 => Just(20 * DAY), 1 => Just(35 * DAY),
    ];
    let back = prop_oneof![6 => Just(0_usize), 6 => Just(1), 3 => Just(2), 1 => 3..6_usize];
    (seconds, back).prop_map(|(seconds, back)| Step { seconds, back })
}

/// A session, as simply as it can be said. Its tokens are numbered from 0; times are seconds since it
/// began.
#[derive(Default)]
struct Model {
    now: i64,
    used: i64,
    /// When each token was exchanged first. The next one is the current one.
    exchanged: Vec<i64>,
    is_stolen: bool,
}

impl Model {
    fn current(&self) -> usize {
        self.exchanged.len()
    }

    fn is_alive(&self) -> bool {
        !self.is_stolen && self.now < self.used + 30 * DAY && self.now < 90 * DAY
    }

    /// The number of the token that is answered.
    fn present(&mut self, token: usize) -> Option<usize> {
        if !self.is_alive() {
            return None;
        }
        let successor = token + 1;
        if token == self.current() {
            self.exchanged.push(self.now);
            self.used = self.now;
        } else if successor < self.current() {
            // Somebody went on with the successor. For a minute that may have been the holder; but of
            // what is older still nothing is known any more.
            let is_late = self.now - self.exchanged[successor] > 60;
            let is_older = successor + 1 < self.current();
            self.is_stolen = is_late || is_older;
        }
        self.is_alive().then_some(successor)
    }
}

#[sqlx::test]
async fn refreshes_by_owner_and_thief_match_a_simple_model(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let handle = Handle::current();
    let lives = tokio::task::spawn_blocking(move || {
        let config = Config {
            cases: LIVES,
            failure_persistence: None,
            ..Config::default()
        };
        let steps = prop::collection::vec(step(), 1..STEPS);
        TestRunner::new(config).run(&steps, |steps| handle.block_on(live(&world, &steps)))
    });
    if let Err(failure) = lives.await.expect("no panic") {
        panic!("{failure}");
    }
}

async fn live(world: &World, steps: &[Step]) -> Result<(), TestCaseError> {
    let mut connection = world.connect().await;
    let other = log_in(&world.service, "ona").await;
    let others_row = row(&mut connection, other.session).await;
    let first = log_in(&world.service, "ona").await;
    let session = first.session;
    let mut tokens = vec![first.refresh];
    let mut model = Model::default();
    for (place, Step { seconds, back }) in steps.iter().enumerate() {
        world.clock.advance(Duration::seconds(*seconds));
        model.now += seconds;
        let presented = model.current().saturating_sub(*back);
        let expected = model.present(presented);
        let got = refresh(&world.service, &tokens[presented]).await.ok();
        let told = format!("step {place}: token {presented} after {seconds} s");
        prop_assert_eq!(got.is_some(), expected.is_some(), "{}", told);
        if let (Some(got), Some(number)) = (&got, expected) {
            if number == tokens.len() {
                prop_assert!(!tokens.contains(&got.refresh), "{}", told);
                tokens.push(got.refresh.clone());
            }
            prop_assert_eq!(&got.refresh, &tokens[number], "{}", told);
            prop_assert_eq!(got.session, session);
            let opened = open(&world.service, &got.access).await;
            prop_assert!(opened.is_ok(), "{}", told);
        }
        let fresh = Jwt::new(&world.clock, world.ona.public_id, session).signed();
        let opened = open(&world.service, &fresh).await;
        prop_assert_eq!(opened.is_ok(), model.is_alive(), "{}", told);
        let is_there = row(&mut connection, session).await.is_some();
        prop_assert_eq!(is_there, !model.is_stolen, "{}", told);
    }
    prop_assert_eq!(row(&mut connection, other.session).await, others_row);
    Ok(())
}
