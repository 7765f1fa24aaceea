//! A record opened from its stored changes, and proved to be what its row says.

use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use fieldwatch_schemas::chunk::Chunk;
use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::record::Document;
use fieldwatch_schemas::store::{Store, StoreError};

use crate::tables::{self, ChangeRow, RecordRow};

/// A record in memory, and the changes it was made of.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) document: Document,
    pub(crate) chunks: Vec<Chunk>,
}

/// Opens a record.
///
/// # Errors
///
/// [`StoreError::Damaged`] if a change does not hold, or they do not come to the heads in the row.
pub(crate) fn rebuild(
    store: &dyn Store,
    record: RecordId,
    row: &RecordRow,
) -> Result<Opened, StoreError> {
    let broken = |why: &str| tables::damaged(format!("record {record}: {why}"));
    let chunks = chunks_of(store, record, row)?;
    let attempt = || Document::from_chunks(record, row.kind, &chunks);
    let document = catch_unwind(AssertUnwindSafe(attempt))
        .map_err(|_| broken("automerge panicked"))?
        .map_err(|error| broken(&error.to_string()))?;
    if document.heads() != row.heads {
        return Err(broken("its changes do not come to its heads"));
    }
    Ok(Opened { document, chunks })
}

fn chunks_of(
    store: &dyn Store,
    record: RecordId,
    row: &RecordRow,
) -> Result<Vec<Chunk>, StoreError> {
    let (mut chunks, mut error) = (Vec::new(), None);
    let range = tables::changes_between(record, 0, row.position);
    store.scan(&range, &mut |_, value| {
        let read = tables::decode("a change", value).and_then(|row: ChangeRow| {
            Chunk::parse(row.chunk.into())
                .map_err(|error| tables::damaged(format!("record {record}: {error}")))
        });
        match read {
            Ok(chunk) => {
                chunks.push(chunk);
                ControlFlow::Continue(())
            }
            Err(damage) => {
                error = Some(damage);
                ControlFlow::Break(())
            }
        }
    })?;
    error.map_or(Ok(chunks), Err)
}
