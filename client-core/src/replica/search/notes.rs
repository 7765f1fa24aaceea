//! Notes: which records have changed since the last segment was made.

use std::collections::BTreeSet;

use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::store::{Batch, KeyRange};
use fieldwatch_schemas::summary::Summary;

use super::segment::{DOCS_MAX, Doc, Entry};
use super::{damaged, grams};
use crate::replica::{Group, ReplicaError, keys};

/// Records of one note.
const RECORDS_OF_NOTE: usize = 200;
const ID_BYTES: usize = 16;

/// What a record is found by.
pub(in crate::replica) fn entry_of(record: RecordId, summary: &Summary) -> Entry {
    Entry {
        doc: Doc {
            updated_ms: summary.updated_ms,
            record,
        },
        grams: grams::of_summary(summary),
    }
}

impl Group<'_> {
    /// Notes, in the batch that changes it, that a record changed; `entry` is what it is found by now, if that is known.
    pub(in crate::replica) fn note_changed(
        &self,
        record: RecordId,
        entry: Option<Entry>,
        batch: &mut Batch,
    ) -> Result<(), ReplicaError> {
        let mut index = self.state.index.borrow_mut();
        index.noted.remove(&record);
        index.has_removed |= entry.is_none();
        if index.noted.len() < DOCS_MAX {
            index.noted.extend(entry.map(|entry| (record, entry)));
        }
        let last = match index.last_note {
            Some(last) => last,
            None => self.last_note()?,
        };
        let begun = batch.get(&keys::note(last)).flatten();
        let begun = begun.filter(|note| note.len() < RECORDS_OF_NOTE * ID_BYTES);
        let (place, mut note) = match begun {
            Some(begun) => (last, begun.to_vec()),
            None => (last.saturating_add(1), Vec::new()),
        };
        note.extend(record.bytes());
        batch.put(keys::note(place), note);
        index.last_note = Some(place);
        Ok(())
    }

    fn last_note(&self) -> Result<u64, ReplicaError> {
        let notes = self.keys(&KeyRange::prefix(&[keys::NOTES]))?;
        Ok(notes
            .last()
            .and_then(|key| keys::last_place(key))
            .unwrap_or(0))
    }

    /// The notes' keys, and the records in them.
    pub(super) fn notes(&self) -> Result<(Vec<Vec<u8>>, BTreeSet<RecordId>), ReplicaError> {
        let found = self.keys(&KeyRange::prefix(&[keys::NOTES]))?;
        let mut noted = BTreeSet::new();
        for key in &found {
            let note = self.store().get(key)?.ok_or_else(damaged)?;
            let records = note.chunks(ID_BYTES).map(|id| id.try_into().map(RecordId));
            noted.extend(
                records
                    .collect::<Result<Vec<_>, _>>()
                    .map_err(|_| damaged())?,
            );
        }
        Ok((found, noted))
    }

    /// What a record is found by, if it is here and can be read.
    pub(super) fn entry(&self, record: RecordId) -> Result<Option<Entry>, ReplicaError> {
        if let Some(entry) = self.state.index.borrow().noted.get(&record) {
            return Ok(Some(entry.clone()));
        }
        let summary = match self.noting(self.summary(record)) {
            Err(error) if error.is_damage() => None,
            summary => summary?,
        };
        let summary = match summary {
            Some(summary) => Some(summary),
            None => self
                .listing(record)?
                .and_then(|listing| listing.row.summary()),
        };
        Ok(summary.map(|summary| entry_of(record, &summary)))
    }
}
