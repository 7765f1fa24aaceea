//! A case that goes from one station to another, seen by those who hold the first, the second, or both, whatever link is cut.

use fieldwatch_client_core::replica::State;
use fieldwatch_schemas::feed::Feed;
use fieldwatch_schemas::id::RecordId;

use super::server;
use crate::device::STATION;
use crate::linked::Device;

const SECOND: &str = "330108-0001";

fn works_at(device: &mut Device, stations: &[&str]) {
    let mut stations = stations.iter().map(|id| (*id).to_owned());
    device.link.standing.station = stations.next();
    device.link.standing.further_stations = stations.collect();
}

fn holds(device: &Device, record: RecordId) -> bool {
    device.replica.view(record).is_ok()
}

fn records_in(device: &Device, station: &str) -> u64 {
    let feed = Feed::station(station).unwrap();
    let status = device.replica.status().unwrap();
    let found = status.feeds.iter().find(|each| each.feed == feed);
    found.map_or(0, |found| found.records)
}

#[test]
fn who_holds_both_stations_keeps_a_case_that_moves_wherever_the_link_is_cut() {
    for cut in 0..12 {
        let server = server();
        let (mut bob, mut both) = (Device::new(1, &server), Device::new(2, &server));
        works_at(&mut both, &[STATION, SECOND]);
        let case = bob.new_case("shop");
        bob.synced();
        both.synced();
        bob.set(case, "station", SECOND, 1);
        bob.synced();
        assert!(!holds(&bob, case));
        both.set(case, "problem", "contract", 2);
        both.link.cut_after = cut;
        for _ in 0..2 {
            drop(both.sync());
            assert!(holds(&both, case), "cut after {cut}");
            both.power_loss();
            assert!(holds(&both, case), "cut after {cut}");
        }
        both.link.cut_after = usize::MAX;
        both.synced();
        assert_eq!(records_in(&both, STATION), 0);
        assert_eq!(records_in(&both, SECOND), 1);
        let shown = both.replica.view(case).unwrap();
        assert_eq!(shown.state, State::Stored);
        assert_eq!(shown.view.text("problem"), Some("contract"));
    }
}

#[test]
fn a_case_that_left_goes_only_when_a_reply_has_come_to_its_end() {
    for cut in 0..8 {
        let server = server();
        let (mut alice, mut bob) = (Device::new(1, &server), Device::new(2, &server));
        let case = alice.new_case("shop");
        alice.synced();
        bob.synced();
        alice.set(case, "station", SECOND, 1);
        alice.synced();
        bob.link.cut_after = cut;
        let ended = bob.sync().is_ok();
        assert_eq!(!holds(&bob, case), ended, "cut after {cut}");
        bob.power_loss();
        bob.link.cut_after = usize::MAX;
        bob.synced();
        assert!(!holds(&bob, case));
        assert_eq!(records_in(&bob, STATION), 0);
    }
}

#[test]
fn a_person_who_works_elsewhere_from_now_on_has_what_is_there_and_nothing_of_before() {
    let server = server();
    let (mut alice, mut bob) = (Device::new(1, &server), Device::new(2, &server));
    works_at(&mut bob, &[SECOND]);
    let (theirs, ours) = (alice.new_case("shop"), bob.new_case("bar"));
    bob.set(ours, "station", SECOND, 1);
    alice.synced();
    bob.synced();
    works_at(&mut alice, &[SECOND]);
    alice.synced();
    assert!(!holds(&alice, theirs) && holds(&alice, ours));
    let account = alice.replica.account().unwrap().unwrap();
    assert_eq!(account.standing.station.as_deref(), Some(SECOND));
    let made = alice.new_case("new");
    let view = alice.replica.view(made).unwrap().view;
    assert_eq!(view.text("station"), Some(SECOND));
}

#[test]
fn a_device_that_lost_every_grant_keeps_nothing_but_what_it_has_not_sent() {
    use fieldwatch_schemas::status::Role;
    let server = server();
    let mut alice = Device::new(1, &server);
    let case = alice.new_case("shop");
    alice.synced();
    let unsent = alice.new_case("unsent");
    alice.link.standing.role = Role::Auditor;
    works_at(&mut alice, &[]);
    drop(alice.sync());
    drop(alice.sync());
    assert!(!holds(&alice, case) && holds(&alice, unsent));
    let refused = alice.replica.quarantined().unwrap();
    assert_eq!(refused.len(), 1);
    alice.replica.discard(unsent).unwrap();
    assert_eq!(alice.replica.status().unwrap().records, 0);
}
