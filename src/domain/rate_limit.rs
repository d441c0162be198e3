//! How often something may be tried, and as whose try it counts.
//!
//! A limit never locks anybody out for good: a bucket counts within one hour that begins with its
//! first try. Buckets are named by a hash: what strangers type as a username may be a password.
//!
//! A guess at a password takes a place in its buckets before the password is looked at: failures and
//! tries in flight together are never more than the limit. A verdict is told only after it has been
//! counted. A try that nobody settles, since the database stalled or the instance died, lapses.
//! `ops/security/limits` reads the numbers here and plays attackers against them.
//!
//! What costs an instance much, right passwords among it, is limited by an [`Allowance`], in its memory.

mod allowance;
mod share;

#[cfg(test)]
mod tests;

use std::num::NonZeroU32;

pub use self::{
    allowance::{Allowance, Spent, Work},
    share::Share,
};

use ring::digest::{Context, SHA256};
use time::{Duration, OffsetDateTime};

use super::{
    client_ip::ClientIp,
    session::{DeviceToken, SessionId},
    user::UserId,
};

/// How long a bucket counts, from its first try.
pub const WINDOW: Duration = Duration::hours(1);
/// How long after its reservation a try may still be decided: several times what a request may take.
/// Later its place may be another's, so that nothing is told of it.
pub const DECIDED_WITHIN: Duration = Duration::seconds(20);
/// How long a reservation holds its place when nobody settles it. Longer than [`DECIDED_WITHIN`] by what
/// the clocks of two instances may differ.
pub const LAPSES_AFTER: Duration = Duration::seconds(30);
/// Within which a try that is not stuck has ended: a request's answer takes no longer.
const ENDS_WITHIN: Duration = Duration::seconds(5);

/// What is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RateLimit {
    /// Failed logins of one username from one address.
    LoginPair,
    /// Failed logins from one address: guesses at many usernames.
    LoginAddress,
    /// Failed logins of one username: guesses from many addresses.
    LoginUsername,
    /// Failed logins in a browser that has logged in under that username before. Nobody else can use
    /// it up, so that nobody can lock the owner out of that browser. Beyond it the browser is taken for
    /// an unknown one, which it could be by forgetting its cookie.
    LoginDevice,
    /// Failed logins of one username from one address by one browser. Limits nothing: it is how many
    /// failures of the address were this browser's typing errors, when it gets in at last.
    LoginTypos,
    /// Wrong current passwords in one session that wants another one: guesses of whoever has it.
    PasswordChange,
    /// The same in all sessions of one user. Nobody begins another one without the password, so that
    /// it takes ten stolen sessions to use it up.
    PasswordChangeUser,
    /// Registrations from one address, also those whose username was taken: asking which ones are
    /// costs as much.
    Registration,
    /// Refresh tokens from one address that are none of ours.
    Refresh,
    /// All requests from one address to one instance; see [`RequestQuota`].
    Requests,
    /// Passwords hashed for one account by one instance, right ones too: see
    /// [`Allowance::HASHES_OF_ACCOUNT`].
    HashesAccount,
    /// The same for one address: see [`Allowance::HASHES_OF_ADDRESS`].
    HashesAddress,
    /// What one instance reads and writes for one user: see [`Allowance::WORK_OF_USER`].
    WorkUser,
}

impl RateLimit {
    /// Most tries within [`WINDOW`]; of those that an instance counts in its memory, at once.
    #[must_use]
    pub const fn max(self) -> u32 {
        match self {
            // More than somebody needs who tries the passwords that it could be.
            Self::LoginPair | Self::LoginDevice | Self::PasswordChange => 10,
            // Households and offices share an address.
            Self::Registration => 20,
            // One less than it was while typing errors were not given back: that outweighs the guesses which
            // come back with an account that falls.
            Self::LoginAddress => 19,
            // At that pace the hundred thousand most common passwords take six weeks.
            Self::LoginUsername | Self::PasswordChangeUser => 100,
            // A phone sends one, and then logs in.
            Self::Refresh => 60,
            Self::LoginTypos => u32::MAX,
            Self::Requests => RequestQuota::STANDARD.burst.get(),
            Self::HashesAccount => Allowance::HASHES_OF_ACCOUNT.at_once,
            Self::HashesAddress => Allowance::HASHES_OF_ADDRESS.at_once,
            Self::WorkUser => Allowance::WORK_OF_USER.at_once,
        }
    }

    /// How many of these may come at once; the others are spread over the window, so that a full bucket
    /// has a place again within minutes. Many who know their password then get through one place.
    #[must_use]
    pub const fn at_once(self) -> u32 {
        match self {
            // One person alone, who stops at ten, does not keep the others out.
            Self::LoginAddress => 12,
            _ => self.max(),
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
            Self::LoginTypos => "login_typos",
            Self::PasswordChange => "password_change",
            Self::PasswordChangeUser => "password_change_user",
            Self::Registration => "registration",
            Self::Refresh => "refresh",
            Self::Requests => "requests",
            Self::HashesAccount => "hashes_account",
            Self::HashesAddress => "hashes_address",
            Self::WorkUser => "work_user",
        }
    }
}

/// How many requests an instance takes from one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestQuota {
    /// At once.
    pub burst: NonZeroU32,
    /// How long until one more may come.
    pub replenish: std::time::Duration,
}

impl RequestQuota {
    /// 100 a second and 1,000 at once: many times what all people of an office do together, and less
    /// than keeps an instance from answering others.
    pub const STANDARD: Self = Self {
        burst: NonZeroU32::new(1_000).expect("more than none"),
        replenish: std::time::Duration::from_millis(10),
    };
}

/// What counts together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Bucket {
    /// How much goes into it.
    pub limit: RateLimit,
    /// SHA-256 of the limit's name and of whose tries they are.
    pub key: [u8; 32],
}

impl Bucket {
    /// What a login counts against. `username` is folded, or whatever else was typed in its place.
    #[must_use]
    pub fn login(username: &str, from: ClientIp) -> [Self; 3] {
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

    /// Where a browser's failures are noted, so that they can be given back. `browser` is a number that
    /// it keeps; whoever makes one up gets back only failures of an account they then get into.
    #[must_use]
    pub fn typos(username: &str, from: ClientIp, browser: &[u8; 16]) -> Self {
        let address = from.network().to_string();
        let parts: [&[u8]; 3] = [username.as_bytes(), address.as_bytes(), browser];
        Self::new(RateLimit::LoginTypos, &parts)
    }

    /// What a wrong current password counts against.
    #[must_use]
    pub fn password_change(user: UserId, session: SessionId) -> [Self; 2] {
        [
            Self::new(RateLimit::PasswordChange, &[session.0.as_bytes()]),
            Self::new(RateLimit::PasswordChangeUser, &[&user.0.to_be_bytes()]),
        ]
    }

    /// What a registration counts against.
    #[must_use]
    pub fn registration(from: ClientIp) -> Self {
        let address = from.network().to_string();
        Self::new(RateLimit::Registration, &[address.as_bytes()])
    }

    /// What a refresh token that is none of ours counts against.
    #[must_use]
    pub fn refresh(from: ClientIp) -> Self {
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

/// What has been counted in a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// Failures in the window that ends, or ended, at `ends`.
    pub failures: u32,
    /// When they count no more.
    pub ends: OffsetDateTime,
    /// Tries of which it is not known yet how they end.
    pub in_flight: u32,
    /// When the last of these lapses.
    pub lapses: OffsetDateTime,
}

impl Count {
    /// Failures that count now.
    #[must_use]
    pub fn failures_at(&self, now: OffsetDateTime) -> u32 {
        if self.ends > now { self.failures } else { 0 }
    }

    fn in_flight_at(&self, now: OffsetDateTime) -> u32 {
        if self.lapses > now { self.in_flight } else { 0 }
    }

    /// How many failures the window has room for by now.
    fn places_at(&self, limit: RateLimit, now: OffsetDateTime) -> i64 {
        let (first, all) = (limit.at_once().into(), i64::from(limit.max()));
        let begun = self.ends - WINDOW;
        if self.ends <= now || begun > now {
            return first;
        }
        let more = (all - first + 1) * (now - begun).whole_seconds() / WINDOW.whole_seconds();
        (first + more).min(all)
    }

    /// When the window has room for one more than `failures`.
    fn next_place(&self, limit: RateLimit, failures: u32) -> OffsetDateTime {
        let (first, all) = (limit.at_once(), limit.max());
        if failures >= all {
            return self.ends;
        }
        let (place, parts) = (failures + 1 - first, all - first + 1);
        let seconds = WINDOW.unsigned_abs().as_secs() * u64::from(place);
        let wait = std::time::Duration::from_secs(seconds.div_ceil(u64::from(parts)));
        self.ends - WINDOW + wait
    }

    /// Whether there are more tries than the limit has places.
    #[must_use]
    pub fn exceeds(&self, limit: RateLimit, now: OffsetDateTime) -> bool {
        let tries = i64::from(self.failures_at(now)) + i64::from(self.in_flight_at(now));
        tries > self.places_at(limit, now)
    }

    /// When there is a place for another try; none when there is one now. Failures keep theirs to the
    /// end of the window, or until it has room for more, tries in flight for a moment, or, when they are stuck, until they lapse.
    #[must_use]
    pub fn free_at(&self, limit: RateLimit, now: OffsetDateTime) -> Option<OffsetDateTime> {
        let (failures, places) = (self.failures_at(now), self.places_at(limit, now));
        if i64::from(failures) >= places {
            return Some(self.next_place(limit, failures));
        }
        if i64::from(failures) + i64::from(self.in_flight_at(now)) < places {
            return None;
        }
        let usual = self.lapses - LAPSES_AFTER + ENDS_WITHIN;
        Some(if usual > now { usual } else { self.lapses })
    }
}

/// How long to wait, for people: whole minutes, rounded up, and seconds when it is less than one.
#[must_use]
pub fn humanize(wait: std::time::Duration) -> String {
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
