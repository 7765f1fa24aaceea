//! Erasures of records that this device has, or once had.
//!
//! A record that left is removed, and its rows can still be read in the store's file until its key is destroyed. So a mark stays of what
//! left, and the server tells of erasures whatever feeds are read here ([`fieldwatch_schemas::sync::erasures`]).

use std::collections::BTreeSet;

use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::store::{Batch, KeyRange};
use fieldwatch_schemas::sync::erasures::Erasures;

use super::rows::encode;
use super::{Group, ReplicaError, keys};

/// The name of the fact.
const HEARD: &str = "erasures";

impl Group<'_> {
    /// How many erasures this device has heard of; `None` before it has had anything of the server.
    pub(super) fn erasures_heard(&self) -> Result<Option<u64>, ReplicaError> {
        match self.log()? {
            None => Ok(None),
            // What cannot be read is heard anew, which changes nothing.
            Some(_) => Ok(Some(self.sound(&keys::fact(HEARD))?.unwrap_or(0))),
        }
    }

    /// Erases what was erased; that it was heard is durable after that is.
    pub(super) fn hear(&mut self, erasures: &Erasures) -> Result<(), ReplicaError> {
        if !erasures.is_empty() {
            for record in erasures.names(self.ever_held()?) {
                self.erase(record)?;
            }
        }
        let mut batch = Batch::new();
        batch.put(keys::fact(HEARD), encode(&erasures.heard));
        Ok(self.store().apply(&batch)?)
    }

    /// Notes that what there was of a record goes, and that its key stays.
    pub(super) fn note_past(&self, id: RecordId, batch: &mut Batch) {
        batch.put(keys::of_record(keys::PAST, id), Vec::new());
    }

    /// Every record of which anything is here, or was.
    fn ever_held(&self) -> Result<BTreeSet<RecordId>, ReplicaError> {
        let mut held = BTreeSet::new();
        for table in keys::OF_RECORDS.into_iter().chain([keys::PAST]) {
            let keys = self.keys(&KeyRange::prefix(&[table]))?;
            held.extend(keys.iter().filter_map(|key| keys::named(key)));
        }
        Ok(held)
    }
}
