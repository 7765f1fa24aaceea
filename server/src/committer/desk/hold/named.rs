//! What waits, by names that people give: each stands for just what waits now, and is looked up in the turn in which it is acted upon,
//! so that nothing is released or discarded but what could be looked at.

use std::collections::BTreeMap;

use fieldwatch_schemas::id::{DeviceId, PersonId, RecordId};
use fieldwatch_schemas::store::{KeyRange, StoreError};
use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};

use super::super::Desk;
use super::super::hand::OrderError;
use crate::committer::CommitterHandle;
use crate::log::{Log, all_rows};
use crate::tables::quarantine::{QuarantineRow, quarantined};
use crate::tables::{self, prefix};

/// How many digits name what waits.
const ID_DIGITS: usize = 12;

/// What waits of one device and record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waits {
    /// The name of just this: with one more change it is another.
    pub id: String,
    /// The record.
    pub record: RecordId,
    /// The record's kind, as its author names it.
    pub kind: String,
    /// Whose device brought it.
    pub device: DeviceId,
    /// Whose it is.
    pub person: PersonId,
    /// Why it waits.
    pub reason: String,
    /// When the first of it came.
    pub received_ms: i64,
    /// How many changes it has.
    pub changes: u64,
}

impl CommitterHandle {
    /// Everything that waits, by record and device.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if it cannot be read.
    pub fn waiting(&self) -> Result<Vec<Waits>, StoreError> {
        waiting(&self.log)
    }

    /// What waits under a name, and what a release of it would come to. Blocks.
    ///
    /// # Errors
    ///
    /// [`OrderError`].
    pub fn preview(&self, id: &str) -> Result<(Waits, Json), OrderError> {
        self.with_named(id, |desk, waits| desk.preview(waits.record, waits.device))
    }

    /// Takes what waits under a name. Blocks.
    ///
    /// # Errors
    ///
    /// [`OrderError::Unknown`] if nothing waits under it any more; otherwise as [`Desk::release`].
    pub fn release(&self, id: &str) -> Result<Waits, OrderError> {
        let released = self.with_named(id, |desk, waits| desk.release(waits.record, waits.device));
        released.map(|(waits, _)| waits)
    }

    /// Gives up what waits under a name. Blocks.
    ///
    /// # Errors
    ///
    /// As [`CommitterHandle::release`].
    pub fn discard(&self, id: &str) -> Result<Waits, OrderError> {
        let given_up = self.with_named(id, |desk, waits| desk.give_up(waits.record, waits.device));
        given_up.map(|(waits, ())| waits)
    }

    /// Acts upon what a name stands for in this very turn.
    fn with_named<T: Send + 'static>(
        &self,
        id: &str,
        act: impl FnOnce(&mut Desk, &Waits) -> Result<T, OrderError> + Send + 'static,
    ) -> Result<(Waits, T), OrderError> {
        let id = id.to_owned();
        let done = self.at_desk(move |desk| {
            let mut waits = waiting(&desk.log())?.into_iter();
            let named = waits.find(|each| each.id == id);
            let named = named.ok_or(OrderError::Unknown)?;
            let done = act(desk, &named)?;
            Ok((named, done))
        });
        done.map_err(OrderError::Unavailable)?
    }
}

fn waiting(log: &Log) -> Result<Vec<Waits>, StoreError> {
    let store = log.store()?;
    let mut all: BTreeMap<(RecordId, DeviceId), Waits> = BTreeMap::new();
    for row in all_rows(&*store, &KeyRange::prefix(&[prefix::QUARANTINE]))? {
        let Some((record, device, _)) = quarantined(&row.key) else {
            continue;
        };
        let read: QuarantineRow = tables::decode("waiting work", &row.value)?;
        let change = Sha256::digest(&*read.chunk);
        let waits = all.entry((record, device)).or_insert_with(|| Waits {
            id: String::new(),
            record,
            kind: read.kind,
            device,
            person: read.person,
            reason: read.reason,
            received_ms: read.received_ms,
            changes: 0,
        });
        waits.id = name_of(&waits.id, record, device, &change);
        waits.changes += 1;
    }
    Ok(all.into_values().collect())
}

fn name_of(before: &str, record: RecordId, device: DeviceId, change: &[u8]) -> String {
    let mut hash = Sha256::new();
    hash.update(before);
    hash.update(record.bytes());
    hash.update(device.bytes());
    hash.update(change);
    let digest: [u8; 32] = hash.finalize().into();
    let digits: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.chars().take(ID_DIGITS).collect()
}
