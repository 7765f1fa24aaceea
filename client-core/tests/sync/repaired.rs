//! A replica whose rows are readable and wrong: what it says of a feed is not what the feed holds. The digests show it, the repair heals
//! it, and it is counted.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};

use fieldwatch_schemas::digest::Digest;
use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::store::{Batch, KeyRange, Store as _};

use crate::linked::Device;
use crate::server::Server;

const CASES: usize = 8;

type Rows = BTreeMap<Vec<u8>, Vec<u8>>;

fn rows(device: &Device) -> Rows {
    let mut rows = Rows::new();
    let all = device.store.scan(&KeyRange::all(), &mut |key, value| {
        rows.insert(key.to_vec(), value.to_vec());
        ControlFlow::Continue(())
    });
    all.unwrap();
    rows
}

/// Puts these rows in the place of what a device holds, and opens it again.
fn set_back(device: &mut Device, wanted: &Rows) {
    let mut batch = Batch::new();
    for key in rows(device).keys().filter(|key| !wanted.contains_key(*key)) {
        batch.delete(key.clone());
    }
    for (key, value) in wanted {
        batch.put(key.clone(), value.clone());
    }
    device.store.apply(&batch).unwrap();
    device.store.flush().unwrap();
    device.replica = crate::device::open(&device.store);
}

fn is_about(key: &[u8], record: RecordId) -> bool {
    key.windows(16).any(|part| part == record.bytes())
}

/// Puts other bytes in the place of some that occur once.
fn patch(value: &mut [u8], from: &[u8]) -> bool {
    let place = value.windows(from.len()).position(|part| part == from);
    place.is_some_and(|place| {
        value[place] ^= 0x55;
        true
    })
}

/// A server, alice whose rows are to be changed, and bob whom nothing happened to.
struct World {
    server: Arc<Mutex<Server>>,
    alice: Device,
    bob: Device,
    records: Vec<RecordId>,
    /// What alice held before the last case came.
    earlier: Rows,
}

impl World {
    fn new() -> Self {
        let server = Arc::new(Mutex::new(Server::new()));
        let (mut alice, mut bob) = (Device::new(1, &server), Device::new(2, &server));
        let name = |n: usize| n.to_string();
        let mut records: Vec<_> = (1..CASES).map(|n| bob.new_case(&name(n))).collect();
        bob.synced();
        alice.synced();
        let earlier = rows(&alice);
        records.push(bob.new_case("the last"));
        bob.set(records[0], "problem", "contract", 1);
        bob.synced();
        alice.synced();
        bob.synced();
        Self {
            server,
            alice,
            bob,
            records,
            earlier,
        }
    }

    /// Alice syncs, and then holds what bob holds; says how many feeds were repaired.
    fn healed(&mut self) -> usize {
        let synced = self.alice.synced();
        assert!(synced.in_sync && synced.refused == 0, "{synced:?}");
        let (ours, theirs) = (self.alice.replica.status(), self.bob.replica.status());
        let (ours, theirs) = (ours.unwrap(), theirs.unwrap());
        assert_eq!((ours.records, ours.outbox), (CASES as u64, 0));
        for (ours, theirs) in ours.feeds.iter().zip(&theirs.feeds) {
            assert_eq!((ours.digest, ours.records), (theirs.digest, theirs.records));
        }
        for record in &self.records {
            let heads = |device: &Device| device.replica.heads(*record).unwrap();
            assert_eq!(heads(&self.alice), heads(&self.bob));
        }
        assert_eq!(self.alice.synced().round_trips, 1, "nothing is left");
        assert_eq!(self.server.lock().unwrap().records.len(), CASES);
        synced.repaired
    }

    /// Changes alice's rows, and heals her.
    fn heals(&mut self, change: impl FnOnce(&mut Rows, &Self)) -> usize {
        let mut wanted = rows(&self.alice);
        change(&mut wanted, self);
        set_back(&mut self.alice, &wanted);
        self.healed()
    }
}

#[test]
fn a_membership_that_counts_wrong_is_counted_anew() {
    let mut world = World::new();
    let repaired = world.heals(|rows, world| {
        let record = world.records[3];
        let heads = world.alice.replica.heads(record).unwrap();
        let digest = Digest::of(record, &heads);
        let mut about = rows.iter_mut().filter(|(key, _)| is_about(key, record));
        assert!(about.any(|(_, value)| patch(value, &digest.0)));
    });
    assert_eq!(repaired, 0, "it is counted here, without the server");
}

#[test]
fn a_feed_that_counts_wrong_is_counted_anew() {
    let mut world = World::new();
    let repaired = world.heals(|rows, world| {
        let status = world.alice.replica.status().unwrap();
        let feed = status.feeds.iter().find(|feed| feed.records > 0).unwrap();
        let mut feeds = rows.iter_mut().filter(|(key, _)| key[0] == b'f');
        assert!(feeds.any(|(_, value)| patch(value, &feed.digest.0)));
    });
    assert_eq!(repaired, 0, "it is counted here, without the server");
}

#[test]
fn a_record_that_is_gone_comes_again() {
    let mut world = World::new();
    let repaired = world.heals(|rows, world| {
        rows.retain(|key, _| !is_about(key, world.records[2]));
    });
    assert_eq!(repaired, 1, "the feed still counts it");
}

#[test]
fn a_record_that_the_server_took_away_unheard_goes() {
    let mut world = World::new();
    let (stale, kept) = (world.alice.new_case("stale"), rows(&world.alice));
    let batch = kept.iter().filter(|(key, _)| is_about(key, stale));
    assert!(batch.count() > 0);
    world.alice.synced();
    let with = rows(&world.alice);
    world
        .server
        .lock()
        .unwrap()
        .remove(stale, fieldwatch_schemas::sync::pull::Presence::Left);
    world.bob.synced();
    world.alice.synced();
    // The row of the feed says that it was heard; the record is here again.
    let feeds: Vec<_> = rows(&world.alice)
        .into_iter()
        .filter(|(key, _)| key[0] == b'f')
        .collect();
    let mut wanted = with;
    wanted.extend(feeds);
    set_back(&mut world.alice, &wanted);
    world.alice.synced();
    world.bob.set(world.records[1], "problem", "quality", 3);
    world.bob.synced();
    let synced = world.alice.synced();
    assert!(synced.in_sync, "{synced:?}");
    let status = world.alice.replica.status().unwrap();
    let theirs = world.bob.replica.status().unwrap();
    for (ours, theirs) in status.feeds.iter().zip(&theirs.feeds) {
        assert_eq!((ours.digest, ours.records), (theirs.digest, theirs.records));
    }
}

#[test]
fn a_cursor_ahead_of_what_is_held_costs_what_is_missing() {
    let mut world = World::new();
    let repaired = world.heals(|rows, world| {
        // Everything as it was before the last case came, but for the feeds: they say that it is here.
        rows.retain(|key, _| key[0] == b'f');
        let earlier = world.earlier.iter().filter(|(key, _)| key[0] != b'f');
        rows.extend(earlier.map(|(key, value)| (key.clone(), value.clone())));
    });
    assert_eq!(repaired, 1);
}

#[test]
fn a_cursor_behind_what_is_held_only_repeats_work() {
    let mut world = World::new();
    world.heals(|rows, world| {
        let feeds = world.earlier.iter().filter(|(key, _)| key[0] == b'f');
        rows.extend(feeds.map(|(key, value)| (key.clone(), value.clone())));
    });
}

#[test]
fn a_feed_whose_row_is_gone_is_found_out() {
    let mut world = World::new();
    world.heals(|rows, _| rows.retain(|key, _| key[0] != b'f'));
}

#[test]
fn a_whole_replica_set_back_to_an_earlier_day_goes_on_from_there() {
    let mut world = World::new();
    let repaired = world.heals(|rows, world| rows.clone_from(&world.earlier));
    assert_eq!(repaired, 0, "its cursors are of that day too");
}
