//! Changes on their way back: parts of records that the server lost, kept unseen until the rest has come.
//!
//! | key | value |
//! |---|---|
//! | `09 ‖ record ‖ hash` | [`ReturningRow`] |

use fieldwatch_schemas::id::{DeviceId, Hash, RecordId};
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

use super::{key, prefix, record_of};

/// One change on its way back.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ReturningRow {
    /// Which device brought it.
    #[n(0)]
    pub device: DeviceId,
    /// When it came, in UTC milliseconds.
    #[n(1)]
    pub received_ms: i64,
    /// The raw chunk.
    #[n(2)]
    pub chunk: ByteVec,
}

/// Which change of which record a key names.
pub(crate) fn returned(key: &[u8]) -> Option<(RecordId, Hash)> {
    let hash = key.get(17..)?.try_into().ok().map(Hash)?;
    Some((record_of(key)?, hash))
}

/// The key of one change on its way back.
#[must_use]
pub fn returning_key(record: RecordId, hash: Hash) -> Vec<u8> {
    let mut key = key(prefix::RETURNING, record.bytes());
    key.extend(hash.0);
    key
}
