//! Rows that speak of no record, or of one for which they are wrong, are swept.

use std::collections::BTreeSet;

use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::store::{Batch, KeyRange};
use fieldwatch_schemas::summary::Summary;
use fieldwatch_schemas::sync::receipt::Receipt;

use super::{Salvaged, What};
use crate::replica::feeds::{LEFT, UNSEEN};
use crate::replica::rows::RecordRow;
use crate::replica::{Group, ReplicaError, keys};

impl Group<'_> {
    /// Removes rows that speak of no record, or of one for which they are wrong.
    pub(super) fn sweep_tables(&mut self, told: &mut Salvaged) -> Result<(), ReplicaError> {
        let mut known: BTreeSet<RecordId> = BTreeSet::new();
        for key in self.keys(&KeyRange::prefix(&[keys::RECORDS]))? {
            match keys::record_of_row(&key) {
                Some(id) if key == keys::of_record(keys::RECORDS, id) => known.insert(id),
                _ => self.sweep(&key, None, What::Record, told)?,
            };
        }
        for (table, what) in [
            (keys::SUMMARIES, What::Line),
            (keys::CONFLICTS, What::Mark),
            (keys::GONE, What::Mark),
            (keys::REFUSED, What::Refusal),
            (keys::LABELS, What::Label),
            (keys::UNECHOED, What::Mark),
            (keys::UNPROVEN, What::Mark),
            (keys::PARTING, What::Mark),
        ] {
            for key in self.keys(&KeyRange::prefix(&[table]))? {
                let id = keys::record_of_row(&key);
                let stands = match id {
                    Some(id) if table == keys::GONE => known.contains(&id) && self.is_gone(id)?,
                    Some(id) => known.contains(&id),
                    None => false,
                };
                if !stands {
                    self.sweep(&key, id, what, told)?;
                }
            }
        }
        for key in self.keys(&KeyRange::prefix(&[keys::LIST]))? {
            let id = keys::last_record(&key);
            let summary: Option<Summary> = match id {
                Some(id) => self.sound(&keys::of_record(keys::SUMMARIES, id))?,
                None => None,
            };
            let is_its =
                |(id, summary): (RecordId, Summary)| keys::list(summary.updated_ms, id) == key;
            if !id.zip(summary).is_some_and(is_its) {
                self.sweep(&key, id, What::Line, told)?;
            }
        }
        for key in self.keys(&KeyRange::prefix(&[keys::RECEIPTS]))? {
            if self.sound::<Receipt>(&key)?.is_none() {
                self.sweep(&key, keys::record_of_row(&key), What::Receipt, told)?;
            }
        }
        for key in self.keys(&KeyRange::prefix(&[keys::WANTED]))? {
            let id = keys::record_of_row(&key);
            if id.is_none_or(|id| self.has_erased(id)) {
                self.sweep(&key, id, What::Mark, told)?;
            } else if self.readable(&key)?.is_none() {
                told.note(id, What::Mark);
                let mut batch = Batch::new();
                batch.put(key, Vec::new());
                self.store().apply(&batch)?;
            }
        }
        self.sweep_outbox(told)
    }

    fn sweep_outbox(&self, told: &mut Salvaged) -> Result<(), ReplicaError> {
        for key in self.keys(&KeyRange::prefix(&[keys::OUTBOX]))? {
            let value = self.readable(&key)?;
            let id = value.and_then(|value| value.try_into().map(RecordId).ok());
            let row: Option<RecordRow> = match id {
                Some(id) => self.sound(&keys::of_record(keys::RECORDS, id))?,
                None => None,
            };
            let stands = row.and_then(|row| row.outbox).map(keys::outbox);
            if stands.as_ref() != Some(&key) {
                self.sweep(&key, id, What::Outbox, told)?;
            }
        }
        Ok(())
    }

    /// Whether a record that is marked as gone is in no feed.
    fn is_gone(&self, id: RecordId) -> Result<bool, ReplicaError> {
        let row: Option<RecordRow> = self.sound(&keys::of_record(keys::RECORDS, id))?;
        let mark = self.readable(&keys::of_record(keys::GONE, id))?;
        Ok(row.is_some_and(|row| row.feeds.is_empty())
            && mark.is_some_and(|mark| mark == LEFT || mark == UNSEEN))
    }

    fn sweep(
        &self,
        key: &[u8],
        record: Option<RecordId>,
        what: What,
        told: &mut Salvaged,
    ) -> Result<bool, ReplicaError> {
        told.note(record, what);
        let mut batch = Batch::new();
        batch.delete(key.to_vec());
        self.store().apply(&batch)?;
        Ok(true)
    }
}
