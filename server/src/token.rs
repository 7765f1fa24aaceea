//! Who asks: assertions that devices sign (RFC 7523), and access tokens that the server signs.
//!
//! Nothing is remembered: a nonce carries the server's time under the server's MAC ([`nonce`]), a token its own end. What can be
//! taken back, the device, is looked up every time.

pub mod nonce;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fieldwatch_schemas::id::DeviceId;
use fieldwatch_schemas::limits::TOKEN_AGE_MAX_MS;
use fieldwatch_schemas::sync::token::Assertion;
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode,
};
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use self::nonce::NonceKey;
use crate::register::Register;
use crate::register::device::Device;

/// What the header of a token of the server's own says in `typ` (RFC 9068).
const ACCESS_TYPE: &str = "at+jwt";

/// Why somebody was not let in.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// No such device, or its signature does not hold; which of them is not told.
    #[error("the device is not known, or its signature does not hold")]
    Unknown,
    /// The device was revoked.
    #[error("the device has been revoked")]
    Revoked(DeviceId),
    /// The nonce, or the access token, is too old or not ours.
    #[error("the nonce is stale")]
    Stale,
    /// A token could not be made.
    #[error("a token could not be signed")]
    Sign(#[source] jsonwebtoken::errors::Error),
    /// The server's own key cannot be used.
    #[error("the server's signing key cannot be used")]
    Key,
}

/// The door: hands out nonces and tokens, and knows who comes with one.
pub struct Gate {
    server: String,
    nonces: NonceKey,
    signing: EncodingKey,
    verifying: DecodingKey,
}

/// By what somebody is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// The device's key signed for it: worth an access token.
    Assertion,
    /// An access token, which buys no other: one that was stolen ends with its time.
    Token,
}

/// What an access token claims.
#[derive(Debug, Serialize, Deserialize)]
struct Access {
    iss: String,
    sub: DeviceId,
    aud: String,
    /// Seconds since 1970, as RFC 7519 has it.
    exp: i64,
}

impl Gate {
    /// The door of the server of this name. `signing_key` is its Ed25519 key, PKCS #8.
    ///
    /// # Errors
    ///
    /// [`TokenError::Key`] if the key cannot be used.
    pub fn new(server: String, nonces: NonceKey, signing_key: &[u8]) -> Result<Self, TokenError> {
        let pair =
            Ed25519KeyPair::from_pkcs8_maybe_unchecked(signing_key).map_err(|_| TokenError::Key)?;
        Ok(Self {
            server,
            nonces,
            signing: EncodingKey::from_ed_der(signing_key),
            verifying: DecodingKey::from_ed_der(pair.public_key().as_ref()),
        })
    }

    /// The server's name, as assertions name their audience.
    #[must_use]
    pub fn server(&self) -> &str {
        &self.server
    }

    /// A fresh nonce.
    #[must_use]
    pub fn nonce(&self, now_ms: i64, random: [u8; 8]) -> String {
        self.nonces.make(now_ms, random)
    }

    /// An access token for a device.
    ///
    /// # Errors
    ///
    /// [`TokenError::Sign`] if it cannot be signed.
    pub fn issue(&self, device: DeviceId, now_ms: i64) -> Result<String, TokenError> {
        let claims = Access {
            iss: self.server.clone(),
            sub: device,
            aud: self.server.clone(),
            exp: (now_ms + TOKEN_AGE_MAX_MS) / 1000,
        };
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(ACCESS_TYPE.to_owned());
        encode(&header, &claims, &self.signing).map_err(TokenError::Sign)
    }

    /// Who comes with a bearer token: an assertion, or an access token of this server's.
    ///
    /// # Errors
    ///
    /// [`TokenError::Unknown`], [`TokenError::Revoked`] or [`TokenError::Stale`].
    pub fn authenticate(
        &self,
        register: &Register,
        bearer: &str,
        now_ms: i64,
    ) -> Result<(Device, Proof), TokenError> {
        let header = decode_header(bearer).map_err(|_| TokenError::Unknown)?;
        if header.typ.as_deref() == Some(ACCESS_TYPE) {
            let device = self.accept_access(register, bearer, now_ms)?;
            return Ok((device, Proof::Token));
        }
        let device = header.kid.as_deref().and_then(|kid| kid.parse().ok());
        let device = device.and_then(|id: DeviceId| register.device(id));
        let device = device.ok_or(TokenError::Unknown)?;
        let device = self.accept_assertion(device, bearer, now_ms)?;
        Ok((device, Proof::Assertion))
    }

    /// Who signed an assertion. Revocation is told only to who proves to be the device.
    fn accept_assertion(
        &self,
        device: Device,
        bearer: &str,
        now_ms: i64,
    ) -> Result<Device, TokenError> {
        let key = DecodingKey::from_ed_components(&device.signing_key.to_base64url())
            .map_err(|_| TokenError::Unknown)?;
        let said: Assertion = verified(bearer, &key)?;
        if said.iss != device.id || said.sub != device.id || said.aud != self.server {
            return Err(TokenError::Unknown);
        }
        if device.revoked_ms.is_some() {
            return Err(TokenError::Revoked(device.id));
        }
        if !self.nonces.is_fresh(&said.nonce, now_ms) {
            return Err(TokenError::Stale);
        }
        Ok(device)
    }

    fn accept_access(
        &self,
        register: &Register,
        bearer: &str,
        now_ms: i64,
    ) -> Result<Device, TokenError> {
        let said: Access = verified(bearer, &self.verifying)?;
        let device = register.device(said.sub).ok_or(TokenError::Unknown)?;
        if said.aud != self.server {
            return Err(TokenError::Unknown);
        }
        if device.revoked_ms.is_some() {
            return Err(TokenError::Revoked(device.id));
        }
        if now_ms >= said.exp.saturating_mul(1000) {
            return Err(TokenError::Stale);
        }
        Ok(device)
    }
}

/// The claims of a JWT whose signature holds. Times and audience are judged by the caller, by the server's clock.
fn verified<T: DeserializeOwned>(token: &str, key: &DecodingKey) -> Result<T, TokenError> {
    let mut rules = Validation::new(Algorithm::EdDSA);
    rules.required_spec_claims.clear();
    rules.validate_exp = false;
    rules.validate_aud = false;
    decode(token, key, &rules)
        .map(|data| data.claims)
        .map_err(|_| TokenError::Unknown)
}

/// Names no key.
impl std::fmt::Debug for Gate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gate")
            .field("server", &self.server)
            .finish_non_exhaustive()
    }
}

/// A new Ed25519 key, PKCS #8.
///
/// # Errors
///
/// [`TokenError::Key`] if the system has no randomness.
pub fn new_signing_key() -> Result<Vec<u8>, TokenError> {
    let random = ring::rand::SystemRandom::new();
    let key = Ed25519KeyPair::generate_pkcs8(&random).map_err(|_| TokenError::Key)?;
    Ok(key.as_ref().to_vec())
}

/// Bytes as base64url without padding.
#[must_use]
pub fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
