//! What a reply says about feeds in repair, by what mark the server knows what it lost, and that a proven later end renews the log.

use std::sync::Arc;

use fieldwatch_schemas::digest::Digest;
use fieldwatch_schemas::feed::Feed;
use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::status::Role;
use fieldwatch_schemas::sync::exchange::{Item, Request};
use fieldwatch_schemas::sync::push::{Pushed, Verdict};
use fieldwatch_schemas::sync::repair::{
    Asked, Differs, Line, RepairAsk, RepairItem, Sums, Unknown, bucket, lists,
};
use fieldwatch_schemas::sync::vouch::Vouched;
use fieldwatch_server::exchange::Exchange;
use fieldwatch_server::ledger::Ledger;
use fieldwatch_server::pull::Pull;
use fieldwatch_server::register::Register;
use fieldwatch_server::register::person::{Person, Place};

use crate::replica::{Replica, names, narrative};
use crate::world::{World, asker, staff};

pub(crate) fn filled(cases: usize) -> (World, Replica) {
    let world = World::new();
    let mut alice = Replica::of_station(staff(1));
    for number in 0..cases {
        let record = alice.new_case();
        alice.edit(record, &[narrative(&number.to_string())]);
    }
    alice.sync(&world).unwrap();
    alice.sync(&world).unwrap();
    (world, alice)
}

fn lines(replica: &Replica) -> Vec<Line> {
    let records = replica.feeds[0].records.iter();
    let line = |record: &RecordId| {
        Line::new(
            *record,
            Digest::of(*record, &replica.documents[record].heads()),
        )
    };
    records.map(line).collect()
}

fn said(world: &World, replica: &Replica, asked: Asked) -> Vec<Item> {
    let request = Request {
        log: Some(world.log.id()),
        repair: Some(vec![RepairAsk { feed: 0, asked }]),
        ..replica.request()
    };
    let mut pull = Pull::begin(world.log.clone(), &replica.asker, &request, names()).unwrap();
    let mut items = Vec::new();
    while let Some(page) = pull.next_page().unwrap() {
        items.extend(page);
    }
    items
}

fn differing(world: &World, replica: &Replica, lines: &[Line]) -> (u64, Vec<u8>) {
    let asked = Asked::Sums(Sums::of(lines.iter().copied()));
    let items = said(world, replica, asked);
    let [
        Item::Repair(RepairItem::Differs(Differs {
            position, buckets, ..
        })),
        ..,
    ] = items.as_slice()
    else {
        panic!("no answer to sums: {items:?}");
    };
    let pulled = items.iter().any(|item| {
        matches!(item, Item::Record(_)) || matches!(item, Item::FeedEnd(end) if end.feed == 0)
    });
    assert!(!pulled, "a feed in repair is not pulled");
    (*position, buckets.to_vec())
}

#[test]
fn of_what_both_hold_nothing_is_said_and_of_the_rest_no_more_than_each_needs() {
    let (world, alice) = filled(40);
    let mut held = lines(&alice);
    let (position, buckets) = differing(&world, &alice, &held);
    assert_eq!((position, buckets), (world.log.durable_position(), vec![]));
    // One that the device lacks, one in another state, one that nobody here has heard of.
    let lacking = held.remove(7).record;
    held[3].short ^= 1;
    let (other, strange) = (held[3].record, RecordId::random([77; 16]));
    let short = 5;
    held.push(Line {
        record: strange,
        short,
    });
    let (_, buckets) = differing(&world, &alice, &held);
    let mut expected = [lacking, other, strange].map(bucket);
    expected.sort_unstable();
    assert_eq!(buckets, expected);
    let asked = Asked::Lists(lists(&held, buckets, usize::MAX));
    let (mut whole, mut stands, mut unknown, mut settled) = (vec![], vec![], vec![], vec![]);
    for item in said(&world, &alice, asked) {
        match item {
            Item::Record(item) if item.is_whole => whole.push(item.record),
            Item::Repair(RepairItem::Stands(said)) => {
                assert_eq!(said.heads, alice.documents[&said.record].heads());
                assert!(said.mac.is_some() && said.actor.is_some());
                stands.push(said.record);
            }
            Item::Repair(RepairItem::Unknown(Unknown { record, .. })) => unknown.push(record),
            Item::Repair(RepairItem::Settled(said)) => settled.extend(said.buckets.to_vec()),
            Item::Commit(commit) => assert_eq!(commit.feed, 0),
            Item::FeedEnd(end) => assert_ne!(end.feed, 0),
            other => panic!("more than is needed: {other:?}"),
        }
    }
    assert_eq!(
        (whole, stands, unknown),
        (vec![lacking], vec![other], vec![strange])
    );
    assert_eq!(settled, expected);
    world.close();
}

/// A whole record, and the mark that a reader has of it.
pub(crate) fn vouched(world: &World, record: RecordId, reader: &Replica) -> (Pushed, Vouched) {
    let mut fresh = Replica::of_station(reader.asker.clone());
    let reply = fresh.sync(world).unwrap();
    let item = reply
        .records()
        .into_iter()
        .find(|item| item.record == record);
    let item = item.unwrap();
    let document = &fresh.documents[&record];
    let chunks = document.chunks().unwrap().into_iter();
    let vouched = Vouched {
        heads: item.heads.clone(),
        mac: item.mac.unwrap(),
        actor: item.actor,
    };
    let pushed = Pushed {
        record,
        kind: item.kind.clone(),
        changes: chunks.map(|chunk| chunk.into_bytes().into()).collect(),
        vouched: Some(vouched.clone()),
    };
    (pushed, vouched)
}

/// Who made the record is registered: the mark is tried with everybody.
pub(crate) fn register(world: &World, maker: &Replica) {
    let ledger = Arc::new(Ledger::in_memory().unwrap());
    let register = Register::open(world.log.clone(), ledger).unwrap();
    let place = Place::default();
    let person = Person::new(maker.asker.standing.person, "某人", Role::Volunteer, place);
    register.add_person(person.unwrap()).unwrap();
}

#[test]
fn a_store_that_lost_a_record_takes_it_back_from_who_never_wrote_it_and_only_with_its_mark() {
    let (world, alice) = filled(1);
    let record = *alice.documents.keys().next().unwrap();
    let bob = Replica::of_station(staff(2));
    let (pushed, vouched) = vouched(&world, record, &bob);
    let lost = World::new();
    let unmarked = Pushed {
        vouched: Some(Vouched {
            mac: fieldwatch_schemas::sync::vouch::Mac([9; 16]),
            ..vouched
        }),
        ..pushed.clone()
    };
    let known = |world: &World| {
        let mut fresh = Replica::of_station(staff(3));
        fresh.sync(world).unwrap();
        fresh.documents.contains_key(&record)
    };
    // Without it bob is taken for the writer of all of it, as of any new record.
    let outcome = lost.push(&bob.asker, vec![unmarked]).unwrap().remove(0);
    assert_eq!(outcome.verdict, Verdict::Stored);
    assert_eq!(lost.check().problems, Vec::<String>::new());
    let lost = World::new();
    register(&lost, &alice);
    let mut outcome = lost.push(&bob.asker, vec![pushed.clone()]).unwrap();
    assert_eq!(outcome.remove(0).verdict, Verdict::Stored);
    assert!(known(&lost));
    let mut again = lost.push(&bob.asker, vec![pushed]).unwrap();
    assert_eq!(again.remove(0).verdict, Verdict::Duplicate);
    // Alice goes on as the writer that she was.
    let mut alice = alice;
    alice.edit(record, &[narrative("and on")]);
    let (outbox, asker) = (alice.request().outbox, alice.asker.clone());
    let mut outcome = lost.push(&asker, outbox).unwrap();
    assert_eq!(outcome.remove(0).verdict, Verdict::Stored);
    assert_eq!(lost.check().problems, Vec::<String>::new());
}

#[test]
fn only_a_proven_end_beyond_the_log_gives_it_another_id_and_only_once() {
    let (world, mut alice) = filled(3);
    let reply = alice.sync(&world).unwrap();
    let end = reply.ends[0].clone();
    let ledger = Arc::new(Ledger::in_memory().unwrap());
    let begin = |world: &World, request: &Request| {
        let register = Register::open(world.log.clone(), Arc::clone(&ledger)).unwrap();
        let asker = alice.asker.clone();
        let begun = Exchange::begin(&Arc::new(register), &world.log, asker, request.clone());
        begun.map(drop).unwrap();
    };
    let mut request = alice.request();
    request
        .feeds
        .retain(|wanted| wanted.feed == Feed::station(crate::world::STATION).unwrap());
    request.feeds[0].complete = end.cursor;
    request.feeds[0].proof = end.proof;
    let id = world.log.id();
    begin(&world, &request);
    assert_eq!(world.log.id(), id, "the log has come that far");
    // The same server's earlier state: same keys, same log, and nothing in it yet.
    let back = World::new();
    assert_eq!(back.log.id(), id);
    let mut unproven = request.clone();
    unproven.feeds[0].complete += 1;
    begin(&back, &unproven);
    assert_eq!(back.log.id(), id, "nothing proves that end");
    begin(&back, &request);
    let renewed = back.log.id();
    assert_ne!(renewed, id);
    begin(&back, &request);
    assert_eq!(back.log.id(), renewed);
    back.log.reopen().unwrap();
    assert_eq!(back.log.id(), renewed, "it is durable");
}

#[test]
fn that_a_record_is_erased_is_told_of_the_feeds_it_lay_in_and_to_nobody_who_merely_names_it() {
    let (world, alice) = filled(2);
    let listed = lines(&alice);
    let gone = listed[0].record;
    let ledger = Arc::new(Ledger::in_memory().unwrap());
    world.handle().erase(&ledger, gone, None).unwrap();
    let asked = || Asked::Lists(lists(&listed, [bucket(gone)], 1 << 20));
    let about = |items: Vec<Item>| {
        let mut about = items.into_iter().filter(|item| match item {
            Item::Erased(item) => item.record == gone,
            Item::Repair(RepairItem::Unknown(item)) => item.record == gone,
            _ => false,
        });
        (about.next(), about.next())
    };
    let told = about(said(&world, &alice, asked()));
    assert!(matches!(told, (Some(Item::Erased(_)), None)), "{told:?}");
    let elsewhere = asker(5, Role::StationStaff, Some("330108-0001"), None);
    let stranger = Replica::new(elsewhere, &[Feed::station("330108-0001").unwrap()]);
    let told = about(said(&world, &stranger, asked()));
    let is_unknown = matches!(told, (Some(Item::Repair(RepairItem::Unknown(_))), None));
    assert!(is_unknown, "{told:?}");
}
