//! Compacting: the live rows change into a fresh store while the server goes on, and what was removed stays behind.

use std::sync::{Arc, Mutex};

use fieldwatch_schemas::store::memory::{Fault, MemoryStore};
use fieldwatch_schemas::store::{Batch, KeyRange, Row, Store, StoreError, Visit};
use fieldwatch_server::erase::catch_up;
use fieldwatch_server::ledger::Ledger;
use fieldwatch_server::log::compact::Beside;
use fieldwatch_server::log::{Keys, Log};
use fieldwatch_server::tables;

use crate::faulty::FaultyStore;
use crate::replica::{Replica, text};
use crate::world::{NOW_MS, World, staff};

/// The store in use, and the one beside it.
#[derive(Debug, Default)]
struct Shelves {
    current: Mutex<Arc<MemoryStore>>,
    /// What the fresh store is to do wrong.
    wrong: Mutex<Option<Wrong>>,
    next: Mutex<Option<Arc<MemoryStore>>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wrong {
    Full,
    Lies,
    NotSwapped,
}

/// A disk that forgets a byte.
#[derive(Debug)]
struct Lying(Arc<MemoryStore>);

impl Store for Lying {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.0.get(key)
    }
    fn scan(&self, range: &KeyRange, visit: &mut Visit<'_>) -> Result<(), StoreError> {
        self.0.scan(range, &mut |key, value| {
            let short = value.get(1..).unwrap_or_default();
            visit(key, short)
        })
    }
    fn last(&self, range: &KeyRange) -> Result<Option<Row>, StoreError> {
        self.0.last(range)
    }
    fn apply(&self, batch: &Batch) -> Result<(), StoreError> {
        self.0.apply(batch)
    }
    fn flush(&self) -> Result<(), StoreError> {
        self.0.flush()
    }
    fn size_bytes(&self) -> Result<u64, StoreError> {
        self.0.size_bytes()
    }
}

impl Beside for Shelves {
    fn fresh(&self) -> Result<Arc<dyn Store>, StoreError> {
        let memory = Arc::new(MemoryStore::new());
        *self.next.lock().unwrap() = Some(memory.clone());
        Ok(match *self.wrong.lock().unwrap() {
            Some(Wrong::Full) => {
                memory.fail_next(Fault::Apply);
                memory
            }
            Some(Wrong::Lies) => Arc::new(Lying(memory)),
            _ => memory,
        })
    }

    fn swap(&self) -> Result<(), StoreError> {
        if *self.wrong.lock().unwrap() == Some(Wrong::NotSwapped) {
            return Err(StoreError::Locked);
        }
        *self.current.lock().unwrap() = self.next.lock().unwrap().take().unwrap();
        Ok(())
    }

    fn give_up(&self) {
        *self.next.lock().unwrap() = None;
    }
}

fn open(shelves: &Arc<Shelves>) -> (World, Arc<Ledger>) {
    let opened = Arc::clone(shelves);
    let opener = Box::new(move || {
        let current: Arc<dyn Store> = opened.current.lock().unwrap().clone();
        Ok(current)
    });
    let keys = Keys::in_memory();
    let log = Log::open(opener, keys, [7; 16], Arc::new(|| NOW_MS)).unwrap();
    let ledger = Arc::new(Ledger::in_memory().unwrap());
    catch_up(&log, &ledger).unwrap();
    (World::over(Arc::new(FaultyStore::default()), log), ledger)
}

#[test]
fn the_server_goes_on_with_the_copy_and_the_copy_alone() {
    let shelves = Arc::new(Shelves::default());
    let (world, ledger) = open(&shelves);
    let mut alice = Replica::of_station(staff(1));
    let mut records: Vec<_> = (0..40).map(|_| alice.new_case()).collect();
    alice.sync(&world).unwrap();
    let gone = records.pop().unwrap();
    world.handle().erase(&ledger, gone, None).unwrap();
    let before = shelves.current.lock().unwrap().clone();
    let dead = tables::summary_key(gone);
    let mut batch = Batch::new();
    batch.put(dead.clone(), "sealed under a key that is gone");
    before.apply(&batch).unwrap();
    let done = world.handle().compact(shelves.clone()).unwrap();
    let after = shelves.current.lock().unwrap().clone();
    assert!(!Arc::ptr_eq(&before, &after));
    assert_eq!(after.get(&dead).unwrap(), None);
    assert!(done.rows > 120 && done.bytes_after < done.bytes_before);
    alice.edit(records[0], &[text("problem", "contract")]);
    alice.sync(&world).unwrap();
    let checked = world.check();
    assert_eq!(checked.problems, Vec::<String>::new());
    assert_eq!((checked.records, checked.changes), (39, 40));
    let mut bob = Replica::of_station(staff(2));
    let reply = bob.sync(&world).unwrap();
    assert_eq!(bob.digest(&bob.feeds[0]), reply.ends[0].digest);
}

#[test]
fn a_copy_that_is_not_proven_is_given_up_and_the_store_stays_in_use() {
    for wrong in [Wrong::Full, Wrong::Lies, Wrong::NotSwapped] {
        let shelves = Arc::new(Shelves::default());
        let (world, _) = open(&shelves);
        let mut alice = Replica::of_station(staff(1));
        let record = alice.new_case();
        alice.sync(&world).unwrap();
        let before = shelves.current.lock().unwrap().clone();
        *shelves.wrong.lock().unwrap() = Some(wrong);
        let failed = world.handle().compact(shelves.clone()).unwrap_err();
        assert!(!matches!(failed, StoreError::Failed), "{wrong:?}: {failed}");
        let after = shelves.current.lock().unwrap().clone();
        assert!(Arc::ptr_eq(&before, &after));
        alice.edit(record, &[text("problem", "contract")]);
        alice.sync(&world).unwrap();
        assert_eq!(world.check().problems, Vec::<String>::new());
        assert!(world.log.is_healthy());
    }
}
