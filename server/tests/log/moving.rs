//! Moves at the desk: who follows a case, where records lie when a station's region changes, what waits for a release, and that a crash
//! in between is made good.

use std::collections::BTreeSet;

use fieldwatch_schemas::feed::Feed;
use fieldwatch_schemas::field::FieldValue;
use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::limits::{PUSH_CHANGES_MAX, QUARANTINE_DEVICE_CHANGES_MAX};
use fieldwatch_schemas::record::edit::Act;
use fieldwatch_schemas::status::Role;
use fieldwatch_schemas::sync::exchange::Item;
use fieldwatch_schemas::sync::push::{Outcome, Verdict};
use fieldwatch_server::committer::{Desk, OrderError, OwnedAsker, Placed, Push, Sharing};

use crate::replica::{Replica, text};
use crate::world::{STATION, World, asker, coordinator, staff};

const SECOND: &str = "330108-0001";

fn two_stations() -> World {
    let world = World::new();
    let region = "330108".to_owned();
    world
        .stations
        .lock()
        .unwrap()
        .insert(SECOND.to_owned(), region);
    world
}

fn records_in(world: &World, feed: &str) -> u64 {
    let lines = world.log.feeds().unwrap();
    let found = lines.iter().find(|line| line.feed == feed);
    found.map_or(0, |line| line.records)
}

fn push(world: &World, alice: &mut Replica) -> Vec<Outcome> {
    let outcomes = world.push(&alice.asker.clone(), alice.request().outbox);
    let outcomes = outcomes.unwrap();
    for outcome in &outcomes {
        if outcome.verdict != Verdict::Refused {
            alice.outbox.remove(&outcome.record);
        }
    }
    outcomes
}

/// A case and the consumer behind it, both on the server.
fn case_with_consumer(world: &World, alice: &mut Replica) -> (RecordId, RecordId) {
    let party = alice.begin(Kind::Party);
    alice.edit(party, &[text("station", STATION), text("name", "王芳")]);
    let case = alice.new_case();
    alice.edit(case, &[text("party", &party.to_string())]);
    push(world, alice);
    (case, party)
}

#[test]
fn a_disk_that_fails_between_a_case_and_its_consumer_leaves_no_half_of_the_move() {
    let world = two_stations();
    let mut alice = Replica::of_station(staff(1));
    let (case, _) = case_with_consumer(&world, &mut alice);
    alice.edit(case, &[text("station", SECOND)]);
    world.store.fail_after(1);
    let outbox = alice.request().outbox;
    assert!(world.push(&alice.asker.clone(), outbox).is_err());
    world.store.have_room();
    world.log.reopen().unwrap();
    assert_eq!(
        records_in(&world, "station/330108-0001"),
        1,
        "the case went"
    );
    assert_eq!(records_in(&world, "station/330106-0012/personal"), 1);
    push(&world, &mut alice);
    assert_eq!(records_in(&world, "station/330106-0012/personal"), 0);
    assert_eq!(records_in(&world, "station/330108-0001/personal"), 1);
    assert_eq!(world.check().problems, Vec::<String>::new());
}

/// A coordinator shares a case with the second station.
fn share(world: &World, case: RecordId, of: &Replica) {
    let mut carol = Replica::new(coordinator(7, "330106"), &[]);
    carol.documents.insert(case, of.documents[&case].clone());
    let with = FieldValue::Codes(BTreeSet::from([SECOND.to_owned()]));
    let path = "shared_with".to_owned();
    carol.edit(case, &[Act::Set { path, value: with }]);
    assert_eq!(push(world, &mut carol)[0].verdict, Verdict::Stored);
}

#[test]
fn who_shares_a_case_draws_nobody_out_of_the_other_station_by_naming_them_and_taking_it_over() {
    let world = two_stations();
    let mut alice = Replica::of_station(staff(1));
    let stranger = alice.begin(Kind::Party);
    alice.edit(stranger, &[text("station", STATION), text("name", "李明")]);
    let case = alice.new_case();
    push(&world, &mut alice);
    share(&world, case, &alice);
    let bob = asker(2, Role::StationStaff, Some(SECOND), None);
    let mut bob = Replica::new(bob, &[Feed::station(SECOND).unwrap()]);
    bob.sync(&world).unwrap();
    let own = bob.begin(Kind::Party);
    bob.edit(own, &[text("station", SECOND), text("name", "王芳")]);
    bob.edit(case, &[text("party", &stranger.to_string())]);
    bob.edit(case, &[text("station", SECOND)]);
    let outcomes = push(&world, &mut bob);
    let refused = outcomes.iter().find(|outcome| outcome.record == case);
    let problem = refused.and_then(|outcome| outcome.problem.as_deref());
    assert_eq!(problem, Some("not_permitted"));
    assert_eq!(records_in(&world, "station/330106-0012/personal"), 1);
    // With a consumer of his own he may.
    bob.outbox.remove(&case);
    bob.documents.insert(case, alice.documents[&case].clone());
    let mut carol = Replica::new(
        asker(3, Role::StationStaff, Some(SECOND), None),
        &[Feed::station(SECOND).unwrap()],
    );
    carol.sync(&world).unwrap();
    carol.edit(case, &[text("party", &own.to_string())]);
    carol.edit(case, &[text("station", SECOND)]);
    assert_eq!(push(&world, &mut carol)[0].verdict, Verdict::Stored);
    assert_eq!(records_in(&world, "station/330106-0012/personal"), 1);
    assert_eq!(records_in(&world, "station/330108-0001/personal"), 1);
    assert_eq!(world.check().problems, Vec::<String>::new());
}

#[test]
fn a_consumer_who_comes_after_their_case_was_handed_on_follows_it_whatever_fails() {
    for fails in [None, Some(1), Some(2)] {
        let world = two_stations();
        let mut alice = Replica::of_station(staff(1));
        let party = alice.begin(Kind::Party);
        alice.edit(party, &[text("station", STATION), text("name", "王芳")]);
        let late = alice.outbox.remove(&party).unwrap();
        let case = alice.new_case();
        alice.edit(case, &[text("party", &party.to_string())]);
        push(&world, &mut alice);
        alice.edit(case, &[text("station", SECOND)]);
        push(&world, &mut alice);
        alice.outbox.insert(party, late);
        if let Some(batches) = fails {
            world.store.fail_after(batches);
            let outbox = alice.request().outbox;
            assert!(world.push(&alice.asker.clone(), outbox).is_err());
            world.store.have_room();
            world.log.reopen().unwrap();
        }
        push(&world, &mut alice);
        assert_eq!(
            records_in(&world, "station/330106-0012/personal"),
            0,
            "{fails:?}"
        );
        assert_eq!(records_in(&world, "station/330108-0001/personal"), 1);
        assert_eq!(world.check().problems, Vec::<String>::new());
    }
}

#[test]
fn a_consumer_who_comes_after_their_case_went_there_and_back_stays() {
    let world = two_stations();
    let mut alice = Replica::of_station(staff(1));
    let party = alice.begin(Kind::Party);
    alice.edit(party, &[text("station", STATION), text("name", "王芳")]);
    let late = alice.outbox.remove(&party).unwrap();
    let case = alice.new_case();
    alice.edit(case, &[text("party", &party.to_string())]);
    alice.edit(case, &[text("station", SECOND)]);
    push(&world, &mut alice);
    let mut bob = Replica::new(
        asker(2, Role::StationStaff, Some(SECOND), None),
        &[Feed::station(SECOND).unwrap()],
    );
    bob.sync(&world).unwrap();
    bob.edit(case, &[text("station", STATION)]);
    push(&world, &mut bob);
    alice.outbox.insert(party, late);
    push(&world, &mut alice);
    assert_eq!(records_in(&world, "station/330106-0012/personal"), 1);
    assert_eq!(records_in(&world, "station/330108-0001/personal"), 0);
}

#[test]
fn a_device_cut_off_in_its_first_page_hears_what_has_left_since() {
    let world = two_stations();
    let mut alice = Replica::of_station(staff(1));
    let case = alice.new_case();
    push(&world, &mut alice);
    let mut bob = Replica::of_station(staff(2));
    bob.sync(&world).unwrap();
    // Its page was made durable in part: the record, and no cursor.
    bob.feeds[0].cursor = 0;
    bob.feeds[0].complete = 0;
    alice.edit(case, &[text("station", SECOND)]);
    push(&world, &mut alice);
    bob.sync(&world).unwrap();
    assert!(bob.feeds[0].records.is_empty(), "and its digest agrees");
    let mut carol = Replica::of_station(staff(3));
    let told = carol.sync(&world).unwrap().pages;
    let of_who_left = |item: &Item| matches!(item, Item::Left(_));
    assert!(!told.iter().flatten().any(of_who_left), "whoever is new");
}

#[test]
fn a_station_that_moved_while_the_server_ended_is_placed_by_the_next_one() {
    let world = two_stations();
    let mut alice = Replica::of_station(staff(1));
    for _ in 0..200 {
        alice.new_case();
    }
    push(&world, &mut alice);
    let stations = std::sync::Arc::clone(&world.stations);
    let (log, region) = (std::sync::Arc::clone(&world.log), stations.clone());
    let desk = || {
        let region = std::sync::Arc::clone(&region);
        let of = move |id: &str| region.lock().unwrap().get(id).cloned();
        Desk::new(std::sync::Arc::clone(&log), std::sync::Arc::new(of))
    };
    world.committer.stop();
    desk().mark_placing(STATION).unwrap();
    stations
        .lock()
        .unwrap()
        .insert(STATION.to_owned(), "330108".to_owned());
    let feed = Feed::station(STATION).unwrap();
    let first = desk().place_some(&feed, 0).unwrap();
    assert!(first.moved > 0 && !first.is_done, "{first:?}");

    let mut next = desk();
    assert_eq!(next.unplaced().unwrap(), [STATION]);
    let mut placed = Placed::default();
    while !placed.is_done {
        placed = next.place_some(&feed, placed.until).unwrap();
    }
    next.unmark_placing(STATION).unwrap();
    assert_eq!(next.unplaced().unwrap(), Vec::<String>::new());
    let lines = log.feeds().unwrap();
    let of = |name: &str| {
        let found = lines.iter().find(|line| line.feed == name);
        found.map_or(0, |line| line.records)
    };
    assert_eq!((of("region/330106"), of("region/330108")), (0, 200));
    let region = move |id: &str| stations.lock().unwrap().get(id).cloned();
    let checked = fieldwatch_server::check::check(&log, &region).unwrap();
    assert_eq!(checked.problems, Vec::<String>::new());
}

/// Somebody who worked at the station until a moment ago.
fn moved_away(device: u8) -> OwnedAsker {
    let before = staff(device);
    OwnedAsker {
        former: vec![Feed::station(STATION).unwrap()],
        grants: Vec::new(),
        ..before
    }
}

#[test]
fn what_waits_is_bounded_for_each_device_and_what_does_not_fit_is_refused_as_ever() {
    let world = two_stations();
    let mut alice = Replica::of_station(moved_away(1));
    let mut kept = 0;
    loop {
        let case = alice.new_case();
        for turn in 1..PUSH_CHANGES_MAX {
            alice.edit(case, &[text("goods_name", &turn.to_string())]);
        }
        let outcome = push(&world, &mut alice).remove(0);
        alice.outbox.clear();
        match outcome.problem.as_deref() {
            Some("awaits_release") => kept += PUSH_CHANGES_MAX,
            Some("not_permitted") => break,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(kept, QUARANTINE_DEVICE_CHANGES_MAX);
    let mut bob = Replica::of_station(moved_away(2));
    bob.new_case();
    let outcome = push(&world, &mut bob).remove(0);
    assert_eq!(
        outcome.problem.as_deref(),
        Some("awaits_release"),
        "another device has its own room"
    );
    assert_eq!(world.check().problems, Vec::<String>::new());
}

#[test]
fn what_came_while_a_release_waited_for_its_turn_is_not_released_unseen() {
    let world = two_stations();
    let mut alice = Replica::of_station(staff(1));
    let case = alice.new_case();
    push(&world, &mut alice);
    let mut phone = Replica::of_station(moved_away(1));
    phone.documents = alice.documents.clone();
    let seen = phone.edit(case, &[text("problem", "contract")]);
    assert!(push(&world, &mut phone)[0].problem.is_some());
    let id = world.handle().waiting().unwrap()[0].id.clone();
    // The desk is busy; behind what keeps it so, more of the same comes first, and then the release.
    world.store.hold_flush();
    let mut bob = Replica::of_station(staff(2));
    bob.new_case();
    let (handle, outbox) = (world.handle(), bob.request().outbox);
    let busy = handle.push_blocking(bob.asker.clone(), outbox).unwrap();
    world.store.wait_for_flush();
    phone.edit(case, &[text("problem", "quality")]);
    let (handle, outbox) = (world.handle(), phone.request().outbox);
    let more = handle.push_blocking(phone.asker.clone(), outbox).unwrap();
    let asked = id.clone();
    let release = std::thread::spawn(move || handle.release(&asked).map(drop));
    world.store.release_flush();
    let released = release.join().unwrap();
    busy.all_blocking().unwrap();
    assert!(more.all_blocking().unwrap()[0].problem.is_some());
    assert!(matches!(released, Err(OrderError::Unknown)), "{released:?}");
    let waits = world.handle().waiting().unwrap().remove(0);
    assert_eq!(waits.changes, 2, "both wait, under another name");
    assert_ne!(waits.id, id);
    let taken = world.handle().release(&waits.id).unwrap();
    assert_eq!((taken.record, taken.changes), (case, 2));
    assert!(world.handle().waiting().unwrap().is_empty());
    alice.sync(&world).unwrap();
    assert!(alice.documents[&case].has(seen.hash()));
}

#[test]
fn who_never_saw_a_record_is_refused_and_nothing_of_it_waits() {
    let world = two_stations();
    let mut alice = Replica::of_station(staff(1));
    let case = alice.new_case();
    push(&world, &mut alice);
    let mut stranger = Replica::of_station(OwnedAsker {
        former: vec![Feed::station(SECOND).unwrap()],
        ..moved_away(3)
    });
    stranger.documents = alice.documents.clone();
    stranger.edit(case, &[text("problem", "contract")]);
    let outcome = push(&world, &mut stranger).remove(0);
    assert_eq!(outcome.problem.as_deref(), Some("not_permitted"));
    assert!(outcome.durable.is_empty());
}

#[test]
fn the_servers_own_hand_writes_in_a_persons_name_and_every_reader_gets_it() {
    let world = two_stations();
    let mut alice = Replica::of_station(staff(1));
    let case = alice.new_case();
    push(&world, &mut alice);
    let by = alice.asker.standing.person;
    let stations = std::sync::Arc::clone(&world.stations);
    let log = std::sync::Arc::clone(&world.log);
    world.committer.stop();
    let of = move |id: &str| stations.lock().unwrap().get(id).cloned();
    let mut desk = Desk::new(std::sync::Arc::clone(&log), std::sync::Arc::new(of));
    let with = desk.share(case, SECOND, Sharing::Shared, by).unwrap();
    assert!(with.contains(SECOND));
    let again = desk.share(case, SECOND, Sharing::Shared, by).unwrap();
    assert_eq!(again, with);
    let unknown = desk.share(RecordId([9; 16]), SECOND, Sharing::Shared, by);
    assert!(unknown.is_err());
    alice.edit(case, &[text("problem", "contract")]);
    let outbox = alice.request().outbox;
    let asker = alice.asker.clone();
    let taken = desk.take_together(vec![Push { asker, outbox }]).remove(0);
    let outcomes = taken.unwrap().all_blocking().unwrap();
    assert_eq!(outcomes[0].verdict, Verdict::Stored);
    let lines = log.feeds().unwrap();
    let second = lines
        .iter()
        .find(|line| line.feed == "station/330108-0001")
        .unwrap();
    assert_eq!(second.records, 1);
}

#[test]
fn a_consumer_follows_a_case_that_was_made_and_handed_on_before_the_first_sync() {
    let world = two_stations();
    let mut alice = Replica::of_station(staff(1));
    let party = alice.begin(Kind::Party);
    alice.edit(party, &[text("station", STATION), text("name", "李敏")]);
    let case = alice.new_case();
    alice.edit(case, &[text("party", &party.to_string())]);
    alice.edit(case, &[text("station", SECOND)]);
    for outcome in push(&world, &mut alice) {
        assert_eq!(outcome.verdict, Verdict::Stored);
    }
    assert_eq!(records_in(&world, "station/330108-0001"), 1);
    assert_eq!(records_in(&world, "station/330108-0001/personal"), 1);
    assert_eq!(records_in(&world, "station/330106-0012/personal"), 0);
    assert_eq!(world.check().problems, Vec::<String>::new());
}

#[test]
fn nobody_draws_a_consumer_out_of_another_station_by_a_case_that_never_lay_there() {
    let world = two_stations();
    let mut alice = Replica::of_station(staff(1));
    let party = alice.begin(Kind::Party);
    alice.edit(party, &[text("station", STATION), text("name", "李敏")]);
    push(&world, &mut alice);
    let elsewhere = asker(2, Role::StationStaff, Some(SECOND), None);
    let mut bob = Replica::of_station(elsewhere);
    let case = bob.new_case();
    bob.edit(case, &[text("party", &party.to_string())]);
    bob.edit(case, &[text("station", SECOND)]);
    let outcome = push(&world, &mut bob).remove(0);
    assert_eq!(outcome.problem.as_deref(), Some("not_permitted"));
    assert_eq!(records_in(&world, "station/330108-0001"), 0);
    // Of one whom nobody here knows there is nothing to draw, then or when they come.
    let own = bob.begin(Kind::Party);
    bob.edit(own, &[text("station", STATION), text("name", "王芳")]);
    let late = bob.outbox.remove(&own).unwrap();
    bob.outbox.clear();
    let case = bob.new_case();
    bob.edit(case, &[text("party", &own.to_string())]);
    bob.edit(case, &[text("station", SECOND)]);
    let outcome = push(&world, &mut bob).remove(0);
    assert_eq!(outcome.verdict, Verdict::Stored, "it is his now");
    alice.outbox.insert(own, late);
    let document = bob.documents[&own].clone();
    alice.documents.insert(own, document);
    push(&world, &mut alice);
    assert_eq!(records_in(&world, "station/330108-0001/personal"), 0);
    assert_eq!(records_in(&world, "station/330106-0012/personal"), 2);
}

#[test]
fn late_work_of_two_copies_of_a_phone_does_not_keep_each_other_from_being_released() {
    let world = two_stations();
    let mut alice = Replica::of_station(staff(1));
    let case = alice.new_case();
    push(&world, &mut alice);
    let copy = || {
        let mut copy = Replica::of_station(moved_away(1));
        copy.documents = alice.documents.clone();
        copy
    };
    let (mut phone, mut copy) = (copy(), copy());
    phone.edit(case, &[text("problem", "contract")]);
    copy.edit(case, &[text("problem", "quality")]);
    let problem = |who: &mut Replica| push(&world, who).remove(0).problem;
    assert_eq!(problem(&mut phone).as_deref(), Some("awaits_release"));
    let again = problem(&mut copy);
    assert_eq!(again.as_deref(), Some("actor_reused"), "it is written anew");
    assert_eq!(problem(&mut phone).as_deref(), Some("awaits_release"));
    let stations = std::sync::Arc::clone(&world.stations);
    world.committer.stop();
    let of = move |id: &str| stations.lock().unwrap().get(id).cloned();
    let mut desk = Desk::new(world.log.clone(), std::sync::Arc::new(of));
    let released = desk.release(case, phone.asker.device).unwrap();
    assert_eq!(released.verdict, Verdict::Stored);
}
