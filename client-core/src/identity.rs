//! Who this device is: an Ed25519 key that signs assertions and an X25519 key that bundles are sealed to, made at enrolment and kept
//! inside the sealed store. The seeds never leave it.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use fieldwatch_schemas::id::DeviceId;
use fieldwatch_schemas::sync::token::Assertion;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use minicbor::{Decode, Encode};
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use x25519_dalek::{PublicKey, StaticSecret};

use crate::chance::{Chance, ChanceError};

/// The head of an Ed25519 private key in PKCS #8 (RFC 8410): the seed follows.
const PKCS8_HEAD: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

/// The keys of a device.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Identity {
    #[cbor(n(0), with = "minicbor::bytes")]
    signing_seed: [u8; 32],
    #[cbor(n(1), with = "minicbor::bytes")]
    sealing_seed: [u8; 32],
}

/// A key that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// No random bytes.
    #[error(transparent)]
    Chance(#[from] ChanceError),
    /// The signing key was refused.
    #[error("the device's key cannot be used")]
    Key,
    /// The assertion could not be made.
    #[error("the assertion cannot be signed")]
    Sign(#[source] jsonwebtoken::errors::Error),
}

impl Identity {
    /// Fresh keys.
    ///
    /// # Errors
    ///
    /// [`IdentityError::Chance`].
    pub fn generate(chance: &mut dyn Chance) -> Result<Self, IdentityError> {
        let (mut signing_seed, mut sealing_seed) = ([0; 32], [0; 32]);
        chance.fill(&mut signing_seed)?;
        chance.fill(&mut sealing_seed)?;
        Ok(Self {
            signing_seed,
            sealing_seed,
        })
    }

    /// The Ed25519 public key, base64url.
    ///
    /// # Errors
    ///
    /// [`IdentityError::Key`].
    pub fn signing_key(&self) -> Result<String, IdentityError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(&self.signing_seed)
            .map_err(|_| IdentityError::Key)?;
        Ok(BASE64_URL_SAFE_NO_PAD.encode(pair.public_key()))
    }

    /// The X25519 public key, base64url.
    #[must_use]
    pub fn sealing_key(&self) -> String {
        let secret = StaticSecret::from(self.sealing_seed);
        BASE64_URL_SAFE_NO_PAD.encode(PublicKey::from(&secret).as_bytes())
    }

    /// Signs the server's nonce (RFC 7523).
    ///
    /// # Errors
    ///
    /// [`IdentityError::Sign`].
    pub fn assertion(
        &self,
        device: DeviceId,
        server: &str,
        nonce: &str,
    ) -> Result<String, IdentityError> {
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(device.to_string());
        let claims = Assertion {
            iss: device,
            sub: device,
            aud: server.to_owned(),
            nonce: nonce.to_owned(),
        };
        let pkcs8 = [&PKCS8_HEAD[..], &self.signing_seed[..]].concat();
        let key = EncodingKey::from_ed_der(&pkcs8);
        jsonwebtoken::encode(&header, &claims, &key).map_err(IdentityError::Sign)
    }
}

/// Never shows the seeds.
impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Identity")
    }
}

#[cfg(test)]
mod tests;
