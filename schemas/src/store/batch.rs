//! What is written together: a batch is on the disk whole or not at all.

use std::collections::BTreeMap;

use super::{BATCH_BYTES_MAX, BATCH_ROWS_MAX, KEY_BYTES_MAX, StoreError, VALUE_BYTES_MAX};

/// Rows to put and keys to delete, in one step. Of two acts on one key the later wins.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Batch {
    rows: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    size_bytes: usize,
}

impl Batch {
    /// A batch that changes nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            rows: BTreeMap::new(),
            size_bytes: 0,
        }
    }

    /// Writes `value` under `key`, in place of what is there.
    pub fn put(&mut self, key: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) {
        self.set(key.into(), Some(value.into()));
    }

    /// Removes `key` and its value; it need not exist.
    pub fn delete(&mut self, key: impl Into<Vec<u8>>) {
        self.set(key.into(), None);
    }

    /// Adds the acts of another batch behind the acts of this one.
    pub fn append(&mut self, later: Self) {
        for (key, value) in later.rows {
            self.set(key, value);
        }
    }

    /// What this batch does to `key`: `None` nothing, `Some(None)` delete, `Some(Some(value))` put.
    #[must_use]
    pub fn get(&self, key: &[u8]) -> Option<Option<&[u8]>> {
        self.rows.get(key).map(Option::as_deref)
    }

    /// The acts in key order: a value to put, or `None` to delete.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
        self.rows
            .iter()
            .map(|(key, value)| (key.as_slice(), value.as_deref()))
    }

    /// The number of keys that this batch touches.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether this batch changes nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The bytes of its keys and values together.
    #[must_use]
    pub const fn size_bytes(&self) -> usize {
        self.size_bytes
    }

    /// Whether every store takes this batch.
    ///
    /// # Errors
    /// [`StoreError::BatchTooLarge`], [`StoreError::KeyTooLong`] or [`StoreError::ValueTooLarge`], as [`super::Store::apply`] would say.
    pub fn check(&self) -> Result<(), StoreError> {
        if self.len() > BATCH_ROWS_MAX || self.size_bytes > BATCH_BYTES_MAX {
            return Err(StoreError::BatchTooLarge {
                rows: self.len(),
                size_bytes: self.size_bytes,
            });
        }
        for (key, value) in self.iter() {
            if key.len() > KEY_BYTES_MAX {
                let size_bytes = key.len();
                return Err(StoreError::KeyTooLong { size_bytes });
            }
            let size_bytes = value.map_or(0, <[u8]>::len);
            if size_bytes > VALUE_BYTES_MAX {
                return Err(StoreError::ValueTooLarge { size_bytes });
            }
        }
        Ok(())
    }

    fn set(&mut self, key: Vec<u8>, value: Option<Vec<u8>>) {
        let key_bytes = key.len();
        let size = |value: &Option<Vec<u8>>| key_bytes + value.as_ref().map_or(0, Vec::len);
        self.size_bytes += size(&value);
        if let Some(before) = self.rows.insert(key, value) {
            self.size_bytes -= size(&before);
        }
    }
}

/// Says how much, never what: values may be personal data, and a batch ends up in logs.
impl std::fmt::Debug for Batch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Batch")
            .field("rows", &self.len())
            .field("size_bytes", &self.size_bytes)
            .finish()
    }
}

#[cfg(test)]
mod tests;
