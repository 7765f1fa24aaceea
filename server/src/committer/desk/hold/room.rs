//! How much waits for a release, in all and of each device.
//!
//! Of each device some fits whatever waits of others: revoked ones must not fill the room of those that come after them.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use fieldwatch_schemas::id::DeviceId;
use fieldwatch_schemas::limits::{
    QUARANTINE_BYTES_MAX, QUARANTINE_DEVICE_BYTES_MAX, QUARANTINE_DEVICE_BYTES_SURE,
    QUARANTINE_DEVICE_CHANGES_MAX,
};
use fieldwatch_schemas::store::{KeyRange, Store, StoreError};

use crate::tables::prefix;
use crate::tables::quarantine::quarantined;

/// How much waits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::committer::desk) struct Waiting {
    size_bytes: usize,
    devices: BTreeMap<DeviceId, (usize, usize)>,
}

impl Waiting {
    pub(super) fn add(&mut self, device: DeviceId, size_bytes: usize) {
        self.size_bytes += size_bytes;
        let (changes, bytes) = self.devices.entry(device).or_default();
        *changes += 1;
        *bytes += size_bytes;
    }

    pub(super) fn has_room(&self, device: DeviceId, changes: usize, size_bytes: usize) -> bool {
        let (held, bytes) = self.devices.get(&device).copied().unwrap_or_default();
        let is_sure = bytes + size_bytes <= QUARANTINE_DEVICE_BYTES_SURE;
        held + changes <= QUARANTINE_DEVICE_CHANGES_MAX
            && bytes + size_bytes <= QUARANTINE_DEVICE_BYTES_MAX
            && (is_sure || self.size_bytes + size_bytes <= QUARANTINE_BYTES_MAX)
    }
}

/// Counts what a store holds.
pub(super) fn count(store: &dyn Store) -> Result<Waiting, StoreError> {
    let mut waiting = Waiting::default();
    store.scan(
        &KeyRange::prefix(&[prefix::QUARANTINE]),
        &mut |key, value| {
            if let Some((_, device, _)) = quarantined(key) {
                waiting.add(device, value.len());
            }
            ControlFlow::Continue(())
        },
    )?;
    Ok(waiting)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn revoked_devices_that_fill_all_there_is_leave_room_to_every_other() {
        let mut waiting = Waiting::default();
        let mut number = 0_u32;
        let mut next = || {
            number += 1;
            let mut id = [0; 16];
            id[..4].copy_from_slice(&number.to_be_bytes());
            DeviceId(id)
        };
        let each = QUARANTINE_DEVICE_BYTES_MAX / 64;
        loop {
            let device = next();
            let mut kept = 0;
            while waiting.has_room(device, 1, each) {
                waiting.add(device, each);
                kept += each;
            }
            assert!(kept <= QUARANTINE_DEVICE_BYTES_MAX);
            if kept < QUARANTINE_DEVICE_BYTES_MAX {
                break;
            }
        }
        for _ in 0..1_000 {
            let device = next();
            assert!(waiting.has_room(device, 1, QUARANTINE_DEVICE_BYTES_SURE));
            assert!(!waiting.has_room(device, 1, QUARANTINE_DEVICE_BYTES_SURE + 1));
            waiting.add(device, QUARANTINE_DEVICE_BYTES_SURE);
            assert!(!waiting.has_room(device, 1, 1));
        }
    }
}
