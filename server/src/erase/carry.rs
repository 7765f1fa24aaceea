//! Carrying erasures out in the store, and destroying the keys.

use std::collections::BTreeSet;

use fieldwatch_schemas::digest::Digest;
use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::store::{BATCH_ROWS_MAX, Batch, Store, StoreError};
use fieldwatch_schemas::sync::pull::Presence;

use super::blind::Blind;
use super::{row_of, tombstone_of};
use crate::ledger::Erasure;
use crate::log::Log;
use crate::tables::tombstone::TombstoneRow;
use crate::tables::unfinished::{awaiting_key, redacting_key};
use crate::tables::{self, FeedHead, Place, RecordRow, prefix};

/// Carries out erasures that may have been carried out before, in part or whole; durable when this returns.
pub(super) fn carry_out(log: &Log, erasures: &[Erasure]) -> Result<(), StoreError> {
    let life = log.life();
    let store = log.store()?;
    let mut blind = Vec::new();
    let mut seen = Vec::new();
    let mut met = BTreeSet::new();
    for erasure in erasures {
        // The ledger may say it twice; the first counts.
        if !met.insert(erasure.record) || tombstone_of(&*store, erasure.record)?.is_some() {
            continue;
        }
        match row_of(&*store, erasure.record) {
            Ok(Some(row)) => seen.push((*erasure, row)),
            Ok(None) | Err(StoreError::Damaged { .. }) => blind.push(*erasure),
            Err(error) => return Err(error),
        }
    }
    // Those that cannot be read first: what their feeds come to is counted with the others still in them.
    let found = Blind::find(&*store, log, &blind)?;
    for erasure in &blind {
        let buried = found.bury(erasure, log.position() + 1);
        log.apply(&buried, Some(log.position() + 1), life)?;
    }
    for (erasure, row) in &seen {
        let buried = bury(&*store, erasure, row, log.position() + 1)?;
        log.apply(&buried, Some(log.position() + 1), life)?;
    }
    let raw = log.raw_store()?;
    for erasure in erasures {
        remove_rows(log, &*raw, erasure.record, life)?;
    }
    log.flush(life)?;
    let records: Vec<RecordId> = erasures.iter().map(|erasure| erasure.record).collect();
    log.keys().erase(&records)
}

/// A record that can be read: what it added to its feeds is taken out of them.
fn bury(
    store: &dyn Store,
    erasure: &Erasure,
    row: &RecordRow,
    position: u64,
) -> Result<Batch, StoreError> {
    let part = Digest::of(erasure.record, &row.heads);
    let mut batch = Batch::new();
    for place in &row.places {
        let key = tables::feed_head_key(&place.feed);
        let head: Option<FeedHead> = tables::read(store, "the head of a feed", &key)?;
        let mut head = head.unwrap_or_default();
        if place.presence == Presence::Present {
            head.digest = head.digest.minus(part);
            head.records = head.records.saturating_sub(1);
        }
        head.position = position;
        batch.put(key, tables::encode(&head));
    }
    put_tombstone(&mut batch, erasure, &row.places, position);
    Ok(batch)
}

/// What every reader of a feed that the record is, or was, in will hear; and nothing else of it.
pub(super) fn put_tombstone(batch: &mut Batch, erasure: &Erasure, places: &[Place], position: u64) {
    let record = erasure.record;
    let mut moved = Vec::with_capacity(places.len());
    for place in places {
        batch.delete(tables::feed_row_key(&place.feed, place.position));
        let presence = Presence::Erased;
        let place = Place {
            position,
            presence,
            ..place.clone()
        };
        let key = tables::feed_row_key(&place.feed, position);
        batch.put(key, tables::encode(&place.row(record, Digest::default())));
        moved.push(place);
    }
    let tombstone = TombstoneRow {
        erased_ms: erasure.at_ms,
        replaced_by: erasure.replaced_by,
        places: moved,
    };
    batch.put(tables::tombstone_key(record), tables::encode(&tombstone));
    batch.delete(tables::record_key(record));
    batch.delete(tables::summary_key(record));
    batch.delete(redacting_key(record));
    batch.delete(awaiting_key(record));
    batch.put(tables::POSITION, position.to_be_bytes());
}

/// Removes every row that is sealed under the record's key, whether it can be read or not.
fn remove_rows(log: &Log, raw: &dyn Store, record: RecordId, life: u64) -> Result<(), StoreError> {
    let mut keys = Vec::new();
    for table in prefix::SEALED {
        let range = tables::of_record(table, record);
        raw.scan(&range, &mut |key, _| {
            keys.push(key.to_vec());
            std::ops::ControlFlow::Continue(())
        })?;
    }
    for part in keys.chunks(BATCH_ROWS_MAX) {
        let mut batch = Batch::new();
        part.iter().for_each(|key| batch.delete(key.clone()));
        log.apply(&batch, None, life)?;
    }
    Ok(())
}
