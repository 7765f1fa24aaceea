//! Devices that sync with a server in memory: they converge, whatever is cut, repeated, lost or restored.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed, in its functions too"
)]

#[path = "sync/clones.rs"]
mod clones;
#[path = "replica/device.rs"]
mod device;
#[path = "sync/harmed.rs"]
mod harmed;
#[path = "sync/link.rs"]
mod link;
#[path = "sync/linked.rs"]
mod linked;
#[path = "sync/moving.rs"]
mod moving;
#[path = "sync/quarantine.rs"]
mod quarantine;
#[path = "sync/repaired.rs"]
mod repaired;
#[path = "sync/repairing.rs"]
mod repairing;
#[path = "sync/salvage.rs"]
mod salvage;
#[path = "sync/server.rs"]
mod server;
#[path = "sync/set_back.rs"]
mod set_back;

use std::sync::{Arc, Mutex};

use device::{NOW, STATION, later};
use fieldwatch_client_core::replica::{ReplicaError, State};
use fieldwatch_schemas::id::LogId;
use fieldwatch_schemas::problem::ProblemKind;
use fieldwatch_schemas::store::memory::Fault;
use fieldwatch_schemas::sync::pull::Presence;
use linked::Device;
use server::Server;

fn server() -> Arc<Mutex<Server>> {
    Arc::new(Mutex::new(Server::new()))
}

fn assert_same(alice: &Device, bob: &Device) {
    let (ours, theirs) = (
        alice.replica.status().unwrap(),
        bob.replica.status().unwrap(),
    );
    assert_eq!(ours.records, theirs.records);
    assert_eq!(ours.feeds, theirs.feeds);
    assert_eq!((ours.outbox, ours.conflicts), (0, theirs.conflicts));
}

#[test]
fn nothing_new_is_one_round_trip_and_so_is_pushing_and_pulling() {
    let server = server();
    let mut alice = Device::new(1, &server);
    let mut bob = Device::new(2, &server);
    let cases: Vec<_> = (0..10).map(|n| alice.new_case(&n.to_string())).collect();
    let synced = alice.synced();
    assert_eq!((synced.pushed, synced.round_trips), (10, 1));
    let mine = bob.new_case("bob's");
    let synced = bob.synced();
    assert_eq!(
        (synced.pushed, synced.pulled, synced.round_trips),
        (1, 10, 1)
    );
    assert_eq!((alice.synced().pulled, alice.synced().round_trips), (1, 1));
    assert_same(&alice, &bob);
    for record in cases.iter().chain([&mine]) {
        assert_eq!(alice.replica.view(*record).unwrap().state, State::Stored);
    }
    assert_eq!(alice.replica.status().unwrap().last_sync_ms, Some(NOW.ms));
}

#[test]
fn a_conflict_is_the_same_on_both_devices_and_resolving_it_on_one_clears_it_on_the_other() {
    let server = server();
    let mut alice = Device::new(1, &server);
    let mut bob = Device::new(2, &server);
    let case = alice.new_case("shop");
    alice.synced();
    bob.synced();
    alice.set(case, "problem", "contract", 1);
    bob.set(case, "problem", "quality", 2);
    alice.synced();
    bob.synced();
    alice.synced();
    let values = |device: &Device| {
        let found = device.replica.conflicts().unwrap();
        let values = found[0]
            .values
            .iter()
            .map(|value| (value.value.clone(), value.at));
        values.collect::<Vec<_>>()
    };
    assert_eq!(values(&alice), values(&bob));
    assert_eq!(values(&alice).len(), 2);
    assert_same(&alice, &bob);
    let chosen = values(&bob)[1].0.clone();
    bob.replica
        .resolve(case, "problem", 2, &later(3), &mut bob.chance)
        .unwrap();
    bob.synced();
    alice.synced();
    assert!(alice.replica.conflicts().unwrap().is_empty());
    let view = alice.replica.view(case).unwrap().view;
    assert_eq!(view.at("problem"), Some(&chosen));
}

#[test]
fn a_link_cut_behind_any_item_loses_nothing_and_the_next_sync_finishes() {
    for cut in 0..40 {
        for doubles in [false, true] {
            let server = server();
            let mut alice = Device::new(1, &server);
            let mut bob = Device::new(2, &server);
            let cases: Vec<_> = (0..7).map(|n| alice.new_case(&n.to_string())).collect();
            alice.synced();
            for case in &cases[..2] {
                bob.new_case("bob's");
                alice.set(*case, "problem", "contract", 1);
            }
            for device in [&mut alice, &mut bob] {
                device.link.doubles = doubles;
                device.link.cut_after = cut;
                if let Err(error) = device.sync() {
                    assert_eq!(error.problem().kind(), Some(ProblemKind::Offline));
                }
                device.power_loss();
                device.link.cut_after = usize::MAX;
                device.synced();
            }
            alice.synced();
            assert_same(&alice, &bob);
            assert_eq!(server.lock().unwrap().records.len(), 9);
        }
    }
}

#[test]
fn a_refused_record_waits_alone_until_it_is_edited_or_tried_again() {
    let server = server();
    let mut alice = Device::new(1, &server);
    let bad = alice.new_case("bad");
    let good = alice.new_case("good");
    server
        .lock()
        .unwrap()
        .refuses
        .insert(bad, ProblemKind::NotPermitted);
    let synced = alice.synced();
    assert_eq!(
        (synced.pushed, synced.refused, synced.round_trips),
        (1, 1, 1)
    );
    assert_eq!(alice.replica.view(bad).unwrap().state, State::Quarantined);
    assert_eq!(alice.replica.view(good).unwrap().state, State::Stored);
    let refused = &alice.replica.quarantined().unwrap()[0];
    assert_eq!(
        (refused.record, refused.code.as_str()),
        (bad, "not_permitted")
    );
    assert_eq!(
        alice.synced().refused,
        0,
        "it is not offered again by itself"
    );
    alice.set(bad, "problem", "contract", 1);
    assert_eq!(alice.replica.view(bad).unwrap().state, State::Local);
    assert_eq!(alice.synced().refused, 1);
    server.lock().unwrap().refuses.clear();
    alice.replica.retry(bad).unwrap();
    assert_eq!(alice.synced().pushed, 1);
    assert_eq!(alice.replica.view(bad).unwrap().state, State::Stored);
    assert_eq!(alice.replica.status().unwrap().quarantined, 0);
}

#[test]
fn discarding_a_refusal_goes_back_to_what_the_server_has_and_takes_a_new_actor() {
    let server = server();
    let mut alice = Device::new(1, &server);
    let case = alice.new_case("shop");
    let never = alice.new_case("never sent");
    server
        .lock()
        .unwrap()
        .refuses
        .insert(never, ProblemKind::NotPermitted);
    alice.synced();
    server
        .lock()
        .unwrap()
        .refuses
        .insert(case, ProblemKind::NotPermitted);
    alice.set(case, "problem", "contract", 1);
    alice.synced();
    for record in [case, never] {
        alice.replica.discard(record).unwrap();
    }
    assert!(alice.replica.view(never).is_err());
    assert_eq!(alice.replica.view(case).unwrap().view.at("problem"), None);
    server.lock().unwrap().refuses.clear();
    alice.set(case, "problem", "quality", 2);
    assert_eq!(alice.synced().pushed, 1);
    assert_eq!(alice.replica.status().unwrap().records, 1);
}

#[test]
fn what_left_every_feed_is_gone_unless_it_has_unsent_work() {
    let server = server();
    let mut alice = Device::new(1, &server);
    let mut bob = Device::new(2, &server);
    let moved = alice.new_case("moved");
    let erased = alice.new_case("erased");
    alice.synced();
    bob.synced();
    bob.set(moved, "problem", "contract", 1);
    {
        let mut server = server.lock().unwrap();
        server.remove(moved, Presence::Left);
        server.remove(erased, Presence::Erased);
        server.refuses.insert(moved, ProblemKind::NotPermitted);
    }
    alice.synced();
    assert_eq!(alice.replica.status().unwrap().records, 0);
    bob.synced();
    assert_eq!(bob.replica.view(moved).unwrap().state, State::Quarantined);
    assert!(bob.replica.view(erased).is_err());
}

#[test]
fn devices_heal_a_server_that_was_restored_and_download_nothing_they_hold() {
    let server = server();
    let mut alice = Device::new(1, &server);
    let mut bob = Device::new(2, &server);
    let kept = alice.new_case("in the backup");
    alice.synced();
    let backup = server.lock().unwrap().clone();
    let lost = alice.new_case("after the backup");
    alice.set(kept, "problem", "contract", 1);
    alice.synced();
    bob.synced();
    let mut restored = backup;
    restored.log = LogId([2; 16]);
    *server.lock().unwrap() = restored;
    let synced = alice.synced();
    assert_eq!((synced.pushed, synced.pulled), (2, 0));
    let synced = bob.synced();
    assert_eq!(synced.pulled, 0);
    assert_same(&alice, &bob);
    let server = server.lock().unwrap();
    assert!(server.records.contains_key(&lost));
    let view = server.records[&kept].document.view();
    assert_eq!(view.text("problem"), Some("contract"));
}

#[test]
fn a_difference_in_the_same_log_is_found_by_the_digests_and_healed() {
    let server = server();
    let mut alice = Device::new(1, &server);
    let lost = alice.new_case("lost");
    alice.new_case("kept");
    alice.synced();
    server.lock().unwrap().forget(lost);
    alice.synced();
    assert!(server.lock().unwrap().records.contains_key(&lost));
    assert_eq!(alice.synced().round_trips, 1);
}

#[test]
fn a_server_that_sends_little_at_a_time_is_asked_again() {
    let server = server();
    server.lock().unwrap().reply_records = 4;
    let mut alice = Device::new(1, &server);
    let mut bob = Device::new(2, &server);
    for number in 0..10 {
        alice.new_case(&number.to_string());
    }
    alice.synced();
    assert_eq!(bob.synced().round_trips, 3);
    assert_same(&alice, &bob);
}

#[test]
fn grants_that_were_taken_away_are_learnt_and_their_records_go() {
    let server = server();
    let mut alice = Device::new(1, &server);
    alice.new_case("shop");
    alice.synced();
    alice.link.standing.station = Some("330106-0099".to_owned());
    let synced = alice.synced();
    assert_eq!(
        synced.round_trips, 3,
        "refused, its grants alone, then all of it"
    );
    let status = alice.replica.status().unwrap();
    assert_eq!(status.records, 0);
    let held = |name: &str| status.feeds.iter().any(|each| each.feed.as_str() == name);
    assert!(held("station/330106-0099") && !held(&format!("station/{STATION}")));
}

#[test]
fn many_edits_of_one_record_travel_in_parts() {
    let server = server();
    let mut alice = Device::new(1, &server);
    let mut bob = Device::new(2, &server);
    let case = alice.new_case("shop");
    for number in 0..150 {
        alice.set(case, "respondent.phone", &number.to_string(), number);
    }
    assert_eq!(alice.synced().round_trips, 3);
    bob.synced();
    assert_same(&alice, &bob);
    assert_eq!(
        alice.replica.heads(case).unwrap(),
        bob.replica.heads(case).unwrap()
    );
}

#[test]
fn a_purge_that_power_loss_cut_short_is_finished_by_the_next_sync() {
    let server = server();
    let mut alice = Device::new(1, &server);
    let case = alice.new_case("shop");
    for number in 0..450 {
        alice.set(case, "respondent.phone", &number.to_string(), number);
    }
    alice.synced();
    for kept in 0..6 {
        let server = Arc::new(Mutex::new(server.lock().unwrap().clone()));
        let mut bob = Device::new(2, &server);
        bob.synced();
        server.lock().unwrap().remove(case, Presence::Left);
        bob.store.fail_next(Fault::Flush);
        assert!(bob.sync().is_err());
        bob.store.crash_keeping(kept);
        bob.replica = device::open(&bob.store);
        bob.synced();
        assert_eq!(bob.replica.status().unwrap().records, 0, "{kept}");
    }
}

#[test]
fn a_record_of_an_unknown_kind_is_kept_as_it_comes_and_the_digests_agree() {
    let server = server();
    let mut alice = Device::new(1, &server);
    let mut bob = Device::new(2, &server);
    let strange = alice.new_case("of a newer kind");
    let plain = alice.new_case("plain");
    alice.synced();
    bob.link.renames.insert(strange, "spaceship".to_owned());
    bob.synced();
    assert_eq!(bob.replica.status().unwrap().records, 2);
    assert!(matches!(
        bob.replica.view(strange),
        Err(ReplicaError::KindUnknown(kind)) if kind == "spaceship"
    ));
    assert_eq!(bob.replica.view(plain).unwrap().state, State::Stored);
    alice.set(strange, "problem", "contract", 1);
    alice.synced();
    assert_eq!(bob.synced().pulled, 1);
    assert_same(&alice, &bob);
}

#[test]
fn a_record_whose_changes_do_not_fit_is_asked_for_whole() {
    let server = server();
    let mut alice = Device::new(1, &server);
    let mut bob = Device::new(2, &server);
    let case = alice.new_case("shop");
    alice.synced();
    bob.link.loses_first_change = true;
    assert_eq!(bob.sync().unwrap().round_trips, 2);
    bob.link.loses_first_change = false;
    bob.synced();
    assert_eq!(
        bob.replica.heads(case).unwrap(),
        alice.replica.heads(case).unwrap()
    );
    assert_same(&alice, &bob);
}

#[test]
fn power_loss_at_any_batch_of_a_page_only_repeats_work() {
    for kept in 0..30 {
        let server = server();
        let mut alice = Device::new(1, &server);
        let mut bob = Device::new(2, &server);
        for number in 0..5 {
            alice.new_case(&number.to_string());
        }
        alice.synced();
        let mine = bob.new_case("bob's");
        bob.store.fail_next(Fault::Flush);
        assert!(bob.sync().is_err(), "the page was not flushed");
        bob.store.crash_keeping(kept);
        bob.replica = device::open(&bob.store);
        assert!(bob.replica.view(mine).is_ok());
        bob.synced();
        alice.synced();
        assert_same(&alice, &bob);
        assert_eq!(bob.replica.status().unwrap().records, 6);
    }
}
