//! Changing the password. Idempotent: the session records when it changed the password, and for a minute after
//! that the new password is accepted as the current one.

use futures_util::FutureExt as _;
use time::OffsetDateTime;

use super::super::{
    Service, password_hasher::Verification, random::random_bytes, rate_limit::Reservation,
};
use crate::{
    database::{Connection, TxOutcome},
    domain::{
        client_ip::ClientIp,
        error::{AuthError, Error},
        rate_limit::{Bucket, Share},
        security_event::SecurityEvent,
        session::{
            DeviceToken, RotationState, SessionId, SessionKind, SessionToken, SuccessorKey, expiry,
            is_repeatable,
        },
        user::{Account, PasswordAttempt, PasswordChange, UserId, Username, wrong_password},
    },
    store::{
        self,
        session::{LastChange, LockedSession},
    },
};

/// The browser's session after a change of the password.
pub struct RenewedSession {
    /// For the session cookie.
    pub token: SessionToken,
    /// For the device cookie: the one before is invalid now.
    pub device: DeviceToken,
}

impl Service {
    /// Changes the password, in a browser. Every other session of the user ends immediately, and this one continues
    /// with a new secret: a stolen copy of the old cookie is worthless.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the current password is wrong, [`AuthError::SessionEnded`] when the
    /// session has ended meanwhile; then nothing has changed.
    pub async fn change_password(
        &self,
        account: &Account,
        token: &SessionToken,
        change: PasswordChange,
        device: Option<&DeviceToken>,
        from: ClientIp,
    ) -> Result<RenewedSession, Error> {
        let (next, share) = (
            CurrentSession::Cookie(token.clone()),
            Share::password_change(account.user_id, from),
        );
        let made = self.replace_password(account, change, next, share).await?;
        self.renewed(made, token, device)
    }

    /// The result of the change of the password that a browser made with its previous cookie, when it retries it
    /// within a minute: all that the old cookie is still valid for. None when there was no such change.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the queue for hashes is full.
    pub async fn repeat_password_change(
        &self,
        token: &SessionToken,
        new: PasswordAttempt,
        device: Option<&DeviceToken>,
        from: ClientIp,
    ) -> Result<Option<RenewedSession>, Error> {
        let next = CurrentSession::Cookie(token.clone());
        let Some(change) = self.last_change(token.id, &next).await? else {
            return Ok(None);
        };
        let share = Share::password_change(change.user, from);
        self.check_hashes(&share, None)?;
        let buckets = Bucket::password_change(change.user, token.id).into();
        let reserved = match self.reserve(buckets, None).await {
            // Like any other use of the old cookie.
            Err(Error::RateLimited { .. }) => return Ok(None),
            reserved => reserved?,
        };
        let made = self.repeated(change, &next, new, share).await;
        self.settle(reserved, matches!(made, Ok(None))).await?;
        let made = made?.map(|made| self.renewed(made, token, device));
        made.transpose()
    }

    /// Changes the password, in an API client. Every other session of the user ends immediately; this one keeps its
    /// tokens.
    ///
    /// # Errors
    /// Those of [`Self::change_password`].
    pub async fn change_password_on_device(
        &self,
        account: &Account,
        change: PasswordChange,
        from: ClientIp,
    ) -> Result<(), Error> {
        let share = Share::password_change(account.user_id, from);
        let made = self.replace_password(account, change, CurrentSession::Tokens, share);
        made.await.map(drop)
    }

    fn renewed(
        &self,
        made: ChangedPassword,
        before: &SessionToken,
        device: Option<&DeviceToken>,
    ) -> Result<RenewedSession, Error> {
        let nonce = match (device, made.key) {
            (Some(device), _) if self.signer.is_known_device(device, &made.username) => {
                device.nonce
            }
            (_, Some(key)) => before.device_nonce(&key),
            (_, None) => random_bytes()?,
        };
        Ok(RenewedSession {
            token: match made.next {
                CurrentSession::Cookie(token) => token,
                CurrentSession::Tokens => before.clone(),
            },
            device: self.signer.sign_device(nonce, &made.username, &made.hash),
        })
    }

    async fn replace_password(
        &self,
        account: &Account,
        change: PasswordChange,
        next: CurrentSession,
        share: Share,
    ) -> Result<ChangedPassword, Error> {
        self.check_hashes(&share, Some(account.public_id))?;
        let mut renewed = None;
        loop {
            let checked = self.check_change(account, &change, &next, share).await?;
            let (username, verified) = match checked {
                Checked::Right { username, hash } => (username, hash),
                Checked::Repeated(made) => return Ok(made),
                Checked::Wrong => return Err(wrong_password().into()),
            };
            let hash = match renewed {
                Some(hash) => hash,
                None => self.hash(change.new.clone().into(), share).await?,
            };
            let replacement = PasswordUpdate {
                user: account.user_id,
                username,
                session: account.session_id,
                verified,
                hash: hash.clone(),
                next: next.clone(),
                now: self.clock.now(),
            };
            if let Some(made) = self.replace(replacement).await? {
                tracing::info!(event = SecurityEvent::PasswordChanged.as_str(), user = %account.public_id, "the password was changed");
                return Ok(made);
            }
            // The stored hash was changed meanwhile: the current password is verified again.
            renewed = Some(hash);
        }
    }

    /// Verifies the current password. An attacker with a stolen session could guess it here, so each attempt is
    /// counted before, like those of a login.
    async fn check_change(
        &self,
        account: &Account,
        change: &PasswordChange,
        next: &CurrentSession,
        share: Share,
    ) -> Result<Checked, Error> {
        let user = account.user_id;
        let find =
            async move |connection: &mut Connection| store::user::password(connection, user).await;
        let (username, hash) = self.database.read(find).await?;
        let buckets = Bucket::password_change(user, account.session_id).into();
        let reserved = self.reserve(buckets, Some(account.public_id)).await?;
        let current = change.current.clone();
        let verification = self.verify(current, Some(hash.clone()), share).await;
        let checked = match verification {
            Ok(Verification::Mismatch) => self.check_repetition(account, change, next, share).await,
            // It is about to be replaced: an outdated hash is not worth renewing.
            Ok(Verification::Match | Verification::MatchNeedsRehash) => {
                Ok(Checked::Right { username, hash })
            }
            Err(error) => Err(error),
        };
        self.settle(reserved, matches!(checked, Ok(Checked::Wrong)))
            .await?;
        checked
    }

    /// Counts a wrong attempt, and releases any other. A wrong password must be counted before the caller is told.
    async fn settle(&self, reserved: Reservation, is_wrong: bool) -> Result<(), Error> {
        if is_wrong {
            return self.fail(reserved).await;
        }
        let in_time = self.in_time(&reserved);
        self.release(reserved).await;
        in_time
    }

    /// A wrong current password may be the one before, from a form that was sent twice.
    async fn check_repetition(
        &self,
        account: &Account,
        change: &PasswordChange,
        next: &CurrentSession,
        share: Share,
    ) -> Result<Checked, Error> {
        let Some(last) = self.last_change(account.session_id, next).await? else {
            return Ok(Checked::Wrong);
        };
        let new = change.new.clone().into();
        let made = self.repeated(last, next, new, share).await?;
        Ok(made.map_or(Checked::Wrong, Checked::Repeated))
    }

    /// The change of the password that this session made within the last minute, with the request's secret or the
    /// one before it.
    async fn last_change(
        &self,
        session: SessionId,
        next: &CurrentSession,
    ) -> Result<Option<LastChange>, Error> {
        let kind = next.kind();
        let find = async move |connection: &mut Connection| {
            store::session::last_change(connection, kind, session).await
        };
        let (last, now) = (self.database.read(find).await?, self.clock.now());
        Ok(last
            .filter(|last| is_repeatable(last.date, now) && last.expires > now)
            .filter(|last| next.after(last).is_some()))
    }

    /// The result of that change, if it was to the same new password.
    async fn repeated(
        &self,
        last: LastChange,
        next: &CurrentSession,
        new: PasswordAttempt,
        share: Share,
    ) -> Result<Option<ChangedPassword>, Error> {
        let Some(next) = next.after(&last) else {
            return Ok(None);
        };
        let stored = Some(last.password.clone());
        let verification = self.verify(new, stored, share).await?;
        Ok(
            (verification != Verification::Mismatch).then_some(ChangedPassword {
                username: last.username,
                hash: last.password,
                key: last.key,
                next,
            }),
        )
    }

    async fn replace(&self, replacement: PasswordUpdate) -> Result<Option<ChangedPassword>, Error> {
        self.database
            .transaction(move |connection| {
                let replacement = replacement.clone();
                async move { replacement.apply(connection).await }.boxed()
            })
            .await
    }
}

/// The result of checking a change.
enum Checked {
    Right {
        username: Username,
        /// The stored hash, which the current password matched.
        hash: String,
    },
    /// A retry of a change that was made before.
    Repeated(ChangedPassword),
    Wrong,
}

/// The current session's credential.
#[derive(Clone)]
enum CurrentSession {
    /// The session cookie, which a change replaces by its successor.
    Cookie(SessionToken),
    /// Tokens, which a change leaves valid.
    Tokens,
}

impl CurrentSession {
    fn kind(&self) -> SessionKind {
        match self {
            Self::Cookie(_) => SessionKind::Web,
            Self::Tokens => SessionKind::Api,
        }
    }

    /// The credential after that change; none for another cookie than those before and after it.
    fn after(&self, last: &LastChange) -> Option<Self> {
        let Self::Cookie(token) = self else {
            return Some(Self::Tokens);
        };
        if token.hash == last.hash {
            return Some(self.clone());
        }
        let successor = token.successor(&last.key?);
        (successor.hash == last.hash).then_some(Self::Cookie(successor))
    }
}

/// A change of the password that was made.
struct ChangedPassword {
    username: Username,
    /// Hash of the new password.
    hash: String,
    /// Successor key of the session; an old one of a browser has none.
    key: Option<SuccessorKey>,
    /// The session's credential from now on.
    next: CurrentSession,
}

/// A change of the password whose current one is verified.
#[derive(Clone)]
struct PasswordUpdate {
    user: UserId,
    username: Username,
    /// The current session.
    session: SessionId,
    /// The stored hash that the current password matched.
    verified: String,
    hash: String,
    next: CurrentSession,
    now: OffsetDateTime,
}

impl PasswordUpdate {
    /// None when another hash is stored by now, so that of two concurrent changes only one succeeds.
    async fn apply(
        self,
        connection: &mut Connection,
    ) -> Result<TxOutcome<Option<ChangedPassword>>, Error> {
        let (user, session) = (self.user, self.session);
        if store::user::lock_password(connection, user).await? != self.verified {
            return Ok(TxOutcome::Rollback(None));
        }
        // Locked: a session that was ended meanwhile must not come back by a new cookie, nor may it be ended
        // before this is committed.
        let kind = self.next.kind();
        let held = store::session::lock_own(connection, user, kind, session).await?;
        let held = held.ok_or_else(ended)?;
        store::user::set_password(connection, user, &self.hash).await?;
        let next = match &self.next {
            CurrentSession::Cookie(token) => {
                CurrentSession::Cookie(self.renew(connection, token, &held).await?)
            }
            CurrentSession::Tokens => CurrentSession::Tokens,
        };
        store::session::note_password_change(connection, session, self.now).await?;
        store::session::delete_others(connection, user, session).await?;
        Ok(TxOutcome::Commit(Some(ChangedPassword {
            username: self.username,
            hash: self.hash,
            key: held.key,
            next,
        })))
    }

    async fn renew(
        &self,
        connection: &mut Connection,
        token: &SessionToken,
        held: &LockedSession,
    ) -> Result<SessionToken, Error> {
        if held.hash != token.hash {
            return Err(ended());
        }
        let next = match &held.key {
            Some(key) => token.successor(key),
            None => SessionToken::new(token.id.0, random_bytes()?),
        };
        let rotation = RotationState {
            current: next.hash,
            previous: Some(held.hash),
            rotated: Some(self.now),
        };
        let expires = expiry(held.created, self.now);
        store::session::rotate(connection, token.id, &rotation, self.now, expires).await?;
        Ok(next)
    }
}

fn ended() -> Error {
    Error::Unauthenticated(AuthError::SessionEnded)
}
