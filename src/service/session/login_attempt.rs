//! Login attempts: rate limits, verification of the password, audit log and metrics.

use secrecy::ExposeSecret as _;
use uuid::Uuid;

use super::ClientInfo;
use crate::{
    database::Connection,
    domain::{
        error::{AuthError, Error},
        rate_limit::Share,
        security_event::SecurityEvent,
        session::DeviceToken,
        user::{Credentials, UserId, Username},
    },
    service::{Service, password_hasher::Verification, rate_limit::Reservation},
    store::{self, user::LoginRecord},
};

/// A login with the right password.
#[derive(Clone)]
pub(super) struct VerifiedLogin {
    pub(super) user: UserId,
    pub(super) public_id: Uuid,
    pub(super) username: Username,
    /// The stored hash that the password matched.
    pub(super) verified_hash: String,
    /// The password rehashed, when the stored hash is outdated.
    pub(super) rehashed: Option<String>,
    /// The id of the browser, if it is known under this username.
    pub(super) device: Option<[u8; 16]>,
    /// To be released: a success does not count.
    pub(super) reserved: Reservation,
}

impl VerifiedLogin {
    /// The hash that is stored by now.
    pub(super) fn hash(&self) -> &str {
        self.rehashed.as_ref().unwrap_or(&self.verified_hash)
    }
}

/// The result of checking a password.
enum PasswordCheck {
    Right {
        login: LoginRecord,
        rehashed: Option<String>,
    },
    Wrong {
        /// None when the username is unknown.
        public_id: Option<Uuid>,
    },
}

impl PasswordCheck {
    fn public_id(&self) -> Option<Uuid> {
        match self {
            Self::Right { login, .. } => Some(login.public_id),
            Self::Wrong { public_id } => *public_id,
        }
    }
}

impl Service {
    /// Verifies credentials. An unknown username costs as much as a wrong password, and counts like one. The
    /// attempt is counted before verification, so that concurrent guesses cannot exceed the limit.
    pub(super) async fn verify_login(
        &self,
        credentials: Credentials,
        client: &ClientInfo,
    ) -> Result<VerifiedLogin, Error> {
        let device = self.known_device(&credentials, client);
        // Only for a known browser is the user looked up before the attempt is counted: for all others the time
        // would tell which users exist.
        let login = match device {
            Some(_) => self.find(&credentials).await.inspect_err(record_failure)?,
            None => None,
        };
        let counts_apart = device.filter(|device| {
            let hash = login.as_ref().map(|login| &login.password);
            hash.is_some_and(|hash| self.signer.knows_password(device, hash))
        });
        let username = credentials.attempted_username.expose_secret();
        let share = Share::login(username, client.address, counts_apart.is_some());
        let user = login.as_ref().map(|login| login.public_id);
        let checked = self.check_hashes(&share, user);
        checked.inspect_err(record_failure)?;
        let reserved = self.reserve_login(username, client, counts_apart, user);
        let reserved = reserved.await.inspect_err(record_failure)?;
        let checked = match self.check_password(&credentials, login, share).await {
            Ok(checked) => checked,
            Err(error) => {
                self.release(reserved).await;
                record_failure(&error);
                return Err(error);
            }
        };
        match (checked, credentials.username) {
            (PasswordCheck::Right { login, rehashed }, Some(username)) => {
                self.in_time(&reserved).inspect_err(record_failure)?;
                Ok(VerifiedLogin {
                    user: login.user_id,
                    public_id: login.public_id,
                    verified_hash: login.password,
                    username,
                    rehashed,
                    device: device.map(|device| device.nonce),
                    reserved,
                })
            }
            (checked, _) => {
                // A wrong password must be counted before the caller is told.
                self.fail(reserved).await.inspect_err(record_failure)?;
                Err(reject(checked.public_id()))
            }
        }
    }

    /// The browser, if it is known under this username, with whatever password.
    fn known_device<'a>(
        &self,
        credentials: &Credentials,
        client: &'a ClientInfo,
    ) -> Option<&'a DeviceToken> {
        let username = credentials.username.as_ref()?;
        let device = client.device.as_ref()?;
        self.signer
            .is_known_device(device, username)
            .then_some(device)
    }

    async fn find(&self, credentials: &Credentials) -> Result<Option<LoginRecord>, Error> {
        let Some(username) = credentials.username.clone() else {
            return Ok(None);
        };
        let find = async move |connection: &mut Connection| {
            store::user::find_by_username(connection, &username).await
        };
        self.database.read(find).await
    }

    /// Verifies the password against `found`, or against the user that is looked up now.
    async fn check_password(
        &self,
        credentials: &Credentials,
        found: Option<LoginRecord>,
        share: Share,
    ) -> Result<PasswordCheck, Error> {
        let login = match found {
            Some(login) => Some(login),
            None => self.find(credentials).await?,
        };
        let password = &credentials.password;
        let stored = login.as_ref().map(|login| login.password.clone());
        let verification = self.verify(password.clone(), stored, share).await?;
        Ok(match (login, verification) {
            (Some(login), Verification::Match) => PasswordCheck::Right {
                login,
                rehashed: None,
            },
            (Some(login), Verification::MatchNeedsRehash) => PasswordCheck::Right {
                login,
                rehashed: Some(self.hash(password.normalised.clone(), share).await?),
            },
            (login, _) => PasswordCheck::Wrong {
                public_id: login.map(|login| login.public_id),
            },
        })
    }
}

/// Logs a wrong password, or an unknown username, which may be a password itself and is not logged.
fn reject(public_id: Option<Uuid>) -> Error {
    count("wrong");
    tracing::info!(
        event = SecurityEvent::LoginFailed.as_str(),
        user = public_id.map(tracing::field::display),
        "a login failed"
    );
    Error::Unauthenticated(AuthError::WrongCredentials)
}

/// Logs a login.
pub(super) fn record_success(public_id: Uuid) {
    count("ok");
    tracing::info!(
        event = SecurityEvent::Login.as_str(),
        user = %public_id,
        "logged in"
    );
}

/// Counts a login whose password was not verified, or whose session could not be stored.
pub(super) fn record_failure(error: &Error) {
    count(match error {
        Error::RateLimited { .. } => "limited",
        _ => "unavailable",
    });
}

fn count(result: &'static str) {
    metrics::counter!("tickbox_logins_total", "result" => result).increment(1);
}
