//! Cryptographically secure random bytes, from the system.

use ring::rand::{SecureRandom as _, SystemRandom};

use crate::domain::error::Error;

pub(super) fn random_bytes<const LENGTH: usize>() -> Result<[u8; LENGTH], Error> {
    let mut bytes = [0; LENGTH];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| Error::internal("the system gives no random bytes"))?;
    Ok(bytes)
}
