//! Placing again: where records lie follows from the region of their station; when that changes, their rows follow.
//!
//! A mark stands in the store from before the register changes until the last record is placed, and each step places some: pushes go on
//! in between, and a crash leaves no record where it does not belong.

use fieldwatch_schemas::feed::{Feed, feeds_of};
use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::store::{Batch, Store, StoreError};
use fieldwatch_schemas::sync::pull::Presence;
use fieldwatch_schemas::sync::push::Accepted;

use super::super::cache::Kept;
use super::super::write::{self, Stamp};
use super::Desk;
use super::hand::OrderError;
use crate::log::all_rows;
use crate::tables::unfinished::{placing_key, placing_of, placings};
use crate::tables::{self, FeedRow, SummaryRow, WriterRow};

/// How many records one step looks at.
const STEP_RECORDS_MAX: usize = 128;

/// Where placing has come: the position in the station's feed up to which all are placed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Placed {
    /// Up to where.
    pub until: u64,
    /// How many records this step moved.
    pub moved: usize,
    /// Whether all are placed.
    pub is_done: bool,
}

impl Desk {
    /// Marks a station, before its region changes.
    ///
    /// # Errors
    ///
    /// [`OrderError::Store`].
    pub fn mark_placing(&mut self, station: &str) -> Result<(), OrderError> {
        let mut batch = Batch::new();
        batch.put(placing_key(station), Vec::new());
        self.at_work(|desk| Ok(desk.log.apply(&batch, None, desk.life)?))
    }

    /// Places some of a feed's records again, those after a position.
    ///
    /// # Errors
    ///
    /// [`OrderError::Store`]; the mark stays, and whoever opens the log next begins anew.
    pub fn place_some(&mut self, feed: &Feed, after: u64) -> Result<Placed, OrderError> {
        self.at_work(|desk| Ok(desk.place_step(feed, after)?))
    }

    /// Removes the mark of a station, whose last record is placed.
    ///
    /// # Errors
    ///
    /// [`OrderError::Store`].
    pub fn unmark_placing(&mut self, station: &str) -> Result<(), OrderError> {
        let mut batch = Batch::new();
        batch.delete(placing_key(station));
        self.at_work(|desk| Ok(desk.log.apply(&batch, None, desk.life)?))
    }

    /// The stations whose records were being placed again when the server ended.
    ///
    /// # Errors
    ///
    /// [`OrderError::Store`].
    pub fn unplaced(&mut self) -> Result<Vec<String>, OrderError> {
        let rows = all_rows(&*self.log.store()?, &placings())?;
        Ok(rows.iter().filter_map(|row| placing_of(&row.key)).collect())
    }

    fn place_step(&mut self, feed: &Feed, after: u64) -> Result<Placed, StoreError> {
        let store = self.log.store()?;
        // What is placed gets a newer position in the same feed, and is met once more, lying right.
        let rows = rows_after(&*store, feed, after)?;
        let mut placed = Placed {
            until: after,
            moved: 0,
            is_done: rows.len() < STEP_RECORDS_MAX,
        };
        for (position, record) in rows {
            placed.until = position;
            placed.moved += usize::from(self.place_record(record)?);
        }
        Ok(placed)
    }

    /// Places one record, if it does not lie right.
    fn place_record(&mut self, record: RecordId) -> Result<bool, StoreError> {
        let store = self.log.store()?;
        let kept = match self.look_up(record) {
            Err(error @ StoreError::Damaged { .. }) => {
                tracing::error!(%record, %error, "a record cannot be placed again");
                return Ok(false);
            }
            kept => kept?,
        };
        let Some(kept) = kept else { return Ok(false) };
        let accepted = self.as_accepted(&kept);
        let region = &*self.station_region;
        let summary = SummaryRow::of(&accepted.view, region, &self.library(&*store));
        let held: Option<SummaryRow> =
            tables::read(&*store, "a summary", &tables::summary_key(record))?;
        let lies_right = kept
            .row
            .places
            .iter()
            .filter(|place| place.presence == Presence::Present)
            .map(|place| &place.feed)
            .eq(accepted.feeds.iter());
        if lies_right && held.as_ref() == Some(&summary) {
            self.cache.put(record, kept);
            return Ok(false);
        }
        let stamp = Stamp {
            position: self.log.position() + 1,
            received_ms: self.log.now_ms(),
        };
        let plan = write::plan(&*store, Some(&kept.row), &accepted, stamp, &summary)?;
        self.write(accepted.document, None, plan, record)?;
        Ok(true)
    }

    fn as_accepted(&self, kept: &Kept) -> Accepted {
        let view = kept.document.view();
        Accepted {
            feeds: feeds_of(&view, kept.row.owner, &*self.station_region),
            document: kept.document.clone(),
            view,
            fresh: Vec::new(),
            writers: kept.row.writers.iter().map(WriterRow::writer).collect(),
            owner: kept.row.owner,
            denied: Vec::new(),
        }
    }
}

fn rows_after(
    store: &dyn Store,
    feed: &Feed,
    after: u64,
) -> Result<Vec<(u64, RecordId)>, StoreError> {
    let mut rows = Vec::new();
    let mut damage = None;
    store.scan(&tables::feed_rows_after(feed, after), &mut |key, value| {
        let position = tables::feed_row_of(key).map(|(_, position)| position);
        match tables::decode::<FeedRow>("a row of a feed", value) {
            Ok(row) if row.presence == Presence::Present => {
                rows.extend(position.map(|position| (position, row.record)));
            }
            Ok(_) => {}
            Err(error) => damage = Some(error),
        }
        match damage.is_some() || rows.len() >= STEP_RECORDS_MAX {
            true => std::ops::ControlFlow::Break(()),
            false => std::ops::ControlFlow::Continue(()),
        }
    })?;
    damage.map_or(Ok(rows), Err)
}
