//! The fixture of the tests: the verbs over a database of the test's own, and two users who know nothing of each
//! other.

use std::time::Duration;

use secrecy::SecretString;
use sqlx::{ConnectOptions as _, MySqlConnection, MySqlPool, mysql::MySqlConnectOptions};
use tickbox::{
    database::Database,
    domain::{
        client_ip::ClientIp,
        clock::Clock,
        rate_limit::{RequestQuota, Share},
        session::SessionToken,
        todo::{Cursor, Filter, Limit, ListQuery},
        user::{Account, Credentials, Registration, RegistrationInput},
    },
    service::{Argon2Cost, ClientInfo, Hasher, Service, TokenSigner},
};
use time::{OffsetDateTime, PrimitiveDateTime, macros::date};
use tokio::time::{sleep, timeout};

/// Everybody's password.
pub(crate) const PASSWORD: &str = "violet teapot 7";

/// Where everybody is who is in no particular place.
pub(crate) const UNKNOWN: ClientIp = ClientIp::UNKNOWN;

/// Signs the tokens.
pub(crate) const SECRET: &str = "5d0c7be9413fa8625d1e90b3c47af826";

/// Enough for a hash; a test must not wait for argon2.
pub(crate) const CHEAP: Argon2Cost = Argon2Cost {
    memory: 64,
    passes: 1,
};

/// Where a database of a test's own is.
pub(crate) trait Place {
    fn options(self) -> MySqlConnectOptions;
}

/// The test's pool.
impl Place for &MySqlPool {
    fn options(self) -> MySqlConnectOptions {
        options(self)
    }
}

/// Another way there, such as through a proxy.
impl Place for MySqlConnectOptions {
    fn options(self) -> MySqlConnectOptions {
        self
    }
}

pub(crate) struct World {
    pub(crate) service: Service,
    pub(crate) database: Database,
    pub(crate) clock: Clock,
    /// Owns what a test is about.
    pub(crate) ona: Account,
    /// Of the browser that Ona is logged in with.
    pub(crate) cookie: SessionToken,
    /// A stranger to all of Ona's.
    pub(crate) jonas: Account,
    options: MySqlConnectOptions,
}

/// A part of a list on the day on which the tests were written.
pub(crate) fn part_of(filter: Filter, after: Option<Cursor>, limit: Limit) -> ListQuery {
    ListQuery {
        filter,
        today: date!(2026 - 11 - 28),
        after,
        limit,
    }
}

impl World {
    pub(crate) async fn new(place: impl Place) -> Self {
        let options = place.options();
        let database = Database::new(options.clone(), 4);
        let clock = Clock::default();
        let hasher = Hasher::new(CHEAP).expect("argon2 can do that");
        let service = Service::new(database.clone(), clock.clone(), hasher, signer());
        let (ona, cookie) = arrive(&service, "ona").await;
        let (jonas, _) = arrive(&service, "jonas").await;
        Self {
            service,
            database,
            clock,
            ona,
            cookie,
            jonas,
            options,
        }
    }

    /// The same people and the same database with a service whose hashes cost something else.
    pub(crate) fn with_effort(&self, effort: Argon2Cost) -> Service {
        let hasher = Hasher::new(effort).expect("argon2 can do that");
        Service::new(self.database.clone(), self.clock.clone(), hasher, signer())
    }

    /// One more instance over the same database, which limits how often something may be tried.
    pub(crate) fn with_limits(&self) -> Service {
        self.with_effort(CHEAP)
            .with_rate_limits(RequestQuota::STANDARD)
    }

    /// Waits until the use of that many sessions has been noted, which is done behind the request.
    pub(crate) async fn uses_are_noted(&self, sessions: i64) {
        self.uses_are_noted_since(OffsetDateTime::UNIX_EPOCH, sessions)
            .await;
    }

    /// The same for uses at that moment or later; of two that are asked for at once one may go unnoted.
    pub(crate) async fn uses_are_noted_since(&self, since: OffsetDateTime, sessions: i64) {
        let mut connection = self.connect().await;
        let since = PrimitiveDateTime::new(since.date(), since.time());
        let noted = async {
            let later =
                "SELECT COUNT(*) FROM sessions WHERE seen_date > created_date AND seen_date >= ?";
            loop {
                let count = sqlx::query_scalar(later)
                    .bind(since)
                    .fetch_one(&mut connection);
                let count: i64 = count.await.expect("read");
                if count >= sessions {
                    return;
                }
                sleep(Duration::from_millis(10)).await;
            }
        };
        let noted = timeout(Duration::from_secs(10), noted).await;
        noted.expect("it is not noted");
    }

    /// A connection past the pool.
    pub(crate) async fn connect(&self) -> MySqlConnection {
        connect(&self.options).await
    }
}

/// Whoever asks for a hash while nobody else does.
pub(crate) fn share() -> Share {
    Share::login("somebody", UNKNOWN, false)
}

pub(crate) fn signer() -> TokenSigner {
    TokenSigner::new(&SecretString::from(SECRET), None)
}

/// The way to the database of a test, for connections past its pool.
pub(crate) fn options(pool: &MySqlPool) -> MySqlConnectOptions {
    pool.connect_options().as_ref().clone()
}

pub(crate) async fn connect(options: &MySqlConnectOptions) -> MySqlConnection {
    options.connect().await.expect("the database answers")
}

pub(crate) fn registration(username: &str) -> Registration {
    let input = RegistrationInput {
        first_name: "Ona",
        last_name: "Onaitė",
        username,
        password: PASSWORD,
        password_again: Some(PASSWORD),
    };
    Registration::parse(input).expect("valid")
}

pub(crate) fn credentials(username: &str, password: &str) -> Credentials {
    Credentials::parse(username, password).expect("both fields are filled")
}

/// Somebody who says to be that, without a cookie of before.
pub(crate) fn client(description: &str) -> ClientInfo {
    ClientInfo {
        description: description.to_owned(),
        ..ClientInfo::default()
    }
}

async fn arrive(service: &Service, username: &str) -> (Account, SessionToken) {
    let user = service.register(registration(username), UNKNOWN).await;
    user.expect("the name is free");
    let logged_in = service
        .log_in(credentials(username, PASSWORD), None, client("a test"))
        .await
        .expect("right password");
    let account = service.authenticate(&logged_in.token).await;
    let account = account.expect("no fault").expect("a session");
    (account, logged_in.token)
}
