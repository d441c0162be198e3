//! Exchange of refresh tokens: rotation and reuse detection.

use futures_util::FutureExt as _;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{super::Service, TokenPair};
use crate::{
    database::{Connection, TxOutcome},
    domain::{
        client_ip::ClientIp,
        error::{AuthError, Error},
        rate_limit::Bucket,
        security_event::SecurityEvent,
        session::{RefreshDecision, RefreshToken, expiry},
    },
    store,
};

impl Service {
    /// Exchanges a refresh token for its successor and a new access token. A retry after a lost response gets the
    /// same tokens; later reuse ends the session, since two parties hold its tokens.
    ///
    /// # Errors
    /// [`AuthError::SessionEnded`] when the token belongs to no active session; [`Error::RateLimited`] when too
    /// many from that address were forged.
    pub async fn refresh(&self, token: RefreshToken, from: ClientIp) -> Result<TokenPair, Error> {
        let (id, now) = (token.id, self.clock.now());
        // Reject forged tokens before locking: neither the row nor, for an unknown id, the gap.
        let find = async move |connection: &mut Connection| {
            store::session::successor_key(connection, id).await
        };
        let key = self.database.read(find).await?;
        if !key.is_some_and(|key| token.was_issued_with(&key)) {
            return Err(self.reject_refresh_token(from).await);
        }
        let refreshed = self
            .database
            .transaction(move |connection| {
                let token = token.clone();
                async move { exchange(connection, &token, now).await }.boxed()
            })
            .await?;
        match refreshed {
            Refreshed::TokenPair {
                successor,
                public_id,
                expires,
            } => self.tokens(&successor, public_id, expires),
            Refreshed::Reused { public_id } => {
                tracing::warn!(event = SecurityEvent::RefreshReused.as_str(), user = %public_id, session = %id.0, "a refresh token was used again; its session has ended");
                Err(Error::Unauthenticated(AuthError::SessionEnded))
            }
            Refreshed::Unknown => Err(Error::Unauthenticated(AuthError::SessionEnded)),
        }
    }

    /// Counts a forged refresh token and returns the error. Counted afterwards and nowhere else: no valid token is
    /// refused for forged ones of the same address, nor costs a statement more. Floods are kept off by the limit
    /// on all requests.
    pub async fn reject_refresh_token(&self, from: ClientIp) -> Error {
        match self.increment(Bucket::refresh(from)).await {
            Ok(_) => Error::Unauthenticated(AuthError::SessionEnded),
            Err(error) => error,
        }
    }
}

enum Refreshed {
    TokenPair {
        successor: RefreshToken,
        public_id: Uuid,
        expires: OffsetDateTime,
    },
    Reused {
        public_id: Uuid,
    },
    Unknown,
}

async fn exchange(
    connection: &mut Connection,
    token: &RefreshToken,
    now: OffsetDateTime,
) -> Result<TxOutcome<Refreshed>, Error> {
    let Some(session) = store::session::lock(connection, token.id).await? else {
        return Ok(TxOutcome::Rollback(Refreshed::Unknown));
    };
    if session.expires <= now {
        return Ok(TxOutcome::Rollback(Refreshed::Unknown));
    }
    let successor = token.successor(&session.key);
    let public_id = session.public_id;
    match session.rotation.decide(token, &session.key, now) {
        RefreshDecision::Rotate => {
            let expires = expiry(session.created, now);
            let rotation = session.rotation.rotated(&successor, now);
            store::session::rotate(connection, token.id, &rotation, now, expires).await?;
            Ok(TxOutcome::Commit(Refreshed::TokenPair {
                successor,
                public_id,
                expires,
            }))
        }
        RefreshDecision::Replay => {
            let expires = session.expires;
            Ok(TxOutcome::Rollback(Refreshed::TokenPair {
                successor,
                public_id,
                expires,
            }))
        }
        RefreshDecision::ReuseDetected => {
            store::session::delete(connection, token.id).await?;
            Ok(TxOutcome::Commit(Refreshed::Reused { public_id }))
        }
    }
}
