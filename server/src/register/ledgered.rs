//! The register and the ledger: every row is in the ledger before it is in the store, and a store that is behind its ledger, because
//! power went in between or because it is an old backup, is brought up to it.
//!
//! The store's own row [`MARK`] says how far it has heard the ledger. A store that heard more than the ledger has is not opened: with
//! an older ledger, who was revoked would be let in again. An empty ledger takes in what the store's register holds.

use std::collections::BTreeMap;

use fieldwatch_schemas::store::{BATCH_ROWS_MAX, Batch, KeyRange, Store};
use minicbor::bytes::ByteVec;

use super::RegisterError;
use super::rows::Stored as _;
use super::station::Station;
use crate::ledger::{Entry, Ledger, Mark, RegisterRow};
use crate::log::all_rows;
use crate::tables::unfinished::placing_key;

/// How far the store has heard the ledger: a [`Mark`].
const MARK: [u8; 1] = [0x8f];
/// The tables whose rows the ledger has.
const TABLES: std::ops::RangeInclusive<u8> = 0x80..=0x83;

/// Brings a store's register up to what the ledger says.
///
/// # Errors
///
/// [`RegisterError::Ledger`] if the ledger is damaged, or behind the store; otherwise as the disk fails.
pub(super) fn bring_up(store: &dyn Store, ledger: &Ledger) -> Result<(), RegisterError> {
    let mark = mark_of(store)?;
    let last = ledger.last();
    if last == mark && last != Mark::default() {
        return Ok(());
    }
    if last == Mark::default() {
        return take_in(store, ledger);
    }
    let mut rows = BTreeMap::new();
    for entry in ledger.after(&mark)? {
        if let Entry::Rows(written) = entry {
            rows.extend(written.into_iter().map(|row| (row.key, row.value)));
        }
    }
    tracing::info!(
        rows = rows.len(),
        "the register is brought up to the ledger"
    );
    let rows: Vec<_> = rows.into_iter().collect();
    for part in rows.chunks(BATCH_ROWS_MAX / 2) {
        let mut batch = Batch::new();
        for (key, value) in part.iter().cloned() {
            if let Some(station) = altered_station(store, &key, value.as_ref())? {
                batch.put(placing_key(&station), Vec::new());
            }
            match value {
                Some(value) => batch.put(key, value),
                None => batch.delete(key),
            }
        }
        store.apply(&batch)?;
    }
    put_mark(store, &last)
}

/// The station whose row another takes the place of: it may have moved, and its records are to be placed again.
fn altered_station(
    store: &dyn Store,
    key: &[u8],
    value: Option<&ByteVec>,
) -> Result<Option<String>, RegisterError> {
    let Some((&Station::TABLE, id)) = key.split_first() else {
        return Ok(None);
    };
    let before = store.get(key)?;
    let is_other = before.is_some_and(|before| value.is_none_or(|value| **value != before));
    Ok(String::from_utf8(id.to_vec()).ok().filter(|_| is_other))
}

/// Writes rows into the ledger, then into the store.
///
/// # Errors
///
/// [`RegisterError::Ledger`], nothing written; [`RegisterError::Store`] if only the ledger has them, as the next opening will find.
pub(super) fn keep(
    store: &dyn Store,
    ledger: &Ledger,
    batch: &Batch,
    is_behind: bool,
) -> Result<(), RegisterError> {
    let mark = ledger.append(&Entry::Rows(batch.iter().map(row).collect()))?;
    if is_behind {
        return bring_up(store, ledger);
    }
    let mut batch = batch.clone();
    batch.put(MARK, minicbor::to_vec(mark).unwrap_or_default());
    store.apply(&batch)?;
    Ok(store.flush()?)
}

/// An empty ledger learns what the register holds.
fn take_in(store: &dyn Store, ledger: &Ledger) -> Result<(), RegisterError> {
    let (first, last) = (*TABLES.start(), TABLES.end().saturating_add(1));
    let rows = all_rows(store, &KeyRange::from_to(&[first], &[last]))?;
    for part in rows.chunks(BATCH_ROWS_MAX) {
        let part = part.iter();
        let rows = part.map(|each| row((each.key.as_slice(), Some(each.value.as_slice()))));
        ledger.append(&Entry::Rows(rows.collect()))?;
    }
    match rows.is_empty() && mark_of(store)? == Mark::default() {
        true => Ok(()),
        false => put_mark(store, &ledger.last()),
    }
}

fn row((key, value): (&[u8], Option<&[u8]>)) -> RegisterRow {
    RegisterRow {
        key: ByteVec::from(key.to_vec()),
        value: value.map(|value| ByteVec::from(value.to_vec())),
    }
}

pub(crate) fn mark_of(store: &dyn Store) -> Result<Mark, RegisterError> {
    let mark = store.get(&MARK)?;
    let mark = mark.map(|mark| minicbor::decode(&mark)).transpose();
    Ok(mark.map_err(RegisterError::Damaged)?.unwrap_or_default())
}

fn put_mark(store: &dyn Store, mark: &Mark) -> Result<(), RegisterError> {
    let mut batch = Batch::new();
    batch.put(MARK, minicbor::to_vec(mark).unwrap_or_default());
    store.apply(&batch)?;
    Ok(store.flush()?)
}
