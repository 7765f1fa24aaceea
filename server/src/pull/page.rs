//! A page in the making: which rows it looks at, and how much it and the whole reply may take.

use std::ops::ControlFlow;

use fieldwatch_schemas::feed::Feed;
use fieldwatch_schemas::limits::{BUDGET_FIRST_OVER_BYTES, PAGE_BYTES_MAX};
use fieldwatch_schemas::store::StoreError;
use fieldwatch_schemas::sync::exchange::{Item, Request};
use fieldwatch_schemas::sync::index::IndexRow;
use fieldwatch_schemas::sync::pull::{Gone, RecordItem};
use fieldwatch_schemas::sync::repair::RepairItem;

use super::body;
use crate::log::Reading;
use crate::tables::{self, FeedRow};

/// The most rows of a feed that one page looks at.
pub(super) const PAGE_ROWS_MAX: usize = 512;
/// What an item without a body takes at most; a commit point is one.
const GONE_BYTES: usize = 48;
/// What a record's standing takes at most, but for its heads.
const STANDS_BYTES: usize = 80;
/// What a hash takes.
const HASH_BYTES: usize = 34;

/// What a reply may still carry.
#[derive(Debug)]
pub(super) struct Budget {
    left: u64,
    /// What a reply could carry for a device that begins its budget anew.
    whole: u64,
    /// Whether the request has come to something already.
    begun: bool,
    /// Nothing more is sent.
    pub(super) spent: bool,
}

/// A page in the making.
#[derive(Default)]
pub(super) struct Page {
    pub(super) items: Vec<Item>,
    size_bytes: usize,
}

impl Budget {
    pub(super) fn of(request: &Request) -> Self {
        let left = request.budget_bytes.unwrap_or(u64::MAX);
        Self {
            left,
            whole: request.whole_budget_bytes.unwrap_or(left).max(left),
            begun: !request.outbox.is_empty(),
            spent: false,
        }
    }

    /// Whether an item may still be sent. The first one may exceed the budget by [`BUDGET_FIRST_OVER_BYTES`], so that every sync gets
    /// somewhere; what a push has brought got somewhere already.
    pub(super) fn takes(&mut self, size_bytes: usize) -> bool {
        let size_bytes = size_bytes as u64;
        let room = match self.begun {
            true => self.left,
            false => self.left.saturating_add(BUDGET_FIRST_OVER_BYTES),
        };
        if self.spent || size_bytes > room {
            self.spent = true;
            return false;
        }
        self.begun = true;
        self.left = self.left.saturating_sub(size_bytes);
        true
    }

    /// Takes so many bytes, if they are there.
    pub(super) fn pays_for(&mut self, size_bytes: usize) -> bool {
        let left = self.left.checked_sub(size_bytes as u64);
        self.left = left.unwrap_or(self.left);
        left.is_some()
    }

    /// Whether no sync with this budget could carry an item.
    pub(super) fn never_takes(&self, size_bytes: u64) -> bool {
        size_bytes > self.whole.saturating_add(BUDGET_FIRST_OVER_BYTES)
    }
}

impl Page {
    pub(super) fn has_room(&self, size_bytes: usize) -> bool {
        self.size_bytes == 0 || self.size_bytes + size_bytes + GONE_BYTES <= PAGE_BYTES_MAX
    }

    pub(super) fn count(&mut self, size_bytes: usize) {
        self.size_bytes += size_bytes;
    }

    pub(super) fn add(&mut self, item: Item, size_bytes: usize) {
        self.size_bytes += size_bytes;
        self.items.push(item);
    }

    pub(super) fn add_also(&mut self, item: Option<Item>) {
        if let Some(item) = item {
            let size_bytes = size_of(&item);
            self.add(item, size_bytes);
        }
    }
}

pub(super) fn rows_after(
    reading: Reading<'_>,
    feed: &Feed,
    cursor: u64,
) -> Result<Vec<(u64, FeedRow)>, StoreError> {
    let mut rows = Vec::new();
    let mut error = None;
    let range = tables::feed_rows_after(feed, cursor);
    reading.store.scan(&range, &mut |key, value| {
        let row = tables::decode("a row of a feed", value).and_then(|row| {
            let (_, position) = tables::feed_row_of(key)
                .ok_or_else(|| tables::damaged("the key of a feed's row".to_owned()))?;
            Ok((position, row))
        });
        match row {
            Ok(row) => rows.push(row),
            Err(damage) => error = Some(damage),
        }
        if error.is_some() || rows.len() == PAGE_ROWS_MAX {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    })?;
    error.map_or(Ok(rows), Err)
}

pub(super) fn place_in_feed(item: &mut Item, number: u8, at: u64) {
    match item {
        Item::Record(RecordItem { feed, position, .. })
        | Item::Left(Gone { feed, position, .. })
        | Item::Erased(Gone { feed, position, .. }) => {
            *feed = number;
            *position = at;
        }
        Item::Index(index) => index.feed = number,
        _ => {}
    }
}

pub(super) fn size_of(item: &Item) -> usize {
    match item {
        Item::Record(record) => body::size_bytes(record),
        Item::Repair(RepairItem::Stands(stands)) => STANDS_BYTES + stands.heads.len() * HASH_BYTES,
        Item::Index(index) => index.rows.iter().map(IndexRow::size_bytes).sum(),
        _ => GONE_BYTES,
    }
}
