//! Accounts: who gets a name, and what is kept of a password.

mod limit;
pub(crate) mod password_change;
mod password_forms;
mod repetition;

use sqlx::MySqlPool;
use tickbox::{
    domain::{
        error::{AuthError, Conflict, Error},
        todo::{Description, Limit, TodoId},
        user::{FirstName, Registration},
    },
    service::Argon2Cost,
};

use time::Duration;

use crate::support::fixture::{CHEAP, PASSWORD, UNKNOWN, World, client, credentials, registration};

#[sqlx::test]
async fn a_username_is_taken_in_every_spelling(pool: MySqlPool) {
    let world = World::new(&pool).await;
    world.clock.advance(Duration::seconds(61));
    for username in ["ona", "Ona", "ONA"] {
        let second = world
            .service
            .register(registration(username), UNKNOWN)
            .await;
        assert!(
            matches!(second, Err(Error::Conflict(Conflict::UsernameTaken))),
            "{username}: {second:?}"
        );
    }
}

#[sqlx::test]
async fn one_of_two_concurrent_registrations_gets_the_username(pool: MySqlPool) {
    let world = World::new(&pool).await;
    for round in 0..10 {
        let (lower, upper) = (format!("rita{round}"), format!("RITA{round}"));
        let other = Registration {
            first_name: FirstName::parse("Rita").expect("valid"),
            ..registration(&upper)
        };
        let results = tokio::join!(
            world.service.register(registration(&lower), UNKNOWN),
            world.service.register(other, UNKNOWN),
        );
        assert!(
            matches!(
                results,
                (Ok(_), Err(Error::Conflict(Conflict::UsernameTaken)))
                    | (Err(Error::Conflict(Conflict::UsernameTaken)), Ok(_))
            ),
            "{results:?}"
        );
    }
}

#[sqlx::test]
async fn every_verb_of_a_deleted_user_says_the_session_has_ended(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let (service, ona) = (&world.service, &world.ona);
    let delete = sqlx::query("DELETE FROM users WHERE id = ?").bind(ona.user_id.0);
    let deleted = delete.execute(&mut world.connect().await).await;
    deleted.expect("deleted");
    let id = TodoId::new_v7(world.clock.now());
    let description = Description::parse("Buy milk").expect("valid");
    for error in [
        service.user(ona).await.err(),
        service.add(ona, id, description).await.err(),
        service.complete(ona, id).await.err(),
        service.restore(ona, id).await.err(),
        service.changes(ona, None, Limit::default()).await.err(),
    ] {
        assert!(
            matches!(error, Some(Error::Unauthenticated(AuthError::SessionEnded))),
            "{error:?}"
        );
    }
}

#[sqlx::test]
async fn a_user_is_stored_as_registered(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let user = world.service.register(registration("Rita"), UNKNOWN).await;
    let user = user.expect("registered");
    assert_eq!(
        (user.username.as_str(), user.last_name.as_str()),
        ("rita", "Onaitė")
    );
    let stored: (String, String, String, Vec<u8>, time::PrimitiveDateTime) = sqlx::query_as(
        "SELECT firstname, lastname, username, public_id, created_date FROM users WHERE username = 'rita'",
    )
    .fetch_one(&mut world.connect().await)
    .await
    .expect("stored");
    assert_eq!(stored.0, user.first_name);
    assert_eq!(stored.1, user.last_name);
    assert_eq!(stored.2, user.username);
    assert_eq!(stored.3, user.public_id.as_bytes());
    assert_eq!(stored.4.assume_utc(), user.created_date);
}

#[sqlx::test]
async fn a_password_is_stored_as_a_salted_argon2id_hash(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let (ona, jonas) = (
        password(&world, "ona").await,
        password(&world, "jonas").await,
    );
    assert!(ona.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{ona}");
    assert!(!ona.contains(PASSWORD));
    assert_ne!(ona, jonas, "the same password");
}

#[sqlx::test]
async fn logging_in_rehashes_a_hash_of_lower_cost(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let more = Argon2Cost {
        memory: 128,
        ..CHEAP
    };
    let service = world.with_effort(more);
    let wrong = service.log_in(credentials("ona", "another one"), None, client(""));
    assert!(wrong.await.is_err());
    assert!(password(&world, "ona").await.contains("$m=64,"));
    let right = service.log_in(credentials("ona", PASSWORD), None, client(""));
    right.await.expect("right password");
    let renewed = password(&world, "ona").await;
    assert!(renewed.contains("$m=128,"), "{renewed}");
    // The next time there is nothing to renew; nor is a hash of more effort ever weakened.
    for service in [&service, &world.service] {
        let again = service.log_in(credentials("ona", PASSWORD), None, client(""));
        again.await.expect("right password");
        assert_eq!(password(&world, "ona").await, renewed);
    }
}

async fn password(world: &World, username: &str) -> String {
    sqlx::query_scalar("SELECT password FROM users WHERE username = ?")
        .bind(username)
        .fetch_one(&mut world.connect().await)
        .await
        .expect("registered")
}
