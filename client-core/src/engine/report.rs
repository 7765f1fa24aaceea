//! What a sync came to, counted.

use std::collections::{BTreeMap, BTreeSet};

use fieldwatch_schemas::id::RecordId;
use serde::Serialize;

/// What was sent and received: bodies, after their content coding.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    /// HTTP requests.
    pub requests: u64,
    /// Bytes of request bodies.
    pub sent_bytes: u64,
    /// Bytes of reply bodies.
    pub received_bytes: u64,
}

impl Traffic {
    /// What came after an earlier reading.
    #[must_use]
    pub fn since(self, earlier: Self) -> Self {
        Self {
            requests: self.requests.saturating_sub(earlier.requests),
            sent_bytes: self.sent_bytes.saturating_sub(earlier.sent_bytes),
            received_bytes: self.received_bytes.saturating_sub(earlier.received_bytes),
        }
    }
}

/// What a sync came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Records of which the server acknowledged everything it was sent.
    pub acknowledged: BTreeSet<RecordId>,
    /// Records that the server refused.
    pub refused: BTreeSet<RecordId>,
    /// How often a record brought something new.
    pub pulled: u64,
    /// Feeds that were repaired, because digests did not agree or the server's log is another.
    pub repaired: usize,
    /// How often the work of a record was written anew because another copy of this home wrote too.
    pub rebased: u64,
    /// Records that are larger than the budget, and how many bytes each takes at most.
    pub waiting: BTreeMap<RecordId, u64>,
    /// Whether nothing is left to send or to receive, and the digests of both sides agree.
    pub in_sync: bool,
}

/// The report as the command shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Synced {
    /// Records that the server acknowledged.
    pub pushed: usize,
    /// How often a record brought something new.
    pub pulled: u64,
    /// Records that the server refused.
    pub refused: usize,
    /// HTTP requests.
    pub round_trips: u64,
    /// Bytes of request bodies, after content coding.
    pub bytes_sent: u64,
    /// Bytes of reply bodies, before their content coding is undone.
    pub bytes_received: u64,
    /// Feeds that were repaired, because digests did not agree or the server's log is another.
    pub repaired: usize,
    /// How often the work of a record was written anew because another copy of this home wrote too.
    pub rebased: u64,
    /// Records that are larger than the budget.
    pub waiting: Vec<Waiting>,
    /// Whether both sides agree and nothing is left.
    pub in_sync: bool,
}

/// A record that is larger than the budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Waiting {
    /// Which.
    pub record: RecordId,
    /// The budget that it takes at most.
    pub needs_bytes: u64,
}

impl Waiting {
    fn of((record, needs_bytes): (&RecordId, &u64)) -> Self {
        Self {
            record: *record,
            needs_bytes: *needs_bytes,
        }
    }
}

impl Report {
    /// The report with what it cost.
    #[must_use]
    pub fn with(&self, traffic: Traffic) -> Synced {
        Synced {
            pushed: self.acknowledged.len(),
            pulled: self.pulled,
            refused: self.refused.len(),
            round_trips: traffic.requests,
            bytes_sent: traffic.sent_bytes,
            bytes_received: traffic.received_bytes,
            repaired: self.repaired,
            rebased: self.rebased,
            waiting: self.waiting.iter().map(Waiting::of).collect(),
            in_sync: self.in_sync,
        }
    }
}
