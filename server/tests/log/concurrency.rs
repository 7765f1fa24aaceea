//! Sixteen devices at once: who is told that nothing is left holds every change up to there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Barrier, mpsc};
use std::time::Duration;

use fieldwatch_schemas::id::{Hash, RecordId};
use fieldwatch_server::pull::Pull;
use fieldwatch_server::tables;

use crate::pulling::row_of;
use crate::replica::{Arrival, Replica, names, text};
use crate::world::{World, staff};

const DEVICES: u8 = 16;
const ROUNDS: usize = 12;

/// The position of every change in the log.
type Truth = BTreeMap<(RecordId, Hash), u64>;

/// Changes that a device lacked when it was told that nothing was left up to a position at or beyond them.
fn holes(truth: &Truth, arrivals: &[Arrival]) -> Vec<Arrival> {
    let is_hole = |arrival: &&Arrival| {
        let position = truth[&(arrival.record, arrival.hash)];
        arrival.complete_before >= position
    };
    arrivals.iter().filter(is_hole).cloned().collect()
}

fn truth(world: &World, records: impl Iterator<Item = RecordId>) -> Truth {
    let mut truth = Truth::new();
    for record in records {
        let until = row_of(world, record).position;
        let range = tables::changes_between(record, 0, until);
        let store = world.log.store().unwrap();
        store
            .scan(&range, &mut |key, value| {
                let position = u64::from_be_bytes(key[17..25].try_into().unwrap());
                let row: tables::ChangeRow = tables::decode("a change", value).unwrap();
                let chunk = fieldwatch_schemas::chunk::Chunk::parse(row.chunk.into()).unwrap();
                truth.insert((record, chunk.hash()), position);
                std::ops::ControlFlow::Continue(())
            })
            .unwrap();
    }
    truth
}

fn work(world: &World, device: u8, start: &Barrier) -> Replica {
    let mut replica = Replica::of_station(staff(device));
    start.wait();
    for round in 0..ROUNDS {
        replica.new_case();
        let others: Vec<RecordId> = replica.documents.keys().copied().collect();
        let shared = others[(round * 7 + usize::from(device)) % others.len()];
        let words = format!("{device} {round}");
        replica.edit(shared, &[text("respondent.name", &words)]);
        replica.sync(world).unwrap();
    }
    replica
}

#[test]
fn sixteen_devices_pushing_and_pulling_at_once_never_see_a_hole_and_end_with_one_digest() {
    let world = World::new();
    let start = Barrier::new(usize::from(DEVICES));
    let mut replicas: Vec<Replica> = std::thread::scope(|scope| {
        let threads: Vec<_> = (1..=DEVICES)
            .map(|device| {
                let (world, start) = (&world, &start);
                scope.spawn(move || work(world, device, start))
            })
            .collect();
        threads
            .into_iter()
            .map(|each| each.join().unwrap())
            .collect()
    });
    for replica in &mut replicas {
        replica.sync(&world).unwrap();
        if !replica.wants.is_empty() {
            replica.sync(&world).unwrap();
        }
    }
    let truth = truth(&world, replicas[0].documents.keys().copied());
    let made = usize::from(DEVICES) * ROUNDS;
    assert_eq!(truth.len(), 2 * made, "a new case and an edit, every round");
    let line = world.feed(&replicas[0].feeds[0].feed);
    assert_eq!(line.records, made as u64);
    for replica in &replicas {
        assert_eq!(holes(&truth, &replica.arrivals), []);
        let arrived: BTreeSet<Hash> = replica.arrivals.iter().map(|each| each.hash).collect();
        assert_eq!(arrived.len(), truth.len(), "every change");
        assert_eq!(replica.digest(&replica.feeds[0]).to_string(), line.digest);
    }
    assert_eq!(world.check().problems, Vec::<String>::new());
}

#[test]
fn neither_an_outcome_nor_a_page_leaves_before_what_it_saw_is_on_the_disk() {
    let world = World::new();
    let mut alice = Replica::of_station(staff(1));
    alice.new_case();
    let bob = Replica::of_station(staff(2));
    world.store.hold_flush();
    let outcomes = world
        .handle()
        .push_blocking(alice.asker.clone(), alice.request().outbox);
    world.store.wait_for_flush();
    let (tell, told) = mpsc::channel();
    std::thread::scope(|scope| {
        let told_of_outcomes = tell.clone();
        scope.spawn(move || told_of_outcomes.send(outcomes.unwrap().all_blocking().unwrap().len()));
        let request = bob.request();
        let mut pull = Pull::begin(world.log.clone(), &bob.asker, &request, names()).unwrap();
        scope.spawn(move || tell.send(pull.next_page().unwrap().unwrap().len()));
        let early = told.recv_timeout(Duration::from_millis(200));
        let durable = world.log.durable_position();
        world.store.release_flush();
        assert_eq!(early, Err(mpsc::RecvTimeoutError::Timeout));
        assert_eq!(durable, 0);
        let mut both = [told.recv().unwrap(), told.recv().unwrap()];
        both.sort_unstable();
        assert_eq!(both, [1, 2], "one outcome; a record and its commit point");
    });
    assert_eq!(world.log.durable_position(), 1);
}

#[test]
fn a_position_published_out_of_order_would_be_seen_as_a_hole() {
    let record = RecordId::random([1; 16]);
    let (early, late) = (Hash([1; 32]), Hash([2; 32]));
    let truth = Truth::from([((record, early), 4), ((record, late), 5)]);
    let arrival = |hash, complete_before| Arrival {
        record,
        hash,
        complete_before,
    };
    assert_eq!(holes(&truth, &[arrival(early, 3), arrival(late, 4)]), []);
    let published_late = arrival(early, 5);
    assert_eq!(
        holes(&truth, &[arrival(late, 3), published_late.clone()]),
        [published_late]
    );
}
