//! Verbs of people.

mod password;

use futures_util::FutureExt as _;
use uuid::Uuid;

use super::Service;
use crate::{
    domain::{
        error::Error,
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
    /// [`Error::Conflict`] when the username is taken.
    pub async fn register(&self, registration: Registration) -> Result<User, Error> {
        let Registration {
            first_name,
            last_name,
            username,
            password,
        } = registration;
        let hash = self.hasher.hash(password.into()).await?;
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
