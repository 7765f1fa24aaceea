//! What opening finds: the log's id and last position, and changes whose record was never finished, which it removes.

use fieldwatch_schemas::id::LogId;
use fieldwatch_schemas::store::{BATCH_ROWS_MAX, Batch, Store, StoreError};

use super::all_rows;
use crate::tables::{self, FORMAT, LogRow, UnfinishedRow};

/// What a store's log is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) id: LogId,
    pub(super) position: u64,
}

/// Reads the log's identity, or gives an empty store one; leaves everything it holds durable.
pub(super) fn recover(store: &dyn Store, fresh: LogId) -> Result<Found, StoreError> {
    let known: Option<LogRow> = tables::read(store, "the log's identity", &tables::LOG)?;
    let id = match known {
        Some(row) if row.format != FORMAT => {
            return Err(StoreError::UnknownFormat {
                found: row.format,
                known: FORMAT,
            });
        }
        Some(row) => row.id,
        None => {
            begin(store, fresh)?;
            fresh
        }
    };
    remove_unfinished(store)?;
    let position = last_position(store)?;
    store.flush()?;
    Ok(Found { id, position })
}

/// The last position that a batch took.
pub(crate) fn last_position(store: &dyn Store) -> Result<u64, StoreError> {
    let Some(value) = store.get(&tables::POSITION)? else {
        return Ok(0);
    };
    let bytes = value
        .try_into()
        .map_err(|_| tables::damaged("the log's last position".to_owned()))?;
    Ok(u64::from_be_bytes(bytes))
}

/// Gives the log another id, for good.
pub(crate) fn put_id(store: &dyn Store, id: LogId) -> Result<(), StoreError> {
    let mut batch = Batch::new();
    batch.put(tables::LOG, tables::encode(&LogRow { format: FORMAT, id }));
    store.apply(&batch)?;
    store.flush()
}

fn begin(store: &dyn Store, id: LogId) -> Result<(), StoreError> {
    let mut batch = Batch::new();
    batch.put(tables::LOG, tables::encode(&LogRow { format: FORMAT, id }));
    batch.put(tables::POSITION, 0_u64.to_be_bytes());
    store.apply(&batch)
}

/// The marker goes last, so that a crash in between only repeats the work.
fn remove_unfinished(store: &dyn Store) -> Result<(), StoreError> {
    let what = "the mark of unfinished changes";
    let Some(UnfinishedRow { record, position }) = tables::read(store, what, &tables::UNFINISHED)?
    else {
        return Ok(());
    };
    let range = tables::changes_between(record, position.saturating_sub(1), u64::MAX - 1);
    let rows = all_rows(store, &range)?;
    for part in rows.chunks(BATCH_ROWS_MAX) {
        let mut batch = Batch::new();
        part.iter().for_each(|row| batch.delete(row.key.clone()));
        store.apply(&batch)?;
    }
    let mut batch = Batch::new();
    batch.delete(tables::UNFINISHED);
    store.apply(&batch)
}
