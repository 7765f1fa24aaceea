//! Erasing a record that is erased everywhere: its rows, unsent work included, and then its key.
//!
//! The rows are durably gone before the key is, and both before the cursor moves past the word of it. A mark stands in between, so that
//! a crash cannot leave the key with what the store's file still holds of the rows.

use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::problem::ProblemKind;
use fieldwatch_schemas::store::{BATCH_ROWS_MAX, Batch, KeyRange};
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
        self.remove_rest(id)?;
        self.unindex(id)?;
        self.replica.flush()?;
        self.replica.record_keys.erase(&[id])?;
        self.unmark(id)
    }

    /// Finishes what a crash left half erased.
    pub(super) fn finish_erasing(&mut self) -> Result<(), ReplicaError> {
        for key in self.keys(&KeyRange::prefix(&[keys::ERASING]))? {
            let Some(id) = keys::last_record(&key) else {
                continue;
            };
            match self.erase(id) {
                // Salvaging comes first; until then the cursor stands before the word of it.
                Err(error) if error.is_damage() => self.note_suspicion()?,
                done => done.and_then(|()| self.unmark(id))?,
            }
        }
        Ok(())
    }

    fn remove_everywhere(&mut self, id: RecordId) -> Result<(), ReplicaError> {
        self.state.unechoed.remove(&id);
        self.forget_receipts(id)?;
        self.unlist_gone(id)?;
        let found = match self.find(id) {
            Err(error) if error.is_damage() => {
                // Its rows go all the same; what counted it is counted anew by the next sync.
                self.suspect();
                return self.note_suspicion();
            }
            found => found?,
        };
        let Some(mut held) = found else {
            return Ok(());
        };
        let mut also = Batch::new();
        for membership in held.row.feeds.clone() {
            self.leave(&mut held, membership.feed, LEFT, &mut also);
        }
        self.save(&mut held, None, also)?;
        self.remove(&held)
    }

    /// Removes every row that is sealed under the record's key, whatever table it is in, readable or not.
    fn remove_rest(&self, id: RecordId) -> Result<(), ReplicaError> {
        let mut left = Vec::new();
        for table in keys::OF_RECORDS {
            left.extend(self.keys(&KeyRange::prefix(&keys::of_record(table, id)))?);
        }
        for part in left.chunks(BATCH_ROWS_MAX) {
            let mut batch = Batch::new();
            part.iter().for_each(|key| batch.delete(key.clone()));
            self.store().apply(&batch)?;
        }
        Ok(())
    }

    fn unmark(&self, id: RecordId) -> Result<(), ReplicaError> {
        let mut batch = Batch::new();
        batch.delete(keys::of_record(keys::ERASING, id));
        batch.delete(keys::of_record(keys::PAST, id));
        Ok(self.store().apply(&batch)?)
    }
}
