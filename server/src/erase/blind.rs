//! Records that were erased and cannot be read: their key is gone, as in a store that was put back from an old copy, or their row is
//! damaged. Where they are is found in the feeds; what their feeds come to without them is counted anew.

use std::collections::{BTreeMap, BTreeSet};

use fieldwatch_schemas::digest::Digest;
use fieldwatch_schemas::feed::Feed;
use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::store::{Batch, Store, StoreError};
use fieldwatch_schemas::sync::pull::Presence;

use super::carry::put_tombstone;
use super::row_of;
use crate::ledger::Erasure;
use crate::log::{Log, all_rows};
use crate::tables::{self, FeedHead, FeedRow, Place, prefix};

/// Where unreadable records are.
#[derive(Debug, Default)]
pub(super) struct Blind {
    places: BTreeMap<RecordId, Vec<Place>>,
    /// What the feeds of theirs come to without them.
    heads: BTreeMap<Feed, FeedHead>,
}

impl Blind {
    /// Looks for the records of some erasures.
    pub(super) fn find(
        store: &dyn Store,
        log: &Log,
        erasures: &[Erasure],
    ) -> Result<Self, StoreError> {
        let wanted: BTreeSet<RecordId> = erasures.iter().map(|erasure| erasure.record).collect();
        let mut found = Self::default();
        if wanted.is_empty() {
            return Ok(found);
        }
        tracing::info!(
            records = wanted.len(),
            "erased records are looked for in the feeds"
        );
        let mut failure = None;
        store.scan(
            &tables::table(prefix::FEED_ROW),
            &mut |key, value| match found.look(&wanted, key, value) {
                Ok(()) => std::ops::ControlFlow::Continue(()),
                Err(error) => {
                    failure = Some(error);
                    std::ops::ControlFlow::Break(())
                }
            },
        )?;
        if let Some(error) = failure {
            return Err(error);
        }
        let feeds: Vec<Feed> = found.heads.keys().cloned().collect();
        for feed in feeds {
            let head = count(store, log, &feed, &wanted)?;
            found.heads.insert(feed, head);
        }
        Ok(found)
    }

    /// What makes one of them erased, at a position.
    pub(super) fn bury(&self, erasure: &Erasure, position: u64) -> Batch {
        let places = self.places.get(&erasure.record);
        let places = places.map(Vec::as_slice).unwrap_or_default();
        let mut batch = Batch::new();
        for place in places {
            let head = self.heads.get(&place.feed).cloned().unwrap_or_default();
            let head = FeedHead { position, ..head };
            batch.put(tables::feed_head_key(&place.feed), tables::encode(&head));
        }
        put_tombstone(&mut batch, erasure, places, position);
        batch
    }

    fn look(
        &mut self,
        wanted: &BTreeSet<RecordId>,
        key: &[u8],
        value: &[u8],
    ) -> Result<(), StoreError> {
        let row: FeedRow = tables::decode("a row of a feed", value)?;
        if !wanted.contains(&row.record) {
            return Ok(());
        }
        let (feed, position) = tables::feed_row_of(key)
            .ok_or_else(|| tables::damaged("the key of a feed's row".to_owned()))?;
        self.heads.insert(feed.clone(), FeedHead::default());
        self.places.entry(row.record).or_default().push(Place {
            feed,
            position,
            entered: row.entered,
            presence: row.presence,
        });
        Ok(())
    }
}

/// What a feed comes to without some records.
fn count(
    store: &dyn Store,
    log: &Log,
    feed: &Feed,
    without: &BTreeSet<RecordId>,
) -> Result<FeedHead, StoreError> {
    let mut head = FeedHead::default();
    for row in all_rows(store, &tables::feed_rows_after(feed, 0))? {
        let row: FeedRow = tables::decode("a row of a feed", &row.value)?;
        let is_in = row.presence == Presence::Present && !without.contains(&row.record);
        if !is_in || log.keys().has_erased(row.record) {
            continue;
        }
        let record = match row_of(store, row.record) {
            // The check of the log tells of it.
            Err(StoreError::Damaged { .. }) => None,
            record => record?,
        };
        if let Some(record) = record {
            head.digest = head.digest.plus(Digest::of(row.record, &record.heads));
            head.records += 1;
        }
    }
    Ok(head)
}
