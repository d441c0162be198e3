//! Phones: what they hold, what they do with it, and what is stored of it.

use secrecy::{ExposeSecret as _, SecretString};
use sqlx::{FromRow, MySqlConnection};
use tickbox::{
    domain::{
        error::{AuthError, Error},
        session::{RefreshToken, SessionId},
        user::Account,
    },
    service::{Hasher, Service, TokenPair, TokenSigner},
};
use time::PrimitiveDateTime;

use crate::support::{
    fixture::{CHEAP, PASSWORD, UNKNOWN, World, client, credentials},
    log,
};

/// What a phone keeps of an answer.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(crate) access: String,
    pub(crate) refresh: String,
    pub(crate) session: SessionId,
}

impl From<TokenPair> for Kept {
    fn from(tokens: TokenPair) -> Self {
        let kept = Self {
            access: tokens.access.expose_secret().to_owned(),
            refresh: tokens.refresh.expose_secret().to_owned(),
            session: tokens.session_id,
        };
        log::register_secret(&kept.access);
        log::register_secret(&kept.refresh);
        kept
    }
}

/// A service over the world's database that signs with other secrets.
pub(crate) fn signing_with(world: &World, current: &str, previous: Option<&str>) -> Service {
    let hasher = Hasher::new(CHEAP).expect("argon2 can do that");
    let previous = previous.map(SecretString::from);
    let signer = TokenSigner::new(&SecretString::from(current), previous.as_ref());
    Service::new(world.database.clone(), world.clock.clone(), hasher, signer)
}

pub(crate) async fn log_in(service: &Service, username: &str) -> Kept {
    let login = service.log_in_device(credentials(username, PASSWORD), client("a phone"));
    login.await.expect("right password").into()
}

pub(crate) async fn refresh(service: &Service, token: &str) -> Result<Kept, AuthError> {
    let token = RefreshToken::parse(token).expect("the form of a refresh token");
    let tokens = Box::pin(service.refresh(token, UNKNOWN)).await;
    tokens.map(Kept::from).map_err(denied)
}

/// For whom an access token opens the API.
pub(crate) async fn open(service: &Service, access: &str) -> Result<Account, AuthError> {
    service.authenticate_access(access).await.map_err(denied)
}

fn denied(error: Error) -> AuthError {
    match error {
        Error::Unauthenticated(denied) => denied,
        other => panic!("{other:?}"),
    }
}

/// What a refresh token consists of.
#[derive(Clone)]
pub(crate) struct Parts {
    pub(crate) id: Vec<u8>,
    pub(crate) secret: Vec<u8>,
    pub(crate) tag: Vec<u8>,
}

impl Parts {
    pub(crate) fn of(token: &str) -> Self {
        let bytes = crate::support::tokens::bytes(token);
        assert_eq!(bytes.len(), 16 + 32 + 32);
        Self {
            id: bytes[..16].into(),
            secret: bytes[16..48].into(),
            tag: bytes[48..].into(),
        }
    }

    pub(crate) fn text(&self) -> String {
        crate::support::tokens::text([&self.id[..], &self.secret, &self.tag].concat())
    }
}

/// The row of a session of the API.
#[derive(Debug, FromRow, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) secret_hash: Vec<u8>,
    pub(crate) previous_hash: Option<Vec<u8>>,
    pub(crate) rotated_date: Option<PrimitiveDateTime>,
    pub(crate) seen_date: PrimitiveDateTime,
    pub(crate) expires_date: PrimitiveDateTime,
    pub(crate) user_agent: String,
    pub(crate) successor_key: Vec<u8>,
}

pub(crate) async fn row(connection: &mut MySqlConnection, id: SessionId) -> Option<Row> {
    sqlx::query_as("SELECT * FROM sessions WHERE id = ? AND kind = 'api'")
        .bind(id.0)
        .fetch_optional(connection)
        .await
        .expect("read")
}
