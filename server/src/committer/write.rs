//! One accepted push of one record as a batch: its changes, its row, its rows in the feeds, the feeds' heads, its summary.
//!
//! If the changes do not fit into the batch, they are laid down ahead of it under a mark; the record's row alone makes them count, and
//! the same batch removes the mark.

use std::collections::{BTreeMap, BTreeSet};

use fieldwatch_schemas::chunk::Chunk;
use fieldwatch_schemas::digest::Digest;
use fieldwatch_schemas::feed::Feed;
use fieldwatch_schemas::id::{Actor, Hash, RecordId};
use fieldwatch_schemas::store::sealed::{SEALED_BATCH_BYTES_MAX, check};
use fieldwatch_schemas::store::{BATCH_ROWS_MAX, Batch, Store, StoreError};
use fieldwatch_schemas::sync::pull::Presence;
use fieldwatch_schemas::sync::push::Accepted;

use crate::tables::{
    self, ChangeRow, FeedHead, Place, RecordRow, SummaryRow, UnfinishedRow, WriterRow,
};

/// The version of a record's row.
const ROW_VERSION: u8 = 1;
/// Room in a batch for the mark that a case which moves, or a redaction, adds to it.
const MARK_BYTES_MAX: usize = 1 << 10;
/// Room in a batch for everything but changes.
const OTHER_ROWS_MAX: usize = 100;

/// What to write, in this order.
#[derive(Debug)]
pub(super) struct Plan {
    /// Changes that the last batch has no room for.
    pub(super) ahead: Vec<Batch>,
    /// What makes the record so; takes the position.
    pub(super) batch: Batch,
    /// The record's row after it.
    pub(super) row: RecordRow,
}

/// When and where a push is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stamp {
    pub(super) position: u64,
    pub(super) received_ms: i64,
}

/// Plans the writing of an accepted push.
///
/// # Errors
///
/// [`StoreError::BatchTooLarge`] or [`StoreError::ValueTooLarge`] if the record has grown beyond what a batch takes; other
/// [`StoreError`]s if the store cannot be read.
pub(super) fn plan(
    store: &dyn Store,
    before: Option<&RecordRow>,
    accepted: &Accepted,
    stamp: Stamp,
    summary: &SummaryRow,
) -> Result<Plan, StoreError> {
    let record = accepted.document.id();
    let heads = accepted.document.heads();
    let mut batch = Batch::new();
    let moved = Move {
        record,
        old: before.map_or_else(Digest::default, |row| Digest::of(record, &row.heads)),
        new: Digest::of(record, &heads),
        feeds: &accepted.feeds,
        position: stamp.position,
    };
    let places = moved.all(store, &mut batch, before)?;
    let row = record_row(before, accepted, heads, places, stamp);
    batch.put(tables::record_key(record), tables::encode(&row));
    batch.put(tables::summary_key(record), tables::encode(summary));
    batch.put(tables::POSITION, stamp.position.to_be_bytes());
    let ahead = put_changes(&mut batch, record, &accepted.fresh, stamp);
    check(&batch)?;
    Ok(Plan { ahead, batch, row })
}

fn record_row(
    before: Option<&RecordRow>,
    accepted: &Accepted,
    heads: Vec<Hash>,
    places: Vec<Place>,
    stamp: Stamp,
) -> RecordRow {
    let added: usize = accepted.fresh.iter().map(|chunk| chunk.bytes().len()).sum();
    RecordRow {
        version: ROW_VERSION,
        kind: accepted.document.kind(),
        owner: accepted.owner,
        heads,
        writers: writer_rows(before, accepted),
        size_bytes: before.map_or(0, |row| row.size_bytes) + added as u64,
        changes: before.map_or(0, |row| row.changes) + accepted.fresh.len() as u64,
        position: stamp.position,
        places,
        alias: accepted.view.text("alias").map(str::to_owned),
    }
}

fn writer_rows(before: Option<&RecordRow>, accepted: &Accepted) -> Vec<WriterRow> {
    let known = before.map(|row| row.writers.as_slice()).unwrap_or_default();
    let mut rows: BTreeSet<Actor> = known
        .iter()
        .filter(|writer| writer.is_row)
        .map(|writer| writer.actor)
        .collect();
    let has_key = accepted.document.id().is_natural();
    rows.extend(
        accepted
            .fresh
            .iter()
            .filter(|chunk| has_key && chunk.seq() == 1 && chunk.time_s() == 0)
            .map(Chunk::actor),
    );
    let writers = accepted.writers.iter().map(|writer| WriterRow {
        actor: writer.actor,
        device: writer.device,
        person: writer.person,
        seq: writer.seq,
        is_row: rows.contains(&writer.actor),
    });
    writers.collect()
}

/// What a write does to the feeds of a record.
struct Move<'a> {
    record: RecordId,
    /// What the record added to the digest of each feed it was in.
    old: Digest,
    /// What it adds to that of each feed it is in now.
    new: Digest,
    feeds: &'a BTreeSet<Feed>,
    position: u64,
}

impl Move<'_> {
    /// Moves the record's row of every feed it is in to the new position; a feed it is in no more learns that it left.
    fn all(
        &self,
        store: &dyn Store,
        batch: &mut Batch,
        before: Option<&RecordRow>,
    ) -> Result<Vec<Place>, StoreError> {
        let known = before.map(|row| row.places.clone()).unwrap_or_default();
        let mut places: BTreeMap<Feed, Place> = known
            .into_iter()
            .map(|place| (place.feed.clone(), place))
            .collect();
        let touched: BTreeSet<Feed> = places
            .values()
            .filter(|place| place.presence == Presence::Present)
            .map(|place| place.feed.clone())
            .chain(self.feeds.iter().cloned())
            .collect();
        for feed in touched {
            let place = self.one(store, batch, &feed, places.remove(&feed))?;
            places.insert(feed, place);
        }
        Ok(places.into_values().collect())
    }

    /// Moves one row, and brings the feed's head up to date.
    fn one(
        &self,
        store: &dyn Store,
        batch: &mut Batch,
        feed: &Feed,
        before: Option<Place>,
    ) -> Result<Place, StoreError> {
        if let Some(place) = &before {
            batch.delete(tables::feed_row_key(feed, place.position));
        }
        let was_in = before.filter(|place| place.presence == Presence::Present);
        let is_in = self.feeds.contains(feed);
        let presence = if is_in {
            Presence::Present
        } else {
            Presence::Left
        };
        let mut head = feed_head(store, feed)?;
        if was_in.is_some() {
            head.digest = head.digest.minus(self.old);
            head.records = head.records.saturating_sub(1);
        }
        if is_in {
            head.digest = head.digest.plus(self.new);
            head.records += 1;
        }
        head.position = self.position;
        batch.put(tables::feed_head_key(feed), tables::encode(&head));
        let place = Place {
            feed: feed.clone(),
            position: self.position,
            entered: was_in.map_or(self.position, |place| place.entered),
            presence,
        };
        batch.put(
            tables::feed_row_key(feed, self.position),
            tables::encode(&place.row(self.record, self.new)),
        );
        Ok(place)
    }
}

fn feed_head(store: &dyn Store, feed: &Feed) -> Result<FeedHead, StoreError> {
    let head = tables::read(store, "the head of a feed", &tables::feed_head_key(feed))?;
    Ok(head.unwrap_or_default())
}

/// Puts the changes into the batch, or ahead of it if it has no room for them.
fn put_changes(batch: &mut Batch, record: RecordId, fresh: &[Chunk], stamp: Stamp) -> Vec<Batch> {
    let rows = (0_u32..).zip(fresh).map(|(number, chunk)| {
        let row = ChangeRow {
            received_ms: stamp.received_ms,
            chunk: chunk.bytes().to_vec().into(),
        };
        let key = tables::change_key(record, stamp.position, number);
        (key, tables::encode(&row))
    });
    let rows: Vec<_> = rows.collect();
    let size_bytes: usize = rows
        .iter()
        .map(|(key, value)| key.len() + value.len())
        .sum();
    if batch.len() + rows.len() < BATCH_ROWS_MAX
        && batch.size_bytes() + size_bytes + MARK_BYTES_MAX <= SEALED_BATCH_BYTES_MAX
    {
        rows.into_iter()
            .for_each(|(key, value)| batch.put(key, value));
        return Vec::new();
    }
    batch.delete(tables::UNFINISHED);
    lay_ahead(rows, record, stamp.position)
}

fn lay_ahead(rows: Vec<(Vec<u8>, Vec<u8>)>, record: RecordId, position: u64) -> Vec<Batch> {
    let mut ahead = Vec::new();
    let mut batch = Batch::new();
    let mark = tables::encode(&UnfinishedRow { record, position });
    batch.put(tables::UNFINISHED, mark);
    for (key, value) in rows {
        let room = SEALED_BATCH_BYTES_MAX.saturating_sub(key.len() + value.len());
        if batch.size_bytes() > room || batch.len() >= BATCH_ROWS_MAX - OTHER_ROWS_MAX {
            ahead.push(std::mem::take(&mut batch));
        }
        batch.put(key, value);
    }
    ahead.push(batch);
    ahead
}
