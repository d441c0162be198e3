//! Sessions: how they begin, what they cost to guess, and how they end.

mod access;
mod active_sessions;
mod concurrency;
mod expiry;
mod forged_token;
mod login;
mod login_responses;
mod malformed_token;
mod refresh;
mod repetition;
mod token_reuse;

use sqlx::{FromRow, MySqlConnection};
use tickbox::{
    domain::session::{SessionId, SessionToken},
    service::NewBrowserSession,
};
use time::PrimitiveDateTime;

use crate::support::fixture::{PASSWORD, World, client, credentials};

/// A row of `sessions`.
#[derive(FromRow)]
struct Stored {
    user_id: u64,
    secret_hash: Vec<u8>,
    created_date: PrimitiveDateTime,
    seen_date: PrimitiveDateTime,
    expires_date: PrimitiveDateTime,
    user_agent: String,
}

async fn stored(connection: &mut MySqlConnection, id: SessionId) -> Option<Stored> {
    sqlx::query_as("SELECT * FROM sessions WHERE id = ?")
        .bind(id.0)
        .fetch_optional(connection)
        .await
        .expect("read")
}

/// Somebody logs in, in a browser that was given `previous` before.
pub(crate) async fn log_in(
    world: &World,
    username: &str,
    previous: Option<SessionToken>,
) -> NewBrowserSession {
    let login = world
        .service
        .log_in(credentials(username, PASSWORD), previous, client("a test"));
    login.await.expect("right password")
}

pub(crate) async fn is_logged_in(world: &World, token: &SessionToken) -> bool {
    let account = world.service.authenticate(token).await;
    account.expect("no fault").is_some()
}
