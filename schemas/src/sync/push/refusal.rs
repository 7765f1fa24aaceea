//! A refusal: the kind of problem that a device branches on, and the words that a person reads.

use crate::field::FieldError;
use crate::problem::{ProblemKind, cut};
use crate::record::DocumentError;

/// Why a pushed record was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {words}", .problem.name())]
pub struct Refusal {
    /// What a device branches on.
    pub problem: ProblemKind,
    /// What a person reads.
    pub words: String,
}

impl Refusal {
    /// A refusal with its words.
    #[must_use]
    pub fn new(problem: ProblemKind, words: impl AsRef<str>) -> Self {
        Self {
            problem,
            words: words.as_ref().chars().take(300).collect(),
        }
    }
}

impl From<DocumentError> for Refusal {
    fn from(error: DocumentError) -> Self {
        let problem = match error {
            DocumentError::ActorReused(_) => ProblemKind::ActorReused,
            DocumentError::Missing(_) => ProblemKind::DepsMissing,
            DocumentError::Chunk { .. }
            | DocumentError::StartOp(_)
            | DocumentError::Gap(_)
            | DocumentError::Reach(_)
            | DocumentError::Automerge(_) => ProblemKind::ChangeInvalid,
        };
        Self::new(problem, error.to_string())
    }
}

impl From<FieldError> for Refusal {
    fn from(error: FieldError) -> Self {
        Self::new(
            ProblemKind::RecordInvalid,
            format!("{}: {}", cut(&error.path), error.why),
        )
    }
}
