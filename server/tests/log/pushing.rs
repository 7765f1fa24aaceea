//! What a push comes to: outcomes, isolation, durability, a full disk.

use fieldwatch_schemas::id::EventId;
use fieldwatch_schemas::problem::ProblemKind;
use fieldwatch_schemas::record::edit::Act;
use fieldwatch_schemas::record::event::NewEvent;
use fieldwatch_schemas::store::memory::Fault;
use fieldwatch_schemas::sync::push::{Pushed, Verdict};
use fieldwatch_schemas::time::Moment;

use crate::replica::{Replica, text};
use crate::world::{NOW_MS, POISONED, World, asker, staff};

fn verdicts(outcomes: &[fieldwatch_schemas::sync::push::Outcome]) -> Vec<Verdict> {
    outcomes.iter().map(|outcome| outcome.verdict).collect()
}

#[test]
fn what_was_acknowledged_survives_power_loss_and_a_repeat_is_a_duplicate() {
    let world = World::new();
    let mut alice = Replica::of_station(staff(1));
    let record = alice.new_case();
    let pushed = alice.request().outbox;
    let outcomes = world.push(&alice.asker, pushed.clone()).unwrap();
    assert_eq!(verdicts(&outcomes), [Verdict::Stored]);
    assert_eq!(outcomes[0].durable, alice.documents[&record].heads());
    world.crash();
    let outcomes = world.push(&alice.asker, pushed).unwrap();
    assert_eq!(verdicts(&outcomes), [Verdict::Duplicate]);
    assert_eq!(outcomes[0].durable, alice.documents[&record].heads());
    assert_eq!(world.check().problems, Vec::<String>::new());
}

#[test]
fn a_refused_record_and_one_whose_judging_panics_disturb_no_other() {
    let world = World::new();
    let mut alice = Replica::of_station(staff(1));
    let (good, bad, lacking) = (alice.new_case(), alice.new_case(), alice.new_case());
    alice.edit(lacking, &[text("problem", "contract")]);
    let mut pushed = alice.request().outbox;
    for each in &mut pushed {
        if each.record == bad {
            each.changes[0][40] ^= 1;
        } else if each.record == lacking {
            each.changes.remove(0);
        }
    }
    let poisoned = poisoned_case();
    pushed.insert(0, poisoned);
    let outcomes = world.push(&alice.asker, pushed).unwrap();
    let of = |record| {
        let found = outcomes.iter().find(|outcome| outcome.record == record);
        found.unwrap()
    };
    assert_eq!(outcomes[0].problem.as_deref(), Some("internal"));
    assert_eq!(of(good).verdict, Verdict::Stored);
    assert_eq!(of(bad).problem.as_deref(), Some("change_invalid"));
    assert_eq!(of(lacking).verdict, Verdict::Missing);
    assert_eq!(of(lacking).missing.len(), 1);
    assert_eq!(world.check().records, 1);
    alice.outbox.retain(|record, _| *record != bad);
    alice.documents.remove(&bad);
    let reply = alice.sync(&world).unwrap();
    assert_eq!(reply.ends[0].records, 2, "the committer still works");
}

#[test]
fn of_a_push_with_two_authors_nothing_is_called_durable_that_was_refused() {
    let world = World::new();
    let (mut alice, mut bob) = (Replica::of_station(staff(1)), Replica::of_station(staff(2)));
    let record = alice.new_case();
    alice.sync(&world).unwrap();
    bob.sync(&world).unwrap();
    let own = bob.edit(record, &[text("problem", "contract")]);
    // Bob brings what Alice wrote after her last sync, which she alone may bring.
    let hers = alice.edit(record, &[text("goods_name", "手机")]);
    let mut pushed = bob.request().outbox;
    pushed[0].changes.insert(0, hers.bytes().to_vec().into());
    let outcome = world.push(&bob.asker, pushed).unwrap().remove(0);
    assert_eq!(outcome.verdict, Verdict::Refused);
    assert_eq!(outcome.problem.as_deref(), Some("actor_foreign"));
    assert_eq!(outcome.durable, [own.hash()]);
    let denied: Vec<_> = outcome.refused.unwrap().into_iter().collect();
    assert_eq!(denied[0].changes, [hers.hash()]);
    assert_eq!(world.check().changes, 2, "the rest of the push was taken");
}

fn poisoned_case() -> Pushed {
    let mut mallory = Replica::of_station(asker(
        9,
        fieldwatch_schemas::status::Role::StationStaff,
        Some(POISONED),
        None,
    ));
    let record = mallory.new_case_of(POISONED);
    let outbox = mallory.request().outbox;
    assert_eq!(outbox[0].record, record);
    outbox.into_iter().next().unwrap()
}

#[test]
fn a_full_disk_answers_unavailable_and_after_reopening_nothing_acknowledged_is_lost() {
    for fault in [Fault::Apply, Fault::Flush] {
        let world = World::new();
        let mut alice = Replica::of_station(staff(1));
        alice.new_case();
        alice.sync(&world).unwrap();
        let record = alice.new_case();
        world.store.fail_next(fault);
        assert_eq!(alice.sync(&world).unwrap_err(), ProblemKind::Unavailable);
        assert!(!world.log.is_healthy());
        assert_eq!(alice.sync(&world).unwrap_err(), ProblemKind::Unavailable);
        world.crash();
        assert!(world.log.is_healthy());
        assert_eq!(world.check().records, 1, "{fault:?}");
        let reply = alice.sync(&world).unwrap();
        assert_eq!(verdicts(&reply.outcomes), [Verdict::Stored]);
        assert!(alice.feeds[0].records.contains(&record));
        assert_eq!(world.check().problems, Vec::<String>::new());
    }
}

#[test]
fn an_import_of_the_same_row_by_two_devices_is_one_record_with_one_change() {
    let world = World::new();
    let (mut alice, mut bob) = (Replica::of_station(staff(1)), Replica::of_station(staff(2)));
    let record = alice.import("42");
    assert_eq!(bob.import("42"), record);
    assert_eq!(
        verdicts(&alice.sync(&world).unwrap().outcomes),
        [Verdict::Stored]
    );
    bob.edit(record, &[text("problem", "contract")]);
    let reply = bob.sync(&world).unwrap();
    assert_eq!(verdicts(&reply.outcomes), [Verdict::Stored]);
    alice.sync(&world).unwrap();
    let checked = world.check();
    assert_eq!((checked.records, checked.changes), (1, 2));
    assert_eq!(checked.problems, Vec::<String>::new());
    assert_eq!(
        alice.documents[&record].heads(),
        bob.documents[&record].heads()
    );
}

/// An event as large as one may be.
fn large_event(number: u16) -> Act {
    let [high, low] = number.to_be_bytes();
    let mut id = [7; 16];
    id[0] = high;
    id[1] = low;
    let note = serde_json::Value::from("长".repeat(5_000));
    Act::Happen(NewEvent {
        id: EventId(id),
        kind: "first_action".to_owned(),
        at: Moment::china(NOW_MS),
        data: serde_json::Map::from_iter([("note".to_owned(), note)]),
    })
}

#[test]
fn changes_that_one_batch_cannot_hold_are_taken_whole_and_a_crash_between_leaves_nothing_of_them() {
    let world = World::new();
    let mut alice = Replica::of_station(staff(1));
    let record = alice.new_case();
    for change in 0..36 {
        let events: Vec<Act> = (0..8)
            .map(|event| large_event(change * 8 + event))
            .collect();
        alice.edit(record, &events);
    }
    let request = alice.request();
    let bytes: usize = request.outbox[0].changes.iter().map(|c| c.len()).sum();
    assert!(
        bytes > fieldwatch_schemas::store::BATCH_BYTES_MAX,
        "{bytes}"
    );
    // The first batch lies on the disk, the second meets a full one.
    world.store.fail_after(1);
    assert_eq!(
        world
            .push(&alice.asker, request.outbox.clone())
            .unwrap_err(),
        ProblemKind::Unavailable
    );
    world.store.crash_keeping(1);
    world.log.reopen().unwrap();
    let checked = world.check();
    assert_eq!((checked.records, checked.changes), (0, 0));
    assert_eq!(checked.problems, Vec::<String>::new());
    let reply = alice.sync(&world).unwrap();
    assert_eq!(verdicts(&reply.outcomes), [Verdict::Stored]);
    let checked = world.check();
    assert_eq!((checked.records, checked.changes), (1, 37));
    assert_eq!(checked.problems, Vec::<String>::new());
}

#[test]
fn stopping_finishes_what_is_queued() {
    let world = World::new();
    let mut alice = Replica::of_station(staff(1));
    let handle = world.handle();
    let mut waiting = Vec::new();
    for _ in 0..20 {
        alice.new_case();
        let pushed = alice.request().outbox;
        waiting.push(handle.push_blocking(alice.asker.clone(), pushed).unwrap());
        alice.outbox.clear();
    }
    world.committer.stop();
    for outcomes in waiting {
        assert_eq!(
            verdicts(&outcomes.all_blocking().unwrap()),
            [Verdict::Stored]
        );
    }
    let late = handle.push_blocking(alice.asker.clone(), Vec::new());
    assert_eq!(late.unwrap_err(), ProblemKind::Unavailable);
}

#[test]
fn what_one_author_may_is_taken_though_anothers_changes_in_the_same_push_are_refused() {
    let world = World::new();
    let mut alice = Replica::of_station(staff(1));
    let record = alice.new_case();
    world
        .push(&alice.asker.clone(), alice.request().outbox)
        .unwrap();
    let mut bob = Replica::of_station(staff(2));
    bob.documents = alice.documents.clone();
    let theirs = alice.edit(record, &[text("problem", "contract")]);
    let own = bob.edit(record, &[text("goods_name", "手机")]);
    let both = Pushed {
        record,
        kind: "case".to_owned(),
        changes: [&theirs, &own]
            .map(|chunk| chunk.bytes().to_vec().into())
            .to_vec(),
        vouched: None,
    };
    let outcome = world.push(&bob.asker, vec![both]).unwrap().remove(0);
    assert_eq!(outcome.verdict, Verdict::Refused);
    assert_eq!(outcome.durable, [own.hash()]);
    let refused = outcome.refused.unwrap();
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0].changes, [theirs.hash()]);
    assert_eq!(refused[0].problem, "actor_foreign");
    assert_eq!(world.check().problems, Vec::<String>::new());
    let pushed = alice.request().outbox;
    let outcomes = world.push(&alice.asker.clone(), pushed).unwrap();
    assert_eq!(verdicts(&outcomes), [Verdict::Stored], "from its author");
}
