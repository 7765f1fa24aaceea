//! A keyring and the file that it is kept in: what is erased is erased in the file before anybody is told.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Keyring, KeyringError};
use crate::id::RecordId;
use crate::limits::RECORD_KEYS_CACHED_MAX;
use crate::store::StoreError;
use crate::store::small::{MemoryFile, SmallFile};

/// The keys of a store's records. Any number of threads may use them.
pub struct RecordKeys {
    file: Arc<dyn SmallFile>,
    state: Mutex<State>,
}

struct State {
    ring: Keyring,
    /// Keys that were derived lately: deriving one takes some eighty hashes.
    derived: BTreeMap<RecordId, [u8; 32]>,
}

impl RecordKeys {
    /// Reads the keys that a file holds; an absent file is written, with this random root, before this returns.
    ///
    /// # Errors
    ///
    /// [`StoreError::Damaged`] if the file holds no keyring; otherwise as the file fails.
    pub fn open(file: Arc<dyn SmallFile>, root: [u8; 32]) -> Result<Self, StoreError> {
        let ring = match file.read()? {
            Some(content) => Keyring::decode(&content)?,
            None => {
                let ring = Keyring::new(root);
                file.replace(&ring.encode())?;
                ring
            }
        };
        let derived = BTreeMap::new();
        Ok(Self {
            file,
            state: Mutex::new(State { ring, derived }),
        })
    }

    /// Keys that are the same every time and are kept nowhere: for tests of what does not rest on them.
    #[must_use]
    pub fn in_memory() -> Self {
        Self {
            file: Arc::new(MemoryFile::new()),
            state: Mutex::new(State {
                ring: Keyring::new([0; 32]),
                derived: BTreeMap::new(),
            }),
        }
    }

    /// The key of a record; `None` if it was erased.
    #[must_use]
    pub fn key(&self, record: RecordId) -> Option<[u8; 32]> {
        let mut state = self.state();
        if let Some(key) = state.derived.get(&record) {
            return Some(*key);
        }
        let key = state.ring.key(record)?;
        if state.derived.len() >= RECORD_KEYS_CACHED_MAX {
            state.derived.clear();
        }
        state.derived.insert(record, key);
        Some(key)
    }

    /// Whether a record was erased.
    #[must_use]
    pub fn has_erased(&self, record: RecordId) -> bool {
        let state = self.state();
        !state.derived.contains_key(&record) && state.ring.has_erased(record)
    }

    /// What tells these keys from all others, whatever was erased, and says nothing of any of them.
    #[must_use]
    pub fn mark(&self) -> [u8; 16] {
        self.state().ring.mark()
    }

    /// How many records were erased.
    #[must_use]
    pub fn erasures(&self) -> u64 {
        self.state().ring.erasures()
    }

    /// Whether one more key can be destroyed, whichever.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.state().ring.has_room()
    }

    /// Destroys the keys of records, durably; those destroyed before stay so. One writing of the file, or none.
    ///
    /// # Errors
    ///
    /// [`StoreError::KeysFull`] or as the file fails: the file has all of the keys or none of them, this handle has them still.
    pub fn erase(&self, records: &[RecordId]) -> Result<(), StoreError> {
        let mut state = self.state();
        let mut ring = state.ring.clone();
        let mut is_changed = false;
        for record in records {
            is_changed |= ring.erase(*record)?;
        }
        if is_changed {
            self.file.replace(&ring.encode())?;
            state.ring = ring;
            records.iter().for_each(|record| {
                state.derived.remove(record);
            });
        }
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl From<KeyringError> for StoreError {
    fn from(error: KeyringError) -> Self {
        match error {
            KeyringError::Full => Self::KeysFull,
            KeyringError::Damaged => Self::Damaged {
                what: error.to_string(),
                hint: "put back the newest copy of the file of record keys; without it nothing that it sealed can be read",
            },
        }
    }
}

/// Says how much, never what.
impl std::fmt::Debug for RecordKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.state().ring.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(number: u8) -> RecordId {
        RecordId([number; 16])
    }

    #[test]
    fn an_erased_key_is_gone_from_the_file_when_the_call_returns() {
        let file = Arc::new(MemoryFile::new());
        let open = || RecordKeys::open(file.clone(), [9; 32]).unwrap();
        let keys = open();
        let (one, two) = (keys.key(record(1)), keys.key(record(2)));
        keys.erase(&[record(1)]).unwrap();
        for keys in [keys, open()] {
            assert_eq!((keys.key(record(1)), keys.key(record(2))), (None, two));
            assert!(keys.has_erased(record(1)) && !keys.has_erased(record(2)));
            assert_eq!(keys.erasures(), 1);
        }
        assert!(one.is_some());
    }

    #[test]
    fn a_file_that_cannot_be_written_leaves_the_key_until_it_can() {
        for reached in [false, true] {
            let file = Arc::new(MemoryFile::new());
            let keys = RecordKeys::open(file.clone(), [9; 32]).unwrap();
            file.fail_next(reached);
            assert!(keys.erase(&[record(1)]).is_err());
            assert!(keys.key(record(1)).is_some(), "nobody was told");
            keys.erase(&[record(1)]).unwrap();
            let again = RecordKeys::open(file, [9; 32]).unwrap();
            assert_eq!((again.key(record(1)), again.erasures()), (None, 1));
        }
    }

    #[test]
    fn a_damaged_file_is_not_taken_for_an_absent_one() {
        let file = Arc::new(MemoryFile::new());
        file.replace(b"not keys").unwrap();
        let opened = RecordKeys::open(file, [9; 32]);
        assert!(matches!(opened, Err(StoreError::Damaged { .. })));
    }
}
