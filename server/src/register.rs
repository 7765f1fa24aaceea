//! The register: stations, people, tickets and devices. Who may do what follows from it; every answer here is about now.
//!
//! Rows lie in the same store as the log, numbers big-endian, values CBOR:
//!
//! | key | value |
//! |---|---|
//! | `80` ‖ station id, ASCII | [`Station`] |
//! | `81` ‖ person id, 16 | [`Person`] |
//! | `82` ‖ SHA-256 of the ticket's code, 32 | [`Ticket`] |
//! | `83` ‖ device id, 16 | [`Device`] |
//!
//! Everything is also held in memory (their counts are bounded), so asking costs no disk. A change is on the disk for good before
//! it can be seen: one writer at a time writes it into the ledger, applies one batch, flushes, and only then touches the memory.

/// The first byte of the keys of people.
pub(crate) const PERSONS: u8 = 0x81;

pub(crate) mod campaigns;
pub mod device;
mod error;
mod ledgered;
pub mod person;
mod rows;
pub mod station;
pub mod ticket;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};

use fieldwatch_schemas::area;
use fieldwatch_schemas::feed::{Grant, Standing, grants_of};
use fieldwatch_schemas::id::{DeviceId, PersonId, RecordId};
use fieldwatch_schemas::limits::{REGISTER_ROWS_MAX, STATIONS_TOLD_MAX};
use fieldwatch_schemas::status::Role;
use fieldwatch_schemas::store::Batch;
use fieldwatch_schemas::sync::erasures::Erasures;
use fieldwatch_schemas::sync::push::Policy;
use fieldwatch_schemas::sync::station::StationCard;

use self::device::Device;
pub use self::error::RegisterError;
pub(crate) use self::ledgered::mark_of;
use self::person::{Person, Place};
use self::rows::Stored;
use self::station::Station;
use self::ticket::{CodeHash, Ticket};
use crate::committer::OwnedAsker;
use crate::ledger::Ledger;
use crate::log::Log;

/// Stations, people, tickets and devices.
#[derive(Debug)]
pub struct Register {
    log: Arc<Log>,
    ledger: Arc<Ledger>,
    /// Held over every change, from looking until it is in memory.
    writing: Mutex<()>,
    /// Whether the store failed with something that the ledger has.
    is_behind: AtomicBool,
    index: RwLock<Index>,
}

#[derive(Debug, Default)]
struct Index {
    stations: BTreeMap<String, Station>,
    persons: BTreeMap<PersonId, Person>,
    tickets: BTreeMap<CodeHash, Ticket>,
    devices: BTreeMap<DeviceId, Device>,
}

impl Register {
    /// Reads the register that lies in a log's store, after bringing it up to what the ledger says.
    ///
    /// # Errors
    ///
    /// [`RegisterError::Store`] if the disk cannot be read, [`RegisterError::Damaged`] if a row cannot be understood,
    /// [`RegisterError::Ledger`] if the ledger is damaged or older than the store.
    pub fn open(log: Arc<Log>, ledger: Arc<Ledger>) -> Result<Self, RegisterError> {
        let store = log.store()?;
        ledgered::bring_up(&*store, &ledger)?;
        let index = Index {
            stations: rows::all(&*store)?,
            persons: rows::all(&*store)?,
            tickets: rows::all(&*store)?,
            devices: rows::all(&*store)?,
        };
        Ok(Self {
            log,
            ledger,
            writing: Mutex::new(()),
            is_behind: AtomicBool::new(false),
            index: RwLock::new(index),
        })
    }

    /// The ledger that all of it stands in.
    #[must_use]
    pub fn ledger(&self) -> &Arc<Ledger> {
        &self.ledger
    }

    /// What was erased since a device heard of so many erasures, no more than there is room for.
    #[must_use]
    pub fn erasures_behind(&self, heard: Option<u64>, count_max: usize) -> Option<Erasures> {
        let told = |erased: &[RecordId]| Erasures::behind(heard, erased, count_max);
        self.ledger.with_erased(told)
    }

    /// Takes in a station. The same again changes nothing.
    ///
    /// # Errors
    ///
    /// [`RegisterError::StationExists`] if another station has the id; otherwise as the disk fails.
    pub fn add_station(&self, station: Station) -> Result<Station, RegisterError> {
        let _writing = self.lock();
        let held = self.index().stations.get(&station.id).cloned();
        match held {
            Some(held) if held == station => return Ok(held),
            Some(held) => return Err(RegisterError::StationExists(held.id)),
            None => has_room(self.index().stations.len())?,
        }
        self.keep(&station.row()?)?;
        self.index_mut(|index| index.stations.insert(station.id.clone(), station.clone()));
        Ok(station)
    }

    /// Takes in a person.
    ///
    /// # Errors
    ///
    /// [`RegisterError::StationUnknown`] if their station is not here; otherwise as the disk fails.
    pub fn add_person(&self, person: Person) -> Result<Person, RegisterError> {
        let _writing = self.lock();
        self.knows_stations_of(&person)?;
        has_room(self.index().persons.len())?;
        self.keep_person(person)
    }

    /// Gives a person another role or another place; what is not given stays, as far as the role lets it. From the next request on
    /// they are who they are now; a reply under way ends before its next page.
    ///
    /// # Errors
    ///
    /// [`RegisterError::PersonUnknown`], [`RegisterError::StationUnknown`], as [`Person::new`], or as the disk fails; nothing is
    /// changed then.
    pub fn change_person(
        &self,
        id: PersonId,
        role: Option<Role>,
        place: Place,
    ) -> Result<Person, RegisterError> {
        let _writing = self.lock();
        let held = self.person(id).ok_or(RegisterError::PersonUnknown(id))?;
        let person = held.changed(role, place)?;
        self.knows_stations_of(&person)?;
        self.keep_person(person)
    }

    fn knows_stations_of(&self, person: &Person) -> Result<(), RegisterError> {
        let index = self.index();
        let standing = person.standing();
        let unknown = standing
            .stations()
            .find(|id| !index.stations.contains_key(*id));
        unknown.map_or(Ok(()), |id| {
            Err(RegisterError::StationUnknown(id.to_owned()))
        })
    }

    fn keep_person(&self, person: Person) -> Result<Person, RegisterError> {
        self.keep(&person.row()?)?;
        self.index_mut(|index| index.persons.insert(person.id, person.clone()));
        Ok(person)
    }

    /// Moves a station to another region. Where its records lie follows from that: whoever calls this has them placed again.
    ///
    /// # Errors
    ///
    /// [`RegisterError::StationUnknown`], [`RegisterError::Region`], or as the disk fails; nothing is changed then.
    pub fn change_station(&self, id: &str, region: &str) -> Result<Station, RegisterError> {
        let _writing = self.lock();
        let held = self.station(id);
        let mut station = held.ok_or_else(|| RegisterError::StationUnknown(id.to_owned()))?;
        let area = area::known(region).map_err(RegisterError::Region)?;
        area.code.clone_into(&mut station.region);
        self.keep(&station.row()?)?;
        self.index_mut(|index| index.stations.insert(station.id.clone(), station.clone()));
        Ok(station)
    }

    /// Takes in a ticket; who has its code may enrol one device of the person.
    ///
    /// # Errors
    ///
    /// [`RegisterError::PersonUnknown`] if the person is not here; otherwise as the disk fails.
    pub fn add_ticket(&self, ticket: &Ticket) -> Result<(), RegisterError> {
        let _writing = self.lock();
        if !self.index().persons.contains_key(&ticket.person) {
            return Err(RegisterError::PersonUnknown(ticket.person));
        }
        has_room(self.index().tickets.len())?;
        self.keep(&ticket.row()?)?;
        self.index_mut(|index| index.tickets.insert(ticket.code, ticket.clone()));
        Ok(())
    }

    /// Turns a ticket into a device, in one batch: of two who race for one ticket, one wins.
    ///
    /// # Errors
    ///
    /// [`RegisterError::TicketUnknown`], [`RegisterError::TicketUsed`] or [`RegisterError::TicketExpired`], nothing changed;
    /// otherwise as the disk fails.
    pub fn redeem(
        &self,
        code: CodeHash,
        now_ms: i64,
        device: impl FnOnce(PersonId) -> Device,
    ) -> Result<(Device, Person), RegisterError> {
        let _writing = self.lock();
        let held = self.index().tickets.get(&code).cloned();
        let mut ticket = held.ok_or(RegisterError::TicketUnknown)?;
        ticket.check(now_ms)?;
        let person = self
            .person(ticket.person)
            .ok_or(RegisterError::PersonUnknown(ticket.person))?;
        has_room(self.index().devices.len())?;
        let device = device(person.id);
        ticket.device = Some(device.id);
        let mut batch = ticket.row()?;
        batch.append(device.row()?);
        self.keep(&batch)?;
        self.index_mut(|index| {
            index.tickets.insert(code, ticket);
            index.devices.insert(device.id, device.clone());
        });
        Ok((device, person))
    }

    /// Revokes a device: from now on it is refused. Again changes nothing.
    ///
    /// # Errors
    ///
    /// [`RegisterError::DeviceUnknown`]; otherwise as the disk fails.
    pub fn revoke(&self, device: DeviceId, now_ms: i64) -> Result<Device, RegisterError> {
        let _writing = self.lock();
        let mut held = self
            .device(device)
            .ok_or(RegisterError::DeviceUnknown(device))?;
        if held.revoked_ms.is_none() {
            held.revoked_ms = Some(now_ms);
            self.keep(&held.row()?)?;
            self.index_mut(|index| index.devices.insert(device, held.clone()));
        }
        Ok(held)
    }

    /// A station.
    #[must_use]
    pub fn station(&self, id: &str) -> Option<Station> {
        self.index().stations.get(id).cloned()
    }

    /// The region of a station (GB/T 2260).
    #[must_use]
    pub fn station_region(&self, id: &str) -> Option<String> {
        let index = self.index();
        index.stations.get(id).map(|station| station.region.clone())
    }

    /// A person.
    #[must_use]
    pub fn person(&self, id: PersonId) -> Option<Person> {
        self.index().persons.get(&id).cloned()
    }

    /// A device, revoked or not.
    #[must_use]
    pub fn device(&self, id: DeviceId) -> Option<Device> {
        self.index().devices.get(&id).cloned()
    }

    /// Whether a device may still do anything.
    #[must_use]
    pub fn is_active(&self, id: DeviceId) -> bool {
        let index = self.index();
        index
            .devices
            .get(&id)
            .is_some_and(|device| device.revoked_ms.is_none())
    }

    /// What a person may read and write now, the campaigns of a coordinator's region included.
    ///
    /// # Errors
    ///
    /// [`RegisterError::Store`] if the disk cannot be read.
    pub fn grants(&self, standing: &Standing) -> Result<Vec<Grant>, RegisterError> {
        let mut grants = grants_of(standing);
        if standing.role == Role::Coordinator {
            grants.extend(campaigns::grants(&*self.log.store()?, standing)?);
        }
        Ok(grants)
    }

    /// What a device's person is, and may read and write, now.
    ///
    /// # Errors
    ///
    /// [`RegisterError::PersonUnknown`] if the person is not here, [`RegisterError::Store`] if the disk cannot be read.
    pub fn asker(&self, device: &Device) -> Result<OwnedAsker, RegisterError> {
        let person = self.person(device.person);
        let person = person.ok_or(RegisterError::PersonUnknown(device.person))?;
        let standing = person.standing();
        Ok(OwnedAsker {
            device: device.id,
            grants: self.grants(&standing)?,
            former: person.former,
            policy: Policy::Judged,
            standing,
        })
    }

    /// The stations that concern a person: their own, or a coordinator's region's; at most [`STATIONS_TOLD_MAX`].
    #[must_use]
    pub fn stations_of(&self, standing: &Standing) -> Vec<StationCard> {
        let concerns = |station: &Station| match standing.role {
            Role::StationStaff => standing.stations().any(|id| id == station.id),
            Role::Coordinator => {
                let region = standing.region.as_deref().unwrap_or_default();
                area::contains(region, &station.region).unwrap_or(false)
            }
            _ => false,
        };
        let index = self.index();
        let concerned = index.stations.values().filter(|station| concerns(station));
        concerned
            .map(Station::card)
            .take(STATIONS_TOLD_MAX)
            .collect()
    }

    /// All stations, by id.
    #[must_use]
    pub fn stations(&self) -> Vec<Station> {
        self.index().stations.values().cloned().collect()
    }

    /// All people, by id, which is the order they were added in.
    #[must_use]
    pub fn persons(&self) -> Vec<Person> {
        self.index().persons.values().cloned().collect()
    }

    /// All devices, by id, which is the order they enrolled in.
    #[must_use]
    pub fn devices(&self) -> Vec<Device> {
        self.index().devices.values().cloned().collect()
    }

    fn keep(&self, batch: &Batch) -> Result<(), RegisterError> {
        let store = self.log.aside()?;
        let is_behind = self.is_behind.swap(true, Ordering::SeqCst);
        let kept = ledgered::keep(&*store, &self.ledger, batch, is_behind);
        if let Err(RegisterError::Store(error)) = &kept {
            self.log.fail(error);
        }
        kept?;
        self.is_behind.store(false, Ordering::SeqCst);
        Ok(())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, ()> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn index(&self) -> RwLockReadGuard<'_, Index> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn index_mut<T>(&self, change: impl FnOnce(&mut Index) -> T) {
        let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        change(&mut index);
    }
}

fn has_room(count: usize) -> Result<(), RegisterError> {
    if count < REGISTER_ROWS_MAX {
        Ok(())
    } else {
        Err(RegisterError::Full)
    }
}

#[cfg(test)]
mod tests;
