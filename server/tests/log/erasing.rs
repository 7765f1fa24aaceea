//! Erasing: what is erased is gone from the store, from what readers hear and from the keys, whatever fails on the way, and stays so in
//! a store that is put back from a copy.

use std::sync::Arc;

use fieldwatch_schemas::feed::Feed;
use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::keyring::{Keyring, RecordKeys};
use fieldwatch_schemas::problem::ProblemKind;
use fieldwatch_schemas::store::memory::{Fault, MemoryStore};
use fieldwatch_schemas::store::small::{MemoryFile, SmallFile as _};
use fieldwatch_schemas::store::{Batch, KeyRange, Store};
use fieldwatch_schemas::sync::exchange::Item;
use fieldwatch_schemas::sync::push::Verdict;
use fieldwatch_server::committer::Desk;
use fieldwatch_server::erase::{EraseError, catch_up};
use fieldwatch_server::ledger::Ledger;
use fieldwatch_server::log::{Keys, Log};
use fieldwatch_server::tables;

use crate::faulty::FaultyStore;
use crate::replica::{Replica, text};
use crate::world::{NOW_MS, World, staff, volunteer};

/// A server whose keys and ledger outlive its store.
pub(crate) struct Office {
    pub(crate) store: Arc<FaultyStore>,
    file: Arc<MemoryFile>,
    pub(crate) ledger: Arc<Ledger>,
}

impl Office {
    pub(crate) fn new() -> Self {
        Self {
            store: Arc::default(),
            file: Arc::new(MemoryFile::new()),
            ledger: Arc::new(Ledger::in_memory().unwrap()),
        }
    }

    /// Opens everything, as a server does that starts.
    pub(crate) fn open(&self) -> World {
        let keys = RecordKeys::open(self.file.clone(), [5; 32]).unwrap();
        let store = Arc::clone(&self.store);
        let opener = Box::new(move || {
            store.reopen();
            Ok(Arc::clone(&store) as Arc<dyn Store>)
        });
        let keys = Keys {
            records: Arc::new(keys),
            ..Keys::in_memory()
        };
        let log = Log::open(opener, keys, [7; 16], Arc::new(|| NOW_MS)).unwrap();
        catch_up(&log, &self.ledger).unwrap();
        World::over(Arc::clone(&self.store), log)
    }

    /// A copy of the store, as a backup is.
    pub(crate) fn copy(&self) -> MemoryStore {
        let copy = MemoryStore::new();
        copy_rows(&*self.store, &copy);
        copy
    }

    /// Puts a copy back in the store's place.
    pub(crate) fn put_back(&self, copy: &MemoryStore) {
        let mut gone = Batch::new();
        let mut keys = Vec::new();
        let mut note = |key: &[u8], _: &[u8]| {
            keys.push(key.to_vec());
            std::ops::ControlFlow::Continue(())
        };
        self.store.scan(&KeyRange::all(), &mut note).unwrap();
        keys.into_iter().for_each(|key| gone.delete(key));
        self.store.apply(&gone).unwrap();
        copy_rows(copy, &*self.store);
        self.store.flush().unwrap();
    }
}

fn copy_rows(from: &dyn Store, to: &dyn Store) {
    let mut batch = Batch::new();
    let mut put = |key: &[u8], value: &[u8]| {
        batch.put(key, value);
        std::ops::ControlFlow::Continue(())
    };
    from.scan(&KeyRange::all(), &mut put).unwrap();
    to.apply(&batch).unwrap();
    to.flush().unwrap();
}

/// The rows, as they lie there, that name a record.
pub(crate) fn rows_of(store: &dyn Store, record: RecordId) -> Vec<u8> {
    let mut tables = Vec::new();
    let mut look = |key: &[u8], _: &[u8]| {
        let names = key.get(1..17) == Some(record.bytes());
        tables.extend(key.first().filter(|_| names));
        std::ops::ControlFlow::Continue(())
    };
    store.scan(&KeyRange::all(), &mut look).unwrap();
    tables.dedup();
    tables
}

pub(crate) fn sound(world: &World, records: u64) {
    let checked = world.check();
    assert_eq!(checked.problems, Vec::<String>::new());
    assert_eq!(checked.records, records);
}

pub(crate) fn erased_items(items: &[Vec<Item>]) -> Vec<(RecordId, Option<RecordId>)> {
    let items = items.iter().flatten().filter_map(|item| match item {
        Item::Erased(gone) => Some((gone.record, gone.replaced_by)),
        _ => None,
    });
    items.collect()
}

/// An office with three cases of alice's, known to bob; the middle one has two changes.
fn filled(office: &Office) -> (World, Replica, Replica, Vec<RecordId>) {
    let world = office.open();
    let mut alice = Replica::of_station(staff(1));
    let mut records: Vec<_> = (0..3).map(|_| alice.new_case()).collect();
    records.sort();
    alice.sync(&world).unwrap();
    alice.edit(records[1], &[text("problem", "contract")]);
    alice.sync(&world).unwrap();
    let mut bob = Replica::of_station(staff(2));
    bob.sync(&world).unwrap();
    (world, alice, bob, records)
}

#[test]
fn an_erased_record_is_gone_from_every_table_and_its_key_with_it() {
    let office = Office::new();
    let (world, _, _, records) = filled(&office);
    let record = records[1];
    let handle = world.handle();
    let erased = handle.erase(&office.ledger, record, None).unwrap();
    assert!(!erased.was_erased);
    assert_eq!(rows_of(&*office.store, record), [7]);
    assert!(world.log.keys().has_erased(record));
    sound(&world, 2);
    let again = handle.erase(&office.ledger, record, None).unwrap();
    assert!(again.was_erased);
    assert_eq!(again.erasure, erased.erasure);
    assert_eq!(office.ledger.entries().unwrap().len(), 1);
}

#[test]
fn who_held_it_hears_that_it_is_erased_and_by_what_it_is_replaced_and_who_begins_hears_nothing() {
    let office = Office::new();
    let (world, mut alice, mut bob, records) = filled(&office);
    let handle = world.handle();
    handle
        .erase(&office.ledger, records[1], Some(records[0]))
        .unwrap();
    let reply = bob.sync(&world).unwrap();
    assert_eq!(erased_items(&reply.pages), [(records[1], Some(records[0]))]);
    assert_eq!(bob.digest(&bob.feeds[0]), reply.ends[0].digest);
    assert_eq!(reply.ends[0].records, 2);
    assert!(!bob.documents.contains_key(&records[1]));
    let mut carol = Replica::of_station(staff(3));
    let reply = carol.sync(&world).unwrap();
    assert_eq!(erased_items(&reply.pages), []);
    assert_eq!(carol.digest(&carol.feeds[0]), reply.ends[0].digest);
    alice.sync(&world).unwrap();
    sound(&world, 2);
}

#[test]
fn who_keeps_a_record_that_no_feed_of_theirs_has_hears_that_it_is_erased_by_asking_for_it() {
    let office = Office::new();
    let (world, _, _, records) = filled(&office);
    let mut eve = Replica::new(volunteer(9), &[Feed::shared()]);
    eve.wants = vec![records[1], records[2]];
    assert_eq!(erased_items(&eve.sync(&world).unwrap().pages), []);
    let erased = world.handle().erase(&office.ledger, records[1], None);
    erased.unwrap();
    eve.wants = vec![records[1], records[2]];
    let reply = eve.sync(&world).unwrap();
    assert_eq!(erased_items(&reply.pages), [(records[1], None)]);
    assert_eq!(reply.records().len(), 0);
}

#[test]
fn a_push_to_an_erased_record_is_refused_before_anything_of_it_is_looked_at() {
    let office = Office::new();
    let (world, mut alice, mut bob, records) = filled(&office);
    bob.edit(records[1], &[text("problem", "price")]);
    let erased = world.handle().erase(&office.ledger, records[1], None);
    erased.unwrap();
    alice.edit(records[1], &[text("problem", "quality")]);
    for device in [&mut alice, &mut bob] {
        let pushed = device.request().outbox;
        let outcomes = world.push(&device.asker, pushed).unwrap();
        assert_eq!(outcomes[0].verdict, Verdict::Refused);
        let problem = outcomes[0].problem.as_deref();
        assert_eq!(problem, Some(ProblemKind::RecordErased.name()));
        assert_eq!(outcomes[0].durable, []);
    }
    sound(&world, 2);
}

#[test]
fn a_natural_key_cannot_bring_an_erased_record_back() {
    let office = Office::new();
    let world = office.open();
    let mut alice = Replica::of_station(staff(1));
    let record = alice.import("2026-001");
    alice.sync(&world).unwrap();
    world.handle().erase(&office.ledger, record, None).unwrap();
    let mut bob = Replica::of_station(staff(2));
    assert_eq!(bob.import("2026-001"), record);
    let outcomes = world.push(&bob.asker, bob.request().outbox).unwrap();
    let problem = outcomes[0].problem.as_deref();
    assert_eq!(problem, Some(ProblemKind::RecordErased.name()));
    sound(&world, 0);
}

#[test]
fn what_cannot_be_erased_says_why_and_changes_nothing() {
    let office = Office::new();
    let (world, _, _, records) = filled(&office);
    let handle = world.handle();
    let unknown = RecordId([9; 16]);
    let erase = |record, by| handle.erase(&office.ledger, record, by);
    assert!(matches!(
        erase(unknown, None),
        Err(EraseError::RecordUnknown(_))
    ));
    assert!(matches!(
        erase(records[0], Some(unknown)),
        Err(EraseError::RecordUnknown(_))
    ));
    assert!(matches!(
        erase(records[0], Some(records[0])),
        Err(EraseError::Itself)
    ));
    assert_eq!(office.ledger.entries().unwrap(), []);
    sound(&world, 3);
}

#[test]
fn a_full_keyring_takes_no_erasure_that_every_later_start_would_fail_at() {
    let office = Office::new();
    let mut ring = Keyring::new([5; 32]);
    let mut others = (1_u128..).map(|number| RecordId(number.to_be_bytes()));
    while ring.has_room() {
        ring.erase(others.next().unwrap()).unwrap();
    }
    office.file.replace(&ring.encode()).unwrap();
    let (world, _, _, records) = filled(&office);
    let erased = world.handle().erase(&office.ledger, records[1], None);
    assert!(matches!(erased, Err(EraseError::Full)));
    assert_eq!(office.ledger.entries().unwrap(), []);
    world.close();
    sound(&office.open(), 3);
}

#[test]
fn an_erasure_that_the_disk_stopped_anywhere_is_finished_when_it_is_opened_again() {
    for (batches, loses_power) in (0..8).flat_map(|n| [(n, false), (n, true)]) {
        let office = Office::new();
        let (world, _, _, records) = filled(&office);
        office.store.fail_after(batches);
        let erased = world.handle().erase(&office.ledger, records[1], None);
        let failed = erased.is_err();
        world.close();
        if loses_power {
            office.store.crash();
        }
        office.store.have_room();
        let world = office.open();
        assert_eq!(rows_of(&*office.store, records[1]), [7], "{batches}");
        assert!(world.log.keys().has_erased(records[1]));
        sound(&world, 2);
        assert!(failed || batches > 2, "{batches}");
    }
}

#[test]
fn a_failed_flush_or_file_of_keys_leaves_an_erasure_that_is_finished_without_a_restart() {
    for fault in [None, Some(false), Some(true)] {
        let office = Office::new();
        let (world, mut alice, _, records) = filled(&office);
        match fault {
            None => office.store.fail_next(Fault::Flush),
            Some(reached) => office.file.fail_next(reached),
        }
        let erased = world.handle().erase(&office.ledger, records[1], None);
        assert!(matches!(erased, Err(EraseError::Store(_))));
        world.log.reopen().unwrap();
        alice.edit(records[1], &[text("problem", "price")]);
        let outcomes = world.push(&alice.asker, alice.request().outbox).unwrap();
        let problem = outcomes[0].problem.as_deref();
        assert_eq!(problem, Some(ProblemKind::RecordErased.name()));
        assert!(world.log.keys().has_erased(records[1]), "{fault:?}");
        sound(&world, 2);
    }
}

#[test]
fn a_store_put_back_from_a_copy_cannot_be_read_where_it_was_erased_and_is_brought_up_to_the_ledger()
{
    let office = Office::new();
    let (world, _, mut bob, records) = filled(&office);
    let copy = office.copy();
    let handle = world.handle();
    for record in &records[..2] {
        handle.erase(&office.ledger, *record, None).unwrap();
    }
    bob.sync(&world).unwrap();
    let digest = bob.digest(&bob.feeds[0]);
    world.close();
    office.put_back(&copy);
    assert!(rows_of(&*office.store, records[1]).len() > 1);
    let world = office.open();
    for record in &records[..2] {
        assert_eq!(rows_of(&*office.store, *record), [7]);
    }
    sound(&world, 1);
    let mut carol = Replica::of_station(staff(3));
    let reply = carol.sync(&world).unwrap();
    assert_eq!(carol.digest(&carol.feeds[0]), reply.ends[0].digest);
    assert_eq!(reply.ends[0].digest, digest);
    assert_eq!(reply.records().len(), 1);
}

#[test]
fn keys_put_back_from_a_copy_are_destroyed_again() {
    let office = Office::new();
    let (world, _, _, records) = filled(&office);
    let keys = office.file.read();
    let keys = keys.unwrap().unwrap();
    world
        .handle()
        .erase(&office.ledger, records[1], None)
        .unwrap();
    world.close();
    office.file.replace(&keys).unwrap();
    let world = office.open();
    assert!(world.log.keys().has_erased(records[1]));
    sound(&world, 2);
}

#[test]
fn store_and_keys_of_the_same_copy_are_brought_up_to_the_ledger() {
    let office = Office::new();
    let (world, _, _, records) = filled(&office);
    let keys = office.file.read();
    let (copy, keys) = (office.copy(), keys.unwrap().unwrap());
    world
        .handle()
        .erase(&office.ledger, records[1], None)
        .unwrap();
    world.close();
    office.put_back(&copy);
    office.file.replace(&keys).unwrap();
    let world = office.open();
    assert_eq!(rows_of(&*office.store, records[1]), [7]);
    assert!(world.log.keys().has_erased(records[1]));
    sound(&world, 2);
}

#[test]
fn a_ledger_that_was_lost_learns_from_the_store_what_was_erased() {
    let office = Office::new();
    let (world, _, _, records) = filled(&office);
    world
        .handle()
        .erase(&office.ledger, records[1], None)
        .unwrap();
    world.close();
    let office = Office {
        ledger: Arc::new(Ledger::in_memory().unwrap()),
        ..office
    };
    let world = office.open();
    assert_eq!(office.ledger.entries().unwrap().len(), 1);
    sound(&world, 2);
}

#[test]
fn rows_of_an_erased_record_and_its_key_are_found_by_the_check() {
    let office = Office::new();
    let (world, _, _, records) = filled(&office);
    let copy = office.copy();
    world
        .handle()
        .erase(&office.ledger, records[1], None)
        .unwrap();
    for key in [
        tables::summary_key(records[1]),
        tables::record_key(records[1]),
    ] {
        let mut batch = Batch::new();
        batch.put(key.clone(), copy.get(&key).unwrap().unwrap());
        office.store.apply(&batch).unwrap();
    }
    let problems = world.check().problems;
    let says = |words: &str| problems.iter().any(|problem| problem.contains(words));
    assert!(says("was erased; its row is there"), "{problems:?}");
    assert!(says("was erased; table 6 has rows of it"), "{problems:?}");
}

#[test]
fn work_of_a_revoked_device_on_an_erased_record_is_gone_with_it_and_kept_no_more() {
    let office = Office::new();
    let (world, mut alice, _, records) = filled(&office);
    alice.edit(records[1], &[text("problem", "price")]);
    let outbox = alice.request().outbox;
    let region = Arc::new(|_: &str| Some("330106".to_owned()));
    let mut desk = Desk::new(world.log.clone(), region);
    let held = desk.hold_revoked(&alice.asker, &outbox);
    assert_eq!(held.unwrap(), 1);
    assert_eq!(rows_of(&*office.store, records[1]), [2, 3, 6, 8]);
    desk.erase(&office.ledger, records[1], None).unwrap();
    assert_eq!(rows_of(&*office.store, records[1]), [7]);
    let held = desk.hold_revoked(&alice.asker, &outbox);
    assert_eq!(held.unwrap(), 0);
    assert_eq!(rows_of(&*office.store, records[1]), [7]);
    assert!(world.log.is_healthy());
    sound(&world, 2);
}
