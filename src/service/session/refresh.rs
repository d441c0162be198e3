//! Exchanging refresh tokens.

use futures_util::FutureExt as _;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{super::Service, Tokens};
use crate::{
    database::{Connection, TxOutcome},
    domain::{
        address::ClientAddress,
        error::{Denied, Error},
        event::SecurityEvent,
        limit::Bucket,
        session::{Exchange, RefreshToken, expires},
    },
    store,
};

impl Service {
    /// Exchanges a refresh token for its successor and a new access token. Whoever lost the answer
    /// gets the same once more; whoever comes too late with an old one ends the session, since two
    /// hold its tokens.
    ///
    /// # Errors
    /// [`Denied::SessionEnded`] when the token is none of a living session's; [`Error::RateLimited`]
    /// when too many from that address were none of ours.
    pub async fn refresh(&self, token: RefreshToken, from: ClientAddress) -> Result<Tokens, Error> {
        let (id, now) = (token.id, self.clock.now());
        // What was never ours must not lock the row of whose session it names, nor, when it names
        // none, the place where new ones go.
        let find = async move |connection: &mut Connection| {
            store::session::successor_key(connection, id).await
        };
        let key = self.database.read(find).await?;
        if !key.is_some_and(|key| token.is_of(&key)) {
            return Err(self.refuse_refresh(from).await);
        }
        let refreshed = self
            .database
            .transaction(move |connection| {
                let token = token.clone();
                async move { exchange(connection, &token, now).await }.boxed()
            })
            .await?;
        match refreshed {
            Refreshed::Tokens {
                successor,
                public_id,
                expires,
            } => self.tokens(&successor, public_id, expires),
            Refreshed::Reused { public_id } => {
                tracing::warn!(event = SecurityEvent::RefreshReused.as_str(), user = %public_id, session = %id.0, "a refresh token was used again; its session has ended");
                Err(Error::Unauthenticated(Denied::SessionEnded))
            }
            Refreshed::Unknown => Err(Error::Unauthenticated(Denied::SessionEnded)),
        }
    }

    /// Counts a refresh token that is none of ours, and says what to answer. Counted afterwards and
    /// nowhere else: no good token can be refused for what a neighbour sends, and none costs a
    /// statement for it. What keeps a flood away is the limit on all requests.
    pub async fn refuse_refresh(&self, from: ClientAddress) -> Error {
        match self.count(Bucket::refresh(from)).await {
            Ok(_) => Error::Unauthenticated(Denied::SessionEnded),
            Err(error) => error,
        }
    }
}

enum Refreshed {
    Tokens {
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
    match session.rotation.judge(token, &session.key, now) {
        Exchange::Rotate => {
            let expires = expires(session.created, now);
            let rotation = session.rotation.rotated(&successor, now);
            store::session::rotate(connection, token.id, &rotation, now, expires).await?;
            Ok(TxOutcome::Commit(Refreshed::Tokens {
                successor,
                public_id,
                expires,
            }))
        }
        Exchange::Repeat => {
            let expires = session.expires;
            Ok(TxOutcome::Rollback(Refreshed::Tokens {
                successor,
                public_id,
                expires,
            }))
        }
        Exchange::Reuse => {
            store::session::delete(connection, token.id).await?;
            Ok(TxOutcome::Commit(Refreshed::Reused { public_id }))
        }
    }
}
