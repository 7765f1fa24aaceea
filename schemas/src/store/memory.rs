//! The store without a disk: for tests, simulation and the browser.
//!
//! It can lose power ([`MemoryStore::crash`]) and run out of room ([`MemoryStore::fail_next`]), so that what rests on a store can be
//! tested against both without a disk. Between two flushes it remembers, per batch, what the batch replaced.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Batch, KeyRange, Row, Store, StoreError, Visit};

/// An ordered map in memory that behaves like a store on a disk.
#[derive(Default)]
pub struct MemoryStore {
    state: Mutex<State>,
}

/// Which act of a store is to meet a full disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The next [`Store::apply`].
    Apply,
    /// The next [`Store::flush`].
    Flush,
}

#[derive(Default)]
struct State {
    rows: BTreeMap<Vec<u8>, Vec<u8>>,
    /// What each batch since the last flush replaced, oldest batch first.
    undo: Vec<Replaced>,
    size_bytes: u64,
    fault: Option<Fault>,
    failed: bool,
}

type Replaced = Vec<(Vec<u8>, Option<Vec<u8>>)>;

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Loses power and opens again: everything applied and not flushed is forgotten, a failed store works again.
    pub fn crash(&self) {
        self.crash_keeping(0);
    }

    /// Loses power as [`Self::crash`] does, but the oldest `batches` of those not flushed happened to reach the disk.
    pub fn crash_keeping(&self, batches: usize) {
        let mut state = self.state();
        while state.undo.len() > batches {
            for (key, value) in state.undo.pop().unwrap_or_default() {
                state.set(key, value);
            }
        }
        state.undo.clear();
        state.fault = None;
        state.failed = false;
    }

    /// Opens again without losing power, as a process does that ended: what was applied is kept, a failed store works again.
    pub fn reopen(&self) {
        self.crash_keeping(usize::MAX);
    }

    /// Makes the next act of a sort fail with [`StoreError::DiskFull`]; the store then stays failed until it is opened again.
    pub fn fail_next(&self, fault: Fault) {
        self.state().fault = Some(fault);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn set(&mut self, key: Vec<u8>, value: Option<Vec<u8>>) -> Option<Vec<u8>> {
        let key_bytes = key.len();
        let size = |value: &[u8]| (key_bytes + value.len()) as u64;
        let before = match value {
            Some(value) => {
                self.size_bytes += size(&value);
                self.rows.insert(key, value)
            }
            None => self.rows.remove(&key),
        };
        self.size_bytes -= before.as_deref().map_or(0, size);
        before
    }

    fn row_at_or_after(&self, range: &KeyRange) -> Option<Row> {
        if range.is_empty() {
            return None;
        }
        self.rows.range::<[u8], _>(range.bounds()).next().map(row)
    }

    fn last(&self, range: &KeyRange) -> Option<Row> {
        if range.is_empty() {
            return None;
        }
        self.rows
            .range::<[u8], _>(range.bounds())
            .next_back()
            .map(row)
    }

    /// Refuses if the store has failed, or is to fail now.
    fn pass(&mut self, act: Fault) -> Result<(), StoreError> {
        if self.failed {
            return Err(StoreError::Failed);
        }
        if self.fault.take_if(|fault| *fault == act).is_some() {
            self.failed = true;
            return Err(io::Error::from(io::ErrorKind::StorageFull).into());
        }
        Ok(())
    }
}

fn row((key, value): (&Vec<u8>, &Vec<u8>)) -> Row {
    Row {
        key: key.clone(),
        value: value.clone(),
    }
}

impl Store for MemoryStore {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.state().rows.get(key).cloned())
    }

    fn scan(&self, range: &KeyRange, visit: &mut Visit<'_>) -> Result<(), StoreError> {
        let mut rest = range.clone();
        loop {
            // The visitor may use the store, so no lock is held while it runs.
            let next = self.state().row_at_or_after(&rest);
            let Some(Row { key, value }) = next else {
                return Ok(());
            };
            if visit(&key, &value).is_break() {
                return Ok(());
            }
            rest = rest.after(&key);
        }
    }

    fn last(&self, range: &KeyRange) -> Result<Option<Row>, StoreError> {
        Ok(self.state().last(range))
    }

    fn apply(&self, batch: &Batch) -> Result<(), StoreError> {
        batch.check()?;
        let mut state = self.state();
        state.pass(Fault::Apply)?;
        let mut replaced = Vec::with_capacity(batch.len());
        for (key, value) in batch.iter() {
            let before = state.set(key.to_vec(), value.map(<[u8]>::to_vec));
            replaced.push((key.to_vec(), before));
        }
        state.undo.push(replaced);
        Ok(())
    }

    fn flush(&self) -> Result<(), StoreError> {
        let mut state = self.state();
        state.pass(Fault::Flush)?;
        state.undo.clear();
        Ok(())
    }

    fn size_bytes(&self) -> Result<u64, StoreError> {
        Ok(self.state().size_bytes)
    }
}

/// Says how much, never what: values may be personal data.
impl std::fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let state = self.state();
        f.debug_struct("MemoryStore")
            .field("rows", &state.rows.len())
            .field("size_bytes", &state.size_bytes)
            .field("unflushed_batches", &state.undo.len())
            .field("failed", &state.failed)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(store: &MemoryStore, key: &str, value: &str) {
        let mut batch = Batch::new();
        batch.put(key, value);
        store.apply(&batch).unwrap();
    }

    #[test]
    fn power_loss_forgets_what_was_not_flushed_and_only_that() {
        let store = MemoryStore::new();
        put(&store, "a", "1");
        store.flush().unwrap();
        put(&store, "a", "2");
        put(&store, "b", "3");
        put(&store, "a", "4");
        store.crash_keeping(1);
        assert_eq!(store.get(b"a").unwrap(), Some(b"2".to_vec()));
        assert_eq!(store.get(b"b").unwrap(), None);
        store.crash();
        assert_eq!(
            store.get(b"a").unwrap(),
            Some(b"2".to_vec()),
            "what reached the disk stays"
        );
        assert_eq!(store.size_bytes().unwrap(), 2);
    }

    #[test]
    fn a_full_disk_fails_the_store_until_it_is_opened_again() {
        let store = MemoryStore::new();
        put(&store, "a", "1");
        store.fail_next(Fault::Flush);
        assert!(matches!(store.flush(), Err(StoreError::DiskFull { .. })));
        assert!(matches!(store.flush(), Err(StoreError::Failed)));
        assert!(matches!(
            store.apply(&Batch::new()),
            Err(StoreError::Failed)
        ));
        store.reopen();
        store.flush().unwrap();
        store.crash();
        assert_eq!(store.get(b"a").unwrap(), Some(b"1".to_vec()));
    }
}
