//! Verbs of sessions: logging in and out, and finding out for whom a request acts.

use std::sync::atomic::Ordering;

use futures_util::FutureExt as _;
use ring::rand::{SecureRandom as _, SystemRandom};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{Service, password::Verdict};
use crate::{
    domain::{
        error::Error,
        session::{SEEN_INTERVAL, SessionId, SessionToken, USER_AGENT_MAX, expires},
        user::{Account, Credentials, UserId},
    },
    store::{self, Ending, session::NewSession},
};

/// How long after a failed note none is tried.
const TOUCH_PAUSE: Duration = Duration::minutes(1);

/// A new session: what the browser gets to keep, and whose it is.
pub struct LoggedIn {
    /// For the cookie.
    pub token: SessionToken,
    /// For the log.
    pub public_id: Uuid,
}

impl Service {
    /// Begins a session in a browser. The session that the browser came with, if any, ends: nobody
    /// keeps a session that somebody else planted.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] when there is no such user or the password is another: which of
    /// the two, neither the answer nor the time it takes tells.
    pub async fn log_in(
        &self,
        credentials: Credentials,
        previous: Option<SessionToken>,
        user_agent: &str,
    ) -> Result<LoggedIn, Error> {
        let Credentials { username, password } = credentials;
        let login = match username {
            Some(username) => {
                let find = async move |connection: &mut store::Connection| {
                    store::user::find_login(connection, &username).await
                };
                self.database.read(find).await?
            }
            None => None,
        };
        let stored = login.as_ref().map(|login| login.password.clone());
        let verdict = self.hasher.verify(password.clone(), stored).await?;
        let login = login
            .filter(|_| verdict != Verdict::Wrong)
            .ok_or(Error::Unauthenticated)?;
        let raised = match verdict {
            Verdict::RightButOutdated => Some(self.hasher.hash(password).await?),
            _ => None,
        };
        let token = new_token()?;
        let session = self.new_session(&token, login.user_id, user_agent);
        self.begin(session, raised, previous).await?;
        Ok(LoggedIn {
            token,
            public_id: login.public_id,
        })
    }

    /// Finds out for whom a request acts; none when its session is unknown or has ended.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn authenticate(&self, token: &SessionToken) -> Result<Option<Account>, Error> {
        let (id, hash) = (token.id, token.hash);
        let find = async move |connection: &mut store::Connection| {
            store::session::find_web(connection, id).await
        };
        let now = self.clock.now();
        let Some(session) = self.database.read(find).await? else {
            return Ok(None);
        };
        if session.hash != hash || session.expires <= now {
            return Ok(None);
        }
        if now - session.seen >= SEEN_INTERVAL {
            self.touch(id, now, expires(session.created, now)).await;
        }
        Ok(Some(session.account))
    }

    /// Notes that a session was used. It is a note, and no reason to refuse the page: a server that
    /// only reads for a moment keeps it from being written, and is then left alone for a while.
    async fn touch(&self, id: SessionId, now: OffsetDateTime, expires: OffsetDateTime) {
        if now.unix_timestamp() < self.touch_again.load(Ordering::Relaxed) {
            return;
        }
        let written = self
            .database
            .transaction(move |connection| {
                async move {
                    store::session::touch(connection, id, now, expires).await?;
                    Ok(Ending::Commit(()))
                }
                .boxed()
            })
            .await;
        if let Err(cause) = written {
            tracing::warn!(%cause, "the use of a session could not be noted");
            let again = (now + TOUCH_PAUSE).unix_timestamp();
            self.touch_again.store(again, Ordering::Relaxed);
        }
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
            .await
    }

    fn new_session(&self, token: &SessionToken, user: UserId, user_agent: &str) -> NewSession {
        let now = self.clock.now();
        NewSession {
            id: token.id,
            user,
            hash: token.hash,
            created: now,
            expires: expires(now, now),
            user_agent: user_agent.chars().take(USER_AGENT_MAX).collect(),
        }
    }

    async fn begin(
        &self,
        session: NewSession,
        raised: Option<String>,
        previous: Option<SessionToken>,
    ) -> Result<(), Error> {
        let now = session.created;
        let previous = match previous {
            // Only who holds the whole secret may end that session.
            Some(token) => self.authenticate(&token).await?.map(|it| it.session_id),
            None => None,
        };
        self.database
            .transaction(move |connection| {
                let (session, raised) = (session.clone(), raised.clone());
                async move {
                    if let Some(hash) = raised {
                        store::user::set_password(connection, session.user, &hash).await?;
                    }
                    if let Some(id) = previous {
                        store::session::delete(connection, id).await?;
                    }
                    store::session::delete_expired(connection, session.user, now).await?;
                    store::session::insert_web(connection, &session).await?;
                    Ok(Ending::Commit(()))
                }
                .boxed()
            })
            .await
    }
}

fn new_token() -> Result<SessionToken, Error> {
    let mut secret = [0; 32];
    SystemRandom::new()
        .fill(&mut secret)
        .map_err(|_| Error::internal("the system gives no random bytes"))?;
    Ok(SessionToken::new(Uuid::new_v4(), secret))
}
