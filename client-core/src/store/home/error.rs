//! Why a home does not open.

use std::io;
use std::path::PathBuf;

use fieldwatch_schemas::problem::{Problem, ProblemKind};
use fieldwatch_schemas::store::StoreError;

use crate::chance::ChanceError;

/// Why a home does not open. Nothing in it was changed.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    /// The key is another than the one that the home was made with.
    #[error("the key does not open this home: {}", difference(.expected, .given))]
    KeyWrong {
        /// What sort of key it was made with.
        expected: String,
        /// What sort was given.
        given: &'static str,
    },
    /// The key file cannot be read, or is empty.
    #[error("the key file {path} cannot be used")]
    KeyFile {
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file of the home is damaged or missing.
    #[error("{name} in this home is missing or damaged")]
    Damaged {
        /// Which.
        name: &'static str,
    },
    /// The disk.
    #[error("{path} cannot be used")]
    Io {
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No random bytes.
    #[error(transparent)]
    Chance(#[from] ChanceError),
}

fn difference(expected: &str, given: &str) -> String {
    match expected == given {
        true => format!("it was made with another {given} key"),
        false => format!("it was made with a {expected} key, and a {given} key was given"),
    }
}

impl HomeError {
    /// The problem that a command reports.
    #[must_use]
    pub fn problem(&self) -> Problem {
        let kind = match self {
            Self::KeyWrong { .. } => ProblemKind::KeyWrong,
            Self::KeyFile { .. } => ProblemKind::FileInvalid,
            Self::Store(StoreError::Locked) => ProblemKind::HomeInUse,
            Self::Damaged { .. } | Self::Io { .. } | Self::Store(_) => ProblemKind::StoreFailed,
            Self::Chance(_) => ProblemKind::Internal,
        };
        Problem::with_detail(kind, self.to_string())
    }
}
