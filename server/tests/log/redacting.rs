//! Redacting: another record takes the place of one that is erased, in its authors' names, without its history.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::SeqCst;

use fieldwatch_schemas::id::{PersonId, RecordId};
use fieldwatch_schemas::record::edit::Act;
use fieldwatch_schemas::store::memory::Fault;
use fieldwatch_schemas::sync::exchange::Item;
use fieldwatch_server::erase::EraseError;
use fieldwatch_server::erase::redact::Redaction;
use fieldwatch_server::ledger::Ledger;
use fieldwatch_server::ledger::roll::{MemoryRoll, Roll};

use crate::erasing::{Office, erased_items, rows_of, sound};
use crate::replica::{Replica, happen, narrative, text};
use crate::world::{NOW_MS, World, staff};

const SECRET: &str = "王小明，身份证 330106199001011234";

fn redaction(record: RecordId, set: &[(&str, &str)]) -> Redaction {
    let set = set.iter().copied();
    Redaction {
        record,
        set: set
            .map(|(path, text)| (path.to_owned(), text.to_owned()))
            .collect(),
        by: PersonId([0xad; 16]),
    }
}

/// A case with a secret in its narrative, and events by alice and bob.
fn with_secret(world: &World) -> (Replica, Replica, RecordId) {
    let mut alice = Replica::of_station(staff(1));
    let record = alice.new_case();
    alice.edit(record, &[narrative(SECRET), text("problem", "contract")]);
    alice.edit(record, &[happen("first_action", NOW_MS, 1)]);
    alice.sync(world).unwrap();
    let mut bob = Replica::of_station(staff(2));
    bob.sync(world).unwrap();
    bob.edit(record, &[happen("accepted", NOW_MS, 2)]);
    bob.sync(world).unwrap();
    alice.sync(world).unwrap();
    (alice, bob, record)
}

#[test]
fn a_successor_arrives_where_the_record_was_and_says_what_it_said_but_for_what_was_redacted() {
    let office = Office::new();
    let world = office.open();
    let (_, mut bob, record) = with_secret(&world);
    let asked = redaction(record, &[("narrative", "已脱敏")]);
    let redacted = world.handle().redact(&office.ledger, asked).unwrap();
    let reply = bob.sync(&world).unwrap();
    let gone = [(record, Some(redacted.successor))];
    assert_eq!(erased_items(&reply.pages), gone);
    let view = bob.documents[&redacted.successor].view();
    assert_eq!(view.text("narrative"), Some("已脱敏"));
    assert_eq!(view.text("problem"), Some("contract"));
    assert_eq!(view.status(), "accepted");
    let labels: Vec<String> = reply
        .pages
        .iter()
        .flatten()
        .filter_map(|item| match item {
            Item::Record(item) => Some(item.authors.iter().map(|author| author.label.clone())),
            _ => None,
        })
        .flatten()
        .collect();
    for person in [1, 2] {
        let name = crate::replica::names()(PersonId([person; 16])).unwrap();
        assert!(labels.contains(&name), "{labels:?}");
    }
    let chunks = bob.documents[&redacted.successor].chunks().unwrap();
    let holds = |part: &str| {
        let mut bytes = chunks.iter().map(|chunk| chunk.bytes());
        bytes.any(|bytes| {
            bytes
                .windows(part.len())
                .any(|each| each == part.as_bytes())
        })
    };
    assert!(holds("已脱敏") && !holds("王小明"));
    assert_eq!(rows_of(&*office.store, record), [7]);
    sound(&world, 1);
}

#[test]
fn what_nobody_has_chosen_between_keeps_a_record_from_being_redacted() {
    let office = Office::new();
    let world = office.open();
    let (mut alice, mut bob, record) = with_secret(&world);
    alice.edit(record, &[text("problem", "price")]);
    bob.edit(record, &[text("problem", "quality")]);
    alice.sync(&world).unwrap();
    bob.sync(&world).unwrap();
    let ask = |set: &[(&str, &str)]| {
        let asked = redaction(record, set);
        world.handle().redact(&office.ledger, asked)
    };
    let refused = ask(&[("narrative", "")]).unwrap_err();
    assert!(matches!(refused, EraseError::Conflicts(fields) if fields == ["problem"]));
    let choose = Act::Choose {
        path: "problem".to_owned(),
        number: 1,
    };
    bob.edit(record, &[choose]);
    bob.sync(&world).unwrap();
    assert!(matches!(
        ask(&[("no_such_field", "x")]),
        Err(EraseError::Edit(_))
    ));
    sound(&world, 1);
    ask(&[("narrative", "")]).unwrap();
    sound(&world, 1);
}

#[test]
fn who_was_cut_short_and_asks_again_does_not_make_another_successor() {
    for batches in 0..8 {
        let office = Office::new();
        let world = office.open();
        let (_, mut bob, record) = with_secret(&world);
        office.store.fail_after(batches);
        let asked = || redaction(record, &[("narrative", "已脱敏")]);
        let first = world.handle().redact(&office.ledger, asked());
        world.close();
        office.store.crash();
        office.store.have_room();
        let world = office.open();
        match world.handle().redact(&office.ledger, asked()) {
            Err(EraseError::RecordErased(_)) => {}
            again => drop(again.unwrap()),
        }
        assert_eq!(rows_of(&*office.store, record), [7], "{first:?}");
        sound(&world, 1);
        bob.sync(&world).unwrap();
        assert_eq!(bob.documents.len(), 1);
    }
}

#[test]
fn a_redaction_that_was_cut_short_ends_with_one_successor_whatever_comes_before_it_is_asked_again()
{
    for batches in 0..8 {
        let office = Office::new();
        let world = office.open();
        let (_, mut bob, record) = with_secret(&world);
        match batches {
            // The successor reaches the disk, the word of it does not.
            0 => office.store.fail_next(Fault::Flush),
            batches => office.store.fail_after(batches),
        }
        let asked = |text| redaction(record, &[("narrative", text)]);
        let cut = world.handle().redact(&office.ledger, asked("已脱敏"));
        world.close();
        // What was applied and not flushed may be there all the same.
        office.store.crash_keeping(usize::MAX);
        office.store.have_room();
        let world = office.open();
        bob.edit(record, &[text("problem", "quality")]);
        let reply = bob.sync(&world).unwrap();
        let again = world.handle().redact(&office.ledger, asked("另一种"));
        assert_eq!(rows_of(&*office.store, record), [7], "{batches}: {cut:?}");
        sound(&world, 1);
        bob.outbox.clear();
        bob.sync(&world).unwrap();
        let successors: Vec<_> = bob.documents.keys().copied().collect();
        assert_eq!(successors.len(), 1, "{batches}: {cut:?}");
        let view = bob.documents[&successors[0]].view();
        match again {
            // It was not begun: what bob said meanwhile is in the successor.
            Ok(redacted) => {
                assert_eq!(redacted.successor, successors[0]);
                assert_eq!(view.text("problem"), Some("quality"));
            }
            Err(EraseError::RecordErased(_)) => {
                assert_eq!(view.text("narrative"), Some("已脱敏"));
                let problem = reply.outcomes[0].problem.as_deref();
                assert_eq!(problem, Some("record_erased"));
            }
            Err(error) => panic!("{error}"),
        }
    }
}

#[test]
fn nobody_writes_a_record_whose_successor_is_made_while_the_ledger_takes_nothing() {
    let office = Office::new();
    let world = office.open();
    let (_, mut bob, record) = with_secret(&world);
    let full = Arc::new(FullRoll::default());
    let key = fieldwatch_server::token::new_signing_key().unwrap();
    let ledger = Arc::new(Ledger::open(full.clone(), &key).unwrap());
    let asked = redaction(record, &[("narrative", "已脱敏")]);
    full.is_full.store(true, SeqCst);
    let cut = world.handle().redact(&ledger, asked);
    assert!(matches!(cut, Err(EraseError::Ledger(_))), "{cut:?}");
    bob.edit(record, &[text("problem", "quality")]);
    let reply = bob.sync(&world).unwrap();
    let problem = reply.outcomes[0].problem.as_deref();
    assert_eq!(problem, Some("record_erased"));
    full.is_full.store(false, SeqCst);
    bob.outbox.clear();
    bob.new_case();
    bob.sync(&world).unwrap();
    assert_eq!(rows_of(&*office.store, record), [7]);
    sound(&world, 2);
}

/// A ledger's disk that can be full.
#[derive(Debug, Default)]
struct FullRoll {
    roll: MemoryRoll,
    is_full: AtomicBool,
}

impl Roll for FullRoll {
    fn read(&self) -> io::Result<Vec<u8>> {
        self.roll.read()
    }

    fn append(&self, bytes: &[u8]) -> io::Result<()> {
        match self.is_full.load(SeqCst) {
            true => Err(io::ErrorKind::StorageFull.into()),
            false => self.roll.append(bytes),
        }
    }

    fn cut(&self, length: u64) -> io::Result<()> {
        self.roll.cut(length)
    }
}

#[test]
fn a_successor_that_is_not_durable_erases_nothing() {
    let office = Office::new();
    let world = office.open();
    let (.., record) = with_secret(&world);
    office.store.fail_next(Fault::Flush);
    let asked = redaction(record, &[("narrative", "")]);
    let failed = world.handle().redact(&office.ledger, asked);
    assert!(matches!(failed, Err(EraseError::Store(_))));
    assert_eq!(office.ledger.entries().unwrap(), []);
    world.crash();
    sound(&world, 1);
}
