//! What an entry of the ledger says.

use fieldwatch_schemas::id::RecordId;
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Entry {
    /// A record was erased.
    #[n(0)]
    Erased(#[n(0)] Erasure),
    /// Rows of the register were written, together: a device's revocation is its row.
    #[n(1)]
    Rows(#[n(0)] Vec<RegisterRow>),
}

impl Entry {
    /// The record that was erased, if the entry says so.
    #[must_use]
    pub const fn erased(&self) -> Option<RecordId> {
        match self {
            Self::Erased(erasure) => Some(erasure.record),
            Self::Rows(_) => None,
        }
    }
}

/// A record was erased everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Erasure {
    /// Which.
    #[n(0)]
    pub record: RecordId,
    /// The record that took its place, without its history.
    #[n(1)]
    pub replaced_by: Option<RecordId>,
    /// When, in UTC milliseconds.
    #[n(2)]
    pub at_ms: i64,
}

/// One row of the register, as it lies in the store.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RegisterRow {
    /// Its key.
    #[n(0)]
    pub key: ByteVec,
    /// Its value; absent if it was removed.
    #[n(1)]
    pub value: Option<ByteVec>,
}
