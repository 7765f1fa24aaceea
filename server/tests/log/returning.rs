//! A large record that the server lost comes back in parts: none of it is seen before all of it is there, no part can be made up, and
//! nobody fills the disk with parts.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use fieldwatch_schemas::chunk::Chunk;
use fieldwatch_schemas::id::{EventId, Hash, RecordId};
use fieldwatch_schemas::limits::{PUSH_BYTES_TARGET, PUSH_CHANGES_MAX, RECORD_BYTES_MAX};
use fieldwatch_schemas::record::edit::Act;
use fieldwatch_schemas::record::event::NewEvent;
use fieldwatch_schemas::store::{KeyRange, Store as _};
use fieldwatch_schemas::sync::push::{Outcome, Pushed, Verdict};
use fieldwatch_schemas::sync::vouch::{Mac, Vouched};
use fieldwatch_schemas::time::Moment;
use fieldwatch_server::erase::catch_up;
use fieldwatch_server::ledger::Ledger;

use crate::replica::Replica;
use crate::world::{NOW_MS, World, staff};

/// The table of changes on their way back.
const RETURNING: u8 = 9;

/// Some 15 KB that nothing makes smaller.
fn letter(number: u32) -> String {
    let mut state = u64::from(number) * 2 + 1;
    let mut letter = String::new();
    while letter.len() < 15_000 {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(7);
        letter.push_str(&format!("{state:016x}"));
    }
    letter
}

/// A case with so many changes of twenty letters each, of which the server gave bob the mark and alice hers; and both as a device holds
/// them.
fn large(changes: u32) -> (Replica, Pushed, Pushed) {
    let world = World::new();
    let mut alice = Replica::of_station(staff(1));
    let record = alice.new_case();
    for change in 0..changes {
        let acts: Vec<Act> = (0..20).map(|each| sent(20 * change + each)).collect();
        alice.edit(record, &acts);
    }
    let mut whole = alice.request().outbox.remove(0);
    let changes = std::mem::take(&mut whole.changes);
    for part in changes.chunks(16) {
        whole.changes = part.to_vec();
        assert_eq!(push(&world, 1, &whole).verdict, Verdict::Stored);
    }
    alice.outbox.clear();
    let of_alice = marked(&world, record, 1);
    let of_bob = marked(&world, record, 2);
    (alice, of_alice, of_bob)
}

/// A letter was asked for, or came.
fn sent(number: u32) -> Act {
    let mut data = serde_json::Map::new();
    data.insert("reason".to_owned(), letter(number).into());
    let mut id = [7; 16];
    id[..4].copy_from_slice(&number.to_be_bytes());
    let kind = ["materials_requested", "materials_supplied"][number as usize % 2];
    Act::Happen(NewEvent {
        id: EventId(id),
        kind: kind.to_owned(),
        at: Moment::china(NOW_MS),
        data,
    })
}

/// A whole record with the mark that a device of the station has of it.
fn marked(world: &World, record: RecordId, device: u8) -> Pushed {
    let mut fresh = Replica::of_station(staff(device));
    let reply = fresh.sync(world).unwrap();
    let item = reply.records().remove(0).clone();
    let chunks = fresh.documents[&record].chunks().unwrap().into_iter();
    Pushed {
        record,
        kind: item.kind,
        changes: chunks.map(|chunk| chunk.into_bytes().into()).collect(),
        vouched: Some(Vouched {
            heads: item.heads,
            mac: item.mac.unwrap(),
            actor: item.actor,
        }),
    }
}

/// From the heads down, as much as a request carries.
fn parts(whole: &Pushed) -> Vec<Pushed> {
    let mut parts = vec![Vec::new()];
    let mut size_bytes = 0;
    for bytes in whole.changes.iter().rev() {
        size_bytes += bytes.len();
        if size_bytes > PUSH_BYTES_TARGET {
            parts.push(Vec::new());
            size_bytes = bytes.len();
        }
        parts.last_mut().unwrap().push(bytes.clone());
    }
    let part = |changes| Pushed {
        changes,
        ..whole.clone()
    };
    parts.into_iter().map(part).collect()
}

fn push(world: &World, device: u8, pushed: &Pushed) -> Outcome {
    let outcomes = world.push(&staff(device), vec![pushed.clone()]);
    outcomes.unwrap().remove(0)
}

/// How many rows lie on the disk on their way back, and their bytes.
fn kept(world: &World) -> (usize, usize) {
    let mut kept = (0, 0);
    let range = KeyRange::prefix(&[RETURNING]);
    let store = world.log.store().unwrap();
    let scanned = store.scan(&range, &mut |_, value| {
        kept = (kept.0 + 1, kept.1 + value.len());
        ControlFlow::Continue(())
    });
    scanned.unwrap();
    kept
}

/// Whether anybody is told anything of a record.
fn is_seen(world: &World) -> bool {
    let mut fresh = Replica::of_station(staff(9));
    let reply = fresh.sync(world).unwrap();
    !reply.records().is_empty()
}

fn hash_of(bytes: &[u8]) -> Hash {
    Chunk::parse(bytes.to_vec()).unwrap().hash()
}

#[test]
fn the_largest_record_comes_back_in_parts_from_who_may_not_write_it_and_through_a_crash() {
    let (alice, of_alice, of_bob) = large(50);
    let size_bytes: usize = of_bob.changes.iter().map(|bytes| bytes.len()).sum();
    assert!(
        size_bytes > 14 << 20 && size_bytes <= RECORD_BYTES_MAX,
        "{size_bytes}"
    );
    let lost = World::new();
    let parts = parts(&of_bob);
    assert!(parts.len() > 25, "{}", parts.len());
    let (last, first) = parts.split_last().unwrap();
    crate::repairing::register(&lost, &alice);
    let mut lacking = of_bob.vouched.as_ref().unwrap().heads.clone();
    for (number, part) in first.iter().enumerate() {
        let has: BTreeSet<Hash> = part.changes.iter().map(|bytes| hash_of(bytes)).collect();
        assert!(
            lacking.iter().all(|hash| has.contains(hash)),
            "what it lacked comes next"
        );
        let outcome = push(&lost, 2, part);
        assert_eq!(
            (outcome.verdict, outcome.durable.len()),
            (Verdict::Kept, 0),
            "{number}"
        );
        lacking = outcome.missing;
        if number % 20 == 3 {
            assert!(!is_seen(&lost), "none of it is seen");
            lost.crash();
        }
    }
    // Said again it is no more, and bob is told where to go on.
    let before = kept(&lost);
    assert_eq!(push(&lost, 2, &first[0]).missing, lacking);
    assert_eq!(kept(&lost), before);
    let outcome = push(&lost, 2, last);
    assert_eq!(outcome.verdict, Verdict::Stored);
    assert_eq!(
        outcome.durable.len(),
        of_bob.changes.len(),
        "all of it, whatever brought it"
    );
    assert_eq!(kept(&lost), (0, 0));
    let mut fresh = Replica::of_station(staff(9));
    fresh.sync(&lost).unwrap();
    assert_eq!(
        fresh.documents[&of_bob.record].heads(),
        alice.documents[&of_bob.record].heads()
    );
    assert_eq!(lost.check().problems, Vec::<String>::new());
    // Alice's own mark finds nothing lacking.
    let nothing = Pushed {
        changes: Vec::new(),
        ..of_alice
    };
    assert_ne!(push(&lost, 1, &nothing).verdict, Verdict::Kept);
    lost.close();
}

#[test]
fn only_what_leads_down_from_the_marked_heads_is_kept_and_the_same_for_ever_takes_no_more_room() {
    let (alice, of_alice, _) = large(5);
    let lost = World::new();
    let parts = parts(&of_alice);
    // What is below, but not reached from the heads yet, is not known to be the server's own.
    let outcome = push(&lost, 1, &parts[1]);
    assert_eq!(outcome.verdict, Verdict::Kept);
    assert_eq!(outcome.missing, of_alice.vouched.as_ref().unwrap().heads);
    assert_eq!(kept(&lost), (0, 0));
    // Nor is what she made up meanwhile, beside the parts.
    let mut alice = alice;
    let record = of_alice.record;
    let made_up: Vec<_> = (1_000..1_030)
        .map(|number| alice.edit(record, &[sent(number)]))
        .map(|chunk| chunk.into_bytes().into())
        .collect();
    let mut first = parts[0].clone();
    first.changes.extend(made_up);
    let outcome = push(&lost, 1, &first);
    assert_eq!(outcome.verdict, Verdict::Kept);
    let (rows, size_bytes) = kept(&lost);
    assert_eq!(rows, parts[0].changes.len());
    for _ in 0..10 {
        for part in &parts[..parts.len() - 1] {
            assert_eq!(push(&lost, 1, part).verdict, Verdict::Kept);
        }
    }
    let all: usize = of_alice.changes.iter().map(|bytes| bytes.len()).sum();
    let (rows, more_bytes) = kept(&lost);
    assert!(rows < of_alice.changes.len() && more_bytes > size_bytes);
    assert!(
        more_bytes < all + 256 * rows,
        "what the record took once, and no more"
    );
    assert!(!is_seen(&lost));
    lost.close();
}

#[test]
fn a_part_without_a_mark_that_holds_is_judged_as_any_push_and_a_large_one_is_asked_for_in_order() {
    let (_, of_alice, _) = large(5);
    let lost = World::new();
    let forged = |changes: &[minicbor::bytes::ByteVec]| Pushed {
        changes: changes.to_vec(),
        vouched: of_alice.vouched.clone().map(|vouched| Vouched {
            mac: Mac([9; 16]),
            ..vouched
        }),
        ..of_alice.clone()
    };
    let many: Vec<_> = of_alice
        .changes
        .iter()
        .cycle()
        .take(PUSH_CHANGES_MAX + 1)
        .cloned()
        .collect();
    let outcome = push(&lost, 2, &forged(&many));
    assert_eq!((outcome.verdict, kept(&lost).0), (Verdict::Missing, 0));
    // A small one goes as before: whoever brings a new record is taken for its writer.
    let mut some = of_alice.changes[..3].to_vec();
    some.reverse();
    let outcome = push(&lost, 2, &forged(&some));
    assert_eq!(
        (outcome.verdict, outcome.durable.len()),
        (Verdict::Stored, 3)
    );
    lost.close();
}

#[test]
fn of_a_record_that_is_erased_meanwhile_no_part_is_left_and_none_is_taken() {
    let (_, of_alice, _) = large(5);
    let lost = World::new();
    let parts = parts(&of_alice);
    assert_eq!(push(&lost, 1, &parts[0]).verdict, Verdict::Kept);
    assert!(kept(&lost).0 > 0);
    let ledger = Arc::new(Ledger::in_memory().unwrap());
    let erased = lost.handle().erase(&ledger, of_alice.record, None);
    assert!(
        !erased.unwrap().was_erased,
        "though nobody has seen it here"
    );
    catch_up(&lost.log, &ledger).unwrap();
    assert_eq!(kept(&lost), (0, 0));
    let outcome = push(&lost, 1, &parts[1]);
    assert_eq!(outcome.problem.as_deref(), Some("record_erased"));
    assert_eq!(lost.check().problems, Vec::<String>::new());
    lost.close();
}
