//! Those who come to the server after the case that names them has moved: a mark says from where to where they are to follow.

use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::store::{Batch, StoreError};

use super::super::Desk;
use crate::erase::is_erased;
use crate::tables;
use crate::tables::unfinished::{FollowRow, awaiting_key};

impl Desk {
    /// Has somebody who has only now come to the server follow a case that moved before.
    pub(in crate::committer::desk) fn follow_late(
        &mut self,
        person: RecordId,
    ) -> Result<(), StoreError> {
        let store = self.log.store()?;
        let key = awaiting_key(person);
        let Some(row) = tables::read(&*store, "who is to follow a case", &key)? else {
            return Ok(());
        };
        if self.follow_or_tell(person, &row)? {
            let mut batch = Batch::new();
            batch.delete(key);
            self.log.apply(&batch, None, self.life)?;
        }
        Ok(())
    }

    /// Notes that somebody is to follow when they come: from where they may come to where their case is now.
    pub(super) fn await_person(
        &self,
        person: RecordId,
        row: &FollowRow,
        batch: &mut Batch,
    ) -> Result<(), StoreError> {
        let store = self.log.store()?;
        if is_erased(&self.log, &*store, person)? {
            return Ok(());
        }
        let key = awaiting_key(person);
        let before: Option<FollowRow> = tables::read(&*store, "who is to follow a case", &key)?;
        let from = match before {
            Some(before) if before.to == row.from => before.from,
            _ => row.from.clone(),
        };
        if from == row.to {
            batch.delete(key);
            return Ok(());
        }
        let awaited = FollowRow {
            from,
            to: row.to.clone(),
            by: row.by,
            people: Vec::new(),
        };
        batch.put(key, tables::encode(&awaited));
        Ok(())
    }
}
