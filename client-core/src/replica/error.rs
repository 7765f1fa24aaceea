//! What a replica can say when it cannot do what was asked.

use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::inspection::Incomplete;
use fieldwatch_schemas::problem::{Problem, ProblemKind};
use fieldwatch_schemas::record::DocumentError;
use fieldwatch_schemas::record::edit::EditError;
use fieldwatch_schemas::status::EventError;
use fieldwatch_schemas::store::StoreError;

use crate::chance::ChanceError;

/// Why a replica refused, or could not. Nothing of the act that failed is kept.
#[derive(Debug, thiserror::Error)]
pub enum ReplicaError {
    /// The disk.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The edit is not possible.
    #[error(transparent)]
    Edit(#[from] EditError),
    /// A visit cannot be submitted yet.
    #[error(transparent)]
    Incomplete(#[from] Incomplete),
    /// The changes do not make a document.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// No random bytes.
    #[error(transparent)]
    Chance(#[from] ChanceError),
    /// There is no such record.
    #[error("there is no record {0} on this device")]
    RecordUnknown(RecordId),
    /// Only the line of the record is here.
    #[error("record {record} is listed here and its body is still on the server{}: the next sync fetches it first", needs(*needs_bytes))]
    BodyAbsent {
        /// Which.
        record: RecordId,
        /// What a sync must be allowed to carry for it, if the last one was not.
        needs_bytes: Option<u64>,
    },
    /// A record with this natural key is here already.
    #[error("this is record {0} already")]
    AlreadyExists(RecordId),
    /// The record is of a kind that a newer program made.
    #[error("a record of kind {0:?} needs a newer version of this program")]
    KindUnknown(String),
    /// A row that this program did not write.
    #[error("{what} on this device cannot be read")]
    Damaged {
        /// Which row.
        what: &'static str,
    },
    /// The device holds more feeds than it can number.
    #[error("this device has held too many feeds: enrol in a new folder")]
    FeedsFull,
    /// Nothing was refused, or nothing can be given up.
    #[error("record {0} is not in quarantine")]
    NotQuarantined(RecordId),
}

/// What a body needs, where that is known.
fn needs(bytes: Option<u64>) -> String {
    bytes.map_or_else(String::new, |bytes| {
        format!(" ({bytes} bytes, more than the last budget)")
    })
}

impl ReplicaError {
    /// The problem that a command reports.
    #[must_use]
    pub fn problem(&self) -> Problem {
        Problem::with_detail(self.kind(), self.to_string())
    }

    fn kind(&self) -> ProblemKind {
        match self {
            Self::Edit(error) => match error {
                EditError::FieldUnknown { .. } => ProblemKind::FieldUnknown,
                EditError::Value(_) | EditError::NoSuchValue { .. } => ProblemKind::ValueInvalid,
                EditError::Event(EventError::NotFor { .. }) | EditError::NotEditor { .. } => {
                    ProblemKind::NotPermitted
                }
                EditError::Event(_) => ProblemKind::EventIllegal,
                EditError::Document(_) => ProblemKind::Internal,
            },
            Self::Incomplete(_) => ProblemKind::EventIllegal,
            Self::RecordUnknown(_) | Self::NotQuarantined(_) => ProblemKind::RecordUnknown,
            Self::BodyAbsent { .. } => ProblemKind::BodyAbsent,
            Self::AlreadyExists(_) => ProblemKind::AlreadyExists,
            Self::KindUnknown(_) => ProblemKind::KindUnknown,
            Self::Store(StoreError::Locked) => ProblemKind::HomeInUse,
            Self::Store(StoreError::Erased) => ProblemKind::RecordErased,
            Self::Store(_) | Self::Damaged { .. } => ProblemKind::StoreFailed,
            Self::Document(_) | Self::Chance(_) | Self::FeedsFull => ProblemKind::Internal,
        }
    }
}
