//! The rows of what waits: one per change, under its record and device.

use std::collections::BTreeSet;

use fieldwatch_schemas::chunk::Chunk;
use fieldwatch_schemas::id::{DeviceId, Hash, RecordId};
use fieldwatch_schemas::record::rebase::Numbers;
use fieldwatch_schemas::store::{BATCH_BYTES_MAX, Batch, StoreError};
use fieldwatch_schemas::sync::push::{Policy, Pushed};

use minicbor::bytes::ByteVec;

use super::super::super::OwnedAsker;
use super::super::super::cache::Kept;
use super::super::Desk;
use super::super::hand::{OrderError, nobody};
use super::room::count;
use crate::log::all_rows;
use crate::tables;
use crate::tables::quarantine::{QuarantineRow, quarantine_key, quarantine_of, quarantined};

/// What became of work that is to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holding {
    /// It waits.
    Waits,
    /// There is no room for all of it.
    NoRoom,
    /// Other work of the same writer waits under its numbers, so that the two could never be released together: another copy's.
    Clashes,
}

impl Desk {
    /// What waits of one device and record, as it would be pushed.
    pub(super) fn waiting_work(
        &self,
        record: RecordId,
        device: DeviceId,
    ) -> Result<(OwnedAsker, Pushed), OrderError> {
        let mut rows = Vec::new();
        for row in all_rows(&*self.log.store()?, &quarantine_of(record, device))? {
            rows.push(tables::decode::<QuarantineRow>("waiting work", &row.value)?);
        }
        let first = rows.first().ok_or(OrderError::Unknown)?;
        let asker = OwnedAsker {
            device,
            standing: nobody(first.person),
            grants: Vec::new(),
            former: Vec::new(),
            policy: Policy::Waived,
        };
        let pushed = Pushed {
            record,
            kind: first.kind.clone(),
            changes: rows.iter().map(|row| row.chunk.clone()).collect(),
            vouched: None,
        };
        Ok((asker, pushed))
    }

    pub(super) fn drop_waiting(
        &mut self,
        record: RecordId,
        device: DeviceId,
        goes: &dyn Fn(Hash) -> bool,
    ) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        for row in all_rows(&*self.log.store()?, &quarantine_of(record, device))? {
            let waiting: QuarantineRow = tables::decode("waiting work", &row.value)?;
            if hash_of(&waiting.chunk).is_none_or(goes) {
                batch.delete(row.key);
            }
        }
        self.waiting = None;
        self.log.apply(&batch, None, self.life)
    }

    /// Writes what does not wait already, one row per change; all of it or nothing.
    pub(super) fn hold(
        &mut self,
        asker: &OwnedAsker,
        pushed: &Pushed,
        held: Option<&Kept>,
        reason: &str,
    ) -> Result<Holding, StoreError> {
        let store = self.log.store()?;
        let range = quarantine_of(pushed.record, asker.device);
        let (mut there, mut next) = (Vec::new(), 0);
        for row in all_rows(&*store, &range)? {
            let waiting: QuarantineRow = tables::decode("waiting work", &row.value)?;
            there.extend(read(&waiting.chunk));
            let number = quarantined(&row.key).map_or(0, |(_, _, number)| number);
            next = number.saturating_add(1);
        }
        let waits: BTreeSet<Hash> = there.iter().map(Chunk::hash).collect();
        let numbers = Numbers::of(&there);
        let clash = |bytes: &ByteVec| read(bytes).is_some_and(|chunk| numbers.clash(&chunk));
        if pushed.changes.iter().any(clash) {
            return Ok(Holding::Clashes);
        }
        let is_new =
            |hash: Hash| !waits.contains(&hash) && held.is_none_or(|kept| !kept.document.has(hash));
        let fresh = pushed.changes.iter();
        let fresh: Vec<_> = fresh
            .filter(|bytes| hash_of(bytes).is_some_and(is_new))
            .collect();
        let size_bytes = fresh.iter().map(|bytes| bytes.len()).sum();
        let waiting = match self.waiting.take() {
            Some(waiting) => waiting,
            None => count(&*store)?,
        };
        let waiting = self.waiting.insert(waiting);
        if !waiting.has_room(asker.device, fresh.len(), size_bytes) {
            return Ok(Holding::NoRoom);
        }
        let mut batch = Batch::new();
        for (number, bytes) in (next..).zip(fresh) {
            let row = QuarantineRow {
                kind: pushed.kind.clone(),
                person: asker.standing.person,
                reason: reason.to_owned(),
                received_ms: self.log.now_ms(),
                chunk: bytes.clone(),
            };
            waiting.add(asker.device, bytes.len());
            if batch.size_bytes() + bytes.len() + 256 > BATCH_BYTES_MAX {
                self.log
                    .apply(&std::mem::take(&mut batch), None, self.life)?;
            }
            let key = quarantine_key(pushed.record, asker.device, number);
            batch.put(key, tables::encode(&row));
        }
        self.log.apply(&batch, None, self.life)?;
        // Not whose: of a visit that would tell who its inspector is.
        tracing::info!(record = %pushed.record, reason, "work waits for a release");
        Ok(Holding::Waits)
    }
}

fn read(bytes: &[u8]) -> Option<Chunk> {
    Chunk::parse(bytes.to_vec()).ok()
}

fn hash_of(bytes: &[u8]) -> Option<Hash> {
    read(bytes).map(|chunk| chunk.hash())
}
