use std::{
    cell::Cell,
    sync::{
        Barrier,
        atomic::{AtomicBool, Ordering},
    },
};

use futures_util::FutureExt as _;

use super::*;
use crate::domain::client_ip::ClientIp;

/// Somebody's, who is the only one at some address.
fn share(number: u8) -> Share {
    let peer = [192, 0, 2, number].into();
    let from = ClientIp::from_forwarded_for(peer, [].into_iter(), 0);
    Share::login(&format!("rita{number}"), from, false)
}

const CHEAP: Argon2Cost = Argon2Cost {
    memory: 64,
    passes: 1,
};

#[tokio::test]
async fn a_hash_is_argon2id_with_the_standard_cost() {
    let hasher = Hasher::new(Argon2Cost::STANDARD).expect("valid");
    let hash = hasher
        .hash("a password".into(), share(0))
        .await
        .expect("hashed");
    assert!(
        hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
        "{hash}"
    );
    assert!(hash.len() <= 200, "the column is 200 wide");
}

#[tokio::test]
async fn only_the_same_password_matches() {
    let hasher = Hasher::new(CHEAP).expect("valid");
    let hash = hasher
        .hash("a password".into(), share(0))
        .await
        .expect("hashed");
    for (password, expected) in [
        ("a password", Verification::Match),
        ("a passworD", Verification::Mismatch),
        ("", Verification::Mismatch),
    ] {
        let verdict = hasher
            .verify(password.into(), Some(hash.clone()), share(0))
            .await
            .expect("verified");
        assert_eq!(verdict, expected, "{password:?}");
    }
}

#[tokio::test]
async fn an_unknown_user_costs_as_much_as_a_known_one() {
    let hasher = Hasher::new(CHEAP).expect("valid");
    let hash = hasher
        .hash("a password".into(), share(0))
        .await
        .expect("hashed");
    let (real, dummy_hash) = (
        PasswordHash::new(&hash).expect("valid"),
        PasswordHash::new(&hasher.0.dummy_hash).expect("valid"),
    );
    assert_eq!(real.params, dummy_hash.params);
    assert_eq!(real.version, dummy_hash.version);
    let length = |hash: &PasswordHash| hash.hash.as_ref().map(|output| output.as_ref().len());
    assert_eq!(length(&real), length(&dummy_hash));
    let mut memory = Vec::new();
    let verdict = hasher.0.verify(&"a password".into(), None, &mut memory);
    assert_eq!(verdict.expect("verified"), Verification::Mismatch);
    assert_eq!(memory.len(), hasher.0.params.block_count(), "it was hashed");
}

thread_local! {
    /// How many hashes this thread has made.
    pub(super) static HASHES: Cell<usize> = const { Cell::new(0) };
}

const DECOMPOSED: &str = "z\u{30c}virbliu\u{328} lizdas";

#[tokio::test]
async fn a_hash_of_the_raw_text_matches_but_needs_a_rehash() {
    let hasher = Hasher::new(CHEAP).expect("valid");
    let old = hasher
        .hash(DECOMPOSED.into(), share(0))
        .await
        .expect("hashed");
    let new = hasher
        .hash("žvirblių lizdas".into(), share(0))
        .await
        .expect("hashed");
    for (password, hash, expected) in [
        (DECOMPOSED, &old, Verification::MatchNeedsRehash),
        (DECOMPOSED, &new, Verification::Match),
        ("žvirblių lizdas", &new, Verification::Match),
        ("žvirblių lizdas", &old, Verification::Mismatch),
        ("z\u{30c}virblis", &new, Verification::Mismatch),
    ] {
        let verdict = hasher
            .verify(password.into(), Some(hash.clone()), share(0))
            .await;
        assert_eq!(verdict.expect("verified"), expected, "{password:?}");
    }
}

#[tokio::test]
async fn a_second_unicode_form_costs_a_hash_for_unknown_users_too() {
    let hasher = Hasher::new(CHEAP).expect("valid");
    let hash = hasher
        .hash("another one".into(), share(0))
        .await
        .expect("hashed");
    let mut memory = Vec::new();
    let mut made = |password: &str, stored: Option<&str>| {
        HASHES.set(0);
        let verdict = hasher.0.verify(&password.into(), stored, &mut memory);
        assert_eq!(verdict.expect("verified"), Verification::Mismatch);
        HASHES.get()
    };
    for stored in [Some(hash.as_str()), None] {
        assert_eq!(made("žvirblių lizdas", stored), 1, "{stored:?}");
        assert_eq!(made(DECOMPOSED, stored), 2, "{stored:?}");
    }
}

#[tokio::test]
async fn the_dummy_hash_matches_no_password() {
    let hasher = Hasher::new(CHEAP).expect("valid");
    for password in ["", "a password"] {
        let verdict = hasher
            .verify(password.into(), None, share(0))
            .await
            .expect("verified");
        assert_eq!(verdict, Verification::Mismatch);
    }
}

#[tokio::test]
async fn an_unreadable_hash_is_a_fault_not_a_wrong_password() {
    let hasher = Hasher::new(CHEAP).expect("valid");
    let hash = hasher
        .hash("a password".into(), share(0))
        .await
        .expect("hashed");
    let other = hash.replace("$argon2id$", "$argon2i$");
    for hash in [other.as_str(), "", "plain"] {
        let verdict = hasher
            .verify("a password".into(), Some(hash.into()), share(0))
            .await;
        assert!(matches!(verdict, Err(Error::Internal(_))), "{hash:?}");
    }
}

#[tokio::test]
async fn a_hash_of_lower_cost_needs_a_rehash() {
    let old = Hasher::new(CHEAP).expect("valid");
    let new = Hasher::new(Argon2Cost {
        memory: 128,
        ..CHEAP
    })
    .expect("valid");
    let hash = old
        .hash("a password".into(), share(0))
        .await
        .expect("hashed");
    let verdict = new.verify("a password".into(), Some(hash), share(0)).await;
    assert_eq!(verdict.expect("verified"), Verification::MatchNeedsRehash);
}

#[tokio::test]
async fn a_full_queue_refuses_jobs_until_it_has_drained() {
    let hasher = Hasher::new(CHEAP).expect("valid");
    let hold = held(&hasher);
    let ask = |number: usize| {
        let (hasher, number) = (hasher.clone(), u8::try_from(number).expect("few"));
        tokio::spawn(async move { hasher.hash("a password".into(), share(number)).await })
    };
    let waiting: Vec<_> = (0..fair_queue::MAX_WAITING).map(ask).collect();
    while hasher.waiting() < fair_queue::MAX_WAITING {
        tokio::task::yield_now().await;
    }
    let refused = ask(fair_queue::MAX_WAITING).await.expect("no panic");
    assert!(
        matches!(refused, Err(Error::Unavailable { .. })),
        "{refused:?}"
    );
    hold.wait();
    for task in waiting {
        task.await.expect("no panic").expect("hashed");
    }
    assert_eq!(hasher.waiting(), 0);
}

#[tokio::test]
async fn a_full_queue_drops_the_greediest_not_the_stranger() {
    let hasher = Hasher::new(CHEAP).expect("valid");
    let hold = held(&hasher);
    let ask = |number: u8| {
        let hasher = hasher.clone();
        tokio::spawn(async move { hasher.hash("a password".into(), share(number)).await })
    };
    // Eight who have eight waiting each.
    let flood: Vec<_> = (0..8)
        .cycle()
        .take(fair_queue::MAX_WAITING)
        .map(ask)
        .collect();
    while hasher.waiting() < fair_queue::MAX_WAITING {
        tokio::task::yield_now().await;
    }
    let stranger = ask(100);
    let refused = loop {
        if flood.iter().any(tokio::task::JoinHandle::is_finished) {
            break flood.iter().filter(|it| it.is_finished()).count();
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(refused, 1);
    hold.wait();
    stranger.await.expect("no panic").expect("hashed");
    for task in flood {
        let end = task.await.expect("no panic");
        assert!(matches!(end, Ok(_) | Err(Error::Unavailable { .. })));
    }
}

/// All threads are at work until somebody waits at the barrier.
fn held(hasher: &Hasher) -> Arc<Barrier> {
    let threads = pool::count();
    let (at_work, hold) = (
        Arc::new(Barrier::new(threads + 1)),
        Arc::new(Barrier::new(threads + 1)),
    );
    for number in 0..threads {
        let (at_work, hold) = (at_work.clone(), hold.clone());
        let job: Job = Box::new(move |_| {
            at_work.wait();
            hold.wait();
        });
        let number = u8::try_from(number).expect("few");
        hasher.0.threads.submit(job, share(200 + number % 50));
    }
    at_work.wait();
    hold
}

#[tokio::test]
async fn a_panicking_hash_does_not_lose_a_thread() {
    let hasher = Hasher::new(CHEAP).expect("valid");
    for _ in 0..=pool::count() {
        let panicked = hasher
            .run::<()>(|_, _| panic!("on purpose"), share(0))
            .await;
        assert!(matches!(panicked, Err(Error::Internal(_))), "{panicked:?}");
    }
    hasher
        .hash("a password".into(), share(0))
        .await
        .expect("hashed");
}

#[tokio::test]
async fn a_cancelled_job_is_not_hashed() {
    let hasher = Hasher::new(CHEAP).expect("valid");
    let hold = held(&hasher);
    let begun = Arc::new(AtomicBool::new(false));
    let work = {
        let begun = begun.clone();
        move |_: &HasherInner, _: &mut Vec<Block>| {
            begun.store(true, Ordering::Relaxed);
            Ok(())
        }
    };
    assert!(hasher.run(work, share(0)).now_or_never().is_none());
    hold.wait();
    for _ in 0..pool::count() {
        let hash = hasher.hash("a password".into(), share(0)).await;
        hash.expect("hashed");
    }
    assert!(!begun.load(Ordering::Relaxed));
}
