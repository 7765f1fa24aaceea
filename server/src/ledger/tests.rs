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

/// An entry of several sectors.
fn large() -> Entry {
    let value = (0..1_900_u32)
        .map(|n| n.to_le_bytes()[0] | 1)
        .collect::<Vec<u8>>();
    Entry::Rows(vec![RegisterRow {
        key: vec![0x80, 1].into(),
        value: Some(value.into()),
    }])
}

/// Zeros where the sectors were not written that a number names, bit by bit, from a place on.
fn without_sectors(bytes: &[u8], from: usize, unwritten: u32) -> Vec<u8> {
    let is_unwritten = |place: usize| {
        let sector = place / 512 - from / 512;
        place >= from && unwritten >> sector & 1 == 1
    };
    let each = bytes.iter().enumerate();
    let left = each.map(|(place, byte)| if is_unwritten(place) { 0 } else { *byte });
    left.collect()
}

#[test]
fn sectors_that_a_power_loss_left_unwritten_cost_an_unacknowledged_entry_and_no_other() {
    let world = World::with(2);
    let before = world.roll.read().unwrap().len();
    world.open().unwrap().append(&large()).unwrap();
    let whole = world.roll.read().unwrap();
    let torn = &whole[..whole.len() - chain::END.len()];
    let sectors = whole.len() / 512 - before / 512 + 1;
    assert!(sectors >= 4, "{sectors}");
    for unwritten in 0..1 << sectors {
        // The power went before the end was written: whatever is left of the entry goes.
        let roll = Arc::new(MemoryRoll::new());
        roll.append(&without_sectors(torn, before, unwritten))
            .unwrap();
        let opened = Ledger::open(roll.clone(), &world.key).unwrap();
        assert_eq!(opened.entries().unwrap(), [erased(0), erased(1)]);
        opened.append(&erased(2)).unwrap();
        let again = Ledger::open(roll, &world.key).unwrap();
        assert_eq!(again.entries().unwrap(), [erased(0), erased(1), erased(2)]);
        // The end was written, so that somebody may have been told: what is not there any more is missed.
        let acknowledged = without_sectors(&whole, before, unwritten & !(1 << (sectors - 1)));
        let is_whole = acknowledged == whole;
        let roll = Arc::new(MemoryRoll::new());
        roll.append(&acknowledged).unwrap();
        match Ledger::open(roll, &world.key).map(|ledger| ledger.last().number) {
            Ok(number) => assert!(is_whole && number == 3, "{unwritten:b}"),
            Err(LedgerError::Damaged { number: 3, .. }) => assert!(!is_whole, "{unwritten:b}"),
            Err(error) => panic!("{error}"),
        }
    }
}

#[test]
fn a_damaged_entry_before_a_valid_one_is_refused_by_its_number_however_it_is_damaged() {
    let world = World::with(1);
    let first = world.roll.read().unwrap().len();
    world.open().unwrap().append(&large()).unwrap();
    let second = world.roll.read().unwrap().len();
    world.open().unwrap().append(&erased(2)).unwrap();
    let whole = world.roll.read().unwrap();
    for (from, until) in [
        (first, first + 8),
        (first + 600, second - 600),
        (first, second),
        (second - 8, second),
    ] {
        let mut damaged = whole.clone();
        damaged[from..until].fill(0);
        let roll = Arc::new(MemoryRoll::new());
        roll.append(&damaged).unwrap();
        let opened = Ledger::open(roll, &world.key).map(|ledger| ledger.last());
        let is_named = matches!(opened, Err(LedgerError::Damaged { number: 2, .. }));
        assert!(is_named, "{from}..{until}: {opened:?}");
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
