//! What is left of an erased record, and how far the store has heard of erasures. Nothing here says what the record was.

use fieldwatch_schemas::id::RecordId;
use minicbor::{Decode, Encode};

use super::{Place, key, prefix};
use crate::ledger::Mark;

/// How far the store has heard of erasures: [`HeardRow`].
pub const HEARD: [u8; 2] = [prefix::LOG, 3];

/// An erased record.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct TombstoneRow {
    /// When it was erased, in UTC milliseconds.
    #[n(0)]
    pub erased_ms: i64,
    /// The record that took its place.
    #[n(1)]
    pub replaced_by: Option<RecordId>,
    /// Its rows in the feeds.
    #[n(2)]
    pub places: Vec<Place>,
}

/// How far the store has heard of erasures. A store that is behind, or that lies beside other keys than it knew, is brought up to
/// them when it is opened.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct HeardRow {
    /// The last entry of the ledger that was carried out.
    #[n(0)]
    pub mark: Mark,
    /// How many keys were destroyed then.
    #[n(1)]
    pub erasures: u64,
}

/// The key of a tombstone.
#[must_use]
pub fn tombstone_key(record: RecordId) -> Vec<u8> {
    key(prefix::TOMBSTONE, record.bytes())
}
