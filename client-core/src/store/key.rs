//! From what a person gives to the data key: a file, a passphrase, or a random key beside the store.
//!
//! The data key is random and never changes; `key.json` holds it wrapped (XChaCha20-Poly1305) under the key that is given.

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::chance::{Chance, ChanceError};

const FORMAT: u8 = 1;
const PURPOSE: &[u8] = b"fieldwatch data key 1";

/// `key.json`: the wrapped data key.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct WrappedKey {
    format: u8,
    /// Which sort of key wraps it: `file`, `passphrase` or `device`.
    pub(super) source: String,
    nonce: String,
    wrapped: String,
}

/// `salt.json`: how a passphrase becomes a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stretching {
    algorithm: String,
    salt: String,
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

impl WrappedKey {
    pub(super) fn wrap(
        source: &str,
        given: &[u8; 32],
        data_key: &[u8; 32],
        chance: &mut dyn Chance,
    ) -> Result<Self, ChanceError> {
        let mut nonce = [0; 24];
        chance.fill(&mut nonce)?;
        let payload = Payload {
            msg: data_key,
            aad: PURPOSE,
        };
        let cipher = XChaCha20Poly1305::new(given.into());
        let wrapped = cipher.encrypt(XNonce::from_slice(&nonce), payload);
        Ok(Self {
            format: FORMAT,
            source: source.to_owned(),
            nonce: BASE64_URL_SAFE_NO_PAD.encode(nonce),
            wrapped: BASE64_URL_SAFE_NO_PAD.encode(wrapped.map_err(|_| ChanceError)?),
        })
    }

    /// The data key; `None` if the key given is another.
    pub(super) fn unwrap_key(&self, given: &[u8; 32]) -> Option<[u8; 32]> {
        let nonce: [u8; 24] = decode(&self.nonce)?.try_into().ok()?;
        let wrapped = decode(&self.wrapped)?;
        let payload = Payload {
            msg: &wrapped,
            aad: PURPOSE,
        };
        let cipher = XChaCha20Poly1305::new(given.into());
        let opened = cipher.decrypt(XNonce::from_slice(&nonce), payload).ok()?;
        opened.try_into().ok().filter(|_| self.format == FORMAT)
    }
}

impl Stretching {
    /// A fresh salt, and argon2id as RFC 9106 recommends it where memory is short: 64 MiB, three passes.
    pub(super) fn fresh(chance: &mut dyn Chance) -> Result<Self, ChanceError> {
        Ok(Self {
            algorithm: "argon2id".to_owned(),
            salt: BASE64_URL_SAFE_NO_PAD.encode(chance.sixteen()?),
            memory_kib: 64 * 1024,
            passes: 3,
            lanes: 1,
        })
    }

    /// The key of a passphrase; `None` if the parameters are none that this program would use.
    pub(super) fn key(&self, passphrase: &str) -> Option<[u8; 32]> {
        let is_bounded = self.memory_kib <= 1 << 20 && self.passes <= 64 && self.lanes <= 16;
        if self.algorithm != "argon2id" || !is_bounded {
            return None;
        }
        let params = Params::new(self.memory_kib, self.passes, self.lanes, Some(32)).ok()?;
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let mut key = [0; 32];
        let salt = decode(&self.salt)?;
        argon
            .hash_password_into(passphrase.as_bytes(), &salt, &mut key)
            .ok()?;
        Some(key)
    }
}

/// The key of a file's content.
pub(super) fn of_file(content: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(b"fieldwatch key file 1");
    hash.update(content);
    hash.finalize().into()
}

fn decode(text: &str) -> Option<Vec<u8>> {
    BASE64_URL_SAFE_NO_PAD.decode(text).ok()
}
