//! The index: before the bodies of a large feed that a device has never had, what its list shows of them, the newest first.
//!
//! A row stands for a body that stays on the server for now: until it is its turn, until somebody opens the record, or, where a budget
//! is too small for it, until there is one that is not ([`IndexRow::needs_bytes`]).

use minicbor::{Decode, Encode};

use crate::id::RecordId;
use crate::summary::Summary;

/// A feed whose index is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct IndexFrom {
    /// The feed, by its place in the request.
    #[n(0)]
    pub feed: u8,
    /// The lowest position that the device has been told of; the highest number there is, where it has been told of none.
    #[n(1)]
    pub before: u64,
}

/// Some rows of a feed's index.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Index {
    /// The feed, by its place in the request.
    #[n(0)]
    pub feed: u8,
    /// Records, the newest first.
    #[n(1)]
    pub rows: Vec<IndexRow>,
    /// Everything of the feed at or above this position has been told, so this is a commit point; 0 at its end. Absent where the rows
    /// are bodies that the budget has no room for.
    #[n(2)]
    pub before: Option<u64>,
}

/// What a list shows of a record.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct IndexRow {
    /// The record.
    #[n(0)]
    pub record: RecordId,
    /// The kind, by name.
    #[n(1)]
    pub kind: String,
    /// The line a person recognises it by.
    #[n(2)]
    pub title: String,
    /// Where it is in its life cycle.
    #[n(3)]
    pub status: String,
    /// 诉求类型, of a case.
    #[n(4)]
    pub nature: Option<String>,
    /// Its number in the channel it came by.
    #[n(5)]
    pub external_no: Option<String>,
    /// When it was received, in UTC milliseconds.
    #[n(6)]
    pub received_ms: Option<i64>,
    /// When it was last changed, in UTC milliseconds.
    #[n(7)]
    pub updated_ms: i64,
    /// The body is larger than what a sync with this budget could carry: what it takes at most, in bytes.
    #[n(8)]
    pub needs_bytes: Option<u64>,
}

impl IndexRow {
    /// What a summary shows in a list.
    #[must_use]
    pub fn of(record: RecordId, summary: &Summary) -> Self {
        Self {
            record,
            kind: summary.kind.name().to_owned(),
            title: summary.title.clone(),
            status: summary.status.clone(),
            nature: summary.nature.clone(),
            external_no: summary.external_no.clone(),
            received_ms: summary.received_ms,
            updated_ms: summary.updated_ms,
            needs_bytes: None,
        }
    }

    /// The line of a list; `None` for a kind that is not known here. What a search looks in is what the row says.
    #[must_use]
    pub fn summary(&self) -> Option<Summary> {
        let number = self.external_no.as_deref().unwrap_or_default();
        Some(Summary {
            kind: self.kind.parse().ok()?,
            title: self.title.clone(),
            status: self.status.clone(),
            nature: self.nature.clone(),
            channel: None,
            external_no: self.external_no.clone(),
            category: None,
            problem: None,
            station: None,
            region: None,
            received_ms: self.received_ms,
            first_action_ms: None,
            closed_ms: None,
            recovered_fen: 0,
            result: None,
            updated_ms: self.updated_ms,
            conflicts: 0,
            submitted_ms: None,
            search: format!("{} {number}", self.title).to_lowercase(),
        })
    }

    /// A bound on what the row takes in a reply, before its content coding.
    #[must_use]
    pub fn size_bytes(&self) -> usize {
        let text = |text: &Option<String>| text.as_ref().map_or(0, |text| text.len() + 4);
        let texts = self.kind.len() + self.title.len() + self.status.len();
        80 + texts + text(&self.nature) + text(&self.external_no)
    }
}
