//! A store in memory that runs out of room after so many batches, and whose flush can be held up.

use std::ops::Deref;
use std::sync::{Condvar, Mutex};

use fieldwatch_schemas::store::memory::{Fault, MemoryStore};
use fieldwatch_schemas::store::{Batch, KeyRange, Row, Store, StoreError, Visit};

#[derive(Debug, Default)]
pub(crate) struct FaultyStore {
    memory: MemoryStore,
    room_for: Mutex<Option<u32>>,
    gate: Mutex<Gate>,
    moved: Condvar,
}

#[derive(Debug, Default)]
struct Gate {
    is_shut: bool,
    waiting: bool,
}

impl FaultyStore {
    /// Has room for so many batches more.
    pub(crate) fn fail_after(&self, batches: u32) {
        *self.room_for.lock().unwrap() = Some(batches);
    }

    /// Has room again for as many as come.
    pub(crate) fn have_room(&self) {
        *self.room_for.lock().unwrap() = None;
    }

    /// Holds up the next flush.
    pub(crate) fn hold_flush(&self) {
        self.gate.lock().unwrap().is_shut = true;
    }

    /// Returns when a flush is held up.
    pub(crate) fn wait_for_flush(&self) {
        let gate = self.gate.lock().unwrap();
        drop(self.moved.wait_while(gate, |gate| !gate.waiting).unwrap());
    }

    /// Lets flushes pass.
    pub(crate) fn release_flush(&self) {
        self.gate.lock().unwrap().is_shut = false;
        self.moved.notify_all();
    }
}

impl Deref for FaultyStore {
    type Target = MemoryStore;
    fn deref(&self) -> &MemoryStore {
        &self.memory
    }
}

impl Store for FaultyStore {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.memory.get(key)
    }

    fn scan(&self, range: &KeyRange, visit: &mut Visit<'_>) -> Result<(), StoreError> {
        self.memory.scan(range, visit)
    }

    fn last(&self, range: &KeyRange) -> Result<Option<Row>, StoreError> {
        self.memory.last(range)
    }

    fn apply(&self, batch: &Batch) -> Result<(), StoreError> {
        let mut room_for = self.room_for.lock().unwrap();
        *room_for = match *room_for {
            Some(0) => {
                self.memory.fail_next(Fault::Apply);
                None
            }
            Some(batches) => Some(batches - 1),
            None => None,
        };
        self.memory.apply(batch)
    }

    fn flush(&self) -> Result<(), StoreError> {
        let mut gate = self.gate.lock().unwrap();
        gate.waiting = true;
        self.moved.notify_all();
        gate = self.moved.wait_while(gate, |gate| gate.is_shut).unwrap();
        gate.waiting = false;
        drop(gate);
        self.memory.flush()
    }

    fn size_bytes(&self) -> Result<u64, StoreError> {
        self.memory.size_bytes()
    }
}
