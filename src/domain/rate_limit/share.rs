//! Whose part of the processors a password's hash takes.

use super::{Bucket, RateLimit};
use crate::domain::{client_ip::ClientIp, user::UserId};

/// The address that asks for a hash, and the account that it is about. Both count: neither many
/// accounts behind one address nor one account from many addresses get more than their part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// Of the address.
    pub address: Bucket,
    /// Of the account.
    pub account: Bucket,
}

impl Share {
    /// Of a login. `username` is folded, or whatever else was typed in its place. In a browser that is known
    /// under that username the account counts apart, so that strangers cannot take its owner's part.
    #[must_use]
    pub fn login(username: &str, from: ClientIp, is_known: bool) -> Self {
        let kind: &[u8] = if is_known { b"known" } else { b"login" };
        Self::new(from, &[kind, username.as_bytes()])
    }

    /// Of a registration: apart from logins, since anybody may ask for a username that is taken.
    #[must_use]
    pub fn registration(username: &str, from: ClientIp) -> Self {
        Self::new(from, &[b"registration", username.as_bytes()])
    }

    /// Of somebody who is logged in and takes another password.
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
