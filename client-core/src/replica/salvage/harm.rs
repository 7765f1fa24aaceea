//! What salvaging found, and what it could not keep.

use fieldwatch_schemas::id::{Hash, RecordId};
use fieldwatch_schemas::limits::HARMS_TOLD_MAX;

/// What salvaging came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Salvaged {
    /// The records that were looked at.
    pub records: u64,
    /// How many harms were found.
    pub harms: u64,
    /// The first of them.
    pub found: Vec<Harm>,
    /// What was made here, never sent, and cannot be kept in its record: for the time being, or for good.
    pub lost: Vec<Lost>,
}

/// One thing that was not as it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Harm {
    /// The record that it concerns, if it is one.
    pub record: Option<RecordId>,
    /// What was wrong.
    pub what: What,
}

/// What can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A fact about this device cannot be read.
    Fact,
    /// A feed's row is missing or cannot be read.
    Feed,
    /// A feed's digest or count is not the sum over its records.
    Sum,
    /// A record's row is missing, cannot be read, or does not fit its changes.
    Record,
    /// A change is missing, cannot be read, or does not apply.
    Change,
    /// In which feeds a record is.
    Membership,
    /// A line of the list, or the summary behind it.
    Line,
    /// The outbox has a record too many, or too few.
    Outbox,
    /// A record in quarantine without a reason, or a reason without a record.
    Refusal,
    /// Who wrote what.
    Label,
    /// A receipt that cannot be read; it is lost.
    Receipt,
    /// A note about a record: that it is wanted, that it left, that it has conflicts.
    Mark,
}

/// A change that was never sent and is not in its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lost {
    /// The record.
    pub record: RecordId,
    /// Which change, where it can be read: it is kept aside. Absent: it cannot be read any more.
    pub change: Option<Hash>,
}

impl What {
    /// The word of the commands.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fact => "fact",
            Self::Feed => "feed",
            Self::Sum => "sum",
            Self::Record => "record",
            Self::Change => "change",
            Self::Membership => "membership",
            Self::Line => "line",
            Self::Outbox => "outbox",
            Self::Refusal => "refusal",
            Self::Label => "label",
            Self::Receipt => "receipt",
            Self::Mark => "mark",
        }
    }
}

impl Salvaged {
    /// Whether everything was as it should be.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.harms == 0 && self.lost.is_empty()
    }

    pub(super) fn note(&mut self, record: Option<RecordId>, what: What) {
        self.harms = self.harms.saturating_add(1);
        if self.found.len() < HARMS_TOLD_MAX {
            self.found.push(Harm { record, what });
        }
    }
}
