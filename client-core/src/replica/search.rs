//! The index of what records say: a list that is searched, or shows one kind or status, reads the records that fit and few others.
//!
//! ```text
//!   saved, listed, removed ──▶ notes (which records changed) ──fold──▶ segments of up to 4,096 records
//!                                   └────────── looked at one by one ──┐      │
//!                              a search ◀── each looked at again ◀─────┴──────┘
//! ```
//!
//! A note is written in the batch of the change that it tells of, so that every record is in a segment as its list line stands, or in a
//! note. The index only says where to look: what a list shows has been read and compared. Whatever is missing or damaged in it, it is
//! made anew from the summaries.
//!
//! **What is erased leaves it.** A segment's rows are sealed under a key of its own, one of the record keys
//! ([`keys::segment`]), which is destroyed when the segment is replaced: because one of its records was erased, or was removed, or to
//! join small ones.

mod directory;
mod fold;
mod grams;
mod look;
mod notes;
mod segment;

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::store::{KeyRange, StoreError};

use self::directory::Directory;
pub(super) use self::notes::entry_of;
pub(super) use self::segment::Entry;
use super::list::{Filter, Listed};
use super::{Group, ReplicaError, keys};

/// So many records that changed are looked at one by one; more become a segment.
pub(super) const NOTED_MAX: usize = 256;

/// What is known of the index without reading it.
#[derive(Debug, Default)]
pub(super) struct Index {
    directory: Option<Directory>,
    /// Records that changed since this program began, and what they are found by.
    noted: BTreeMap<RecordId, Entry>,
    /// The place of the last note.
    last_note: Option<u64>,
    /// Whether a record was removed since the last segment was made.
    has_removed: bool,
}

impl Group<'_> {
    /// The records that a filter admits, the newest first; `None` if the index does not help with it.
    pub(super) fn search(&mut self, filter: &Filter) -> Result<Option<Vec<Listed>>, ReplicaError> {
        let grams = look::grams(filter);
        if grams.is_empty() || filter.limit == 0 {
            return Ok(None);
        }
        if self.directory()?.is_none() && self.has_few_lines()? {
            return Ok(None);
        }
        let looked = self
            .fold(NOTED_MAX)
            .and_then(|()| self.look(filter, &grams));
        match looked {
            Ok(listed) => Ok(Some(listed)),
            Err(error) => {
                // Nothing that goes wrong with it hides a record: the list is gone through instead.
                tracing::warn!(%error, "the index cannot be used");
                if error.is_damage() {
                    self.forget_segments()?;
                }
                Ok(None)
            }
        }
    }

    /// Whether the list is so short that it is gone through as fast.
    fn has_few_lines(&self) -> Result<bool, ReplicaError> {
        let mut lines = 0;
        let range = KeyRange::prefix(&[keys::LIST]);
        self.store().keys(&range, &mut |_| {
            lines += 1;
            match lines > NOTED_MAX {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        })?;
        Ok(lines <= NOTED_MAX)
    }

    /// After much has changed: makes a segment of it once there is enough for a whole one.
    pub(super) fn fold_if_many(&mut self) -> Result<(), ReplicaError> {
        let noted = self.state.index.borrow().noted.len();
        match noted < segment::DOCS_MAX {
            true => Ok(()),
            false => self.fold_or_forget(segment::DOCS_MAX),
        }
    }

    /// When there is time: makes segments of what has changed, and lets go of what was removed.
    pub(super) fn tend_index(&mut self) -> Result<(), ReplicaError> {
        let has_removed = std::mem::take(&mut self.state.index.borrow_mut().has_removed);
        self.fold_or_forget(if has_removed { 1 } else { NOTED_MAX })
    }

    fn fold_or_forget(&mut self, at_least: usize) -> Result<(), ReplicaError> {
        match self.fold(at_least) {
            Err(error) if error.is_damage() => self.forget_segments(),
            done => done,
        }
    }
}

fn damaged() -> ReplicaError {
    StoreError::Damaged {
        what: "a segment of the index".to_owned(),
        hint: "the next search makes it anew",
    }
    .into()
}
