//! The sealing layer: every value is encrypted and bound to its key; keys stay in the clear, in their order.
//!
//! XChaCha20-Poly1305 under the data key, the row's key as associated data: a value that is moved to another key, changed or cut does
//! not open. A sealed value is a random nonce of 24 bytes, then the ciphertext with its tag of 16.

use std::fmt;
use std::ops::ControlFlow;
use std::sync::{Mutex, PoisonError};

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use fieldwatch_schemas::store::{Batch, KeyRange, Row, Store, StoreError, VALUE_BYTES_MAX, Visit};

use crate::chance::Chance;

/// What sealing adds to a value: the nonce and the tag.
pub const SEAL_BYTES: usize = 24 + 16;

/// The longest value of a sealed store.
pub const SEALED_VALUE_BYTES_MAX: usize = VALUE_BYTES_MAX - SEAL_BYTES;

const NONCE_BYTES: usize = 24;
const HINT: &str = "keep a copy of this folder; enrol in an empty one, and what the server acknowledged comes back";

/// A store whose values are sealed.
pub struct Sealed<S> {
    inner: S,
    cipher: XChaCha20Poly1305,
    chance: Mutex<Box<dyn Chance + Send>>,
}

impl<S: Store> Sealed<S> {
    /// Seals what goes into `inner` and opens what comes out of it. Nonces must never repeat: in earnest, `chance` is the system's.
    pub fn new(inner: S, data_key: &[u8; 32], chance: Box<dyn Chance + Send>) -> Self {
        Self {
            inner,
            cipher: XChaCha20Poly1305::new(data_key.into()),
            chance: Mutex::new(chance),
        }
    }

    fn seal(&self, key: &[u8], value: &[u8]) -> Result<Vec<u8>, StoreError> {
        if value.len() > SEALED_VALUE_BYTES_MAX {
            let size_bytes = value.len();
            return Err(StoreError::ValueTooLarge { size_bytes });
        }
        let mut nonce = [0; NONCE_BYTES];
        let mut chance = self.chance.lock().unwrap_or_else(PoisonError::into_inner);
        chance.fill(&mut nonce).map_err(failed)?;
        drop(chance);
        let payload = Payload {
            msg: value,
            aad: key,
        };
        let sealed = self.cipher.encrypt(XNonce::from_slice(&nonce), payload);
        let sealed = sealed.map_err(|_| failed("sealing failed"))?;
        Ok([&nonce[..], &sealed].concat())
    }

    fn open(&self, key: &[u8], sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
        let damaged = || StoreError::Damaged {
            what: "a value that its seal does not fit".to_owned(),
            hint: HINT,
        };
        let (nonce, msg) = sealed
            .split_first_chunk::<NONCE_BYTES>()
            .ok_or_else(damaged)?;
        let payload = Payload { msg, aad: key };
        let opened = self.cipher.decrypt(XNonce::from_slice(nonce), payload);
        opened.map_err(|_| damaged())
    }
}

fn failed(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> StoreError {
    StoreError::Io {
        source: std::io::Error::other(error),
    }
}

impl<S: Store> Store for Sealed<S> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let sealed = self.inner.get(key)?;
        sealed.map(|sealed| self.open(key, &sealed)).transpose()
    }

    fn scan(&self, range: &KeyRange, visit: &mut Visit<'_>) -> Result<(), StoreError> {
        let mut failure = None;
        self.inner
            .scan(range, &mut |key, sealed| match self.open(key, sealed) {
                Ok(value) => visit(key, &value),
                Err(error) => {
                    failure = Some(error);
                    ControlFlow::Break(())
                }
            })?;
        failure.map_or(Ok(()), Err)
    }

    fn last(&self, range: &KeyRange) -> Result<Option<Row>, StoreError> {
        let Some(Row { key, value }) = self.inner.last(range)? else {
            return Ok(None);
        };
        let value = self.open(&key, &value)?;
        Ok(Some(Row { key, value }))
    }

    fn apply(&self, batch: &Batch) -> Result<(), StoreError> {
        batch.check()?;
        let mut sealed = Batch::new();
        for (key, value) in batch.iter() {
            match value {
                Some(value) => sealed.put(key, self.seal(key, value)?),
                None => sealed.delete(key),
            }
        }
        self.inner.apply(&sealed)
    }

    fn flush(&self) -> Result<(), StoreError> {
        self.inner.flush()
    }

    fn size_bytes(&self) -> Result<u64, StoreError> {
        self.inner.size_bytes()
    }
}

/// Never shows the key.
impl<S: fmt::Debug> fmt::Debug for Sealed<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealed")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}
