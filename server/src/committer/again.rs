//! When a checklist arrives after visits that were made with it: their summaries are derived again, ahead of the checklist itself, so
//! that a crash in between leaves a checklist that the device sends once more.

use std::ops::ControlFlow;
use std::sync::Arc;

use fieldwatch_schemas::checklist::published::of_view;
use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::record::view::View;
use fieldwatch_schemas::store::sealed::SEALED_BATCH_BYTES_MAX;
use fieldwatch_schemas::store::{BATCH_ROWS_MAX, Batch, Store, StoreError};

use super::StationRegion;
use super::rebuild::rebuild;
use crate::shelf::{Library, Shelf};
use crate::tables::{self, RecordRow, SummaryRow, prefix};

/// The summaries that a checklist changes, as batches.
///
/// # Errors
///
/// [`StoreError`] if the store cannot be read.
pub(super) fn derived_again(
    store: &dyn Store,
    shelf: &Shelf,
    checklist: &View,
    station_region: &StationRegion,
) -> Result<Vec<Batch>, StoreError> {
    let Some(read) = of_view(checklist) else {
        return Ok(Vec::new());
    };
    shelf.put(checklist.record, Arc::new(read));
    let library = Library { shelf, store };
    let (mut batches, mut batch) = (Vec::new(), Batch::new());
    for record in without_result(store)? {
        let key = tables::record_key(record);
        let Some(row) = tables::read::<RecordRow>(store, "a record", &key)? else {
            continue;
        };
        let view = rebuild(store, record, &row)?.document.view();
        let is_of_it = view.text("checklist.id") == checklist.text("id")
            && view.text("checklist.version") == checklist.text("version");
        if !is_of_it {
            continue;
        }
        let summary = tables::encode(&SummaryRow::of(&view, station_region, &library));
        let room = SEALED_BATCH_BYTES_MAX.saturating_sub(summary.len() + 64);
        if batch.len() >= BATCH_ROWS_MAX || batch.size_bytes() > room {
            batches.push(std::mem::take(&mut batch));
        }
        batch.put(tables::summary_key(record), summary);
    }
    if !batch.is_empty() {
        batches.push(batch);
    }
    Ok(batches)
}

/// The visits that were submitted and have no result.
fn without_result(store: &dyn Store) -> Result<Vec<RecordId>, StoreError> {
    let (mut found, mut error) = (Vec::new(), None);
    store.scan(
        &tables::table(prefix::SUMMARY),
        &mut |key, value| match tables::decode::<SummaryRow>("a summary", value) {
            Ok(SummaryRow { summary, .. }) => {
                let waits = summary.kind == Kind::Inspection
                    && summary.submitted_ms.is_some()
                    && summary.result.is_none();
                found.extend(tables::record_of(key).filter(|_| waits));
                ControlFlow::Continue(())
            }
            Err(damage) => {
                error = Some(damage);
                ControlFlow::Break(())
            }
        },
    )?;
    error.map_or(Ok(found), Err)
}
