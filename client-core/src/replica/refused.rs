//! What the server refused: shown beside what the server has, sent again, or given up.

use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::record::view::View;
use fieldwatch_schemas::store::{Batch, KeyRange};

use super::feeds::LEFT;
use super::rows::{RefusalRow, decode};
use super::{Group, Quarantined, Replica, ReplicaError, Shown, keys};

/// What was refused of a record.
#[derive(Debug, Clone, PartialEq)]
pub struct Refused {
    /// Why.
    pub why: Quarantined,
    /// The record without it: what the server has or once had, as far as this device knows. Of one that it has nothing of, a blank one.
    pub before: View,
    /// The record with it.
    pub after: Shown,
}

impl Replica {
    /// What the server refused of a record, and why.
    ///
    /// # Errors
    ///
    /// [`ReplicaError::RecordUnknown`], [`ReplicaError::NotQuarantined`].
    pub fn refused(&self, record: RecordId) -> Result<Refused, ReplicaError> {
        let group = self.group();
        group.noting(group.refused(record))
    }

    /// What the server refused, and why.
    ///
    /// # Errors
    ///
    /// [`ReplicaError::Store`] and [`ReplicaError::Damaged`].
    pub fn quarantined(&self) -> Result<Vec<Quarantined>, ReplicaError> {
        self.group().quarantined()
    }

    /// Puts a refused record back into the outbox.
    ///
    /// # Errors
    ///
    /// [`ReplicaError::RecordUnknown`], [`ReplicaError::NotQuarantined`].
    pub fn retry(&self, record: RecordId) -> Result<(), ReplicaError> {
        self.batch(|group| group.retry(record))
    }

    /// Gives up the refused changes of a record: it is again what the server has, and the next edit is written by a new actor. A record
    /// that the server never had is gone. What a server once had and lost, whoever wrote it, is not this person's to give up: it stays
    /// owed, and goes again.
    ///
    /// # Errors
    ///
    /// [`ReplicaError::RecordUnknown`], [`ReplicaError::NotQuarantined`].
    pub fn discard(&self, record: RecordId) -> Result<(), ReplicaError> {
        self.batch(|group| group.discard(record))
    }
}

impl Group<'_> {
    fn refused(&self, record: RecordId) -> Result<Refused, ReplicaError> {
        let held = self.held(record)?;
        if !held.row.is_refused {
            return Err(ReplicaError::NotQuarantined(record));
        }
        let mut without = held;
        without.drop_never_sent();
        let before = without.document()?.view();
        Ok(Refused {
            why: self.why(record)?,
            before,
            after: self.show(record)?,
        })
    }

    fn quarantined(&self) -> Result<Vec<Quarantined>, ReplicaError> {
        let keys = self.keys(&KeyRange::prefix(&[keys::REFUSED]))?;
        let records = keys.iter().filter_map(|key| keys::record_of_row(key));
        records.map(|record| self.why(record)).collect()
    }

    fn why(&self, record: RecordId) -> Result<Quarantined, ReplicaError> {
        let row = self.readable(&keys::of_record(keys::REFUSED, record))?;
        let read = decode::<RefusalRow>(&row.unwrap_or_default(), "a refusal");
        let refusal = self
            .noting(read)
            .unwrap_or_else(|_| RefusalRow::unreadable());
        Ok(Quarantined {
            record,
            code: refusal.code,
            reason: refusal.reason,
        })
    }

    fn retry(&mut self, record: RecordId) -> Result<(), ReplicaError> {
        let mut held = self.held(record)?;
        if !std::mem::take(&mut held.row.is_refused) {
            return Err(ReplicaError::NotQuarantined(record));
        }
        let mut also = Batch::new();
        also.delete(keys::of_record(keys::REFUSED, record));
        self.save(&mut held, None, also)
    }

    fn discard(&mut self, record: RecordId) -> Result<(), ReplicaError> {
        let mut held = self.held(record)?;
        if !std::mem::take(&mut held.row.is_refused) {
            return Err(ReplicaError::NotQuarantined(record));
        }
        held.drop_never_sent();
        held.row.actor = None;
        if held.changes.is_empty() && held.row.feeds.is_empty() {
            held.row.is_refused = true;
            return self.remove(&held);
        }
        let mut also = Batch::new();
        also.delete(keys::of_record(keys::REFUSED, record));
        self.drop_aside(record, &mut also)?;
        let gone = keys::of_record(keys::GONE, record);
        if held.row.feeds.is_empty() && !held.has_unsent() && self.readable(&gone)?.is_none() {
            // Nothing kept it here but what was refused: unless a feed brings it, it goes.
            also.put(gone, LEFT);
        }
        let document = held.document()?;
        self.save(&mut held, Some(&document), also)
    }
}
