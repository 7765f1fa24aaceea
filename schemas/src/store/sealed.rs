//! The sealing layer: values are encrypted and bound to their row's key; the rows' keys stay in the clear, in their order.
//!
//! Which key a value is sealed under depends on its row ([`RowKeys`]): none, one of many, or one that was destroyed. **A row whose key was
//! destroyed is not there**: reads pass over it, writing it is refused, and it may be deleted.
//!
//! XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha), the row's key as associated data: a value that is moved to another row, changed or cut
//! does not open. A sealed value is a nonce of 24 bytes, then the ciphertext with its tag of 16. The nonce is a hash of key, row and value:
//! it repeats only with all three, and then the sealed bytes are the same too. So no chance is needed, a copied machine cannot use a
//! nonce twice, and all that two copies of a row tell is whether its value is the same.

use std::fmt;
use std::ops::ControlFlow;

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use sha2::{Digest as _, Sha256};

use super::{
    BATCH_BYTES_MAX, BATCH_ROWS_MAX, Batch, KeyRange, Row, Store, StoreError, VALUE_BYTES_MAX,
    Visit, VisitKey,
};

/// What sealing adds to a value: the nonce and the tag.
pub const SEAL_BYTES: usize = NONCE_BYTES + 16;

/// The longest value of a sealed store.
pub const SEALED_VALUE_BYTES_MAX: usize = VALUE_BYTES_MAX - SEAL_BYTES;

/// The most bytes of a batch for a sealed store.
pub const SEALED_BATCH_BYTES_MAX: usize = BATCH_BYTES_MAX - BATCH_ROWS_MAX * SEAL_BYTES;

const NONCE_BYTES: usize = 24;

/// What a row's value is sealed under.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum RowKey {
    /// Nothing: there is nothing in it to seal.
    Clear,
    /// This key.
    Key([u8; 32]),
    /// A key that was destroyed.
    Erased,
}

/// Tells what each row's value is sealed under. It must not change its mind, but for destroying a key.
pub trait RowKeys: Send + Sync + fmt::Debug {
    /// What the value under this key is sealed under.
    fn of_row(&self, row_key: &[u8]) -> RowKey;

    /// What a person can do about a value that its seal does not fit.
    fn hint(&self) -> &'static str;
}

/// A store whose values are sealed.
#[derive(Debug)]
pub struct Sealed<S, K> {
    inner: S,
    keys: K,
}

impl<S: Store, K: RowKeys> Sealed<S, K> {
    /// Seals what goes into `inner` and opens what comes out of it.
    pub const fn new(inner: S, keys: K) -> Self {
        Self { inner, keys }
    }

    /// The value of a row; `None` if its key was destroyed.
    fn open(&self, row_key: &[u8], sealed: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        match self.keys.of_row(row_key) {
            RowKey::Clear => Ok(Some(sealed.to_vec())),
            RowKey::Erased => Ok(None),
            RowKey::Key(key) => {
                let opened = unseal(&key, row_key, sealed);
                opened.map(Some).ok_or_else(|| StoreError::Damaged {
                    what: "a value that its seal does not fit".to_owned(),
                    hint: self.keys.hint(),
                })
            }
        }
    }

    fn seal(&self, row_key: &[u8], value: &[u8]) -> Result<Vec<u8>, StoreError> {
        match self.keys.of_row(row_key) {
            RowKey::Clear => Ok(value.to_vec()),
            RowKey::Erased => Err(StoreError::Erased),
            RowKey::Key(_) if value.len() > SEALED_VALUE_BYTES_MAX => {
                let size_bytes = value.len();
                Err(StoreError::ValueTooLarge { size_bytes })
            }
            RowKey::Key(key) => seal(&key, row_key, value),
        }
    }
}

/// Seals a value under a key, bound to where it lies.
///
/// # Errors
/// [`StoreError::ValueTooLarge`] beyond what the cipher takes, some 256 GB.
pub fn seal(key: &[u8; 32], place: &[u8], value: &[u8]) -> Result<Vec<u8>, StoreError> {
    let nonce = nonce(key, place, value);
    let payload = Payload {
        msg: value,
        aad: place,
    };
    let cipher = XChaCha20Poly1305::new(key.into());
    let sealed = cipher.encrypt(XNonce::from_slice(&nonce), payload);
    let size_bytes = value.len();
    let sealed = sealed.map_err(|_| StoreError::ValueTooLarge { size_bytes })?;
    Ok([&nonce[..], &sealed].concat())
}

/// Opens what [`seal`] made; `None` if the key, the place or the bytes are others.
#[must_use]
pub fn unseal(key: &[u8; 32], place: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, msg) = sealed.split_first_chunk::<NONCE_BYTES>()?;
    let payload = Payload { msg, aad: place };
    let cipher = XChaCha20Poly1305::new(key.into());
    cipher.decrypt(XNonce::from_slice(nonce), payload).ok()
}

/// Whether every sealed store takes a batch.
///
/// # Errors
/// As [`Batch::check`], within the room that seals leave.
pub fn check(batch: &Batch) -> Result<(), StoreError> {
    batch.check()?;
    if batch.size_bytes() > SEALED_BATCH_BYTES_MAX {
        return Err(StoreError::BatchTooLarge {
            rows: batch.len(),
            size_bytes: batch.size_bytes(),
        });
    }
    for (_, value) in batch.iter() {
        let size_bytes = value.map_or(0, <[u8]>::len);
        if size_bytes > SEALED_VALUE_BYTES_MAX {
            return Err(StoreError::ValueTooLarge { size_bytes });
        }
    }
    Ok(())
}

fn nonce(key: &[u8; 32], place: &[u8], value: &[u8]) -> [u8; NONCE_BYTES] {
    let mut hash = Sha256::new();
    hash.update(b"fieldwatch nonce");
    hash.update(key);
    hash.update((place.len() as u64).to_be_bytes());
    hash.update(place);
    hash.update(value);
    let hash: [u8; 32] = hash.finalize().into();
    hash.first_chunk().copied().unwrap_or_default()
}

impl<S: Store, K: RowKeys> Store for Sealed<S, K> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        match self.inner.get(key)? {
            Some(sealed) => self.open(key, &sealed),
            None => Ok(None),
        }
    }

    fn scan(&self, range: &KeyRange, visit: &mut Visit<'_>) -> Result<(), StoreError> {
        let mut failure = None;
        self.inner
            .scan(range, &mut |key, sealed| match self.open(key, sealed) {
                Ok(Some(value)) => visit(key, &value),
                Ok(None) => ControlFlow::Continue(()),
                Err(error) => {
                    failure = Some(error);
                    ControlFlow::Break(())
                }
            })?;
        failure.map_or(Ok(()), Err)
    }

    fn keys(&self, range: &KeyRange, visit: &mut VisitKey<'_>) -> Result<(), StoreError> {
        self.inner
            .keys(range, &mut |key| match self.keys.of_row(key) {
                RowKey::Erased => ControlFlow::Continue(()),
                RowKey::Clear | RowKey::Key(_) => visit(key),
            })
    }

    fn last(&self, range: &KeyRange) -> Result<Option<Row>, StoreError> {
        let mut rest = range.clone();
        loop {
            let Some(Row { key, value }) = self.inner.last(&rest)? else {
                return Ok(None);
            };
            if let Some(value) = self.open(&key, &value)? {
                return Ok(Some(Row { key, value }));
            }
            rest = KeyRange::from_to(range.start(), &key);
        }
    }

    fn apply(&self, batch: &Batch) -> Result<(), StoreError> {
        check(batch)?;
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

/// Never shows a key.
impl fmt::Debug for RowKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Clear => "Clear",
            Self::Key(_) => "Key",
            Self::Erased => "Erased",
        })
    }
}

#[cfg(test)]
mod tests;
