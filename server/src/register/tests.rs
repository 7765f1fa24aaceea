//! What the register takes, refuses, and keeps.

use std::sync::Arc;

use fieldwatch_schemas::deadline::Authority;
use fieldwatch_schemas::status::Role;
use fieldwatch_schemas::store::memory::{Fault, MemoryStore};

use super::person::Place;
use super::*;
use crate::ledger::LedgerError;

fn open(store: &Arc<MemoryStore>) -> Register {
    let log = Log::new(store.clone(), [1; 16], Arc::new(|| 0)).unwrap();
    Register::open(log, Arc::new(Ledger::in_memory().unwrap())).unwrap()
}

/// A register whose ledger is another's too, as a store is that was set back.
fn open_with(store: &Arc<MemoryStore>, ledger: &Arc<Ledger>) -> Result<Register, RegisterError> {
    let log = Log::new(store.clone(), [1; 16], Arc::new(|| 0)).unwrap();
    Register::open(log, ledger.clone())
}

fn station(id: &str, name: &str) -> Station {
    Station::new(id, name, "330106", Authority::Department).unwrap()
}

fn place(station: Option<&str>, region: Option<&str>) -> Place {
    Place {
        stations: station.map(str::to_owned).into_iter().collect(),
        region: region.map(str::to_owned),
    }
}

fn person(role: Role, at: Place) -> Result<Person, RegisterError> {
    Person::new(PersonId([2; 16]), "李", role, at)
}

#[test]
fn a_role_has_the_place_that_belongs_to_it_and_no_other() {
    let both = [
        place(None, None),
        place(Some("s"), None),
        place(None, Some("330106")),
    ];
    let fits = |role| both.clone().map(|at| person(role, at).is_ok());
    assert_eq!(fits(Role::StationStaff), [false, true, false]);
    assert_eq!(fits(Role::Coordinator), [false, false, true]);
    for role in [
        Role::Volunteer,
        Role::EnterpriseContact,
        Role::Auditor,
        Role::Administrator,
    ] {
        assert_eq!(fits(role), [true, false, false]);
    }
    let refused = person(Role::StationStaff, place(None, None)).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the role station_staff needs --station"
    );
}

#[test]
fn ids_names_and_regions_that_cannot_be_used_are_refused() {
    let made =
        |id: &str, name: &str, region: &str| Station::new(id, name, region, Authority::Council);
    assert!(matches!(
        made("a/b", "站", "330106"),
        Err(RegisterError::StationId(_))
    ));
    for name in ["", "  ", "a\nb", &"长".repeat(101)] {
        assert!(matches!(
            made("a", name, "330106"),
            Err(RegisterError::Name)
        ));
    }
    for region in ["33010", "999999", "abcdef"] {
        assert!(matches!(
            made("a", "站", region),
            Err(RegisterError::Region(_))
        ));
    }
    let nowhere = person(Role::Coordinator, place(None, Some("999999")));
    assert!(matches!(nowhere, Err(RegisterError::Region(_))));
}

#[test]
fn a_station_has_a_kind_of_the_list_and_no_other() {
    let station = || Station::new("330106-0012", "站", "330106", Authority::Council).unwrap();
    let kind = station().of_kind("liaison").unwrap().kind;
    assert_eq!(kind.as_deref(), Some("liaison"));
    let refused = station().of_kind("spaceship");
    assert!(matches!(refused, Err(RegisterError::StationKind(kind)) if kind == "spaceship"));
}

#[test]
fn a_station_again_changes_nothing_and_another_of_its_id_is_refused() {
    let store = Arc::new(MemoryStore::new());
    let register = open(&store);
    register.add_station(station("a", "一")).unwrap();
    register.add_station(station("a", "一")).unwrap();
    let other = register.add_station(station("a", "二"));
    assert!(matches!(other, Err(RegisterError::StationExists(_))));
    assert_eq!(register.stations(), [station("a", "一")]);
}

#[test]
fn staff_of_a_station_that_is_not_here_are_refused() {
    let store = Arc::new(MemoryStore::new());
    let register = open(&store);
    let staff = person(Role::StationStaff, place(Some("a"), None)).unwrap();
    let refused = register.add_person(staff.clone());
    assert!(matches!(refused, Err(RegisterError::StationUnknown(_))));
    register.add_station(station("a", "一")).unwrap();
    register.add_person(staff).unwrap();
}

#[test]
fn what_was_taken_is_there_after_power_loss() {
    let store = Arc::new(MemoryStore::new());
    let register = open(&store);
    register.add_station(station("a", "一")).unwrap();
    let staff = person(Role::StationStaff, place(Some("a"), None)).unwrap();
    register.add_person(staff.clone()).unwrap();
    store.crash();
    let register = open(&store);
    assert_eq!(register.stations(), [station("a", "一")]);
    assert_eq!(register.person(staff.id), Some(staff));
    assert_eq!(register.station_region("a").as_deref(), Some("330106"));
}

#[test]
fn what_could_not_be_made_durable_is_not_seen() {
    for fault in [Fault::Apply, Fault::Flush] {
        let store = Arc::new(MemoryStore::new());
        let register = open(&store);
        store.fail_next(fault);
        let refused = register.add_station(station("a", "一"));
        assert!(matches!(refused, Err(RegisterError::Store(_))));
        assert_eq!(register.stations(), []);
        assert!(!register.log.is_healthy());
    }
}

#[test]
fn a_ticket_is_good_for_a_second_to_ninety_days() {
    let made = |age_ms| Ticket::new(PersonId([2; 16]), [3; 16], 0, age_ms);
    assert!(made(999).is_err() && made(-1).is_err());
    assert!(made(90 * 86_400_000 + 1).is_err());
    let (ticket, code) = made(60_000).unwrap();
    assert_eq!(CodeHash::of(&code).unwrap(), ticket.code);
    assert!(ticket.check(59_999).is_ok());
    assert!(matches!(
        ticket.check(60_000),
        Err(RegisterError::TicketExpired)
    ));
}

#[test]
fn a_store_that_was_set_back_hears_from_the_ledger_what_it_missed() {
    let (now, old) = (Arc::new(MemoryStore::new()), Arc::new(MemoryStore::new()));
    let ledger = Arc::new(Ledger::in_memory().unwrap());
    let register = open_with(&now, &ledger).unwrap();
    register.add_station(station("a", "一")).unwrap();
    let staff = person(Role::StationStaff, place(Some("a"), None)).unwrap();
    register.add_person(staff.clone()).unwrap();
    let register = open_with(&old, &ledger).unwrap();
    assert_eq!(register.stations(), [station("a", "一")]);
    assert_eq!(register.person(staff.id), Some(staff));
    old.crash();
    let register = open_with(&old, &Arc::new(Ledger::in_memory().unwrap()));
    assert_eq!(register.unwrap().stations().len(), 1, "it is durable there");
}

#[test]
fn what_only_the_ledger_has_is_there_after_the_next_opening_and_after_the_next_change() {
    for (fault, is_reopened) in [(Fault::Apply, true), (Fault::Flush, false)] {
        let store = Arc::new(MemoryStore::new());
        let ledger = Arc::new(Ledger::in_memory().unwrap());
        let register = open_with(&store, &ledger).unwrap();
        store.fail_next(fault);
        assert!(register.add_station(station("a", "一")).is_err());
        store.crash();
        if !is_reopened {
            register.log.reopen().unwrap();
            register.add_station(station("b", "二")).unwrap();
            store.crash();
        }
        let stations = open_with(&store, &ledger).unwrap().stations();
        assert!(stations.contains(&station("a", "一")));
        assert_eq!(stations.len(), if is_reopened { 1 } else { 2 });
    }
}

#[test]
fn a_ledger_that_lacks_what_the_store_has_heard_is_refused() {
    let store = Arc::new(MemoryStore::new());
    let ledger = Arc::new(Ledger::in_memory().unwrap());
    let register = open_with(&store, &ledger).unwrap();
    register.add_station(station("a", "一")).unwrap();
    let other = Arc::new(Ledger::in_memory().unwrap());
    let elsewhere = open_with(&Arc::new(MemoryStore::new()), &other).unwrap();
    elsewhere.add_station(station("b", "二")).unwrap();
    let refused = open_with(&store, &other);
    assert!(matches!(
        refused,
        Err(RegisterError::Ledger(LedgerError::Older))
    ));
}

#[test]
fn an_empty_ledger_takes_in_what_the_register_holds() {
    let store = Arc::new(MemoryStore::new());
    let register = open(&store);
    register.add_station(station("a", "一")).unwrap();
    let ledger = Arc::new(Ledger::in_memory().unwrap());
    open_with(&store, &ledger).unwrap();
    let other = Arc::new(MemoryStore::new());
    let register = open_with(&other, &ledger).unwrap();
    assert_eq!(register.stations(), [station("a", "一")]);
    open_with(&store, &ledger).unwrap();
}
