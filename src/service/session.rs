//! Verbs of sessions: logging in and out, and finding out for whom a request acts.

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
            CallId, DeviceToken, SEEN_INTERVAL, SessionId, SessionKind, SessionToken, expiry,
        },
        user::Account,
    },
    store,
};

/// How long after a failed note none is tried.
const TOUCH_PAUSE: Duration = Duration::minutes(1);

/// Who asks to be let in.
#[derive(Clone, Default)]
pub struct ClientInfo {
    /// Attempts are limited by it.
    pub address: ClientIp,
    /// What the client says it is.
    pub description: String,
    /// What a browser kept since it was last logged in with.
    pub device: Option<DeviceToken>,
    /// What the client calls this login, so that a repetition gets the first one's answer.
    pub call_id: Option<CallId>,
}

/// A new session of a browser.
pub struct NewBrowserSession {
    /// For the cookie.
    pub token: SessionToken,
    /// For another cookie, which stays when the session ends.
    pub device: DeviceToken,
    /// For the log.
    pub public_id: Uuid,
}

/// What a phone gets to keep.
pub struct TokenPair {
    /// Opens the API for [`ACCESS_TOKEN_TTL`].
    pub access: SecretString,
    /// Is exchanged for the next pair.
    pub refresh: SecretString,
    /// When the session ends if it is not used again.
    pub expires: OffsetDateTime,
    /// Names the session.
    pub session_id: SessionId,
    /// For the log.
    pub public_id: Uuid,
}

impl Service {
    /// What a browser keeps that failed to log in: by its number the failure is known for its own, and
    /// given back when it gets in at last.
    ///
    /// # Errors
    /// When there are no random bytes.
    pub fn new_browser(&self) -> Result<DeviceToken, Error> {
        Ok(DeviceToken::of_stranger(random_bytes()?))
    }

    /// Finds out for whom a call acts.
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

    /// Finds out for whom a request acts; none when its session is unknown or has ended.
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

    /// Notes that a session was used, while its request goes on. It is a note, and nothing to wait for:
    /// a database that takes no writes, or says nothing (a full disk), is then left alone for a while. When
    /// another note is being made, one of the session's next requests makes this one.
    fn touch(&self, id: SessionId, now: OffsetDateTime, expires: OffsetDateTime) {
        if now.unix_timestamp() < self.next_touch_at.load(Ordering::Relaxed) {
            return;
        }
        let Ok(place) = self.touching.clone().try_acquire_owned() else {
            return;
        };
        let (database, next_touch_at) = (self.database.clone(), self.next_touch_at.clone());
        let note = async move {
            let _place = place;
            let noted = database.transaction(move |connection| {
                async move {
                    store::session::touch(connection, id, now, expires).await?;
                    Ok(TxOutcome::Commit(()))
                }
                .boxed()
            });
            if let Err(cause) = noted.await {
                tracing::warn!(%cause, "the use of a session could not be noted");
                let again = (now + TOUCH_PAUSE).unix_timestamp();
                next_touch_at.store(again, Ordering::Relaxed);
            }
        };
        tokio::spawn(note.in_current_span());
    }

    /// Ends the session that an access token is of, and says whose it was; one that has already ended
    /// stays so.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] when the token is none of ours or has expired.
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

    /// Ends a session; one that has already ended stays so.
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
