//! What the ledger keeps, cuts off, and refuses.

use fieldwatch_schemas::id::RecordId;

use super::roll::FileRoll;
use super::*;
use crate::token::new_signing_key;

fn erased(number: u8) -> Entry {
    Entry::Erased(Erasure {
        record: RecordId([number; 16]),
        replaced_by: None,
        at_ms: i64::from(number),
    })
}

struct World {
    roll: Arc<MemoryRoll>,
    key: Vec<u8>,
}

impl World {
    fn new() -> Self {
        Self {
            roll: Arc::new(MemoryRoll::new()),
            key: new_signing_key().unwrap(),
        }
    }

    fn open(&self) -> Result<Ledger, LedgerError> {
        Ledger::open(self.roll.clone(), &self.key)
    }

    fn with(count: u8) -> Self {
        let world = Self::new();
        let ledger = world.open().unwrap();
        for number in 0..count {
            ledger.append(&erased(number)).unwrap();
        }
        world
    }
}

#[test]
fn what_was_appended_is_read_in_order_by_who_opens_it_next() {
    let world = World::with(3);
    let ledger = world.open().unwrap();
    ledger.append(&erased(3)).unwrap();
    let expected: Vec<Entry> = (0..4).map(erased).collect();
    assert_eq!(ledger.entries().unwrap(), expected);
    assert_eq!(world.open().unwrap().entries().unwrap(), expected);
    assert_eq!(world.open().unwrap().last(), ledger.last());
    assert_eq!(ledger.last().number, 4);
}

#[test]
fn power_lost_at_any_byte_of_an_append_loses_that_entry_and_no_other() {
    let (reference, mut after) = (World::with(2), 0);
    let before = reference.roll.read().unwrap().len();
    reference.open().unwrap().append(&erased(2)).unwrap();
    let entry_bytes = reference.roll.read().unwrap().len() - before;
    while after < entry_bytes {
        let world = World::with(2);
        let ledger = world.open().unwrap();
        world.roll.tear_next(after);
        assert!(matches!(
            ledger.append(&erased(2)),
            Err(LedgerError::Disk(_))
        ));
        let opened = world.open().unwrap();
        assert_eq!(opened.entries().unwrap(), [erased(0), erased(1)]);
        opened.append(&erased(3)).unwrap();
        assert_eq!(world.open().unwrap().last().number, 3);
        after += 1;
    }
}

#[test]
fn who_appends_again_after_a_failure_leaves_nothing_of_it_behind() {
    let world = World::with(1);
    let ledger = world.open().unwrap();
    world.roll.tear_next(20);
    assert!(ledger.append(&erased(1)).is_err());
    ledger.append(&erased(2)).unwrap();
    assert_eq!(ledger.entries().unwrap(), [erased(0), erased(2)]);
    assert_eq!(world.open().unwrap().last().number, 2);
}

#[test]
fn any_bit_that_is_not_as_it_was_written_is_an_error() {
    let world = World::with(2);
    let bytes = world.roll.read().unwrap();
    for place in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[place] ^= 0x10;
        let roll = MemoryRoll::new();
        roll.append(&damaged).unwrap();
        let opened = Ledger::open(Arc::new(roll), &world.key);
        let opened = opened.map(|ledger| ledger.last());
        assert!(
            matches!(opened, Err(LedgerError::Damaged { .. })),
            "{place}"
        );
    }
}

#[test]
fn a_ledger_of_another_server_or_without_one_of_its_entries_is_refused() {
    let world = World::with(3);
    let key = new_signing_key().unwrap();
    assert!(Ledger::open(world.roll.clone(), &key).is_err());
    let first = World::with(1).roll.read().unwrap().len();
    let bytes = world.roll.read().unwrap();
    let roll = MemoryRoll::new();
    roll.append(&bytes[first..]).unwrap();
    assert!(Ledger::open(Arc::new(roll), &world.key).is_err());
}

#[test]
fn who_knows_a_place_in_it_is_told_what_came_after_and_whether_it_is_the_same_ledger() {
    let world = World::with(2);
    let ledger = world.open().unwrap();
    let mark = ledger.last();
    ledger.append(&erased(2)).unwrap();
    assert_eq!(ledger.after(&mark).unwrap(), [erased(2)]);
    assert_eq!(ledger.after(&Mark::default()).unwrap().len(), 3);
    let older = World::with(1);
    let other = World::with(3);
    for ledger in [older.open().unwrap(), other.open().unwrap()] {
        assert!(matches!(ledger.after(&mark), Err(LedgerError::Older)));
    }
}

#[test]
fn a_file_that_grew_before_its_bytes_were_written_ends_where_it_did() {
    let world = World::with(1);
    world.roll.append(&[0; 300]).unwrap();
    assert_eq!(world.open().unwrap().last().number, 1);
    world.open().unwrap().append(&erased(1)).unwrap();
    assert_eq!(world.open().unwrap().last().number, 2);
}

#[test]
fn a_file_is_a_roll() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger");
    let key = new_signing_key().unwrap();
    let open = || Ledger::open(Arc::new(FileRoll::open(&path).unwrap()), &key).unwrap();
    open().append(&erased(1)).unwrap();
    let ledger = open();
    ledger.append(&erased(2)).unwrap();
    assert_eq!(open().entries().unwrap(), [erased(1), erased(2)]);
    let roll = FileRoll::open(&path).unwrap();
    roll.append(&[0, 0, 1]).unwrap();
    assert_eq!(open().last().number, 2);
    assert_eq!(std::fs::metadata(&path).unwrap().len(), {
        let whole = ledger.entries().unwrap().len() as u64;
        assert_eq!(whole, 2);
        roll.read().unwrap().len() as u64
    });
}
