//! Verbs of users: registration and the profile.

mod password_change;

pub use self::password_change::RenewedSession;

use futures_util::FutureExt as _;
use secrecy::SecretString;
use uuid::Uuid;

use super::{Service, password_hasher::Verification};
use crate::{
    database::{Connection, TxOutcome},
    domain::{
        client_ip::ClientIp,
        error::Error,
        rate_limit::{Bucket, Share},
        security_event::SecurityEvent,
        session::is_repeatable,
        user::{Account, Registration, TimeZone, User},
    },
    store,
};

impl Service {
    /// The authenticated user's profile.
    pub async fn user(&self, account: &Account) -> Result<User, Error> {
        let user = account.user_id;
        let find =
            async move |connection: &mut Connection| store::user::find(connection, user).await;
        self.database.read(find).await
    }

    /// Sets what is sent of the profile, and returns it.
    pub async fn update_user(
        &self,
        account: &Account,
        time_zone: Option<TimeZone>,
    ) -> Result<User, Error> {
        let user = account.user_id;
        self.database
            .transaction(move |connection| {
                let time_zone = time_zone.clone();
                async move {
                    if let Some(time_zone) = &time_zone {
                        store::user::set_time_zone(connection, user, time_zone).await?;
                    }
                    store::user::find(connection, user)
                        .await
                        .map(TxOutcome::Commit)
                }
                .boxed()
            })
            .await
    }

    /// Sets the time zone that a browser says, unless there is one: what a person has chosen stays.
    pub async fn guess_time_zone(
        &self,
        account: &Account,
        time_zone: TimeZone,
    ) -> Result<(), Error> {
        let user = account.user_id;
        self.database
            .transaction(move |connection| {
                let time_zone = time_zone.clone();
                async move {
                    store::user::set_first_time_zone(connection, user, &time_zone).await?;
                    Ok(TxOutcome::Commit(()))
                }
                .boxed()
            })
            .await
    }

    /// Registers a user; idempotent: a retry within a minute gets the result of the first call.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the username is taken; [`Error::RateLimited`] when there have been too
    /// many registrations from that address, those with taken usernames among them.
    pub async fn register(
        &self,
        registration: Registration,
        from: ClientIp,
    ) -> Result<User, Error> {
        let registered = self.try_register(registration, from).await;
        let result = match &registered {
            Ok(Registered::Anew(_)) => "ok",
            Ok(Registered::Before(_)) => "repeated",
            Err(Error::Conflict(_)) => "taken",
            Err(Error::RateLimited { .. }) => "limited",
            Err(_) => "unavailable",
        };
        metrics::counter!("tickbox_registrations_total", "result" => result).increment(1);
        if let Ok(Registered::Anew(user)) = &registered {
            tracing::info!(
                event = SecurityEvent::Registered.as_str(),
                user = %user.public_id,
                "registered"
            );
        }
        registered.map(|registered| match registered {
            Registered::Anew(user) | Registered::Before(user) => user,
        })
    }

    async fn try_register(
        &self,
        registration: Registration,
        from: ClientIp,
    ) -> Result<Registered, Error> {
        let share = Share::registration(registration.username.as_str(), from);
        self.check_hashes(&share, None)?;
        let counted = self.increment(Bucket::registration(from)).await?;
        let password = SecretString::from(registration.password.clone());
        let hash = match self.hash(password, share).await {
            Ok(hash) => hash,
            Err(error) => {
                // Nothing was revealed about the username.
                self.refund(counted).await;
                return Err(error);
            }
        };
        let user = User {
            // Random, not time-ordered: it is shown to others and must not reveal the time of registration.
            public_id: Uuid::new_v4(),
            first_name: registration.first_name.as_str().to_owned(),
            last_name: registration.last_name.as_str().to_owned(),
            username: registration.username.as_str().to_owned(),
            created_date: self.clock.now(),
            time_zone: TimeZone::utc(),
        };
        match self.insert(user.clone(), hash).await {
            Err(Error::Conflict(taken)) => {
                let first = self.find_first(&user, registration, from).await?;
                let first = first.ok_or(Error::Conflict(taken))?;
                self.refund(counted).await;
                Ok(Registered::Before(first))
            }
            inserted => inserted.map(|()| Registered::Anew(user)),
        }
    }

    async fn insert(&self, user: User, hash: String) -> Result<(), Error> {
        self.database
            .transaction(move |connection| {
                let (user, hash) = (user.clone(), hash.clone());
                async move {
                    store::user::insert(connection, &user, &hash).await?;
                    Ok(TxOutcome::Commit(()))
                }
                .boxed()
            })
            .await
    }

    /// The user that the same registration has created within the last minute. The password is verified in any
    /// case, so that the time reveals neither the age nor the names of the user who has the username.
    async fn find_first(
        &self,
        wanted: &User,
        registration: Registration,
        from: ClientIp,
    ) -> Result<Option<User>, Error> {
        let name = wanted.username.clone();
        let find = async move |connection: &mut Connection| {
            store::user::find_registered(connection, &name).await
        };
        let Some((stored, hash)) = self.database.read(find).await? else {
            return Ok(None);
        };
        let may_be_first = is_repeatable(stored.created_date, wanted.created_date)
            && (&stored.first_name, &stored.last_name) == (&wanted.first_name, &wanted.last_name);
        let username = registration.username.as_str();
        // Counts as a guess at the password, like a login.
        let buckets = if may_be_first {
            Bucket::login(username, from).into()
        } else {
            vec![]
        };
        let reserved = match self.reserve(buckets, Some(stored.public_id)).await {
            Err(Error::RateLimited { .. }) => return Ok(None),
            reserved => reserved?,
        };
        let (password, share) = (
            registration.password.into(),
            Share::registration(username, from),
        );
        let verification = self.verify(password, Some(hash), share).await;
        if matches!(verification, Ok(Verification::Mismatch)) {
            self.fail(reserved).await?;
            return Ok(None);
        }
        let in_time = self.in_time(&reserved);
        self.release(reserved).await;
        verification.and(in_time)?;
        Ok(may_be_first.then_some(stored))
    }
}

enum Registered {
    Anew(User),
    /// By the same registration before.
    Before(User),
}
