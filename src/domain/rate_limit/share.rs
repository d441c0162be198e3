//! Fair shares: the subjects that the hash of a password counts towards.

use super::{Bucket, RateLimit};
use crate::domain::{client_ip::ClientIp, user::UserId};

/// The address that requests a hash, and the account that it is for. Both count: neither many accounts from
/// one address nor one account from many addresses get more than their share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// The share of the address.
    pub address: Bucket,
    /// The share of the account.
    pub account: Bucket,
}

impl Share {
    /// The share of a login. `username` is folded, or any other text typed in its place. In a browser that is
    /// known under that username the account counts apart, so that attackers cannot use up the owner's share.
    #[must_use]
    pub fn login(username: &str, from: ClientIp, is_known: bool) -> Self {
        let kind: &[u8] = if is_known { b"known" } else { b"login" };
        Self::new(from, &[kind, username.as_bytes()])
    }

    /// The share of a registration: apart from logins, since any client may register a username that is taken.
    #[must_use]
    pub fn registration(username: &str, from: ClientIp) -> Self {
        Self::new(from, &[b"registration", username.as_bytes()])
    }

    /// The share of a logged-in user who changes the password.
    #[must_use]
    pub fn password_change(user: UserId, from: ClientIp) -> Self {
        Self::new(from, &[b"change", &user.0.to_be_bytes()])
    }

    fn new(from: ClientIp, account: &[&[u8]]) -> Self {
        let address = from.network().to_string();
        Self {
            address: Bucket::new(RateLimit::HashesAddress, &[address.as_bytes()]),
            account: Bucket::new(RateLimit::HashesAccount, account),
        }
    }
}
