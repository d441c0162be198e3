//! One password from every keyboard: composed or decomposed, and from before there was one form.

use sqlx::{Executor as _, MySqlPool};
use tickbox::{
    domain::user::{PasswordChange, PasswordChangeInput, Registration, RegistrationInput},
    service::Hasher,
};

use super::password;
use crate::support::{
    fixture::{CHEAP, UNKNOWN, World, client, credentials, share},
    log,
    test_server::Site,
};

const COMPOSED: &str = "žvirblių lizdas 7";
const DECOMPOSED: &str = "z\u{30c}virbliu\u{328} lizdas 7";
const WIDE: &str = "žvirblių　lizdas ７";

async fn opens(world: &World, password: &str) -> bool {
    let login = credentials("ruta", password);
    let login = world.service.log_in(login, None, client("a test"));
    login.await.is_ok()
}

async fn register(world: &World, password: &str, again: &str) {
    log::register_secret(COMPOSED);
    log::register_secret(DECOMPOSED);
    let registration = Registration::parse(RegistrationInput {
        first_name: "Rūta",
        last_name: "Rūtaitė",
        username: "ruta",
        password,
        password_again: Some(again),
    });
    let registration = registration.expect("the two are one password");
    let registered = world.service.register(registration, UNKNOWN).await;
    registered.expect("the name is free");
}

#[sqlx::test]
async fn a_password_works_in_every_unicode_form(pool: MySqlPool) {
    let world = World::new(&pool).await;
    register(&world, DECOMPOSED, COMPOSED).await;
    let stored = password(&world, "ruta").await;
    for form in [COMPOSED, DECOMPOSED, WIDE] {
        assert!(opens(&world, form).await, "{form:?}");
    }
    assert!(!opens(&world, "zvirbliu lizdas 7").await, "another one");
    assert_eq!(password(&world, "ruta").await, stored, "nothing to renew");
}

#[sqlx::test]
async fn a_hash_of_the_raw_text_still_works_and_is_rehashed(pool: MySqlPool) {
    let world = World::new(&pool).await;
    register(&world, COMPOSED, COMPOSED).await;
    let hasher = Hasher::new(CHEAP).expect("argon2 can do that");
    let old = hasher
        .hash(DECOMPOSED.into(), share())
        .await
        .expect("hashed");
    let mut connection = world.connect().await;
    let update = sqlx::query("UPDATE users SET password = ? WHERE username = 'ruta'").bind(&old);
    connection.execute(update).await.expect("written");

    assert!(!opens(&world, COMPOSED).await, "it was another text then");
    assert!(!opens(&world, "z\u{30c}virblis 7").await);
    assert_eq!(password(&world, "ruta").await, old);
    assert!(opens(&world, DECOMPOSED).await);
    assert_ne!(password(&world, "ruta").await, old, "renewed");
    for form in [COMPOSED, DECOMPOSED] {
        assert!(opens(&world, form).await, "{form:?}");
    }
}

#[sqlx::test]
async fn current_and_new_password_may_be_in_any_unicode_form(pool: MySqlPool) {
    let world = World::new(&pool).await;
    register(&world, COMPOSED, DECOMPOSED).await;
    let login = credentials("ruta", COMPOSED);
    let login = world.service.log_in(login, None, client("a test"));
    let session = login.await.expect("right");
    let account = world.service.authenticate(&session.token).await;
    let account = account.expect("no fault").expect("a session");
    let new = "kranklių lizdas 8";
    log::register_secret(new);
    let input = PasswordChangeInput {
        current_password: DECOMPOSED,
        new_password: "krankliu\u{328} lizdas 8",
        new_password_again: Some(new),
    };
    let change = PasswordChange::parse(input, "ruta").expect("valid");
    let token = &session.token;
    let changed = world
        .service
        .change_password(&account, token, change, None, UNKNOWN);
    changed.await.expect("changed");
    assert!(opens(&world, new).await);
    assert!(!opens(&world, COMPOSED).await);
    let same = PasswordChangeInput {
        current_password: COMPOSED,
        new_password: DECOMPOSED,
        new_password_again: None,
    };
    let errors = PasswordChange::parse(same, "ruta").err().expect("the same");
    assert_eq!(errors[0].code.as_str(), "unchanged");
}

#[sqlx::test]
async fn pages_and_api_accept_a_password_in_both_unicode_forms(pool: MySqlPool) {
    let site = Site::open(&pool).await;
    register(&site.world, COMPOSED, COMPOSED).await;
    let form = [("username", "ruta"), ("password", DECOMPOSED)];
    let page = site.stranger().post("/login", &form).await;
    assert_eq!(page.status, 303);
    let phone = crate::support::api_client::Phone::stranger(&site);
    let login = serde_json::json!({ "username": "ruta", "password": DECOMPOSED });
    assert_eq!(phone.post("login", login).await.status, 200);
}
