//! Parts of records that come back, kept unseen until the rest has come.
//!
//! Everything here was met on the way down from heads that the server itself had marked: it is what the server once had, and no record
//! takes more room than it took then. What goes because of time or room is brought again by whoever has it.

mod room;

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use fieldwatch_schemas::chunk::Chunk;
use fieldwatch_schemas::id::{DeviceId, Hash, RecordId};
use fieldwatch_schemas::store::sealed::SEALED_BATCH_BYTES_MAX;
use fieldwatch_schemas::store::{BATCH_ROWS_MAX, Batch, KeyRange, Store, StoreError};
use fieldwatch_schemas::sync::heal::{Part, part};
use fieldwatch_schemas::sync::push::{Held, Pushed, Refusal};
use fieldwatch_schemas::sync::vouch::Vouched;

pub(in crate::committer::desk) use self::room::Returning;

use super::super::super::cache::Kept;
use super::super::Desk;
use crate::tables::returning::{ReturningRow, returning_key};
use crate::tables::{self, prefix};

/// What a row takes beside its chunk, at most.
const ROW_BYTES: usize = 256;

impl Desk {
    /// Counts what is kept, unless it is counted. What cannot be read is given up.
    pub(super) fn count_returning(&mut self, store: &dyn Store) -> Result<(), StoreError> {
        if self.returning.is_some() {
            return Ok(());
        }
        let mut returning = Returning::default();
        let all = KeyRange::prefix(&[prefix::RETURNING]);
        let mut is_sound = true;
        let counted = store.scan(&all, &mut |key, value| {
            is_sound &= note(&mut returning, key, value).is_some();
            ControlFlow::Continue(())
        });
        match counted {
            Ok(()) if is_sound => {}
            Ok(()) | Err(StoreError::Damaged { .. }) => {
                tracing::error!("parts of records are damaged: they are to be brought again");
                returning = Returning::default();
                self.remove_all(&all)?;
            }
            Err(error) => return Err(error),
        }
        self.returning = Some(returning);
        Ok(())
    }

    /// How far a push leads, with what is kept of its record.
    pub(super) fn part(
        &self,
        pushed: &Pushed,
        vouched: &Vouched,
        held: Option<&Kept>,
    ) -> Result<Part, Refusal> {
        let known = held.map(|kept| Held {
            document: &kept.document,
            owner: kept.row.owner,
            writers: &[],
            size_bytes: usize::try_from(kept.row.size_bytes).unwrap_or(usize::MAX / 2),
            changes: usize::try_from(kept.row.changes).unwrap_or(usize::MAX / 2),
            proved: None,
        });
        let returning = self.returning.as_ref();
        part(pushed, vouched, known, |hash| {
            returning?.deps(pushed.record, hash)
        })
    }

    /// A push with what is kept of its record and lies below.
    pub(super) fn with_kept(
        &self,
        store: &dyn Store,
        pushed: &Pushed,
        below: &BTreeSet<Hash>,
    ) -> Result<Pushed, StoreError> {
        let mut whole = pushed.clone();
        let Some(returning) = &self.returning else {
            return Ok(whole);
        };
        let is_kept = |hash: &&Hash| returning.deps(pushed.record, hash).is_some();
        for hash in below.iter().filter(is_kept) {
            let key = returning_key(pushed.record, *hash);
            let row: Option<ReturningRow> = tables::read(store, "a change on its way back", &key)?;
            whole.changes.extend(row.map(|row| row.chunk));
        }
        Ok(whole)
    }

    /// Keeps what is not kept yet; says whether there was room.
    pub(super) fn keep_part(
        &mut self,
        device: DeviceId,
        record: RecordId,
        brought: &[Chunk],
    ) -> Result<bool, StoreError> {
        let Some(returning) = &mut self.returning else {
            return Ok(false);
        };
        let is_new = |chunk: &&Chunk| returning.deps(record, &chunk.hash()).is_none();
        let fresh: Vec<&Chunk> = brought.iter().filter(is_new).collect();
        let now_ms = self.log.now_ms();
        let Some(gone) = returning.make_room(record, device, &fresh, now_ms) else {
            return Ok(false);
        };
        for id in gone {
            tracing::info!(record = %id, "parts of a record that came back are given up");
            self.remove_all(&tables::of_record(prefix::RETURNING, id))?;
        }
        let mut batch = Batch::new();
        for chunk in &fresh {
            let row = ReturningRow {
                device,
                received_ms: now_ms,
                chunk: chunk.bytes().to_vec().into(),
            };
            let size_bytes = chunk.bytes().len() + ROW_BYTES;
            if batch.len() >= BATCH_ROWS_MAX
                || batch.size_bytes() + size_bytes > SEALED_BATCH_BYTES_MAX
            {
                self.log
                    .apply(&std::mem::take(&mut batch), None, self.life)?;
            }
            batch.put(returning_key(record, chunk.hash()), tables::encode(&row));
        }
        self.log.apply(&batch, None, self.life)?;
        if let Some(returning) = &mut self.returning {
            for chunk in fresh {
                returning.note(record, device, now_ms, chunk);
            }
        }
        Ok(true)
    }

    /// Removes the parts of a record that wait no longer.
    pub(super) fn forget_parts(
        &mut self,
        record: RecordId,
        below: &BTreeSet<Hash>,
    ) -> Result<(), StoreError> {
        let gone = match &mut self.returning {
            Some(returning) => returning.forget(record, below),
            None => Vec::new(),
        };
        self.remove(gone.iter().map(|hash| returning_key(record, *hash)))
    }

    fn remove_all(&self, range: &KeyRange) -> Result<(), StoreError> {
        let mut keys = Vec::new();
        self.log.raw_store()?.scan(range, &mut |key, _| {
            keys.push(key.to_vec());
            ControlFlow::Continue(())
        })?;
        self.remove(keys.into_iter())
    }

    fn remove(&self, keys: impl Iterator<Item = Vec<u8>>) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        for key in keys {
            batch.delete(key);
            if batch.len() >= BATCH_ROWS_MAX {
                self.log
                    .apply(&std::mem::take(&mut batch), None, self.life)?;
            }
        }
        match batch.is_empty() {
            true => Ok(()),
            false => self.log.apply(&batch, None, self.life),
        }
    }
}

/// Counts one row; `None` if it is not sound.
fn note(returning: &mut Returning, key: &[u8], value: &[u8]) -> Option<()> {
    let record = tables::record_of(key)?;
    let row: ReturningRow = tables::decode("a change on its way back", value).ok()?;
    let chunk = Chunk::parse(row.chunk.to_vec()).ok()?;
    let is_its_own = key == returning_key(record, chunk.hash());
    is_its_own.then(|| returning.note(record, row.device, row.received_ms, &chunk))
}
