//! Work that was refused and waits for a coordinator: one row per change, under the record that it is of.
//!
//! | key | value |
//! |---|---|
//! | `08 ‖ record ‖ device ‖ number, 4` | [`QuarantineRow`] |

use fieldwatch_schemas::id::{DeviceId, PersonId, RecordId};
use fieldwatch_schemas::store::KeyRange;
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

use super::{key, prefix, record_of};

/// One change that waits.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct QuarantineRow {
    /// The kind of its record, by name.
    #[n(0)]
    pub kind: String,
    /// Whose device brought it.
    #[n(1)]
    pub person: PersonId,
    /// The kind of problem, by name: `device_revoked`, or what a push would have been refused with.
    #[n(2)]
    pub reason: String,
    /// When it came, in UTC milliseconds.
    #[n(3)]
    pub received_ms: i64,
    /// The raw chunk.
    #[n(4)]
    pub chunk: ByteVec,
}

/// The key of one change that waits.
#[must_use]
pub fn quarantine_key(record: RecordId, device: DeviceId, number: u32) -> Vec<u8> {
    let mut key = of_entry(record, device);
    key.extend(number.to_be_bytes());
    key
}

/// All that one device brought of one record.
#[must_use]
pub fn quarantine_of(record: RecordId, device: DeviceId) -> KeyRange {
    KeyRange::prefix(&of_entry(record, device))
}

/// Whose change of which record a key names.
pub(crate) fn quarantined(key: &[u8]) -> Option<(RecordId, DeviceId, u32)> {
    let device = key.get(17..33)?.try_into().ok().map(DeviceId)?;
    let number = key.get(33..37)?.try_into().ok().map(u32::from_be_bytes)?;
    (key.len() == 37).then_some((record_of(key)?, device, number))
}

fn of_entry(record: RecordId, device: DeviceId) -> Vec<u8> {
    let mut key = key(prefix::QUARANTINE, record.bytes());
    key.extend(device.bytes());
    key
}
