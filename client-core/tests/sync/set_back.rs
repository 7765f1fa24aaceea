//! A server that somebody set back without a word, between saying what it had stored and showing it.

use std::sync::{Arc, Mutex};

use fieldwatch_client_core::replica::State;
use fieldwatch_schemas::id::{LogId, RecordId};
use fieldwatch_schemas::problem::ProblemKind;
use fieldwatch_schemas::sync::pull::Presence;

use super::server;
use crate::device::STATION;
use crate::linked::Device;
use crate::server::Server;

const SECOND: &str = "330108-0001";

/// The greeting, and one word for each of two records.
const OUTCOMES_TOLD: usize = 3;

/// Alice, whose last reply was cut behind so many items, and what the server was before it.
struct World {
    server: Arc<Mutex<Server>>,
    alice: Device,
    earlier: Server,
    edited: RecordId,
    made: RecordId,
}

impl World {
    fn cut_after(items: usize) -> Self {
        let server = server();
        let mut alice = Device::new(1, &server);
        let edited = alice.new_case("shop");
        alice.new_case("another");
        alice.synced();
        let earlier = server.lock().unwrap().clone();
        alice.set(edited, "problem", "contract", 1);
        let made = alice.new_case("made since");
        alice.link.cut_after = items;
        if let Err(error) = alice.sync() {
            assert_eq!(error.problem().kind(), Some(ProblemKind::Offline));
        }
        alice.link.cut_after = usize::MAX;
        Self {
            server,
            alice,
            earlier,
            edited,
            made,
        }
    }

    fn set_back(&mut self) {
        *self.server.lock().unwrap() = self.earlier.clone();
    }

    fn server_has_all(&self) -> bool {
        let server = self.server.lock().unwrap();
        let edited = server.records[&self.edited].document.view();
        edited.text("problem") == Some("contract") && server.records.contains_key(&self.made)
    }
}

#[test]
fn what_a_server_forgot_after_its_word_and_before_its_item_is_offered_again() {
    for items in 0..16 {
        for loses_power in [false, true] {
            let mut world = World::cut_after(items);
            world.set_back();
            if loses_power {
                world.alice.power_loss();
            }
            world.alice.synced();
            assert!(world.server_has_all(), "cut after {items}");
            let view = |record| world.alice.replica.view(record).unwrap();
            assert_eq!(view(world.edited).state, State::Stored);
            assert_eq!(view(world.made).state, State::Stored);
            assert_eq!(world.alice.synced().round_trips, 1, "nothing is left");
        }
    }
}

#[test]
fn a_reply_that_was_cut_behind_its_outcomes_costs_nothing_more_where_nothing_was_lost() {
    let mut world = World::cut_after(OUTCOMES_TOLD);
    let synced = world.alice.synced();
    assert_eq!(
        (synced.pushed, synced.round_trips, synced.repaired),
        (0, 1, 0)
    );
    assert!(world.alice.link.last.as_ref().unwrap().outbox.is_empty());
    assert!(world.server_has_all());
}

#[test]
fn work_that_nobody_shows_because_it_lies_elsewhere_is_asked_after_once_and_goes() {
    let mut world = World::cut_after(OUTCOMES_TOLD);
    let made = world.made;
    world.server.lock().unwrap().remove(made, Presence::Left);
    let synced = world.alice.synced();
    assert!(synced.round_trips <= 2, "{synced:?}");
    assert!(world.alice.replica.view(made).is_err());
    assert_eq!(world.alice.synced().round_trips, 1);
}

#[test]
fn a_record_that_both_changed_is_not_given_up_before_it_came() {
    let server = server();
    let (mut alice, mut bob) = (Device::new(1, &server), Device::new(2, &server));
    let case = alice.new_case("shop");
    alice.synced();
    bob.synced();
    let mut restored = server.lock().unwrap().clone();
    restored.log = LogId([2; 16]);
    alice.set(case, "problem", "contract", 1);
    alice.synced();
    *server.lock().unwrap() = restored;
    bob.set(case, "respondent.name", "bar", 2);
    bob.synced();
    // She hears that the server has something else, and not what.
    server.lock().unwrap().reply_records = 0;
    drop(alice.sync());
    server.lock().unwrap().reply_records = usize::MAX;
    alice.power_loss();
    alice.link.standing.station = Some("330106-0099".to_owned());
    drop(alice.sync());
    // This server knows no marks: what it does not take from her stays with her.
    let refused = alice.replica.quarantined().unwrap();
    assert_eq!(
        refused.iter().map(|each| each.record).collect::<Vec<_>>(),
        [case]
    );
    let view = alice.replica.view(case).unwrap().view;
    assert_eq!(view.text("problem"), Some("contract"));
}

#[test]
fn what_was_acknowledged_is_offered_though_the_rest_of_the_record_was_refused() {
    for lies_elsewhere in [true, false] {
        let server = server();
        let mut alice = Device::new(1, &server);
        let case = alice.new_case("shop");
        alice.synced();
        let mut restored = server.lock().unwrap().clone();
        restored.log = LogId([2; 16]);
        if lies_elsewhere {
            restored.remove(case, Presence::Left);
        }
        alice.set(case, "problem", "contract", 1);
        alice.synced();
        let refusal = ProblemKind::NotPermitted;
        server.lock().unwrap().refuses.insert(case, refusal);
        alice.set(case, "respondent.name", "bar", 2);
        alice.synced();
        assert_eq!(alice.replica.view(case).unwrap().state, State::Quarantined);
        server.lock().unwrap().remove(case, Presence::Left);
        alice.synced();
        *server.lock().unwrap() = restored;
        alice.synced();
        let server = server.lock().unwrap();
        let view = server.records[&case].document.view();
        assert_eq!(view.text("problem"), Some("contract"), "{lies_elsewhere}");
    }
}

#[test]
fn work_that_is_asked_after_and_comes_back_in_the_same_reply_is_shown_without_a_repair() {
    let mut world = World::cut_after(OUTCOMES_TOLD);
    let mut bob = Device::new(2, &world.server);
    bob.link.standing.station = Some(STATION.to_owned());
    bob.link.standing.further_stations = vec![SECOND.to_owned()];
    bob.synced();
    bob.set(world.edited, "station", SECOND, 2);
    bob.synced();
    world.alice.link.standing.station = Some(SECOND.to_owned());
    let synced = world.alice.synced();
    assert_eq!(synced.repaired, 0, "{synced:?}");
    let shown = world.alice.replica.view(world.edited).unwrap();
    assert_eq!(shown.state, State::Stored);
    assert_eq!(shown.view.text("problem"), Some("contract"));
    assert!(world.alice.replica.view(world.made).is_err());
    assert_eq!(world.alice.synced().round_trips, 1);
}
