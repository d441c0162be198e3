//! Login: starts sessions, safe against session fixation. Idempotent within a minute for a login with an
//! idempotency key: a retry finds the session that the first one started and returns the same secret, which is not
//! stored but computed again.

use futures_util::FutureExt as _;
use secrecy::SecretString;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    super::{
        Service, TokenSigner,
        random::random_bytes,
        rate_limit::{release, release_and_refund},
    },
    ClientInfo, NewBrowserSession, TokenPair,
    login_attempt::{VerifiedLogin, record_failure, record_success},
};
use crate::{
    database::{Connection, TxOutcome},
    domain::{
        error::Error,
        session::{
            CallId, RefreshDecision, RefreshToken, SESSIONS_MAX, SecretHash, SessionId,
            SessionKind, SessionToken, SuccessorKey, USER_AGENT_MAX, expiry, is_repeatable,
        },
        user::{Credentials, UserId},
    },
    store::{
        self,
        session::{NewSession, StartedSession},
    },
};

/// A session with its first secret.
#[derive(Clone, Copy)]
struct Grant {
    id: SessionId,
    key: SuccessorKey,
    secret: [u8; 32],
    expires: OffsetDateTime,
}

/// A login about to start a session.
#[derive(Clone)]
struct NewLogin {
    grant: Grant,
    kind: SessionKind,
    now: OffsetDateTime,
    user_agent: String,
    call: Option<CallId>,
}

impl Service {
    /// Starts a session in a browser. The session that the browser came with, if any, ends: protection against
    /// session fixation.
    ///
    /// # Errors
    /// [`AuthError::WrongCredentials`](crate::domain::error::Denied::WrongCredentials) when the user
    /// does not exist or the password is wrong: neither the response nor its time tells which.
    /// [`Error::RateLimited`] when there have been too many such failures; the password is then not verified.
    pub async fn log_in(
        &self,
        credentials: Credentials,
        previous: Option<SessionToken>,
        client: ClientInfo,
    ) -> Result<NewBrowserSession, Error> {
        let started = self
            .start_session(credentials, &client, SessionKind::Web, previous)
            .await;
        let (entry, grant) = started?;
        let device = match (entry.device, client.call_id) {
            // Signed anew, so that the key may be rotated; the id stays, and with it the attempts it has used up.
            (Some(nonce), _) => nonce,
            (None, Some(call)) => grant.key.device_nonce(call.0.as_bytes()),
            (None, None) => random_bytes()?,
        };
        Ok(NewBrowserSession {
            device: self
                .signer
                .sign_device(device, &entry.username, entry.hash()),
            public_id: entry.public_id,
            token: SessionToken::new(grant.id.0, grant.secret),
        })
    }

    /// Starts a session of an API client.
    ///
    /// # Errors
    /// Those of [`Self::log_in`].
    pub async fn log_in_device(
        &self,
        credentials: Credentials,
        client: ClientInfo,
    ) -> Result<TokenPair, Error> {
        let started = self
            .start_session(credentials, &client, SessionKind::Api, None)
            .await;
        let (entry, grant) = started?;
        self.tokens(&grant.refresh_token(), entry.public_id, grant.expires)
    }

    /// The tokens of an API client, with a new access token.
    pub(super) fn tokens(
        &self,
        refresh: &RefreshToken,
        public_id: Uuid,
        expires: OffsetDateTime,
    ) -> Result<TokenPair, Error> {
        let session_id = refresh.id;
        let access: SecretString = self.signer.sign(public_id, session_id, self.clock.now())?;
        Ok(TokenPair {
            access,
            refresh: refresh.text(),
            expires,
            session_id,
            public_id,
        })
    }

    /// Starts a session after the password is verified, in place of `previous`.
    async fn start_session(
        &self,
        credentials: Credentials,
        client: &ClientInfo,
        kind: SessionKind,
        previous: Option<SessionToken>,
    ) -> Result<(VerifiedLogin, Grant), Error> {
        loop {
            let entry = self.verify_login(credentials.clone(), client).await?;
            let previous = match &previous {
                // Only the holder of the whole secret may end that session.
                Some(token) => self.authenticate(token).await?.map(|it| it.session_id),
                None => None,
            };
            let begun = self.insert_session(self.start(kind, client)?, entry.clone(), previous);
            if let Some(grant) = begun.await.inspect_err(record_failure)? {
                record_success(entry.public_id);
                return Ok((entry, grant));
            }
            // The stored hash was changed meanwhile: the password is verified again.
        }
    }

    fn start(&self, kind: SessionKind, client: &ClientInfo) -> Result<NewLogin, Error> {
        let (key, now) = (SuccessorKey(random_bytes()?), self.clock.now());
        let secret = match client.call_id {
            Some(call) => self.signer.login_secret(&key, call),
            None => random_bytes()?,
        };
        Ok(NewLogin {
            grant: Grant {
                id: SessionId(Uuid::new_v4()),
                key,
                secret,
                expires: expiry(now, now),
            },
            kind,
            now,
            user_agent: client.description.chars().take(USER_AGENT_MAX).collect(),
            call: client.call_id,
        })
    }

    /// The session that was started now, or by the same login before. None when the password was changed since it
    /// was verified: that ended all sessions of the old one.
    async fn insert_session(
        &self,
        start: NewLogin,
        entry: VerifiedLogin,
        previous: Option<SessionId>,
    ) -> Result<Option<Grant>, Error> {
        let signer = self.signer.clone();
        self.database
            .transaction(move |connection| {
                let (start, entry, signer) = (start.clone(), entry.clone(), signer.clone());
                async move {
                    let user = entry.user;
                    if store::user::lock_password(connection, user).await? != entry.verified_hash {
                        release(connection, &entry.reserved).await?;
                        return Ok(TxOutcome::Commit(None));
                    }
                    if let Some(hash) = entry.rehashed {
                        store::user::set_password(connection, user, &hash).await?;
                    }
                    let first = start.find_first(connection, user, &signer).await?;
                    if let Some(id) = previous
                        && first.is_none_or(|first| first.id != id)
                    {
                        store::session::delete(connection, id).await?;
                    }
                    let grant = match first {
                        Some(first) => first,
                        None => start.insert(connection, user).await?,
                    };
                    // Last, since these rows are the most contended.
                    release_and_refund(connection, &entry.reserved).await?;
                    Ok(TxOutcome::Commit(Some(grant)))
                }
                .boxed()
            })
            .await
    }
}

impl NewLogin {
    /// The session that this login has started within the last minute, if it is active. An ended one has no row,
    /// and so never comes back.
    async fn find_first(
        &self,
        connection: &mut Connection,
        user: UserId,
        signer: &TokenSigner,
    ) -> Result<Option<Grant>, Error> {
        let Some(call) = self.call else {
            return Ok(None);
        };
        let begun = store::session::begun_by(connection, user, self.kind, call.hash()).await?;
        Ok(begun
            .filter(|begun| is_repeatable(begun.created, self.now) && begun.expires > self.now)
            .and_then(|begun| {
                let grant = Grant {
                    id: begun.id,
                    key: begun.key,
                    secret: signer.login_secret(&begun.key, call),
                    expires: begun.expires,
                };
                self.is_valid(&grant, &begun).then_some(grant)
            }))
    }

    /// Whether the first secret is still valid: not after the signing key was changed, nor after the client has
    /// exchanged it too often.
    fn is_valid(&self, grant: &Grant, begun: &StartedSession) -> bool {
        match self.kind {
            SessionKind::Web => grant.hash() == begun.rotation.current,
            SessionKind::Api => {
                let token = grant.refresh_token();
                begun.rotation.decide(&token, &begun.key, self.now)
                    != RefreshDecision::ReuseDetected
            }
        }
    }

    async fn insert(&self, connection: &mut Connection, user: UserId) -> Result<Grant, Error> {
        let (now, keep) = (self.now, SESSIONS_MAX - 1);
        for id in store::session::beyond_newest(connection, user, now, keep).await? {
            store::session::delete(connection, id).await?;
        }
        let session = NewSession {
            id: self.grant.id,
            user,
            kind: self.kind,
            hash: self.grant.hash(),
            created: now,
            expires: self.grant.expires,
            user_agent: self.user_agent.clone(),
            successor_key: self.grant.key,
            call_hash: self.call.map(CallId::hash),
        };
        store::session::insert(connection, &session).await?;
        Ok(self.grant)
    }
}

impl Grant {
    fn hash(&self) -> SecretHash {
        SecretHash::of(&self.secret)
    }

    fn refresh_token(&self) -> RefreshToken {
        RefreshToken::issue(self.id, self.secret, &self.key)
    }
}
