//! The whole exchange: the request, and the items that its reply is made of.

use minicbor::{Decode, Encode};
use sha2::{Digest as _, Sha256};

use super::erasures::Erasures;
use super::index::{Index, IndexFrom};
use super::pull::{Commit, FeedCursor, FeedEnd, Gone, RecordItem, Unchanged};
use super::push::{Outcome, Pushed};
use super::receipt::SignedReceipt;
use super::repair::{RepairAsk, RepairItem};
use super::station::StationCard;
use crate::feed::{Grant, Standing};
use crate::id::{LogId, RecordId};
use crate::limits::FEEDS_MAX;

/// What a device asks and brings.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Request {
    /// The protocol's version.
    #[n(0)]
    pub version: u8,
    /// The log that the cursors belong to; absent before the first sync.
    #[n(1)]
    pub log: Option<LogId>,
    /// The feeds wanted, and how far the device has each.
    #[n(2)]
    pub feeds: Vec<FeedCursor>,
    /// What the device made and the server has not acknowledged.
    #[n(3)]
    pub outbox: Vec<Pushed>,
    /// How many bytes of records the reply may carry, before its content coding.
    #[n(4)]
    pub budget_bytes: Option<u64>,
    /// The tag of the grants that the device holds ([`grants_tag`]); equal ones are not sent again.
    #[n(5)]
    pub grants: Option<ListTag>,
    /// Records whose changes do not fit together here, and that are wanted whole.
    #[n(6)]
    pub wants: Vec<RecordId>,
    /// The tag of the stations that the device knows ([`super::station::stations_tag`]); equal ones are not sent again.
    #[n(7)]
    pub stations: Option<ListTag>,
    /// Feeds that the device cannot rely on, and asks about in place of pulling them.
    #[n(8)]
    pub repair: Option<Vec<RepairAsk>>,
    /// Feeds that the device has nothing of, and of which it wants the index before the bodies.
    #[cbor(n(9), decode_with = "one_per_feed")]
    pub index: Vec<IndexFrom>,
    /// What `budget_bytes` would be if the device's whole budget were unspent: a body that is larger even than that is not waited for.
    #[n(10)]
    pub whole_budget_bytes: Option<u64>,
    /// How many erasures the device has heard of; absent where it has had nothing of this server yet.
    #[n(11)]
    pub erasures: Option<u64>,
}

/// Reads no more than there may be feeds.
fn one_per_feed<'b, Ctx, T: Decode<'b, Ctx>>(
    decoder: &mut minicbor::Decoder<'b>,
    context: &mut Ctx,
) -> Result<Vec<T>, minicbor::decode::Error> {
    let mut each = Vec::new();
    for one in decoder.array_iter_with(context)? {
        if each.len() == FEEDS_MAX {
            return Err(minicbor::decode::Error::message(
                "more than there may be feeds",
            ));
        }
        each.push(one?);
    }
    Ok(each)
}

/// Tells one list of grants, or of stations, from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct ListTag(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; 8]);

/// The tag of a list of grants.
#[must_use]
pub fn grants_tag(grants: &[Grant]) -> ListTag {
    let mut hash = Sha256::new();
    for grant in grants {
        hash.update(grant.feed.as_str());
        hash.update([0, u8::from(grant.write)]);
    }
    let digest: [u8; 32] = hash.finalize().into();
    ListTag(digest.first_chunk().copied().unwrap_or_default())
}

/// The first item of a reply.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Hello {
    /// The log that the reply's positions belong to. If it is another than the device's, the reply has no feeds: the device repairs
    /// each, keeping what it holds.
    #[n(0)]
    pub log: LogId,
    /// The server's clock, in UTC milliseconds.
    #[n(1)]
    pub now_ms: i64,
    /// What the person may read and write, if it differs from what the device holds.
    #[n(2)]
    pub grants: Option<Vec<Grant>>,
    /// The stations that concern the person, if they differ from what the device knows.
    #[n(3)]
    pub stations: Option<Vec<StationCard>>,
    /// Who the person is to the grants; told with them.
    #[n(4)]
    pub standing: Option<Standing>,
}

/// One part of a reply.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Item {
    /// Comes first, once.
    #[n(0)]
    Hello(#[n(0)] Hello),
    /// What became of one pushed record, after it is durable.
    #[n(1)]
    Outcome(#[n(0)] Outcome),
    /// One record of one feed.
    #[n(2)]
    Record(#[n(0)] RecordItem),
    /// A record is in a feed no more.
    #[n(3)]
    Left(#[n(0)] Gone),
    /// A record is erased everywhere.
    #[n(4)]
    Erased(#[n(0)] Gone),
    /// All items so far may be made durable with these cursors.
    #[n(5)]
    Commit(#[n(0)] Commit),
    /// The state of one feed after the reply.
    #[n(6)]
    FeedEnd(#[n(0)] FeedEnd),
    /// Comes last, once: a reply without it was cut.
    #[n(7)]
    End,
    /// What a list shows of bodies that come later.
    #[n(9)]
    Index(#[n(0)] Index),
    /// After the outcomes: the server's signed word for everything of the request that it has now.
    #[n(10)]
    Receipt(#[n(0)] SignedReceipt),
    /// About a feed in repair.
    #[n(8)]
    Repair(#[n(0)] RepairItem),
    /// After `Hello`: what was erased since the device heard of erasures last.
    #[n(11)]
    Erasures(#[n(0)] Erasures),
    /// In place of the ends of the feeds that stand as the request says.
    #[n(12)]
    Unchanged(#[n(0)] Unchanged),
}
