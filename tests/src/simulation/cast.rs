//! Who is in a world: stations in two regions, their staff, coordinators, volunteers, and what each carries.

use fieldwatch_schemas::deadline::Authority;
use fieldwatch_schemas::id::{DeviceId, PersonId};
use fieldwatch_schemas::status::Role;
use fieldwatch_server::register::device::{Device as Enrolled, PublicKey};
use fieldwatch_server::register::person::{Person, Place};
use fieldwatch_server::register::station::Station;
use fieldwatch_server::register::ticket::{CodeHash, Ticket};

use super::Disks;
use super::clock::{BEGIN_MS, DAY_MS, HOUR_MS};
use super::device::Device;
use super::server::Server;
use crate::chance::Chance;
use crate::fault::Told;

/// A key as the register wants it; nobody signs anything in a simulation.
const KEY: &str = "BQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQU";

/// The counties that stations lie in, and the cities of their coordinators.
const COUNTIES: [&str; 4] = ["330106", "310104", "330102", "330106"];
const CITIES: [&str; 2] = ["330100", "310100"];

/// The ids of a world's stations.
#[must_use]
pub(super) fn station_id(number: usize) -> String {
    let county = COUNTIES
        .get(number % COUNTIES.len())
        .copied()
        .unwrap_or("330106");
    format!("{county}-{number:04}")
}

/// Fills the register, and hands out the devices.
///
/// # Errors
///
/// A fault if the register refuses any of it.
pub(super) fn assemble(
    server: &Server,
    (chance, is_close): (&mut Chance, bool),
    disks: &Disks,
) -> Told<Vec<Device>> {
    let register = &server.room()?.register;
    let stations = usize::try_from(2 + chance.below(3)).unwrap_or(2);
    for number in 0..stations {
        let county = COUNTIES
            .get(number % COUNTIES.len())
            .copied()
            .unwrap_or("330106");
        register.add_station(Station::new(
            &station_id(number),
            "消费维权站",
            county,
            Authority::Council,
        )?)?;
    }
    let mut people = Vec::new();
    for number in 0..stations {
        for _ in 0..1 + chance.below(2) {
            let mut at = place(Some(&station_id(number)), None);
            if is_close && chance.hits(60) {
                at.stations.push(station_id((number + 1) % stations));
            }
            people.push((Role::StationStaff, at));
        }
    }
    for city in CITIES {
        people.push((Role::Coordinator, place(None, Some(city))));
    }
    for _ in 0..1 + chance.below(2) {
        people.push((Role::Volunteer, Place::default()));
    }
    let crowd = if chance.hits(2) {
        10 + chance.below(30)
    } else {
        0
    };
    for number in 0..crowd {
        let station = station_id(usize::try_from(number).unwrap_or(0) % stations);
        people.push((Role::StationStaff, place(Some(&station), None)));
    }
    let mut devices = Vec::new();
    for (number, (role, place)) in (1_u8..).zip(people) {
        let person = Person::new(
            PersonId([number; 16]),
            &format!("person {number}"),
            role,
            place,
        )?;
        let person = register.add_person(person)?;
        let count = if chance.hits(20) { 2 } else { 1 };
        for nth in 0..count {
            let mut device = enrol(server, &person, (number, nth), disks)?;
            if is_close {
                // No two clocks agree: what stands behind another event cannot be told by them.
                device.clock_off_ms = chance.below(96).cast_signed() * HOUR_MS - 2 * DAY_MS;
            }
            devices.push(device);
        }
    }
    Ok(devices)
}

fn place(station: Option<&str>, region: Option<&str>) -> Place {
    Place {
        stations: station.map(str::to_owned).into_iter().collect(),
        region: region.map(str::to_owned),
    }
}

fn enrol(server: &Server, person: &Person, (number, nth): (u8, u8), disks: &Disks) -> Told<Device> {
    let register = &server.room()?.register;
    let mut id = [number; 16];
    if let Some(last) = id.last_mut() {
        *last = 100 + nth;
    }
    let (ticket, code) = Ticket::new(person.id, id, BEGIN_MS, DAY_MS)?;
    register.add_ticket(&ticket)?;
    let key = PublicKey::parse(KEY, "a key")?;
    let (enrolled, person) =
        register.redeem(CodeHash::of(&code)?, BEGIN_MS, |person| Enrolled {
            id: DeviceId(id),
            person,
            name: String::new(),
            signing_key: key,
            sealing_key: key,
            enrolled_ms: BEGIN_MS,
            revoked_ms: None,
        })?;
    let disk = disks(&format!("device-{number}-{nth}"))?;
    // A device that does not know the key keeps no receipts.
    let key = (!number.is_multiple_of(3)).then(|| server.receipt_key());
    let named = (person.name.as_str(), key.transpose()?);
    Device::enrolled(enrolled.id, &person.standing(), named, disk)
}
