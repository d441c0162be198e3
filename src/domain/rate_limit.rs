//! Rate limits, and the buckets that attempts count against.
//!
//! No limit locks a user out permanently: a bucket counts within one hour that starts with its first
//! attempt. Buckets are named by a hash: a text typed as a username may be a password.
//!
//! A guess at a password is counted in its buckets before the password is verified: failures and attempts in
//! flight together never exceed the limit. The result is returned only after it has been counted. An attempt
//! that is never settled, since the database stalled or the instance died, lapses.
//! `ops/security/limits` reads the numbers here and plays attackers against them.
//!
//! Work that costs an instance much, verifying right passwords included, is limited by an [`Allowance`] in its
//! memory.

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

/// Length of a bucket's window, from its first attempt.
pub const WINDOW: Duration = Duration::hours(1);
/// How long after its reservation an attempt may still be decided: several times the time limit of a request.
/// Later its place may be another's, so that its result must not be returned.
pub const DECIDED_WITHIN: Duration = Duration::seconds(20);
/// How long an unsettled reservation holds its place. Longer than [`DECIDED_WITHIN`] by the difference that
/// the clocks of two instances may have.
pub const LAPSES_AFTER: Duration = Duration::seconds(30);
/// Time within which an attempt that is not stuck has ended: no response takes longer.
const ENDS_WITHIN: Duration = Duration::seconds(5);

/// A limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RateLimit {
    /// Failed logins of one username from one address.
    LoginPair,
    /// Failed logins from one address: guesses at many usernames.
    LoginAddress,
    /// Failed logins of one username: guesses from many addresses.
    LoginUsername,
    /// Failed logins in a browser that has logged in under that username before. An attacker elsewhere cannot
    /// use it up, and so cannot lock the owner out of that browser. Beyond it the browser is treated as an
    /// unknown one, which it could be by deleting its cookie.
    LoginDevice,
    /// Failed logins of one username from one address by one browser. Limits nothing: it counts which failures
    /// of the address were this browser's typing errors, to be refunded when it logs in.
    LoginTypos,
    /// Wrong current passwords in one session at changing the password: guesses by an attacker who has it.
    PasswordChange,
    /// Wrong current passwords in all sessions of one user. No session starts without the password, so that it
    /// takes ten stolen sessions to use it up.
    PasswordChangeUser,
    /// Registrations from one address, also those whose username was taken: probing for usernames costs as
    /// much.
    Registration,
    /// Forged refresh tokens from one address.
    Refresh,
    /// All requests from one address to one instance; see [`RequestQuota`].
    Requests,
    /// Passwords hashed for one account by one instance, right ones too: see
    /// [`Allowance::HASHES_OF_ACCOUNT`].
    HashesAccount,
    /// Passwords hashed for one address by one instance: see [`Allowance::HASHES_OF_ADDRESS`].
    HashesAddress,
    /// Reads and writes for one user by one instance: see [`Allowance::WORK_OF_USER`].
    WorkUser,
}

impl RateLimit {
    /// Maximum attempts within [`WINDOW`]; for limits in an instance's memory, the burst.
    #[must_use]
    pub const fn max(self) -> u32 {
        match self {
            // More than a user needs who tries all passwords that it could be.
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

    /// The burst: the other attempts are spread over the window, so that a full bucket has a place again within
    /// minutes. Many users who know their password then get through one place.
    #[must_use]
    pub const fn at_once(self) -> u32 {
        match self {
            // A single user, limited to ten, does not lock the others out.
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

/// The quota of requests from one address to one instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestQuota {
    /// Requests that may come at once.
    pub burst: NonZeroU32,
    /// Time until one more is allowed.
    pub replenish: std::time::Duration,
}

impl RequestQuota {
    /// 100 a second and a burst of 1,000: many times what a whole office needs, and too little to starve other
    /// clients.
    pub const STANDARD: Self = Self {
        burst: NonZeroU32::new(1_000).expect("more than none"),
        replenish: std::time::Duration::from_millis(10),
    };
}

/// A counter of attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Bucket {
    /// The limit that it counts towards.
    pub limit: RateLimit,
    /// SHA-256 of the limit's name and of the subject.
    pub key: [u8; 32],
}

impl Bucket {
    /// The buckets of a login. `username` is folded, or any other text typed in its place.
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

    /// The bucket of a login in a browser that is known under that username.
    #[must_use]
    pub fn device(device: &DeviceToken) -> Self {
        Self::new(RateLimit::LoginDevice, &[&device.nonce])
    }

    /// The bucket of a browser's failures, so that they can be refunded. `browser` is a random id that it keeps;
    /// a client that makes one up is refunded only failures of an account that it then logs in to.
    #[must_use]
    pub fn typos(username: &str, from: ClientIp, browser: &[u8; 16]) -> Self {
        let address = from.network().to_string();
        let parts: [&[u8]; 3] = [username.as_bytes(), address.as_bytes(), browser];
        Self::new(RateLimit::LoginTypos, &parts)
    }

    /// The buckets of a wrong current password.
    #[must_use]
    pub fn password_change(user: UserId, session: SessionId) -> [Self; 2] {
        [
            Self::new(RateLimit::PasswordChange, &[session.0.as_bytes()]),
            Self::new(RateLimit::PasswordChangeUser, &[&user.0.to_be_bytes()]),
        ]
    }

    /// The bucket of a registration.
    #[must_use]
    pub fn registration(from: ClientIp) -> Self {
        let address = from.network().to_string();
        Self::new(RateLimit::Registration, &[address.as_bytes()])
    }

    /// The bucket of a forged refresh token.
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

/// The state of a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// Failures in the window that ends, or ended, at `ends`.
    pub failures: u32,
    /// End of the window.
    pub ends: OffsetDateTime,
    /// Attempts in flight.
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

    /// Failures that the window has room for by now.
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

    /// Whether there are more attempts than the limit allows.
    #[must_use]
    pub fn exceeds(&self, limit: RateLimit, now: OffsetDateTime) -> bool {
        let tries = i64::from(self.failures_at(now)) + i64::from(self.in_flight_at(now));
        tries > self.places_at(limit, now)
    }

    /// When another attempt is allowed; none when it is now. Failures count until the end of the window, or
    /// until it has room for more; attempts in flight for a moment, or, when stuck, until they lapse.
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

/// A waiting time for people: whole minutes, rounded up, and seconds when it is less than one.
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
