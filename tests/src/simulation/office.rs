//! What is done at the server itself: work that waits is released or given up, cases are shared, stations move to other regions.

use std::ops::ControlFlow;

use fieldwatch_schemas::feed::Feed;
use fieldwatch_schemas::id::{DeviceId, PersonId, RecordId};
use fieldwatch_schemas::store::{KeyRange, Store};
use fieldwatch_server::committer::{Desk, OrderError, Placed, Sharing};

use super::World;
use super::fates::records_of;
use super::server::Room;
use crate::chance::Chance;
use crate::fault::Told;

/// The table of work that waits, as `server/src/tables/quarantine.rs` numbers it.
const WAITING: u8 = 8;

/// Where stations move.
const COUNTIES: [&str; 3] = ["330106", "330102", "310104"];

impl World {
    /// Somebody attends to the server.
    pub(super) fn attend(&mut self, chance: &mut Chance) -> Told<()> {
        let stations: Vec<&str> = self.stations.iter().map(String::as_str).collect();
        let station = chance.pick(&stations).unwrap_or_default().to_owned();
        let is_close = self.is_close;
        let Some(room) = self.server.room_mut() else {
            return Ok(());
        };
        let what = match is_close && chance.hits(60) {
            true => 5,
            false => chance.below(10),
        };
        let done = match what {
            0..5 => return self.release(chance),
            5..8 => room.share(&station, chance)?,
            _ => {
                let county = chance.pick(&COUNTIES).unwrap_or("330106");
                room.move_station(&station, county)
            }
        };
        self.tally.faults.transfer += u64::from(done.is_ok());
        Ok(())
    }

    /// Releases what waits, or gives it up.
    fn release(&mut self, chance: &mut Chance) -> Told<()> {
        let Some(room) = self.server.room_mut() else {
            return Ok(());
        };
        let waiting = waiting(&*room.log.store()?)?;
        let place = usize::try_from(chance.below(waiting.len() as u64)).unwrap_or(0);
        if let Some((record, device)) = waiting.get(place) {
            // What is given up here is still on its device, in quarantine.
            let done = match chance.hits(70) {
                true => room.desk.release(*record, *device).map(drop),
                false => room.desk.give_up(*record, *device),
            };
            self.tally.faults.transfer += u64::from(done.is_ok());
        }
        Ok(())
    }
}

impl Room {
    fn share(&mut self, station: &str, chance: &mut Chance) -> Told<Result<(), OrderError>> {
        let records = records_of(&*self.log.store()?)?;
        let place = usize::try_from(chance.below(records.len() as u64)).unwrap_or(0);
        let Some(record) = records.get(place) else {
            return Ok(Err(OrderError::Unknown));
        };
        let sharing = match chance.hits(70) {
            true => Sharing::Shared,
            false => Sharing::Alone,
        };
        let by = PersonId([1; 16]);
        Ok(self.desk.share(*record, station, sharing, by).map(drop))
    }

    /// As the server's own `move_station`, step by step.
    fn move_station(&mut self, station: &str, county: &str) -> Result<(), OrderError> {
        self.desk.mark_placing(station)?;
        if self.register.change_station(station, county).is_ok() {
            place_again(&mut self.desk, station)?;
        }
        Ok(())
    }
}

/// Places the records of stations whose move a crash interrupted.
pub(super) fn resume(desk: &mut Desk) -> Result<(), OrderError> {
    for station in desk.unplaced()? {
        place_again(desk, &station)?;
    }
    Ok(())
}

fn place_again(desk: &mut Desk, station: &str) -> Result<(), OrderError> {
    let feeds = [Feed::station(station), Feed::station_personal(station)];
    for feed in feeds.into_iter().flatten() {
        let mut placed = Placed::default();
        while !placed.is_done {
            placed = desk.place_some(&feed, placed.until)?;
        }
    }
    desk.unmark_placing(station)
}

/// The work that waits, by record and device.
fn waiting(store: &dyn Store) -> Told<Vec<(RecordId, DeviceId)>> {
    let mut found = Vec::new();
    store.scan(&KeyRange::prefix(&[WAITING]), &mut |key, _| {
        let record = key.get(1..17).and_then(|id| id.try_into().ok());
        let device = key.get(17..33).and_then(|id| id.try_into().ok());
        found.extend(record.map(RecordId).zip(device.map(DeviceId)));
        ControlFlow::Continue(())
    })?;
    found.dedup();
    Ok(found)
}
