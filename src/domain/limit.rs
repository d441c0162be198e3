//! How often something may be tried, and as whose try it counts.
//!
//! A limit never locks anybody out for good: a bucket counts within one hour that begins with its
//! first try. Buckets are named by a hash: what strangers type as a username may be a password.

use core::num::NonZeroU32;

use ring::digest::{Context, SHA256};
use time::Duration;

use super::{address::ClientAddress, session::DeviceToken, user::UserId};

/// How long a bucket counts, from its first try.
pub const WINDOW: Duration = Duration::hours(1);

/// What is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateLimit {
    /// Failed logins of one username from one address.
    LoginPair,
    /// Failed logins from one address: guesses at many usernames.
    LoginAddress,
    /// Failed logins of one username: guesses from many addresses.
    LoginUsername,
    /// Failed logins in a browser that has logged in under that username before. Nobody else can use
    /// it up, so that nobody can lock the owner out of that browser.
    LoginDevice,
    /// Wrong current passwords of one user who wants another one: guesses of whoever has a session.
    PasswordChange,
    /// Registrations from one address, also those whose username was taken: asking which ones are
    /// costs as much.
    Registration,
    /// Refresh tokens from one address that are none of ours.
    Refresh,
    /// All requests from one address to one instance; see [`RequestQuota`].
    Requests,
}

impl RateLimit {
    /// Most tries within [`WINDOW`]; of [`Self::Requests`], at once.
    #[must_use]
    pub const fn max(self) -> u32 {
        match self {
            // More than somebody needs who tries the passwords that it could be.
            Self::LoginPair | Self::LoginDevice | Self::PasswordChange => 10,
            // Households and offices share an address.
            Self::LoginAddress | Self::Registration => 20,
            // At that pace the hundred thousand most common passwords take six weeks.
            Self::LoginUsername => 100,
            // A phone sends one, and then logs in.
            Self::Refresh => 60,
            Self::Requests => RequestQuota::STANDARD.burst.get(),
        }
    }

    /// The name, in the log and in the metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LoginPair => "login_pair",
            Self::LoginAddress => "login_address",
            Self::LoginUsername => "login_username",
            Self::LoginDevice => "login_device",
            Self::PasswordChange => "password_change",
            Self::Registration => "registration",
            Self::Refresh => "refresh",
            Self::Requests => "requests",
        }
    }
}

/// How many requests an instance takes from one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestQuota {
    /// At once.
    pub burst: NonZeroU32,
    /// How long until one more may come.
    pub replenish: core::time::Duration,
}

impl RequestQuota {
    /// 100 a second and 1,000 at once: many times what all people of an office do together, and less
    /// than keeps an instance from answering others.
    pub const STANDARD: Self = Self {
        burst: NonZeroU32::new(1_000).expect("more than none"),
        replenish: core::time::Duration::from_millis(10),
    };
}

/// What counts together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// How much goes into it.
    pub limit: RateLimit,
    /// SHA-256 of the limit's name and of whose tries they are.
    pub key: [u8; 32],
}

impl Bucket {
    /// What a login counts against, in the order in which every login takes them: the one that most
    /// others want too comes last and is held for the shortest time. `username` is folded, or
    /// whatever else was typed in its place.
    #[must_use]
    pub fn login(username: &str, from: ClientAddress) -> [Self; 3] {
        let address = from.network().to_string();
        [
            Self::new(
                RateLimit::LoginPair,
                &[username.as_bytes(), address.as_bytes()],
            ),
            Self::new(RateLimit::LoginAddress, &[address.as_bytes()]),
            Self::new(RateLimit::LoginUsername, &[username.as_bytes()]),
        ]
    }

    /// What a login counts against in a browser that is known under that username.
    #[must_use]
    pub fn device(device: &DeviceToken) -> Self {
        Self::new(RateLimit::LoginDevice, &[&device.nonce])
    }

    /// What a wrong current password counts against.
    #[must_use]
    pub fn password_change(user: UserId) -> Self {
        Self::new(RateLimit::PasswordChange, &[&user.0.to_be_bytes()])
    }

    /// What a registration counts against.
    #[must_use]
    pub fn registration(from: ClientAddress) -> Self {
        let address = from.network().to_string();
        Self::new(RateLimit::Registration, &[address.as_bytes()])
    }

    /// What a refresh token that is none of ours counts against.
    #[must_use]
    pub fn refresh(from: ClientAddress) -> Self {
        let address = from.network().to_string();
        Self::new(RateLimit::Refresh, &[address.as_bytes()])
    }

    /// The length goes before each part, so that no two lists of parts are the same bytes.
    fn new(limit: RateLimit, parts: &[&[u8]]) -> Self {
        let mut context = Context::new(&SHA256);
        for part in [&[limit.as_str().as_bytes()], parts].concat() {
            context.update(&part.len().to_be_bytes());
            context.update(part);
        }
        let key = context.finish();
        let key = key.as_ref().try_into().expect("SHA-256 has 32 bytes");
        Self { limit, key }
    }
}

/// How long to wait, for people: whole minutes, rounded up, and seconds when it is less than one.
#[must_use]
pub fn in_words(wait: core::time::Duration) -> String {
    let counted = |number: u64, unit| {
        let plural = if number == 1 { "" } else { "s" };
        format!("{number} {unit}{plural}")
    };
    let seconds = wait.as_secs().max(1);
    if seconds < 60 {
        counted(seconds, "second")
    } else {
        counted(wait.as_secs().div_ceil(60), "minute")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(address: &str) -> ClientAddress {
        let peer = address.parse().expect("an address");
        ClientAddress::of(peer, [].into_iter(), 0)
    }

    #[test]
    fn other_subjects_are_other_buckets() {
        let mut keys: Vec<_> = [
            Bucket::login("ona", from("1.2.3.4")),
            Bucket::login("on", from("1.2.3.5")),
        ]
        .concat();
        keys.push(Bucket::registration(from("1.2.3.4")));
        keys.push(Bucket::refresh(from("1.2.3.4")));
        keys.push(Bucket::registration(from("1.2.3.5")));
        for (place, bucket) in keys.iter().enumerate() {
            let same = keys.iter().filter(|other| other.key == bucket.key);
            assert_eq!(same.count(), 1, "{place}");
        }
    }

    #[test]
    fn where_one_part_ends_makes_a_difference() {
        let key = |parts: &[&[u8]]| Bucket::new(RateLimit::LoginPair, parts).key;
        assert_ne!(key(&[b"ona1", b".2.3.4"]), key(&[b"ona", b"1.2.3.4"]));
    }

    #[test]
    fn a_wait_is_rounded_up() {
        for (seconds, words) in [
            (0, "1 second"),
            (1, "1 second"),
            (59, "59 seconds"),
            (60, "1 minute"),
            (61, "2 minutes"),
            (3_600, "60 minutes"),
        ] {
            let wait = core::time::Duration::from_secs(seconds);
            assert_eq!(in_words(wait), words);
        }
    }
}
