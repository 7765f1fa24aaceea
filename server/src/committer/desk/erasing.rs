//! Erasing, redacting and compacting at the desk: each in its turn among the pushes.

use std::sync::Arc;

use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::store::{Store, StoreError};
use fieldwatch_schemas::sync::push::Accepted;

use super::{Desk, Ruling};
use crate::erase::redact::{Redacted, Redaction, draft, succeed};
use crate::erase::{EraseError, Erased, catch_up, erase, has_room, is_erased};
use crate::ledger::Ledger;
use crate::log::compact::{Beside, Compacted};
use crate::tables;
use crate::tables::unfinished::redacting_key;

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
        self.waiting = None;
        self.returning = None;
        self.unfinished = Some(Arc::clone(ledger));
        let erased = erase(&self.log, ledger, record, replaced_by);
        if !matches!(erased, Err(EraseError::Store(_) | EraseError::Ledger(_))) {
            self.unfinished = None;
        }
        erased.inspect_err(|error| self.fail_if_disk(error))
    }

    fn fail_if_disk(&mut self, error: &EraseError) {
        if let EraseError::Store(error) = error
            && !error.is_about_size()
        {
            self.log.fail(error);
            self.forget();
        }
    }

    /// Redacts a record: see [`crate::erase::redact`].
    ///
    /// # Errors
    ///
    /// [`EraseError`]. After [`EraseError::Store`] the successor may be there, and the record not gone yet: it goes before anything else is taken.
    pub fn redact(
        &mut self,
        ledger: &Arc<Ledger>,
        redaction: &Redaction,
    ) -> Result<Redacted, EraseError> {
        self.enter();
        let record = redaction.record;
        let store = self.log.store()?;
        if is_erased(&self.log, &*store, record)? {
            return Err(EraseError::RecordErased(record));
        }
        has_room(&self.log)?;
        let held = self.held(&*store, record)?;
        let kept = held.ok_or(EraseError::RecordUnknown(record))?;
        let view = kept.document.view();
        let draft = draft(redaction, &kept.document, &view)?;
        let mut dropped = Vec::new();
        let is_made = store.get(&tables::record_key(draft.id))?.is_some();
        if !is_made {
            let (document, row) = (&kept.document, &kept.row);
            let (now_ms, region) = (self.log.now_ms(), &*self.station_region);
            let made = succeed(redaction, &draft, (document, row), now_ms, region)?;
            dropped = made.1;
            // Whatever stops it from here on, nobody writes the record again: the erasure follows by itself.
            self.unfinished = Some(Arc::clone(ledger));
            let written = self.write_successor(&*store, record, made.0);
            written.inspect_err(|error| self.fail_if_disk(error))?;
            self.unfinished = None;
        }
        drop(store);
        let erased = self.erase(ledger, record, Some(draft.id))?;
        Ok(Redacted {
            erased,
            successor: draft.id,
            dropped,
        })
    }

    /// The successor is durable before anything of its predecessor is gone.
    fn write_successor(
        &mut self,
        store: &dyn Store,
        record: RecordId,
        made: Accepted,
    ) -> Result<(), EraseError> {
        let id = made.document.id();
        match self.plan(store, None, made)? {
            Ruling::Write(now, mut plan, _) => {
                plan.batch.put(redacting_key(record), tables::encode(&id));
                self.write(now.0, None, *plan, id)?;
                Ok(self.log.flush(self.life)?)
            }
            Ruling::Refuse(refusal) => Err(EraseError::Refused(refusal.words)),
            Ruling::Duplicate | Ruling::Missing(_) => Err(EraseError::RecordErased(id)),
        }
    }

    /// Compacts the store: see [`crate::log::compact`].
    ///
    /// # Errors
    ///
    /// [`StoreError`]. The store in use is the one from before, or the log has failed until it is opened again.
    pub fn compact(&mut self, beside: &dyn Beside) -> Result<Compacted, StoreError> {
        self.enter();
        self.log.compact(beside)
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
