//! Healing: everything works again, and everybody syncs until nothing moves any more.

use super::World;
use super::network::Weather;
use crate::fault::Told;

/// How often everybody syncs until nothing moves; a world that needs more does not converge.
const ROUNDS_MAX: usize = 12;

impl World {
    /// Everything works, everybody syncs.
    pub(super) fn heal(&mut self) -> Told<()> {
        self.cut_off.clear();
        self.server.stop();
        self.server.disk.reopen();
        self.server.start()?;
        let before = self.missing()?;
        for device in &mut self.devices {
            device.restart(usize::MAX)?;
            let known = self.server.room()?.register.device(device.id);
            device.is_revoked = known.is_none_or(|known| known.revoked_ms.is_some());
        }
        // A revocation that failed behind its line in the ledger stands once the store is opened again.
        self.excuse_since(&before, "gone with the device")?;
        for _ in 0..ROUNDS_MAX {
            if self.round()? {
                return Ok(());
            }
        }
        self.findings
            .diverged(&format!("not in sync after {ROUNDS_MAX} rounds"));
        Ok(())
    }

    /// Everybody syncs once, one after the other. Whether everybody had been in sync already.
    fn round(&mut self) -> Told<bool> {
        let before = self.server.room()?.log.durable_position();
        let mut is_quiet = true;
        for place in 0..self.devices.len() {
            let report = self.sync_calmly(place)?;
            is_quiet &= report;
        }
        Ok(is_quiet && self.server.room()?.log.durable_position() == before)
    }

    /// Whether a device was in sync, and learnt nothing new on the way.
    fn sync_calmly(&mut self, place: usize) -> Told<bool> {
        let now_ms = self.queue.now_ms();
        let Some(device) = self
            .devices
            .get_mut(place)
            .filter(|device| !device.is_revoked)
        else {
            return Ok(true);
        };
        let heard = device.sync(1, None, Weather::calm(), now_ms);
        self.hear(place, heard)?;
        self.live()?;
        let result = self
            .devices
            .get_mut(place)
            .and_then(|device| device.last_sync.take());
        Ok(match result {
            Some(Ok(report)) => report.in_sync && report.pulled == 0 && report.repaired == 0,
            Some(Err(problem)) => {
                let words = problem.detail.unwrap_or(problem.title);
                self.findings
                    .diverged(&format!("device {place} cannot sync: {words}"));
                false
            }
            None => {
                self.findings
                    .diverged(&format!("device {place} never finished its sync"));
                false
            }
        })
    }
}
