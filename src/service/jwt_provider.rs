//! The cryptography behind JWTs: HS256 on ring.

use jsonwebtoken::{
    Algorithm, AlgorithmFamily, DecodingKey, EncodingKey,
    crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils},
    errors::{Error as JwtError, ErrorKind, Result as JwtResult},
    signature::{self, Signer as Sign, Verifier as Verify},
};
use ring::hmac;

/// HS256 only, on ring, which TLS brings along: the crate's own providers would add RSA and elliptic curves,
/// which must never be accepted.
pub(super) static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory,
    verifier_factory,
    key_utils: KeyUtils::new_unimplemented(),
};

struct Hs256(hmac::Key);

impl Hs256 {
    fn new(algorithm: Algorithm, family: AlgorithmFamily, secret: &[u8]) -> JwtResult<Self> {
        if algorithm == Algorithm::HS256 && family == AlgorithmFamily::Hmac {
            Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, secret)))
        } else {
            Err(JwtError::from(ErrorKind::InvalidAlgorithm))
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the crate's signature")]
fn signer_factory(algorithm: &Algorithm, key: &EncodingKey) -> JwtResult<Box<dyn JwtSigner>> {
    let signer = Hs256::new(*algorithm, key.family(), key.as_bytes())?;
    Ok(Box::new(signer))
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the crate's signature")]
fn verifier_factory(algorithm: &Algorithm, key: &DecodingKey) -> JwtResult<Box<dyn JwtVerifier>> {
    let verifier = Hs256::new(*algorithm, key.family(), key.try_get_as_bytes()?)?;
    Ok(Box::new(verifier))
}

impl Sign<Vec<u8>> for Hs256 {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, signature::Error> {
        Ok(hmac::sign(&self.0, message).as_ref().to_vec())
    }
}

impl JwtSigner for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

impl Verify<Vec<u8>> for Hs256 {
    fn verify(&self, message: &[u8], tag: &Vec<u8>) -> Result<(), signature::Error> {
        hmac::verify(&self.0, message, tag).map_err(|_| signature::Error::new())
    }
}

impl JwtVerifier for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}
