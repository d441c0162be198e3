//! Verbs on the active sessions of a user: list and end them.

use futures_util::FutureExt as _;

use super::super::Service;
use crate::{
    database::{Connection, TxOutcome},
    domain::{
        error::Error,
        security_event::SecurityEvent,
        session::{SESSIONS_MAX, Session, SessionId},
        user::Account,
    },
    store,
};

impl Service {
    /// The user's active sessions, the one used last first: at most [`SESSIONS_MAX`].
    pub async fn sessions(&self, account: &Account) -> Result<Vec<Session>, Error> {
        let (user, current, now) = (account.user_id, account.session_id, self.clock.now());
        let list = async move |connection: &mut Connection| {
            store::session::list(connection, user, current, now, SESSIONS_MAX).await
        };
        self.database.read(list).await
    }

    /// Ends one of the user's sessions immediately; it may be the current one. When the user has no such session,
    /// nothing happens: an ended one leaves no trace that tells it from another user's, and ending it twice must
    /// get the same response.
    pub async fn end_session(&self, account: &Account, id: SessionId) -> Result<(), Error> {
        let user = account.user_id;
        let ended = self
            .database
            .transaction(move |connection| {
                async move {
                    let ended = store::session::delete_own(connection, user, id).await?;
                    Ok(if ended {
                        TxOutcome::Commit(true)
                    } else {
                        TxOutcome::Rollback(false)
                    })
                }
                .boxed()
            })
            .await?;
        if ended {
            tracing::info!(event = SecurityEvent::SessionEnded.as_str(), user = %account.public_id, session = %id.0, "a session was ended");
        }
        Ok(())
    }

    /// Ends all of the user's sessions but the current one, immediately.
    pub async fn end_other_sessions(&self, account: &Account) -> Result<(), Error> {
        let (user, current) = (account.user_id, account.session_id);
        let ended = self
            .database
            .transaction(move |connection| {
                async move {
                    // Blocks logins and other calls of this verb meanwhile.
                    store::user::lock_password(connection, user).await?;
                    let ended = store::session::delete_others(connection, user, current).await?;
                    Ok(TxOutcome::Commit(ended))
                }
                .boxed()
            })
            .await?;
        tracing::info!(event = SecurityEvent::SessionEnded.as_str(), user = %account.public_id, ended, "all other sessions were ended");
        Ok(())
    }
}
