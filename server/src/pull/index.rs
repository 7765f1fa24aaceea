//! The index of a feed, the newest first, and the rows that stand for bodies which a budget has no room for.

use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::limits::INDEX_RECORDS_MIN;
use fieldwatch_schemas::store::{KeyRange, StoreError};
use fieldwatch_schemas::sync::exchange::Item;
use fieldwatch_schemas::sync::index::{Index, IndexFrom, IndexRow};
use fieldwatch_schemas::sync::pull::{Commit, Presence};
use fieldwatch_schemas::sync::repair::{RepairItem, Stands};

use super::Pull;
use super::page::{PAGE_ROWS_MAX, Page, place_in_feed, size_of};
use crate::log::Reading;
use crate::tables::{self, FeedHead, FeedRow, RecordRow, SummaryRow};

impl Pull {
    pub(super) fn next_index(&mut self) -> Option<IndexFrom> {
        (!self.budget.spent).then(|| self.index.pop()).flatten()
    }

    /// The next rows of a feed's index; nothing of a feed that is small, or that the device has something of.
    pub(super) fn page_of_index(
        &mut self,
        reading: Reading<'_>,
        from: &IndexFrom,
    ) -> Result<Option<Vec<Item>>, StoreError> {
        let wanted = self.feeds.get(usize::from(from.feed));
        let Some(feed) = wanted.filter(|wanted| wanted.cursor == 0 && !wanted.is_in_repair) else {
            return Ok(None);
        };
        let feed = feed.feed.clone();
        let key = tables::feed_head_key(&feed);
        let head: Option<FeedHead> = tables::read(reading.store, "the head of a feed", &key)?;
        if head.is_none_or(|head| head.records < INDEX_RECORDS_MIN) {
            return Ok(None);
        }
        let mut page = Page::default();
        let mut rows = Vec::new();
        let mut before = from.before;
        for _ in 0..PAGE_ROWS_MAX {
            let start = tables::feed_row_key(&feed, 0);
            let range = KeyRange::from_to(&start, &tables::feed_row_key(&feed, before));
            let Some(last) = reading.store.last(&range)? else {
                before = 0;
                break;
            };
            let position = tables::feed_row_of(&last.key).map(|(_, position)| position);
            let position =
                position.ok_or_else(|| tables::damaged("the key of a feed's row".to_owned()))?;
            let row: FeedRow = tables::decode("a row of a feed", &last.value)?;
            let is_there = row.presence == Presence::Present;
            let found = match is_there && !self.sent.contains_key(&row.record) {
                true => self.index_row(reading, row.record)?,
                false => None,
            };
            if let Some(row) = found {
                let size_bytes = row.size_bytes();
                if !page.has_room(size_bytes) || !self.budget.takes(size_bytes) {
                    break;
                }
                page.count(size_bytes);
                rows.push(row);
            }
            before = position;
        }
        if before > 0 && before < from.before && !self.budget.spent {
            self.index.push(IndexFrom {
                feed: from.feed,
                before,
            });
        }
        let index = Index {
            feed: from.feed,
            rows,
            before: Some(before),
        };
        Ok((before != from.before).then(|| vec![Item::Index(index)]))
    }

    /// What a list shows of a record.
    fn index_row(
        &mut self,
        reading: Reading<'_>,
        record: RecordId,
    ) -> Result<Option<IndexRow>, StoreError> {
        let row = tables::read(reading.store, "a summary", &tables::summary_key(record));
        let row: Option<SummaryRow> = self.sound(record, row)?.flatten();
        Ok(row.map(|row| IndexRow::of(record, &row.summary)))
    }

    /// What is sent of a record whose body no sync with this budget could carry; `size_bytes` are its changes'.
    pub(super) fn withheld(
        &mut self,
        reading: Reading<'_>,
        record: RecordId,
        size_bytes: u64,
    ) -> Result<Option<Item>, StoreError> {
        let Some(row) = self.index_row(reading, record)? else {
            self.skip(record, &"it has no summary");
            return Ok(None);
        };
        let row = IndexRow {
            needs_bytes: Some(size_bytes),
            ..row
        };
        Ok(Some(Item::Index(Index {
            feed: 0,
            rows: vec![row],
            before: None,
        })))
    }

    /// A page that tells of a wanted body what is told instead of it.
    pub(super) fn page_of_withheld(
        &mut self,
        reading: Reading<'_>,
        record: RecordId,
        size_bytes: u64,
        commit: Commit,
    ) -> Result<Option<Vec<Item>>, StoreError> {
        let Some(mut item) = self.withheld(reading, record, size_bytes)? else {
            return Ok(None);
        };
        place_in_feed(&mut item, commit.feed, 0);
        let stands = self.note_withheld(reading, commit.feed, record)?;
        let items = [item].into_iter().chain(stands);
        Ok(Some(items.chain([Item::Commit(commit)]).collect()))
    }

    /// Counts a body that was withheld, and says what the record stands at: a device that has brought it, part by part, holds all of it.
    pub(super) fn note_withheld(
        &mut self,
        reading: Reading<'_>,
        number: u8,
        record: RecordId,
    ) -> Result<Option<Item>, StoreError> {
        if let Some(wanted) = self.feeds.get_mut(usize::from(number)) {
            wanted.withheld += 1;
        }
        let stands = self.record(reading, record)?;
        let stands = stands.map(|row| self.stands(number, record, row));
        Ok(stands.filter(|stands| self.budget.pays_for(size_of(stands))))
    }

    /// With which heads a record stands.
    pub(super) fn stands(&self, feed: u8, record: RecordId, row: RecordRow) -> Item {
        let (mac, actor) = self.mark(record, &row);
        Item::Repair(RepairItem::Stands(Stands {
            feed,
            record,
            heads: row.heads,
            mac: Some(mac),
            actor,
        }))
    }
}
