//! How much waits for a release, in all and of each device.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use fieldwatch_schemas::id::DeviceId;
use fieldwatch_schemas::limits::{
    QUARANTINE_BYTES_MAX, QUARANTINE_DEVICE_BYTES_MAX, QUARANTINE_DEVICE_CHANGES_MAX,
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
        held + changes <= QUARANTINE_DEVICE_CHANGES_MAX
            && bytes + size_bytes <= QUARANTINE_DEVICE_BYTES_MAX
            && self.size_bytes + size_bytes <= QUARANTINE_BYTES_MAX
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
