//! What ends a reply that is under way.

use std::sync::Arc;

use fieldwatch_schemas::deadline::Authority;
use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::status::Role;
use fieldwatch_schemas::sync::erasures::Erasures;
use fieldwatch_schemas::sync::exchange::{Item, Request};
use fieldwatch_server::erase::catch_up;
use fieldwatch_server::exchange::{Cut, Exchange};
use fieldwatch_server::ledger::{Entry, Erasure, Ledger};
use fieldwatch_server::register::Register;
use fieldwatch_server::register::device::{Device, PublicKey};
use fieldwatch_server::register::person::{Person, Place};
use fieldwatch_server::register::station::Station;
use fieldwatch_server::register::ticket::{CodeHash, Ticket};

use crate::replica::Replica;
use crate::world::{STATION, World, staff};

const SECOND: &str = "330108-0001";

fn at(station: &str) -> Place {
    Place {
        stations: vec![station.to_owned()],
        region: None,
    }
}

/// A register with two stations and somebody at the first of them, and their device.
fn register(world: &World, who: &Replica) -> (Arc<Register>, Device) {
    let ledger = Arc::new(Ledger::in_memory().unwrap());
    let register = Register::open(world.log.clone(), ledger).unwrap();
    for (id, region) in [(STATION, "330106"), (SECOND, "330108")] {
        let station = Station::new(id, "站", region, Authority::Council).unwrap();
        register.add_station(station).unwrap();
    }
    let id = who.asker.standing.person;
    let person = Person::new(id, "王", Role::StationStaff, at(STATION)).unwrap();
    register.add_person(person).unwrap();
    let (ticket, code) = Ticket::new(id, [7; 16], 0, 60_000).unwrap();
    register.add_ticket(&ticket).unwrap();
    let key = PublicKey::parse(&"B".repeat(43), "key");
    let key = key.or_else(|_| PublicKey::parse(&format!("{}A", "B".repeat(42)), "key"));
    let key = key.unwrap();
    let redeemed = register.redeem(CodeHash::of(&code).unwrap(), 1, |person| Device {
        id: who.asker.device,
        person,
        name: String::new(),
        signing_key: key,
        sealing_key: key,
        enrolled_ms: 1,
        revoked_ms: None,
    });
    (Arc::new(register), redeemed.unwrap().0)
}

#[test]
fn erasures_are_told_once_to_every_device_whatever_feeds_it_reads() {
    let world = World::new();
    let mut alice = Replica::of_station(staff(1));
    let (record, other) = (alice.new_case(), alice.new_case());
    alice.sync(&world).unwrap();
    let bob = Replica::of_station(staff(2));
    let (register, device) = register(&world, &bob);
    for erased in [other, record] {
        register.ledger().append(&erasure(erased)).unwrap();
    }
    let before = register.erasures_behind(Some(0), 9);
    assert_eq!(before, None, "the store has not carried them out");
    catch_up(&world.log, register.ledger()).unwrap();
    let told = |heard: Option<u64>, budget_bytes: Option<u64>| {
        let asker = register.asker(&device).unwrap();
        let request = Request {
            feeds: Vec::new(),
            erasures: heard,
            budget_bytes,
            ..bob.request()
        };
        let begun = Exchange::begin(&register, &world.log, asker, request);
        let page = begun.unwrap().0.next_page().unwrap().unwrap();
        page.into_iter().find_map(|item| match item {
            Item::Erasures(erasures) => Some(erasures),
            _ => None,
        })
    };
    let named = |erasures: &Erasures| erasures.names([record, other]).collect::<Vec<_>>();
    let since = told(Some(1), None).unwrap();
    assert_eq!((named(&since), since.heard), (vec![record], 2));
    assert_eq!(told(Some(2), None), None);
    let first = told(None, None).unwrap();
    assert!(first.is_empty() && first.heard == 2, "it has had nothing");
    let some = told(Some(0), Some(40)).unwrap();
    assert_eq!((named(&some), some.heard), (vec![other], 1));
    assert!(some.has_more, "the rest waits for a sync that pays for it");
}

fn erasure(record: RecordId) -> Entry {
    Entry::Erased(Erasure {
        record,
        replaced_by: None,
        at_ms: 1,
    })
}

#[test]
fn a_reply_under_way_tells_nothing_more_once_its_person_is_given_another_place() {
    let world = World::new();
    let mut alice = Replica::of_station(staff(1));
    alice.new_case();
    alice.sync(&world).unwrap();
    let bob = Replica::of_station(staff(2));
    let (register, device) = register(&world, &bob);
    let reply = || {
        let asker = register.asker(&device).unwrap();
        let begun = Exchange::begin(&register, &world.log, asker, bob.request());
        let mut exchange = begun.unwrap().0;
        let first = exchange.next_page().unwrap().unwrap();
        assert!(matches!(first.as_slice(), [Item::Hello(_)]));
        exchange
    };
    let (mut told, mut cut) = (reply(), reply());
    let page = told.next_page().unwrap().unwrap();
    assert!(page.iter().any(|item| matches!(item, Item::Record(_))));
    register
        .change_person(bob.asker.standing.person, None, at(SECOND))
        .unwrap();
    assert!(matches!(cut.next_page(), Err(Cut::Moved)));
}
