//! What happens to phones, people and records: copies and old copies, other places, devices that are let in no more, erasure.

use std::ops::ControlFlow;

use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::status::Role;
use fieldwatch_schemas::store::{KeyRange, Store};
use fieldwatch_server::register::person::Place;

use super::World;
use super::device::Device;
use super::oracle::RECORDS;
use crate::chance::Chance;
use crate::fault::Told;

impl World {
    /// A phone is copied, identity and all, and both go on.
    pub(super) fn copy_phone(&mut self, place: usize) -> Told<()> {
        if let Some(device) = self.devices.get(place) {
            let twin = device.twin()?;
            self.devices.push(twin);
            self.tally.faults.clone += 1;
        }
        Ok(())
    }

    pub(super) fn put_phone_away(&mut self, place: usize) -> Told<()> {
        match self.devices.get_mut(place) {
            Some(device) => device.put_away(),
            None => Ok(()),
        }
    }

    /// A phone comes back from an old copy: what was on it alone is gone, and nobody can be blamed for that.
    pub(super) fn set_phone_back(&mut self, place: usize) -> Told<()> {
        if self.server.room_mut().is_none() {
            return Ok(());
        }
        let before = self.missing()?;
        let is_done = self.devices.get_mut(place).map(Device::set_back);
        if is_done.transpose()?.unwrap_or(false) {
            self.tally.faults.clone += 1;
            self.excuse_since(&before, "gone with the phone")?;
        }
        Ok(())
    }

    /// The server comes back from its backup, openly or without anybody having told it.
    pub(super) fn set_server_back(&mut self, chance: &mut Chance) -> Told<()> {
        if self.server.room_mut().is_none() || !self.server.has_backup() {
            return Ok(());
        }
        let before = self.missing()?;
        self.server.set_back(chance.hits(50))?;
        self.tally.faults.restore += 1;
        self.excuse_since(&before, "gone with the server's disk")
    }

    /// A person works at another station from now on, or at one more, or in another role.
    pub(super) fn change_person(&mut self, place: usize, chance: &mut Chance) {
        let (Some(device), Ok(room)) = (self.devices.get(place), self.server.room()) else {
            return;
        };
        let Some(enrolled) = room.register.device(device.id) else {
            return;
        };
        let stations: Vec<&str> = self.stations.iter().map(String::as_str).collect();
        let Some(station) = chance.pick(&stations) else {
            return;
        };
        let mut named = vec![station.to_owned()];
        if chance.hits(40) {
            let before = room.register.person(enrolled.person);
            named.extend(before.and_then(|person| person.station));
        }
        let (role, stations, region) = match chance.below(10) {
            0 => (Role::Volunteer, Vec::new(), None),
            1 => (Role::Coordinator, Vec::new(), Some("330100".to_owned())),
            _ => (Role::StationStaff, named, None),
        };
        let to = Place { stations, region };
        let changed = room.register.change_person(enrolled.person, Some(role), to);
        self.tally.faults.transfer += u64::from(changed.is_ok());
    }

    /// A device is let in no more.
    pub(super) fn revoke(&mut self, place: usize) -> Told<()> {
        let now_ms = self.queue.now_ms();
        if self.server.room_mut().is_none() {
            return Ok(());
        }
        let before = self.missing()?;
        // Somebody has to go on working.
        let revoked = self
            .devices
            .iter()
            .filter(|device| device.is_revoked)
            .count();
        let (Some(device), Ok(room)) = (self.devices.get(place), self.server.room()) else {
            return Ok(());
        };
        let id = device.id;
        if revoked < 2 && room.register.revoke(id, now_ms).is_ok() {
            for copy in self.devices.iter_mut().filter(|copy| copy.id == id) {
                copy.is_revoked = true;
            }
            self.tally.faults.revocation += 1;
            self.excuse_since(&before, "gone with the device")?;
        }
        Ok(())
    }

    /// A record is erased, on somebody's demand.
    pub(super) fn erase(&mut self, chance: &mut Chance) -> Told<()> {
        let ledger = self.server.ledger.clone();
        let Some(room) = self.server.room_mut() else {
            return Ok(());
        };
        let records = records_of(&*room.log.store()?)?;
        let place = usize::try_from(chance.below(records.len() as u64)).unwrap_or(0);
        let Some(record) = records.get(place).copied() else {
            return Ok(());
        };
        if room.erase(&ledger, record).is_ok() {
            self.books.erased.insert(record);
            self.tally.faults.erasure += 1;
        }
        Ok(())
    }
}

/// The records that a server's store holds.
pub(super) fn records_of(store: &dyn Store) -> Told<Vec<RecordId>> {
    let mut records = Vec::new();
    store.scan(&KeyRange::prefix(&[RECORDS]), &mut |key, _| {
        let id = key.get(1..17).and_then(|id| id.try_into().ok());
        records.extend(id.map(RecordId));
        ControlFlow::Continue(())
    })?;
    Ok(records)
}
