//! Verbs of sessions: logging in and out, and finding out for whom a request acts.

mod admission;
mod own;
mod refresh;

use std::sync::atomic::Ordering;

use futures_util::FutureExt as _;
use ring::rand::{SecureRandom as _, SystemRandom};
use secrecy::SecretString;
use time::{Duration, OffsetDateTime};
use tracing::Instrument as _;
use uuid::Uuid;

use self::admission::{Entry, note_failure, note_success};
use super::{
    Service,
    limit::{release, release_and_give_back},
};
use crate::{
    domain::{
        address::ClientAddress,
        error::{Denied, Error},
        event::SecurityEvent,
        session::{
            DeviceToken, Kind, RefreshToken, SEEN_INTERVAL, SESSIONS_MAX, SecretHash, SessionId,
            SessionToken, SuccessorKey, USER_AGENT_MAX, expires,
        },
        user::{Account, Credentials, UserId},
    },
    store::{self, Connection, Ending, session::NewSession},
};

/// How long after a failed note none is tried.
const TOUCH_PAUSE: Duration = Duration::minutes(1);

/// Who asks to be let in.
#[derive(Clone, Default)]
pub struct Client {
    /// Attempts are limited by it.
    pub address: ClientAddress,
    /// What the client says it is.
    pub description: String,
    /// What a browser kept since it was last logged in with.
    pub device: Option<DeviceToken>,
}

/// A new session of a browser.
pub struct LoggedIn {
    /// For the cookie.
    pub token: SessionToken,
    /// For another cookie, which stays when the session ends.
    pub device: DeviceToken,
    /// For the log.
    pub public_id: Uuid,
}

/// What a phone gets to keep.
pub struct Tokens {
    /// Opens the API for [`ACCESS`].
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
    /// Begins a session in a browser. The session that the browser came with, if any, ends: nobody
    /// keeps a session that somebody else planted.
    ///
    /// # Errors
    /// [`Denied::WrongCredentials`] when there is no such user or the password is another: which of
    /// the two, neither the answer nor the time it takes tells. [`Error::RateLimited`] when there have
    /// been too many such failures; the password is then not looked at.
    pub async fn log_in(
        &self,
        credentials: Credentials,
        previous: Option<SessionToken>,
        client: Client,
    ) -> Result<LoggedIn, Error> {
        let token = SessionToken::new(Uuid::new_v4(), random_bytes()?);
        let session =
            |user| self.new_session(token.id, Kind::Web, token.hash, user, &client.description);
        let entry = self.enter(credentials, &client, session, previous).await?;
        let device = match &client.device {
            // Signed anew, so that the key may be rotated; the number stays, and what it has used up.
            Some(device) if entry.is_known_device => device.nonce,
            _ => random_bytes()?,
        };
        Ok(LoggedIn {
            device: self.signer.device(device, &entry.username),
            public_id: entry.public_id,
            token,
        })
    }

    /// What a browser keeps that failed to log in: by its number the failure is known for its own, and
    /// given back when it gets in at last.
    ///
    /// # Errors
    /// When there are no random bytes.
    pub fn new_browser(&self) -> Result<DeviceToken, Error> {
        Ok(DeviceToken::of_stranger(random_bytes()?))
    }

    /// Begins a session on a phone.
    ///
    /// # Errors
    /// As [`Self::log_in`].
    pub async fn log_in_device(
        &self,
        credentials: Credentials,
        client: Client,
    ) -> Result<Tokens, Error> {
        let key = SuccessorKey(random_bytes()?);
        let token = RefreshToken::first(SessionId(Uuid::new_v4()), random_bytes()?, &key);
        let session = |user| NewSession {
            successor_key: Some(key),
            ..self.new_session(token.id, Kind::Api, token.hash, user, &client.description)
        };
        let entry = self.enter(credentials, &client, session, None).await?;
        let now = self.clock.now();
        self.tokens(&token, entry.public_id, expires(now, now))
    }

    /// What a phone gets to keep, with a new access token.
    fn tokens(
        &self,
        refresh: &RefreshToken,
        public_id: Uuid,
        expires: OffsetDateTime,
    ) -> Result<Tokens, Error> {
        let session_id = refresh.id;
        Ok(Tokens {
            access: self.signer.sign(public_id, session_id, self.clock.now())?,
            refresh: refresh.text(),
            expires,
            session_id,
            public_id,
        })
    }

    /// Begins the session of whoever shows the right password, in place of the one that they came
    /// with, and says who it is.
    async fn enter(
        &self,
        credentials: Credentials,
        client: &Client,
        session: impl Fn(UserId) -> NewSession,
        previous: Option<SessionToken>,
    ) -> Result<Entry, Error> {
        loop {
            let entry = self.admit(credentials.clone(), client).await?;
            let previous = match &previous {
                // Only who holds the whole secret may end that session.
                Some(token) => self.authenticate(token).await?.map(|it| it.session_id),
                None => None,
            };
            let begun = self
                .begin(session(entry.user), entry.clone(), previous)
                .await;
            if begun.inspect_err(note_failure)? {
                note_success(entry.public_id);
                return Ok(entry);
            }
            // The stored hash became another one meanwhile: what was right is looked at again.
        }
    }

    /// Finds out for whom a call acts.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] with the reason.
    pub async fn authenticate_access(&self, token: &str) -> Result<Account, Error> {
        let now = self.clock.now();
        let claimed = self.signer.verify(token, now)?;
        let find = async move |connection: &mut Connection| {
            store::session::find(connection, Kind::Api, claimed.session_id).await
        };
        let session = self.database.read(find).await?;
        session
            .filter(|session| session.expires > now)
            .filter(|session| session.account.public_id == claimed.public_id)
            .map(|session| session.account)
            .ok_or(Error::Unauthenticated(Denied::SessionEnded))
    }

    /// Finds out for whom a request acts; none when its session is unknown or has ended.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn authenticate(&self, token: &SessionToken) -> Result<Option<Account>, Error> {
        let (id, hash) = (token.id, token.hash);
        let find = async move |connection: &mut Connection| {
            store::session::find(connection, Kind::Web, id).await
        };
        let now = self.clock.now();
        let Some(session) = self.database.read(find).await? else {
            return Ok(None);
        };
        if session.hash != hash || session.expires <= now {
            return Ok(None);
        }
        if now - session.seen >= SEEN_INTERVAL {
            self.touch(id, now, expires(session.created, now));
        }
        Ok(Some(session.account))
    }

    /// Notes that a session was used, while its request goes on. It is a note, and nothing to wait for:
    /// a database that takes no writes, or says nothing (a full disk), is then left alone for a while. When
    /// another note is being made, one of the session's next requests makes this one.
    fn touch(&self, id: SessionId, now: OffsetDateTime, expires: OffsetDateTime) {
        if now.unix_timestamp() < self.touch_again.load(Ordering::Relaxed) {
            return;
        }
        let Ok(place) = self.touching.clone().try_acquire_owned() else {
            return;
        };
        let (database, touch_again) = (self.database.clone(), self.touch_again.clone());
        let note = async move {
            let _place = place;
            let noted = database.transaction(move |connection| {
                async move {
                    store::session::touch(connection, id, now, expires).await?;
                    Ok(Ending::Commit(()))
                }
                .boxed()
            });
            if let Err(cause) = noted.await {
                tracing::warn!(%cause, "the use of a session could not be noted");
                let again = (now + TOUCH_PAUSE).unix_timestamp();
                touch_again.store(again, Ordering::Relaxed);
            }
        };
        tokio::spawn(note.in_current_span());
    }

    /// Ends a session; one that has already ended stays so.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn log_out(&self, id: SessionId) -> Result<(), Error> {
        self.database
            .transaction(move |connection| {
                async move {
                    store::session::delete(connection, id).await?;
                    Ok(Ending::Commit(()))
                }
                .boxed()
            })
            .await?;
        tracing::info!(event = SecurityEvent::Logout.as_str(), session = %id.0, "logged out");
        Ok(())
    }

    pub(super) fn new_session(
        &self,
        id: SessionId,
        kind: Kind,
        hash: SecretHash,
        user: UserId,
        client: &str,
    ) -> NewSession {
        let now = self.clock.now();
        NewSession {
            id,
            user,
            kind,
            hash,
            created: now,
            expires: expires(now, now),
            user_agent: client.chars().take(USER_AGENT_MAX).collect(),
            successor_key: None,
        }
    }

    /// Whether the session has begun: not when the password was changed since it was verified, since
    /// that was to end what the old one had opened.
    async fn begin(
        &self,
        session: NewSession,
        entry: Entry,
        previous: Option<SessionId>,
    ) -> Result<bool, Error> {
        self.database
            .transaction(move |connection| {
                let (session, entry) = (session.clone(), entry.clone());
                async move {
                    let user = session.user;
                    if store::user::lock_password(connection, user).await? != entry.verified {
                        release(connection, &entry.reserved).await?;
                        return Ok(Ending::Commit(false));
                    }
                    if let Some(hash) = entry.raised {
                        store::user::set_password(connection, user, &hash).await?;
                    }
                    if let Some(id) = previous {
                        store::session::delete(connection, id).await?;
                    }
                    let (now, keep) = (session.created, SESSIONS_MAX - 1);
                    for id in store::session::surplus(connection, user, now, keep).await? {
                        store::session::delete(connection, id).await?;
                    }
                    store::session::insert(connection, &session).await?;
                    // Last: others may be waiting for these rows.
                    release_and_give_back(connection, &entry.reserved).await?;
                    Ok(Ending::Commit(true))
                }
                .boxed()
            })
            .await
    }
}

pub(super) fn random_bytes<const LENGTH: usize>() -> Result<[u8; LENGTH], Error> {
    let mut bytes = [0; LENGTH];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| Error::internal("the system gives no random bytes"))?;
    Ok(bytes)
}
