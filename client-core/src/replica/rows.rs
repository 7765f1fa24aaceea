//! The values of a replica's rows, as CBOR maps whose keys are never given twice.

use fieldwatch_schemas::chunk::Chunk;
use fieldwatch_schemas::digest::Digest;
use fieldwatch_schemas::feed::Feed;
use fieldwatch_schemas::id::{Actor, Hash};
use fieldwatch_schemas::problem::ProblemKind;
use fieldwatch_schemas::sync::vouch::{Mac, Vouched};
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

use super::ReplicaError;

/// One change of a record.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(super) struct ChangeRow {
    /// The raw chunk.
    #[n(0)]
    pub(super) chunk: ByteVec,
    /// Whether the server has not said that it is durable there.
    #[n(1)]
    pub(super) is_unsent: bool,
    /// When the server received it, in UTC milliseconds; 0 before.
    #[n(2)]
    pub(super) received_ms: i64,
}

/// One record.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(super) struct RecordRow {
    /// The kind, by name: one of a newer server is kept although it cannot be read.
    #[n(0)]
    pub(super) kind: String,
    /// What this installation writes it by.
    #[n(1)]
    pub(super) actor: Option<Actor>,
    /// The heads of everything held.
    #[n(2)]
    pub(super) heads: Vec<Hash>,
    /// The heads that the server has, as it said last.
    #[n(3)]
    pub(super) acknowledged: Vec<Hash>,
    /// The feeds that contain it.
    #[n(4)]
    pub(super) feeds: Vec<Membership>,
    /// The number of its next change.
    #[n(5)]
    pub(super) next: u32,
    /// Its place in the outbox.
    #[n(6)]
    pub(super) outbox: Option<u64>,
    /// Whether its unsent changes are in quarantine.
    #[n(7)]
    pub(super) is_refused: bool,
    /// The number of its first change: what lies below was written anew, and does not exist.
    #[n(8)]
    pub(super) first: u32,
    /// The server's mark, and what it once said to have by it.
    #[n(12)]
    pub(super) vouched: Option<Vouched>,
    /// Of what goes back in parts: what the server lacks next.
    #[n(13)]
    pub(super) lacking: Option<Vec<Hash>>,
}

/// That a feed contains a record, and what it adds to the feed's digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(super) struct Membership {
    /// The feed's number on this device.
    #[n(0)]
    pub(super) feed: u8,
    /// The record's part of the digest.
    #[n(1)]
    pub(super) digest: Digest,
}

/// One feed.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(super) struct FeedRow {
    /// Its name.
    #[n(0)]
    pub(super) feed: Feed,
    /// The last position that is durably applied.
    #[n(1)]
    pub(super) cursor: u64,
    /// The sum over its records.
    #[n(2)]
    pub(super) digest: Digest,
    /// How many records it has.
    #[n(3)]
    pub(super) records: u64,
    /// The last cursor at which nothing was left.
    #[n(4)]
    pub(super) complete: u64,
    /// The server's mark that it once stood at `complete`.
    #[n(5)]
    pub(super) proof: Option<Mac>,
    /// Whether it cannot be relied on and must be repaired before it is pulled again.
    #[n(6)]
    pub(super) is_unsure: bool,
    /// The lowest position that its index has been told of: 0 at its end, absent where it has not begun.
    #[n(7)]
    pub(super) index_before: Option<u64>,
}

/// A refusal of the server's.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(super) struct RefusalRow {
    /// The kind of problem, by name.
    #[n(0)]
    pub(super) code: String,
    /// Why, in words.
    #[n(1)]
    pub(super) reason: String,
}

impl RefusalRow {
    /// In the place of one that cannot be read.
    pub(super) fn unreadable() -> Self {
        Self {
            code: ProblemKind::StoreFailed.name().to_owned(),
            reason: "the reason on this device cannot be read; the next sync asks again".to_owned(),
        }
    }
}

/// Whether a change may be an imported row: those are made by nobody, at no time.
pub(super) fn is_a_row(chunk: &Chunk) -> bool {
    chunk.seq() == 1 && chunk.time_s() == 0
}

pub(super) fn encode<T: Encode<()>>(value: &T) -> Vec<u8> {
    minicbor::to_vec(value).unwrap_or_default()
}

pub(super) fn decode<'b, T: Decode<'b, ()>>(
    bytes: &'b [u8],
    what: &'static str,
) -> Result<T, ReplicaError> {
    minicbor::decode(bytes).map_err(|_| ReplicaError::Damaged { what })
}
