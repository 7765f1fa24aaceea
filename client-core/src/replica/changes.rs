//! What a replica holds, change by change and without opening a document: for who proves it, as the simulator does.

use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::store::KeyRange;

use super::{Replica, ReplicaError, keys};

/// One change of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldChange {
    /// Its raw chunk.
    pub chunk: Vec<u8>,
    /// Whether the server has not said that it is durable there.
    pub is_unsent: bool,
}

impl Replica {
    /// Every record held, by id.
    ///
    /// # Errors
    ///
    /// [`ReplicaError::Store`].
    pub fn records(&self) -> Result<Vec<RecordId>, ReplicaError> {
        let rows = self.group().rows(&KeyRange::prefix(&[keys::RECORDS]))?;
        let records = rows.iter().filter_map(|row| keys::last_record(&row.key));
        Ok(records.collect())
    }

    /// The changes held of a record, in the order in which they came, whether it may still be seen or not.
    ///
    /// # Errors
    ///
    /// [`ReplicaError::RecordUnknown`], or the store's.
    pub fn changes(&self, record: RecordId) -> Result<Vec<HeldChange>, ReplicaError> {
        let held = self.group().find(record)?;
        let held = held.ok_or(ReplicaError::RecordUnknown(record))?;
        let changes = held.changes.into_iter().map(|change| HeldChange {
            chunk: change.chunk.into(),
            is_unsent: change.is_unsent,
        });
        Ok(changes.collect())
    }
}
