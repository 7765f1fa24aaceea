//! What the server said it has and gave no receipt for, because the reply was cut in between: it is brought once more, and one receipt
//! then proves all of it.
//!
//! Of each record only the newest of the changes go, those that a receipt names; the server has them, and takes nothing anew.

use std::collections::BTreeSet;

use fieldwatch_schemas::chunk::Chunk;
use fieldwatch_schemas::id::{Hash, RecordId};
use fieldwatch_schemas::limits::{PUSH_BYTES_TARGET, PUSH_RECORDS_MAX};
use fieldwatch_schemas::store::{Batch, KeyRange};
use fieldwatch_schemas::sync::push::{Outcome, Pushed, Verdict};

use super::held::Held;
use super::rows::{decode, encode};
use super::{Group, ReplicaError, keys};

impl Group<'_> {
    /// Notes that what an outcome calls durable has no receipt yet. What is refused gets none.
    pub(super) fn await_receipt(
        &self,
        held: &Held,
        outcome: &Outcome,
        also: &mut Batch,
    ) -> Result<(), ReplicaError> {
        let key = keys::of_record(keys::UNPROVEN, held.id);
        let gives = self.account()?.is_some_and(|it| it.receipt_key.is_some());
        let heads = newest(held, &outcome.durable);
        if gives && !heads.is_empty() {
            also.put(key, encode(&heads));
        } else if !matches!(outcome.verdict, Verdict::Missing | Verdict::Kept) {
            also.delete(key);
        }
        Ok(())
    }

    /// Notes that a receipt came for these records, whether it holds or not: another would be no better.
    pub(super) fn have_receipt<'a>(
        &self,
        records: impl Iterator<Item = &'a RecordId>,
    ) -> Result<(), ReplicaError> {
        let mut batch = Batch::new();
        for record in records {
            batch.delete(keys::of_record(keys::UNPROVEN, *record));
            self.apply_if_large(&mut batch)?;
        }
        Ok(self.store().apply(&batch)?)
    }

    /// Adds to a push what has no receipt, as far as there is room.
    pub(super) fn push_unproven(
        &mut self,
        slice: &mut Vec<Pushed>,
        mut size_bytes: usize,
    ) -> Result<(), ReplicaError> {
        let mut rows = self.keys(&KeyRange::prefix(&[keys::UNPROVEN]))?;
        rows.retain(|key| {
            let record = keys::named(key);
            !slice.iter().any(|pushed| Some(pushed.record) == record)
        });
        for key in rows {
            if slice.len() >= PUSH_RECORDS_MAX || size_bytes >= PUSH_BYTES_TARGET {
                return Ok(());
            }
            let row = self.readable(&key)?.unwrap_or_default();
            let heads = decode::<Vec<Hash>>(&row, "what has no receipt").unwrap_or_default();
            let record = keys::named(&key);
            let found = record.map(|record| self.find(record)).transpose();
            let held = found.ok().flatten().flatten();
            match held.and_then(|held| self.again(held, &heads)) {
                Some(pushed) => {
                    let sizes = pushed.changes.iter().map(|chunk| chunk.len());
                    size_bytes += sizes.sum::<usize>();
                    slice.push(pushed);
                }
                // It went, or was written anew: there is nothing to be proven.
                None => {
                    let mut batch = Batch::new();
                    batch.delete(key);
                    self.store().apply(&batch)?;
                }
            }
        }
        Ok(())
    }

    fn again(&mut self, held: Held, heads: &[Hash]) -> Option<Pushed> {
        self.state.offered.insert(held.id, held.changes.len());
        let hashes = held.hashes();
        let changes = held.changes.into_iter().zip(hashes);
        let changes: Vec<_> = changes
            .filter(|(_, hash)| hash.is_some_and(|hash| heads.contains(&hash)))
            .map(|(change, _)| change.chunk)
            .collect();
        (!changes.is_empty() && changes.len() == heads.len()).then_some(Pushed {
            record: held.id,
            kind: held.row.kind,
            changes,
            vouched: None,
        })
    }
}

/// Of some changes those that no other of them rests on.
fn newest(held: &Held, changes: &[Hash]) -> Vec<Hash> {
    let chunks = held.readable();
    let concerned: Vec<&Chunk> = chunks
        .iter()
        .flatten()
        .filter(|chunk| changes.contains(&chunk.hash()))
        .collect();
    let below: BTreeSet<Hash> = concerned
        .iter()
        .flat_map(|chunk| chunk.deps().iter().copied())
        .collect();
    let hashes = concerned.iter().map(|chunk| chunk.hash());
    hashes.filter(|hash| !below.contains(hash)).collect()
}
