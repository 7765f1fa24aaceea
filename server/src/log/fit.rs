//! Which keys a store belongs to: the store holds a value of each key, which tells it from every other and says nothing of it.
//!
//! A store beside other keys would seem sound until somebody reads it: so what was written under the wrong ones could never be told
//! from damage. The store learns its keys when it is begun, and is not opened beside others.

use std::ops::ControlFlow;
use std::sync::Arc;

use fieldwatch_schemas::keyring::RecordKeys;
use fieldwatch_schemas::store::{Batch, KeyRange, Store, StoreError};
use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};

use super::{Keys, seal};
use crate::tables::{self, KEYS};
use crate::vouch::MacKey;

/// What a store says of the keys that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
struct FitRow {
    /// Of the keys of the records, whatever was erased.
    #[n(0)]
    records: ByteArray<16>,
    /// Of the key of the marks.
    #[n(1)]
    marks: ByteArray<16>,
}

/// How keys fit a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fit {
    /// Whether the records were sealed under these.
    pub(crate) records: bool,
    /// Whether its marks were made under this.
    pub(crate) marks: bool,
}

fn row(records: &RecordKeys, marks: &MacKey) -> FitRow {
    FitRow {
        records: records.mark().into(),
        marks: marks.mark().into(),
    }
}

/// How keys fit a store; a store that says nothing of keys takes any.
///
/// # Errors
///
/// [`StoreError`] if it cannot be read.
pub(crate) fn fit(
    store: &dyn Store,
    records: &RecordKeys,
    marks: &MacKey,
) -> Result<Fit, StoreError> {
    let said: Option<FitRow> = tables::read(store, "which keys the store belongs to", &KEYS)?;
    let ours = row(records, marks);
    let said = said.unwrap_or_else(|| ours.clone());
    Ok(Fit {
        records: said.records == ours.records,
        marks: said.marks == ours.marks,
    })
}

/// Notes in a store that these are its keys.
///
/// # Errors
///
/// [`StoreError`] if it cannot be written.
pub(crate) fn adopt(
    store: &dyn Store,
    records: &RecordKeys,
    marks: &MacKey,
) -> Result<(), StoreError> {
    let mut batch = Batch::new();
    batch.put(KEYS, tables::encode(&row(records, marks)));
    store.apply(&batch)
}

/// Proves that these are a store's keys; one that says nothing of keys learns them.
pub(super) fn prove(store: &dyn Store, keys: &Keys) -> Result<(), StoreError> {
    let fit = fit(store, &keys.records, &keys.marks)?;
    let unfit = |file: &str, hint| StoreError::Damaged {
        what: format!("`{file}` is not the one that the store belongs to"),
        hint,
    };
    match fit {
        Fit { records: false, .. } => Err(unfit(
            "record.keys",
            "put back the newest copy of it; without it no record can be read",
        )),
        Fit { marks: false, .. } => Err(unfit(
            "mac.key",
            "put back its copy, or run `init --renew-lost-keys`: then devices bring back after a restore only what their own people wrote",
        )),
        _ if store.get(&KEYS)?.is_some() => Ok(()),
        _ => adopt(store, &keys.records, &keys.marks),
    }
}

/// How many sealed rows of a store open under these keys, and how many do not. Those whose keys were destroyed are neither.
///
/// # Errors
///
/// [`StoreError`] if it cannot be read.
pub(crate) fn opened(raw: &dyn Store, records: Arc<RecordKeys>) -> Result<(u64, u64), StoreError> {
    let (mut open, mut shut) = (0, 0);
    let opens = seal::opener(records);
    raw.scan(&KeyRange::all(), &mut |key, value| {
        match opens(key, value) {
            Some(true) => open += 1,
            Some(false) => shut += 1,
            None => {}
        }
        ControlFlow::Continue(())
    })?;
    Ok((open, shut))
}
