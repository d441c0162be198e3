//! Verbs of people.

mod password;

use futures_util::FutureExt as _;
use uuid::Uuid;

use super::Service;
use crate::{
    domain::{
        address::ClientAddress,
        error::Error,
        event::SecurityEvent,
        limit::Bucket,
        user::{Account, Registration, User},
    },
    store::{self, Connection, Ending},
};

impl Service {
    /// The user that an account is of.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn user(&self, account: &Account) -> Result<User, Error> {
        let user = account.user_id;
        let find =
            async move |connection: &mut Connection| store::user::find(connection, user).await;
        self.database.read(find).await
    }

    /// Makes an account.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the username is taken; [`Error::RateLimited`] when there have been too
    /// many registrations from that address, those with taken usernames among them.
    pub async fn register(
        &self,
        registration: Registration,
        from: ClientAddress,
    ) -> Result<User, Error> {
        let registered = self.try_register(registration, from).await;
        let result = match &registered {
            Ok(_) => "ok",
            Err(Error::Conflict(_)) => "taken",
            Err(Error::RateLimited { .. }) => "limited",
            Err(_) => "unavailable",
        };
        metrics::counter!("tickbox_registrations_total", "result" => result).increment(1);
        if let Ok(user) = &registered {
            tracing::info!(
                event = SecurityEvent::Registered.as_str(),
                user = %user.public_id,
                "registered"
            );
        }
        registered
    }

    async fn try_register(
        &self,
        registration: Registration,
        from: ClientAddress,
    ) -> Result<User, Error> {
        let counted = self.count(Bucket::registration(from)).await?;
        let Registration {
            first_name,
            last_name,
            username,
            password,
        } = registration;
        let hash = match self.hasher.hash(password.into()).await {
            Ok(hash) => hash,
            Err(error) => {
                // Nothing was told about the username.
                self.take_back(counted).await;
                return Err(error);
            }
        };
        let user = User {
            // Random, not time-ordered: it is shown to others and need not tell when they met us.
            public_id: Uuid::new_v4(),
            first_name: first_name.as_str().to_owned(),
            last_name: last_name.as_str().to_owned(),
            username: username.as_str().to_owned(),
            created_date: self.clock.now(),
        };
        self.database
            .transaction(move |connection| {
                let (user, hash) = (user.clone(), hash.clone());
                async move {
                    store::user::insert(connection, &user, &hash).await?;
                    Ok(Ending::Commit(user))
                }
                .boxed()
            })
            .await
    }
}
