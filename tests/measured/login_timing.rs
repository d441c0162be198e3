//! How long a refused login takes tells nobody whether there is such a user.

use sqlx::MySqlPool;
use std::time::{Duration, Instant};

use crate::{Program, client, form, options, post, statistics::quantile};

/// Of each kind, interleaved, so that both meet the same machine.
const TRIALS: usize = 1_000;
/// The medians differ by no more, as a share.
const BOUND: f64 = 0.02;

#[sqlx::test(migrations = false)]
async fn an_unknown_user_takes_as_long_as_a_wrong_password(pool: MySqlPool) {
    let options = options(&pool);
    let program = Program::start(&options).await;
    let client = client();
    program.register(&client, "ona", "violet teapot 7").await;
    let log_in = async |username: &str| {
        let form = form(&[("username", username), ("password", "a wrong password")]);
        let begun = Instant::now();
        let answer = post(&client, program.url("/login"), form).await;
        let taken = begun.elapsed();
        assert_eq!(answer.status(), 401);
        answer.bytes().await.expect("read");
        taken
    };
    let (mut unknown, mut known) = (Vec::new(), Vec::new());
    for trial in 0..TRIALS {
        // Of the same length, and each goes first as often as the other.
        if trial % 2 == 0 {
            unknown.push(log_in("eva").await);
            known.push(log_in("ona").await);
        } else {
            known.push(log_in("ona").await);
            unknown.push(log_in("eva").await);
        }
    }
    let medians = [quantile(&unknown, 0.5), quantile(&known, 0.5)];
    let difference = share(medians[0], medians[1]);
    println!(
        "login_timing: medians of {TRIALS}: unknown {:?}, wrong password {:?}, difference {:.2} %",
        medians[0],
        medians[1],
        difference * 100.0
    );
    assert!(difference.abs() < BOUND, "{medians:?}");
}

/// By how much the first is longer than the second.
fn share(first: Duration, second: Duration) -> f64 {
    first.as_secs_f64() / second.as_secs_f64() - 1.0
}
