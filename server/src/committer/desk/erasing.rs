//! Erasing at the desk: in its turn among the pushes, and until it is done.

use std::sync::Arc;

use fieldwatch_schemas::id::RecordId;

use super::Desk;
use crate::erase::{EraseError, Erased, catch_up, erase};
use crate::ledger::Ledger;

impl Desk {
    /// Erases a record everywhere: see [`crate::erase`]. Idempotent.
    ///
    /// # Errors
    ///
    /// [`EraseError`]. After [`EraseError::Store`] the record may be half gone: the rest follows by itself.
    pub fn erase(
        &mut self,
        ledger: &Arc<Ledger>,
        record: RecordId,
        replaced_by: Option<RecordId>,
    ) -> Result<Erased, EraseError> {
        self.enter();
        drop(self.cache.take(record));
        self.unfinished = Some(Arc::clone(ledger));
        let erased = erase(&self.log, ledger, record, replaced_by);
        match &erased {
            Err(EraseError::Store(error)) if !error.is_about_size() => {
                self.log.fail(error);
                self.forget();
            }
            Err(EraseError::Ledger(_)) => {}
            _ => self.unfinished = None,
        }
        erased
    }

    /// Finishes what the disk stopped. What cannot be finished yet is tried again at the next turn.
    pub(super) fn finish_erasing(&mut self) {
        let Some(ledger) = self.unfinished.as_ref().filter(|_| self.log.is_healthy()) else {
            return;
        };
        match catch_up(&self.log, ledger) {
            Ok(()) => self.unfinished = None,
            Err(error) => tracing::error!(%error, "an erasure cannot be finished yet"),
        }
    }
}
