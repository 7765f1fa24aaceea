//! Erasing a record that is erased everywhere: its rows, unsent work included, and then its key.
//!
//! The rows are durably gone before the key is, and both before the cursor moves past the word of it. A mark stands in between, so that
//! a crash cannot leave the key with what the store's file still holds of the rows.

use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::problem::ProblemKind;
use fieldwatch_schemas::store::{Batch, KeyRange};
use fieldwatch_schemas::sync::push::{Outcome, Verdict};

use super::feeds::LEFT;
use super::{Group, ReplicaError, keys};

/// Whether the server says that a pushed record is erased.
pub(super) fn says_erased(outcome: &Outcome) -> bool {
    outcome.verdict == Verdict::Refused
        && outcome.problem.as_deref() == Some(ProblemKind::RecordErased.name())
}

impl Group<'_> {
    /// Whether a record was erased here: nothing of it is taken in again.
    pub(super) fn has_erased(&self, id: RecordId) -> bool {
        self.replica.record_keys.has_erased(id)
    }

    /// Erases a record, whether it is here or not; durable when this returns.
    pub(super) fn erase(&mut self, id: RecordId) -> Result<(), ReplicaError> {
        if self.has_erased(id) {
            return Ok(());
        }
        let mut mark = Batch::new();
        mark.put(keys::of_record(keys::ERASING, id), Vec::new());
        self.store().apply(&mark)?;
        self.remove_everywhere(id)?;
        let mut aside = Batch::new();
        self.drop_aside(id, &mut aside)?;
        self.store().apply(&aside)?;
        self.replica.flush()?;
        self.replica.record_keys.erase(&[id])?;
        self.unmark(id)
    }

    /// Finishes what a crash left half erased.
    pub(super) fn finish_erasing(&mut self) -> Result<(), ReplicaError> {
        for row in self.rows(&KeyRange::prefix(&[keys::ERASING]))? {
            let Some(id) = keys::last_record(&row.key) else {
                continue;
            };
            self.erase(id)?;
            self.unmark(id)?;
        }
        Ok(())
    }

    fn remove_everywhere(&mut self, id: RecordId) -> Result<(), ReplicaError> {
        self.forget_receipts(id)?;
        self.unlist_gone(id)?;
        let Some(mut held) = self.find(id)? else {
            return Ok(());
        };
        let mut also = Batch::new();
        for membership in held.row.feeds.clone() {
            self.leave(&mut held, membership.feed, LEFT, &mut also);
        }
        self.save(&mut held, None, also)?;
        self.remove(&held)
    }

    fn unmark(&self, id: RecordId) -> Result<(), ReplicaError> {
        let mut batch = Batch::new();
        batch.delete(keys::of_record(keys::ERASING, id));
        Ok(self.store().apply(&batch)?)
    }
}
