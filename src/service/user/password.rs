//! Taking another password.

use futures_util::FutureExt as _;
use uuid::Uuid;

use super::super::{Service, password::Verdict, session::random_bytes};
use crate::{
    domain::{
        error::{Denied, Error},
        event::SecurityEvent,
        limit::Bucket,
        session::{Kind, SessionId, SessionToken},
        user::{Account, PasswordAttempt, PasswordChange, UserId, wrong_password},
    },
    store::{self, Connection, Ending, session::NewSession},
};

impl Service {
    /// Changes the password, in a browser. Every other session of the user ends at once, and the
    /// browser goes on in a new one: who has seen the old cookie has nothing any more.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the current password is wrong, [`Denied::SessionEnded`] when the
    /// session has ended meanwhile; then nothing has changed.
    pub async fn change_password(
        &self,
        account: &Account,
        change: PasswordChange,
        user_agent: &str,
    ) -> Result<SessionToken, Error> {
        let token = SessionToken::new(Uuid::new_v4(), random_bytes()?);
        let user = account.user_id;
        let session = self.new_session(token.id, Kind::Web, token.hash, user, user_agent);
        let next = Next::Browser(Box::new(session));
        self.replace_password(account, change, next).await?;
        Ok(token)
    }

    /// Changes the password, on a phone. Every other session of the user ends at once; this one goes
    /// on with the tokens it has.
    ///
    /// # Errors
    /// As [`Self::change_password`].
    pub async fn change_password_on_device(
        &self,
        account: &Account,
        change: PasswordChange,
    ) -> Result<(), Error> {
        self.replace_password(account, change, Next::Phone).await
    }

    async fn replace_password(
        &self,
        account: &Account,
        change: PasswordChange,
        next: Next,
    ) -> Result<(), Error> {
        let PasswordChange { current, new } = change;
        let mut renewed = None;
        loop {
            let verified = self.verify_current(account, &current).await?;
            let hash = match renewed {
                Some(hash) => hash,
                None => self.hasher.hash(new.clone().into()).await?,
            };
            let replacement = Replacement {
                user: account.user_id,
                current: account.session_id,
                verified,
                hash: hash.clone(),
                next: next.clone(),
            };
            if self.replace(replacement).await? {
                tracing::info!(event = SecurityEvent::PasswordChanged.as_str(), user = %account.public_id, "the password was changed");
                return Ok(());
            }
            // The stored hash became another one meanwhile: what was right is looked at again.
            renewed = Some(hash);
        }
    }

    /// The stored hash, which the current password is right for. The one place where who holds a session
    /// could guess that password: each try is counted before, as those of a login are.
    async fn verify_current(
        &self,
        account: &Account,
        current: &PasswordAttempt,
    ) -> Result<String, Error> {
        let user = account.user_id;
        let find =
            async move |connection: &mut Connection| store::user::password(connection, user).await;
        let stored = self.database.read(find).await?;
        let reserved = self.reserve(vec![Bucket::password_change(user)]).await?;
        let verdict = self.hasher.verify(current.clone(), Some(stored.clone()));
        let verdict = verdict.await;
        match verdict {
            // Nothing is told of a wrong password that has not been counted.
            Ok(Verdict::Wrong) => self.fail(reserved).await?,
            Ok(_) => {
                self.in_time(&reserved)?;
                self.release(reserved).await;
            }
            Err(_) => self.release(reserved).await,
        }
        match verdict? {
            Verdict::Wrong => Err(wrong_password().into()),
            // It is about to be replaced: an outdated one is not worth renewing.
            Verdict::Right | Verdict::RightButOutdated => Ok(stored),
        }
    }

    async fn replace(&self, replacement: Replacement) -> Result<bool, Error> {
        self.database
            .transaction(move |connection| {
                let replacement = replacement.clone();
                async move { replacement.apply(connection).await }.boxed()
            })
            .await
    }
}

/// How the session goes on that asked.
#[derive(Clone)]
enum Next {
    /// In this one, with a new cookie.
    Browser(Box<NewSession>),
    /// As it is.
    Phone,
}

/// A change of the password whose current one was right.
#[derive(Clone)]
struct Replacement {
    user: UserId,
    /// The session that asked.
    current: SessionId,
    /// The hash that the current password was right for.
    verified: String,
    hash: String,
    next: Next,
}

impl Replacement {
    /// Whether it was done: not when another hash is stored by now, so that of two at once only one
    /// succeeds on the same password.
    async fn apply(self, connection: &mut Connection) -> Result<Ending<bool>, Error> {
        let user = self.user;
        if store::user::lock_password(connection, user).await? != self.verified {
            return Ok(Ending::RollBack(false));
        }
        // One that was ended while the hash was made must not come back by a new cookie. To look would not
        // be enough: it could be ended before this is committed.
        let lives = match self.next {
            Next::Browser(_) => store::session::delete_own(connection, user, self.current).await?,
            Next::Phone => store::session::find(connection, Kind::Api, self.current)
                .await?
                .is_some(),
        };
        if !lives {
            return Err(Error::Unauthenticated(Denied::SessionEnded));
        }
        store::user::set_password(connection, user, &self.hash).await?;
        let keep = match &self.next {
            Next::Browser(session) => {
                store::session::insert(connection, session).await?;
                session.id
            }
            Next::Phone => self.current,
        };
        store::session::delete_others(connection, user, keep).await?;
        Ok(Ending::Commit(true))
    }
}
