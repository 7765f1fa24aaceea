//! The check: reads the whole store and proves it, while the server runs.
//!
//! 1. **Records**, some at a time under the log's lock (`check/documents.rs`): every change hashes, they come to the record's heads, writers
//!    and sizes agree, feeds and summary are what the view says; no change or summary is without its record.
//! 2. **Feeds**, under one lock (`check/feeds.rs`): every place in a record's row is a row of the feed and the other way round, and every
//!    feed's digest, number of records and last position are those of its rows. No document is opened for it.
//!
//! 3. **Erased records** (`check/erased.rs`): nothing of theirs is left, and neither is their key.
//!
//! It repairs nothing and stops at nothing but a disk that cannot be read.

mod documents;
mod erased;
mod feeds;

use std::fmt::Display;

use fieldwatch_schemas::store::StoreError;
use serde::Serialize;

use crate::committer::StationRegion;
use crate::log::Log;
use crate::tables;

/// The most problems that are told; a store with more needs no longer list.
pub const PROBLEMS_MAX: usize = 1_000;

/// What a check found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// The records read.
    pub records: u64,
    /// The changes read.
    pub changes: u64,
    /// What is wrong, in words; at most [`PROBLEMS_MAX`], and a last one that says how many more.
    pub problems: Vec<String>,
}

/// Checks the store of a log.
///
/// # Errors
///
/// [`StoreError`] if the disk cannot be read; damage is no error but a problem in the result.
pub fn check(log: &Log, station_region: &StationRegion) -> Result<Checked, StoreError> {
    let mut findings = Findings::default();
    documents::check(log, station_region, &mut findings)?;
    feeds::check(log, &mut findings)?;
    erased::check(log, &mut findings)?;
    Ok(findings.told())
}

/// What was found so far.
#[derive(Debug, Default)]
struct Findings {
    records: u64,
    changes: u64,
    problems: Vec<String>,
    untold: usize,
}

impl Findings {
    fn problem(&mut self, what: impl Display) {
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(what.to_string());
        } else {
            self.untold += 1;
        }
    }

    /// What was read, or `None` and a problem if it is damaged.
    fn sound<T>(&mut self, read: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
        match read {
            Err(StoreError::Damaged { what, .. }) => {
                self.problem(what);
                Ok(None)
            }
            read => read.map(Some),
        }
    }

    fn told(mut self) -> Checked {
        if self.untold > 0 {
            self.problems.push(format!("and {} more", self.untold));
        }
        Checked {
            records: self.records,
            changes: self.changes,
            problems: self.problems,
        }
    }
}

/// A key as a person can report it.
fn shown(key: &[u8]) -> String {
    tables::record_of(key).map_or_else(|| format!("{key:02x?}"), |record| record.to_string())
}
