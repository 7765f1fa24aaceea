//! What a replica stands on: a store, and the keys of its records, each of which can be destroyed.
//!
//! | rows | sealed under |
//! |---|---|
//! | of one record: what it says, who wrote it, why it was refused | the record's key and the data key |
//! | all others | the data key |
//!
//! `record.keys` holds the records' keys, itself sealed under the data key. Whoever has a copy of a home from before a record was
//! erased, the keys included, has that record: until that home syncs.

use std::sync::Arc;

use fieldwatch_schemas::keyring::RecordKeys;
use fieldwatch_schemas::store::sealed::{RowKey, RowKeys, Sealed, seal, unseal};
use fieldwatch_schemas::store::small::SmallFile;
use fieldwatch_schemas::store::{Store, StoreError};
use sha2::{Digest as _, Sha256};

use crate::replica::record_of_row;

/// The place that the seal of the file is bound to.
const FILE: &[u8] = b"record.keys";
const HINT: &str = "keep a copy of this folder; enrol in an empty one, and what the server acknowledged comes back";

/// A store, and the keys of its records.
#[derive(Debug, Clone)]
pub struct Vault {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) keys: Arc<RecordKeys>,
}

/// A record's rows under its key, the others under the data key.
struct HomeRows {
    data_key: [u8; 32],
    keys: Arc<RecordKeys>,
}

/// A small file whose content is sealed under the data key.
struct SealedFile {
    inner: Arc<dyn SmallFile>,
    data_key: [u8; 32],
}

/// Opens the keys of records that a file holds, sealed under a data key; an absent one is made from a random root.
///
/// # Errors
///
/// [`StoreError::Damaged`] if the file does not open under the data key; otherwise as the file fails.
pub fn open_keys(
    file: Arc<dyn SmallFile>,
    data_key: &[u8; 32],
    root: [u8; 32],
) -> Result<Arc<RecordKeys>, StoreError> {
    let file = SealedFile {
        inner: file,
        data_key: *data_key,
    };
    Ok(Arc::new(RecordKeys::open(Arc::new(file), root)?))
}

impl Vault {
    /// Seals a store under a data key and the keys of its records.
    #[must_use]
    pub fn seal<S: Store + 'static>(inner: S, data_key: &[u8; 32], keys: Arc<RecordKeys>) -> Self {
        let rows = HomeRows {
            data_key: *data_key,
            keys: Arc::clone(&keys),
        };
        let store = Arc::new(Sealed::new(inner, rows));
        Self { store, keys }
    }

    /// The store, what is sealed in it opened.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// The keys of the records.
    #[must_use]
    pub fn keys(&self) -> &Arc<RecordKeys> {
        &self.keys
    }
}

/// A store without seals, in tests and in the browser's memory: what is erased is remembered as long as it is open.
impl<S: Store + 'static> From<Arc<S>> for Vault {
    fn from(store: Arc<S>) -> Self {
        Self {
            store,
            keys: Arc::new(RecordKeys::in_memory()),
        }
    }
}

impl RowKeys for HomeRows {
    fn of_row(&self, row_key: &[u8]) -> RowKey {
        let Some(record) = record_of_row(row_key) else {
            return RowKey::Key(self.data_key);
        };
        let Some(key) = self.keys.key(record) else {
            return RowKey::Erased;
        };
        let mut hash = Sha256::new();
        hash.update(b"fieldwatch home row");
        hash.update(self.data_key);
        hash.update(key);
        RowKey::Key(hash.finalize().into())
    }

    fn hint(&self) -> &'static str {
        HINT
    }
}

impl SmallFile for SealedFile {
    fn read(&self) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(sealed) = self.inner.read()? else {
            return Ok(None);
        };
        let opened = unseal(&self.data_key, FILE, &sealed);
        opened.map(Some).ok_or_else(|| StoreError::Damaged {
            what: "the record keys of this home do not open".to_owned(),
            hint: HINT,
        })
    }

    fn replace(&self, content: &[u8]) -> Result<(), StoreError> {
        self.inner.replace(&seal(&self.data_key, FILE, content)?)
    }
}

/// Never shows a key.
impl std::fmt::Debug for HomeRows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.keys.fmt(f)
    }
}

/// Never shows a key.
impl std::fmt::Debug for SealedFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.inner.fmt(f)
    }
}
