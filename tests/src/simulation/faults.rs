//! What goes wrong on purpose, beyond the network: power, full disks, clocks, and devices out of reach.

use fieldwatch_schemas::store::memory::Fault as DiskFault;

use super::clock::{DAY_MS, HOUR_MS, SECOND_MS};
use super::plan::What;
use super::traffic::Ending;
use super::{Event, World};
use crate::chance::Chance;
use crate::fault::Told;

/// How often a committer looks whether its disk has room again.
const LOOK_AROUND_MS: i64 = 5 * SECOND_MS;

impl World {
    /// Lets a planned fault happen.
    pub(super) fn strike(&mut self, place: usize, what: What, mut chance: Chance) -> Told<()> {
        match what {
            What::Partition => self.cut_off(place, &mut chance),
            What::ServerCrash => {
                self.server.disk.lose_power_after(chance.below(12));
                // Whether or not anybody writes meanwhile.
                if chance.hits(30) {
                    self.server.disk.lose_power();
                }
            }
            What::ServerDiskFull => self.server.disk.fill_up(full_at(&mut chance)),
            What::DeviceCrash => {
                if let Some(device) = self.devices.get(place) {
                    device.disk.lose_power_after(chance.below(8));
                }
            }
            What::DeviceDiskFull => {
                if let Some(device) = self.devices.get(place) {
                    device.disk.fill_up(full_at(&mut chance));
                }
            }
            What::Clock => self.set_clock(place, &mut chance),
            What::Clone => self.copy_phone(place)?,
            What::PutAway => self.put_phone_away(place)?,
            What::SetBack => self.set_phone_back(place)?,
            What::PersonChange => self.change_person(place, &mut chance),
            What::Revocation => self.revoke(place)?,
            What::Erasure => self.erase(&mut chance)?,
            What::Backup => self.server.back_up()?,
            What::Restore => self.set_server_back(&mut chance)?,
            What::Office => self.attend(&mut chance)?,
            What::Act | What::Sync => {}
        }
        Ok(())
    }

    /// Some devices cannot reach the server for a while.
    fn cut_off(&mut self, place: usize, chance: &mut Chance) {
        let hours = 1 + chance.below(72).cast_signed();
        let until_ms = self.queue.now_ms() + hours * HOUR_MS;
        let count = if chance.hits(30) {
            self.devices.len()
        } else {
            1
        };
        for other in place..place + count {
            let place = other.checked_rem(self.devices.len()).unwrap_or(0);
            self.cut_off.insert(place, until_ms);
            self.queue.at(until_ms, Event::Reconnects(place));
        }
        self.tally.faults.partition += 1;
    }

    fn set_clock(&mut self, place: usize, chance: &mut Chance) {
        let offs = [
            &(10 * 365 * DAY_MS),
            &(-10 * 365 * DAY_MS),
            &(40 * DAY_MS),
            &HOUR_MS,
            &0,
        ];
        if let Some(device) = self.devices.get_mut(place) {
            let off = chance.pick(&offs).copied().unwrap_or(0);
            device.clock_off_ms = off + chance.below(HOUR_MS.unsigned_abs()).cast_signed();
            self.tally.faults.clock += 1;
        }
    }

    /// A committer whose store failed looks around until it is open again.
    pub(super) fn notice_failed_store(&mut self) {
        let is_failed = self.server.room().is_ok_and(|room| !room.log.is_healthy());
        if is_failed && !self.is_looking_around {
            self.is_looking_around = true;
            self.tally.faults.disk_full += u64::from(self.server.disk.was_full());
            self.queue.after(LOOK_AROUND_MS, Event::LookAround);
        }
    }

    /// If the server's power went, everything that was under way ends, and power comes back some time later.
    pub(super) fn notice_dark_server(&mut self) {
        if !self.server.disk.is_dark() || self.server.room_mut().is_none() {
            return;
        }
        self.tally.faults.server_crash += 1;
        self.server.stop();
        // What happened to reach the disk before the power went is anybody's guess.
        let batches = usize::try_from(self.tally.faults.total() % 3).unwrap_or(0);
        self.server.disk.light_up(batches);
        for number in std::mem::take(&mut self.waiting) {
            self.queue.after(1, Event::Ends(number, Ending::Cut));
        }
        let minutes = 1 + (self.books.changes % 50).cast_signed();
        self.queue.after(minutes * 60 * SECOND_MS, Event::PowerBack);
    }

    /// The committer tries again to open a store that failed.
    pub(super) fn look_around(&mut self) {
        self.is_looking_around = false;
        if let Some(room) = self.server.room_mut() {
            room.heal();
        }
    }
}

fn full_at(chance: &mut Chance) -> DiskFault {
    match chance.hits(50) {
        true => DiskFault::Apply,
        false => DiskFault::Flush,
    }
}
