//! A browser that somebody has logged in with before keeps a way in.

use secrecy::SecretString;
use sqlx::MySqlPool;
use tickbox::{
    domain::{
        rate_limit::RequestQuota,
        session::DeviceToken,
        user::{PasswordChange, PasswordChangeInput, Username},
    },
    service::{Argon2Cost, ClientInfo, Service, TokenSigner},
};

use super::{WRONG, end, from, guess, try_login};
use crate::support::fixture::{CHEAP, PASSWORD, SECRET, UNKNOWN, World};

const NEW: &str = "amber kettle 8";

fn with(device: &DeviceToken) -> ClientInfo {
    ClientInfo {
        device: Some(device.clone()),
        ..from("1.2.3.4")
    }
}

async fn device(service: &Service, username: &str) -> DeviceToken {
    let login = try_login(service, username, PASSWORD, from("1.2.3.4")).await;
    login.expect("right password").device
}

fn change() -> PasswordChange {
    let change = PasswordChangeInput {
        current_password: PASSWORD,
        new_password: NEW,
        new_password_again: None,
    };
    PasswordChange::parse(change, "ona").expect("valid")
}

/// By somebody with many addresses, one of them Ona's.
async fn lock(service: &Service, username: &str) {
    for number in 0..100 {
        guess(service, username, &format!("10.0.0.{number}")).await;
    }
    for _ in 0..20 {
        guess(service, "somebody", "1.2.3.4").await;
        guess(service, username, "1.2.3.4").await;
    }
}

#[sqlx::test]
async fn a_known_browser_can_log_in_past_full_buckets(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let service = world.with_limits();
    let ona = device(&service, "ona").await;
    let jonas = device(&service, "jonas").await;
    lock(&service, "ona").await;
    let mut forged = ona.clone();
    forged.tag[31] ^= 1;
    let mut other = ona.clone();
    other.nonce[0] ^= 1;
    for (case, device, expected) in [
        ("her own", &ona, "ok"),
        ("another tag", &forged, "limited"),
        ("another number", &other, "limited"),
        ("another person's", &jonas, "limited"),
    ] {
        let login = try_login(&service, "ona", PASSWORD, with(device)).await;
        assert_eq!(end(&login), expected, "{case}");
    }
    let stranger = try_login(&service, "ona", PASSWORD, from("10.0.1.1")).await;
    assert_eq!(end(&stranger), "limited");
}

#[sqlx::test]
async fn a_known_browser_has_ten_wrong_passwords_of_its_own(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let service = world.with_limits();
    let ona = device(&service, "ona").await;
    for number in 0..10 {
        let login = try_login(&service, "ona", WRONG, with(&ona)).await;
        assert_eq!(end(&login), "wrong", "{number}");
    }
    for number in 0..10 {
        assert_eq!(guess(&service, "ona", "1.2.3.4").await, "wrong", "{number}");
    }
    assert_eq!(guess(&service, "ona", "1.2.3.4").await, "limited");
    let login = try_login(&service, "ona", PASSWORD, with(&ona)).await;
    assert_eq!(end(&login), "limited");
}

/// It could do so by forgetting its cookie.
#[sqlx::test]
async fn a_known_browser_beyond_its_tries_counts_like_any_other(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let service = world.with_limits();
    let ona = device(&service, "ona").await;
    for number in 0..19 {
        let login = try_login(&service, "ona", WRONG, with(&ona)).await;
        assert_eq!(end(&login), "wrong", "{number}");
    }
    let login = try_login(&service, "ona", PASSWORD, with(&ona)).await;
    assert_eq!(end(&login), "ok");
    assert_eq!(guess(&service, "ona", "1.2.3.4").await, "wrong");
    for client in [with(&ona), from("1.2.3.4")] {
        let login = try_login(&service, "ona", PASSWORD, client).await;
        assert_eq!(end(&login), "limited");
    }
}

/// Else everybody could have as many tries as they log in to their own account between them.
#[sqlx::test]
async fn logging_in_again_does_not_reset_the_tries(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let service = world.with_limits();
    let mut known = device(&service, "ona").await;
    for number in 0..9 {
        let login = try_login(&service, "ona", WRONG, with(&known)).await;
        assert_eq!(end(&login), "wrong", "{number}");
    }
    let login = try_login(&service, "ona", PASSWORD, with(&known)).await;
    known = login.expect("right password").device;
    for number in 0..11 {
        let login = try_login(&service, "ona", WRONG, with(&known)).await;
        assert_eq!(
            end(&login),
            "wrong",
            "its last one, and ten like any other: {number}"
        );
    }
    let login = try_login(&service, "ona", WRONG, with(&known)).await;
    assert_eq!(end(&login), "limited");
}

#[test]
fn a_browser_stays_known_only_while_its_key_is_accepted() {
    let (old, new) = (
        SecretString::from(SECRET),
        SecretString::from("fedcba9876543210fedcba9876543210"),
    );
    let ona = Username::parse("ona").expect("valid");
    let device = TokenSigner::new(&old, None).sign_device([7; 16], &ona, "a hash");
    let knows = |signer: TokenSigner| {
        let both = (
            signer.is_known_device(&device, &ona),
            signer.knows_password(&device, "a hash"),
        );
        assert!(!signer.knows_password(&device, "another"));
        both
    };
    assert_eq!(knows(TokenSigner::new(&old, None)), (true, true));
    assert_eq!(knows(TokenSigner::new(&new, Some(&old))), (true, true));
    assert_eq!(knows(TokenSigner::new(&new, None)), (false, false));
}

/// Its way in past full limits was opened with the password that a thief may know.
#[sqlx::test]
async fn only_the_new_password_makes_a_browser_known_again(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let service = world.with_limits();
    let (here, there) = (device(&service, "ona").await, device(&service, "ona").await);
    let changed =
        service.change_password(&world.ona, &world.cookie, change(), Some(&here), UNKNOWN);
    let renewed = changed.await.expect("changed").device;
    assert_eq!(renewed.nonce, here.nonce, "the browser is the same");
    let log_in = async |device: &DeviceToken| try_login(&service, "ona", NEW, with(device)).await;
    let anew = log_in(&there).await.expect("nothing is locked yet").device;
    assert_eq!(anew.nonce, there.nonce);
    lock(&service, "ona").await;
    for (case, device, expected) in [
        ("of before", &here, "limited"),
        ("of before, elsewhere", &there, "limited"),
        ("that made the change", &renewed, "ok"),
        ("used since", &anew, "ok"),
    ] {
        assert_eq!(end(&log_in(device).await), expected, "{case}");
    }
}

#[sqlx::test]
async fn changing_the_password_makes_a_browser_known(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let service = world.with_limits();
    let jonas = device(&service, "jonas").await;
    let changed =
        service.change_password(&world.ona, &world.cookie, change(), Some(&jonas), UNKNOWN);
    let known = changed.await.expect("changed").device;
    assert_ne!(known.nonce, jonas.nonce, "that is another person's");
    lock(&service, "ona").await;
    let login = try_login(&service, "ona", NEW, with(&known)).await;
    assert_eq!(end(&login), "ok");
}

/// A hash of less effort is renewed by a login: the browser that did it stays known.
#[sqlx::test]
async fn a_rehash_at_login_keeps_the_browser_known(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let more = Argon2Cost {
        memory: 128,
        ..CHEAP
    };
    let service = world
        .with_effort(more)
        .with_rate_limits(RequestQuota::STANDARD);
    let known = device(&service, "ona").await;
    lock(&service, "ona").await;
    let login = try_login(&service, "ona", PASSWORD, with(&known)).await;
    assert_eq!(end(&login), "ok");
}
