//! Which rows of the server's store are sealed: those that say what somebody wrote, under their record's key.

use std::sync::Arc;

use fieldwatch_schemas::keyring::RecordKeys;
use fieldwatch_schemas::store::Store;
use fieldwatch_schemas::store::sealed::{RowKey, RowKeys, Sealed, unseal};

use crate::tables::{self, prefix};

/// The rows of a record under its key, all others clear: they hold ids, positions and digests, and the register's names.
#[derive(Debug)]
struct ByRecord(Arc<RecordKeys>);

/// Puts the sealing layer before a store.
pub(super) fn seal(store: Arc<dyn Store>, keys: Arc<RecordKeys>) -> Arc<dyn Store> {
    Arc::new(Sealed::new(store, ByRecord(keys)))
}

/// Tells of a row as it lies on the disk whether its seal opens; `None` if it has none, or its key was destroyed.
pub(super) fn opener(keys: Arc<RecordKeys>) -> impl Fn(&[u8], &[u8]) -> Option<bool> {
    let keys = ByRecord(keys);
    move |row_key, sealed| match keys.of_row(row_key) {
        RowKey::Clear | RowKey::Erased => None,
        RowKey::Key(key) => Some(unseal(&key, row_key, sealed).is_some()),
    }
}

impl RowKeys for ByRecord {
    fn of_row(&self, row_key: &[u8]) -> RowKey {
        let is_sealed = row_key
            .first()
            .is_some_and(|table| prefix::SEALED.contains(table));
        match tables::record_of(row_key).filter(|_| is_sealed) {
            None => RowKey::Clear,
            Some(record) => self.0.key(record).map_or(RowKey::Erased, RowKey::Key),
        }
    }

    fn hint(&self) -> &'static str {
        "the store and `record.keys` belong together: put back the newest copy of both"
    }
}
