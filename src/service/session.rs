//! Verbs of sessions: login, logout, authentication of requests.

mod active;
mod login;
mod login_attempt;
mod refresh;

use std::sync::atomic::Ordering;

use futures_util::FutureExt as _;
use secrecy::SecretString;
use time::{Duration, OffsetDateTime};
use tracing::Instrument as _;
use uuid::Uuid;

use super::{Service, random::random_bytes};
use crate::{
    database::{Connection, TxOutcome},
    domain::{
        client_ip::ClientIp,
        error::{AuthError, Error},
        security_event::SecurityEvent,
        session::{
            CallId, DeviceToken, RefreshToken, SEEN_INTERVAL, SessionId, SessionKind, SessionToken,
            expiry,
        },
        user::Account,
    },
    store,
};

/// Pause after a failed write of a session's last use.
const TOUCH_PAUSE: Duration = Duration::minutes(1);

/// A client that logs in.
#[derive(Clone, Default)]
pub struct ClientInfo {
    /// The IP address, which attempts are limited by.
    pub address: ClientIp,
    /// The client's description of itself.
    pub description: String,
    /// The device cookie of a browser.
    pub device: Option<DeviceToken>,
    /// The idempotency key of this login, if the client gave one.
    pub call_id: Option<CallId>,
}

/// A new session of a browser.
pub struct NewBrowserSession {
    /// For the session cookie.
    pub token: SessionToken,
    /// For the device cookie, which outlives the session.
    pub device: DeviceToken,
    /// For the log.
    pub public_id: Uuid,
}

/// The tokens of an API client.
pub struct TokenPair {
    /// The access token.
    pub access: SecretString,
    /// The refresh token.
    pub refresh: SecretString,
    /// When the session ends if it is not used again.
    pub expires: OffsetDateTime,
    /// The session.
    pub session_id: SessionId,
    /// For the log.
    pub public_id: Uuid,
}

impl Service {
    /// The device cookie of a browser that failed to log in: its id attributes the failure to this browser, to
    /// be refunded when it logs in.
    ///
    /// # Errors
    /// When the system has no random bytes.
    pub fn new_browser(&self) -> Result<DeviceToken, Error> {
        Ok(DeviceToken::of_stranger(random_bytes()?))
    }

    /// Authenticates a call by its access token.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] with the reason.
    pub async fn authenticate_access(&self, token: &str) -> Result<Account, Error> {
        let now = self.clock.now();
        let claimed = self.signer.verify(token, now)?;
        let find = async move |connection: &mut Connection| {
            store::session::find(connection, SessionKind::Api, claimed.session_id).await
        };
        let session = self.database.read(find).await?;
        session
            .filter(|session| session.expires > now)
            .filter(|session| session.account.public_id == claimed.public_id)
            .map(|session| session.account)
            .ok_or(Error::Unauthenticated(AuthError::SessionEnded))
    }

    /// Authenticates a request by its cookie; none when the session is unknown or has ended.
    pub async fn authenticate(&self, token: &SessionToken) -> Result<Option<Account>, Error> {
        let (id, hash) = (token.id, token.hash);
        let find = async move |connection: &mut Connection| {
            store::session::find(connection, SessionKind::Web, id).await
        };
        let now = self.clock.now();
        let Some(session) = self.database.read(find).await? else {
            return Ok(None);
        };
        if session.hash != hash || session.expires <= now {
            return Ok(None);
        }
        if now - session.seen >= SEEN_INTERVAL {
            self.touch(id, now, expiry(session.created, now));
        }
        Ok(Some(session.account))
    }

    /// Writes the time of last use in the background. Best effort: a failure, as of a database that takes no
    /// writes (a full disk), pauses further attempts for a minute. While another write is under way, one of the
    /// session's next requests makes this one.
    fn touch(&self, id: SessionId, now: OffsetDateTime, expires: OffsetDateTime) {
        if now.unix_timestamp() < self.next_touch_at.load(Ordering::Relaxed) {
            return;
        }
        let Ok(permit) = self.touching.clone().try_acquire_owned() else {
            return;
        };
        let (database, next_touch_at) = (self.database.clone(), self.next_touch_at.clone());
        let write = async move {
            let _permit = permit;
            let written = database.transaction(move |connection| {
                async move {
                    store::session::touch(connection, id, now, expires).await?;
                    Ok(TxOutcome::Commit(()))
                }
                .boxed()
            });
            if let Err(cause) = written.await {
                tracing::warn!(%cause, "the last use of a session could not be stored");
                let again = (now + TOUCH_PAUSE).unix_timestamp();
                next_touch_at.store(again, Ordering::Relaxed);
            }
        };
        tokio::spawn(write.in_current_span());
    }

    /// Ends the session of an access token and returns the user's public id; idempotent.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] when the token is invalid or has expired.
    pub async fn log_out_device(&self, token: &str) -> Result<Option<Uuid>, Error> {
        match self.authenticate_access(token).await {
            Ok(account) => {
                self.log_out(account.session_id).await?;
                Ok(Some(account.public_id))
            }
            Err(Error::Unauthenticated(AuthError::SessionEnded)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Ends the session of a refresh token, whichever of its tokens that is, and returns the user's public id; none
    /// when the token opens nothing, which is all that is wanted.
    pub async fn log_out_with_refresh_token(
        &self,
        token: RefreshToken,
    ) -> Result<Option<Uuid>, Error> {
        let id = token.id;
        let find = async move |connection: &mut Connection| {
            let key = store::session::successor_key(connection, id).await?;
            if !key.is_some_and(|key| token.was_issued_with(&key)) {
                return Ok(None);
            }
            store::session::find(connection, SessionKind::Api, id).await
        };
        let Some(session) = self.database.read(find).await? else {
            return Ok(None);
        };
        self.log_out(id).await?;
        Ok(Some(session.account.public_id))
    }

    /// Ends a session; idempotent.
    pub async fn log_out(&self, id: SessionId) -> Result<(), Error> {
        self.database
            .transaction(move |connection| {
                async move {
                    store::session::delete(connection, id).await?;
                    Ok(TxOutcome::Commit(()))
                }
                .boxed()
            })
            .await?;
        tracing::info!(event = SecurityEvent::Logout.as_str(), session = %id.0, "logged out");
        Ok(())
    }
}
