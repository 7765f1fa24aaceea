//! A disk that loses power in the middle of anything: after so many more acts it answers nothing, until power is back. Where nothing is
//! to go wrong, it may as well be a real one.
//!
//! Nothing that was ever written to it is gone: as in the file of a real store, a value that was removed can still be read by whoever
//! has the key that it is sealed under ([`Disk::ever_held`]).

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::store::memory::{Fault, MemoryStore};
use fieldwatch_schemas::store::{
    BATCH_BYTES_MAX, BATCH_ROWS_MAX, Batch, KeyRange, Row, Store, StoreError, Visit,
};

/// A store with a fuse.
#[derive(Debug, Default)]
pub(super) struct Disk {
    memory: MemoryStore,
    /// Takes the place of the memory, and never fails.
    real: Option<Box<dyn Store>>,
    power: Mutex<Power>,
    past: Mutex<Past>,
    /// What was written since the last flush, by batch: power loss may keep it from ever reaching the disk.
    fresh: Mutex<Vec<Past>>,
}

/// Every value that was ever written, by the record that its key names.
pub(super) type Past = BTreeMap<RecordId, Vec<Row>>;

#[derive(Debug, Default)]
struct Power {
    /// How many acts are left until it fails.
    fuse: Option<u64>,
    is_lost: bool,
    /// Whether an act met a full disk since the last look.
    was_full: bool,
}

impl Disk {
    /// A real disk, which loses no power here.
    pub(super) fn real(store: impl Store + 'static) -> Self {
        Self {
            real: Some(Box::new(store)),
            ..Self::default()
        }
    }

    /// A disk that holds these rows.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if a row is too large for any batch.
    pub(super) fn holding(rows: &[Row]) -> Result<Self, StoreError> {
        let disk = Self::default();
        let mut batch = Batch::new();
        for row in rows {
            let size = row.key.len() + row.value.len();
            if batch.len() >= BATCH_ROWS_MAX || batch.size_bytes() + size > BATCH_BYTES_MAX {
                disk.memory.apply(&std::mem::take(&mut batch))?;
            }
            batch.put(row.key.clone(), row.value.clone());
        }
        disk.memory.apply(&batch)?;
        disk.memory.flush()?;
        Ok(disk)
    }

    /// Every row.
    ///
    /// # Errors
    ///
    /// As [`Store::scan`].
    pub(super) fn rows(&self) -> Result<Vec<Row>, StoreError> {
        let mut rows = Vec::new();
        self.memory
            .scan(&KeyRange::prefix(&[]), &mut |key, value| {
                rows.push(Row {
                    key: key.to_vec(),
                    value: value.to_vec(),
                });
                std::ops::ControlFlow::Continue(())
            })?;
        Ok(rows)
    }

    /// Every row that was ever written about any record.
    #[must_use]
    pub(super) fn past(&self) -> Past {
        let mut past = self.lock_past().clone();
        for (record, rows) in self.lock_fresh().iter().flatten() {
            past.entry(*record).or_default().extend_from_slice(rows);
        }
        past
    }

    /// Has a past of its own.
    #[must_use]
    pub(super) fn with_past(self, past: Past) -> Self {
        *self.lock_past() = past;
        self
    }

    /// Every row that was ever written about a record.
    #[must_use]
    pub(super) fn ever_held(&self, record: RecordId) -> Vec<Row> {
        let mut rows = self.lock_past().get(&record).cloned().unwrap_or_default();
        let fresh = self.lock_fresh();
        let fresh = fresh.iter().filter_map(|batch| batch.get(&record));
        rows.extend(fresh.flatten().cloned());
        rows
    }

    fn lock_past(&self) -> MutexGuard<'_, Past> {
        self.past.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_fresh(&self) -> MutexGuard<'_, Vec<Past>> {
        self.fresh.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remember(&self, batch: &Batch) {
        let mut past = Past::new();
        for (key, value) in batch.iter() {
            let record = key.get(1..17).and_then(|id| id.try_into().ok());
            if let Some((record, value)) = record.map(RecordId).zip(value) {
                past.entry(record).or_default().push(Row {
                    key: key.to_vec(),
                    value: value.to_vec(),
                });
            }
        }
        self.lock_fresh().push(past);
    }

    /// Of what was written since the last flush the oldest `batches` are on the disk, and the others never were.
    fn settle(&self, batches: usize) {
        let mut past = self.lock_past();
        for batch in self.lock_fresh().drain(..).take(batches) {
            for (record, mut rows) in batch {
                past.entry(record).or_default().append(&mut rows);
            }
        }
    }

    /// Loses power after so many acts more.
    pub(super) fn lose_power_after(&self, acts: u64) {
        self.power().fuse = Some(acts);
    }

    /// Loses power now.
    pub(super) fn lose_power(&self) {
        self.power().is_lost = true;
    }

    /// Meets a full disk at the next act of a sort.
    pub(super) fn fill_up(&self, fault: Fault) {
        self.memory.fail_next(fault);
    }

    /// Whether power is lost.
    #[must_use]
    pub(super) fn is_dark(&self) -> bool {
        self.power().is_lost
    }

    /// Whether an act met a full disk since this was asked last.
    #[must_use]
    pub(super) fn was_full(&self) -> bool {
        std::mem::take(&mut self.power().was_full)
    }

    /// Power is back: what was flushed is there, and of what was not the oldest `batches`.
    pub(super) fn light_up(&self, batches: usize) {
        *self.power() = Power::default();
        self.memory.crash_keeping(batches);
        self.settle(batches);
    }

    /// As a process that ends and begins again: nothing is lost, a full disk has room again.
    pub(super) fn reopen(&self) {
        *self.power() = Power::default();
        self.memory.reopen();
        self.settle(usize::MAX);
    }

    fn store(&self) -> &dyn Store {
        match &self.real {
            Some(real) => &**real,
            None => &self.memory,
        }
    }

    fn power(&self) -> MutexGuard<'_, Power> {
        self.power.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pass(&self) -> Result<(), StoreError> {
        let mut power = self.power();
        if let Some(left) = &mut power.fuse {
            match left.checked_sub(1) {
                Some(fewer) => *left = fewer,
                None => power.is_lost = true,
            }
        }
        if power.is_lost {
            return Err(StoreError::Failed);
        }
        Ok(())
    }

    fn noted<T>(&self, done: Result<T, StoreError>) -> Result<T, StoreError> {
        if matches!(done, Err(StoreError::DiskFull { .. })) {
            self.power().was_full = true;
        }
        done
    }
}

impl Store for Disk {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.store().get(key)
    }

    fn scan(&self, range: &KeyRange, visit: &mut Visit<'_>) -> Result<(), StoreError> {
        self.store().scan(range, visit)
    }

    fn last(&self, range: &KeyRange) -> Result<Option<Row>, StoreError> {
        self.store().last(range)
    }

    fn apply(&self, batch: &Batch) -> Result<(), StoreError> {
        self.pass()?;
        self.noted(self.store().apply(batch))?;
        if self.real.is_none() {
            self.remember(batch);
        }
        Ok(())
    }

    fn flush(&self) -> Result<(), StoreError> {
        self.pass()?;
        self.noted(self.store().flush())?;
        self.settle(usize::MAX);
        Ok(())
    }

    fn size_bytes(&self) -> Result<u64, StoreError> {
        self.store().size_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(disk: &Disk, key: &str) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        batch.put(key, "value");
        disk.apply(&batch)
    }

    #[test]
    fn a_disk_without_power_takes_nothing_and_forgets_what_was_not_flushed() {
        let disk = Disk::default();
        put(&disk, "a").unwrap();
        disk.flush().unwrap();
        disk.lose_power_after(1);
        put(&disk, "b").unwrap();
        assert!(disk.flush().is_err() && disk.is_dark());
        disk.light_up(0);
        assert!(disk.get(b"a").unwrap().is_some() && disk.get(b"b").unwrap().is_none());
        put(&disk, "c").unwrap();
    }

    #[test]
    fn what_was_removed_from_a_disk_can_still_be_found_on_it() {
        let (disk, record) = (Disk::default(), RecordId([7; 16]));
        let key = [&[b'r'][..], record.bytes()].concat();
        let mut batch = Batch::new();
        batch.put(key.clone(), "value");
        disk.apply(&batch).unwrap();
        let mut batch = Batch::new();
        batch.delete(key.clone());
        disk.apply(&batch).unwrap();
        assert_eq!(disk.get(&key).unwrap(), None);
        assert_eq!(disk.ever_held(record)[0].value, b"value");
    }
}
