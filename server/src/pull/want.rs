//! Records that a device wants whole, ahead of everything else: what a person opened, what does not fit together there, and what it
//! keeps although no feed of its holds it, to hear whether it was erased.

use std::collections::BTreeSet;

use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::store::StoreError;
use fieldwatch_schemas::sync::exchange::Item;
use fieldwatch_schemas::sync::pull::{Commit, Gone, Presence};

use super::body::{self, Part};
use super::{Pull, Wanted};
use crate::erase::tombstone_of;
use crate::log::Reading;

impl Pull {
    pub(super) fn next_want(&mut self) -> Option<RecordId> {
        (!self.budget.spent).then(|| self.wants.pop()).flatten()
    }

    /// A record that the device wants whole, in the first feed of the request that has it; a page of its own.
    pub(super) fn page_of_want(
        &mut self,
        reading: Reading<'_>,
        record: RecordId,
    ) -> Result<Option<Vec<Item>>, StoreError> {
        if tombstone_of(reading.store, record)?.is_some() {
            return Ok(Some(self.told_erased(record)));
        }
        let Some(row) = self.record(reading, record)? else {
            return Ok(None);
        };
        let in_feed = |wanted: &&Wanted| {
            row.places
                .iter()
                .any(|place| place.feed == wanted.feed && place.presence == Presence::Present)
        };
        let Some(wanted) = self.feeds.iter().find(in_feed) else {
            return Ok(None);
        };
        let (number, cursor) = (wanted.number, wanted.cursor);
        let feed = number;
        let commit = Commit { feed, cursor };
        if self.budget.never_takes(row.size_bytes) {
            return self.page_of_withheld(reading, record, row.size_bytes, commit);
        }
        let everything = Part {
            after: 0,
            is_whole: true,
            known: &BTreeSet::new(),
        };
        let body = body::read(reading.store, record, &row, &everything);
        let Some(body) = self.sound(record, body)? else {
            return Ok(None);
        };
        let mut item = self.dressed(&row, body);
        item.feed = number;
        if !self.budget.takes(body::size_bytes(&item)) {
            self.wants.push(record);
            return Ok(None);
        }
        self.sent.insert(record, row.position);
        Ok(Some(vec![Item::Record(item), Item::Commit(commit)]))
    }

    /// That a record is erased is told to whoever asks for it: they hold what must go. What stands in its place, their feeds tell them.
    fn told_erased(&self, record: RecordId) -> Vec<Item> {
        let Some(wanted) = self.feeds.first() else {
            return Vec::new();
        };
        let (feed, cursor) = (wanted.number, wanted.cursor);
        let erased = Gone {
            feed,
            record,
            position: 0,
            replaced_by: None,
        };
        let commit = Commit { feed, cursor };
        vec![Item::Erased(erased), Item::Commit(commit)]
    }
}
