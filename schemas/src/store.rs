//! The door to the disk: a small, blocking, fallible store of ordered keys.
//!
//! Two rooms behind it: [`memory`] (tests, simulation, the browser) and, with the feature `sled`, `sled` (servers and devices).
//! One conformance suite holds them to the same word, one power-loss test holds sled to its promise.
//!
//! Before either stands, where values must not be readable, the sealing layer ([`sealed`]); beside it lie [`small`] files, for what has
//! to be forgotten for good.
//!
//! What a caller may rely on: [`Store::apply`] is atomic on disk; nothing is durable before [`Store::flush`] returns; a batch is
//! **not isolated** from readers, so a reader who needs consistency takes a lock of the caller's. One value is always read whole,
//! as one batch wrote it, however large it is.

mod batch;
mod error;
pub mod memory;
mod range;
pub mod sealed;
#[cfg(feature = "sled")]
pub mod sled;
pub mod small;

use std::ops::ControlFlow;
use std::sync::Arc;

pub use batch::Batch;
pub use error::StoreError;
pub use range::{KeyRange, Row};

/// The most rows that one batch may hold; thousands made a process grow to gigabytes.
///
/// Rows are counted as the caller sees them. A disk may cut a large value into pieces; what that costs is bounded by
/// [`BATCH_BYTES_MAX`], not by this number.
pub const BATCH_ROWS_MAX: usize = 300;

/// The most bytes, keys and values together, that one batch may hold.
pub const BATCH_BYTES_MAX: usize = 4 << 20;

/// The longest value; anything larger is evidence and belongs into a file.
pub const VALUE_BYTES_MAX: usize = 1 << 20;

/// The longest key. sled keeps up to some 300 keys in one inner page, which must stay below the size at which it would make a file
/// of its own of it (about 128 KiB), because such files are not safe against power loss.
pub const KEY_BYTES_MAX: usize = 256;

/// What a scan shows each row to, key and value; it breaks when it has seen enough.
pub type Visit<'a> = dyn FnMut(&[u8], &[u8]) -> ControlFlow<()> + 'a;

/// What a scan of keys alone shows each key to; it breaks when it has seen enough.
pub type VisitKey<'a> = dyn FnMut(&[u8]) -> ControlFlow<()> + 'a;

/// An ordered map from keys to values on a disk, or in memory.
pub trait Store: Send + Sync + std::fmt::Debug {
    /// Reads one value.
    ///
    /// # Errors
    /// [`StoreError`] if the disk cannot be read, or what it holds is damaged.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// Visits the rows of a range in ascending key order until the visitor breaks.
    ///
    /// The visitor may use the store, writing included; whether the scan meets rows written meanwhile is open.
    ///
    /// # Errors
    /// [`StoreError`] as for [`Store::get`]; rows before the damaged one have been visited.
    fn scan(&self, range: &KeyRange, visit: &mut Visit<'_>) -> Result<(), StoreError>;

    /// Visits the keys of a range in ascending order, whether what lies under them can be read or not: so what is damaged can be found,
    /// and the rest be reached.
    ///
    /// # Errors
    /// [`StoreError`] if the disk cannot be read.
    fn keys(&self, range: &KeyRange, visit: &mut VisitKey<'_>) -> Result<(), StoreError> {
        self.scan(range, &mut |key, _| visit(key))
    }

    /// Reads the row with the greatest key of a range.
    ///
    /// # Errors
    /// [`StoreError`] as for [`Store::get`].
    fn last(&self, range: &KeyRange) -> Result<Option<Row>, StoreError>;

    /// Writes a batch, whole or not at all. It is durable only after the next [`Store::flush`].
    ///
    /// # Errors
    /// [`StoreError::BatchTooLarge`] above [`BATCH_ROWS_MAX`] rows or [`BATCH_BYTES_MAX`], [`StoreError::ValueTooLarge`] above
    /// [`VALUE_BYTES_MAX`], [`StoreError::KeyTooLong`] above [`KEY_BYTES_MAX`], nothing written; otherwise [`StoreError`] if the
    /// disk fails, after which the store stays failed until it is opened again, and reads may show what will not be there then.
    fn apply(&self, batch: &Batch) -> Result<(), StoreError>;

    /// Returns when every batch applied before the call is on the disk for good, power loss included.
    ///
    /// # Errors
    /// [`StoreError`] if the disk fails; nothing since the last flush may be acknowledged then.
    fn flush(&self) -> Result<(), StoreError>;

    /// The bytes that the store takes on its disk.
    ///
    /// # Errors
    /// [`StoreError`] if the disk cannot be read.
    fn size_bytes(&self) -> Result<u64, StoreError>;
}

impl<S: Store + ?Sized> Store for Arc<S> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        (**self).get(key)
    }

    fn scan(&self, range: &KeyRange, visit: &mut Visit<'_>) -> Result<(), StoreError> {
        (**self).scan(range, visit)
    }

    fn keys(&self, range: &KeyRange, visit: &mut VisitKey<'_>) -> Result<(), StoreError> {
        (**self).keys(range, visit)
    }

    fn last(&self, range: &KeyRange) -> Result<Option<Row>, StoreError> {
        (**self).last(range)
    }

    fn apply(&self, batch: &Batch) -> Result<(), StoreError> {
        (**self).apply(batch)
    }

    fn flush(&self) -> Result<(), StoreError> {
        (**self).flush()
    }

    fn size_bytes(&self) -> Result<u64, StoreError> {
        (**self).size_bytes()
    }
}
