//! The feeds' rows: each under its own number, each the sum over the records that are in it.

use std::collections::BTreeMap;

use fieldwatch_schemas::digest::Digest;
use fieldwatch_schemas::store::{Batch, KeyRange};

use super::{Salvaged, What};
use crate::replica::rows::{FeedRow, RecordRow};
use crate::replica::{Group, ReplicaError, keys};

impl Group<'_> {
    /// Reads the feeds again; in the place of a lost one stands one that nobody is granted, so that its number is not given twice.
    pub(super) fn restore_feeds(&mut self, told: &mut Salvaged) -> Result<(), ReplicaError> {
        let (mut feeds, lost) = self.read_feeds()?;
        for _ in 0..lost {
            told.note(None, What::Feed);
        }
        for feed in &mut feeds {
            if feed.complete > feed.cursor {
                feed.complete = feed.cursor;
                told.note(None, What::Feed);
            }
        }
        self.state.feeds = feeds;
        let mut batch = Batch::new();
        for number in self.feed_numbers() {
            self.put_feed(number, &mut batch);
        }
        Ok(self.store().apply(&batch)?)
    }

    /// Sums up every feed anew.
    pub(super) fn sum_feeds(&mut self, told: &mut Salvaged) -> Result<(), ReplicaError> {
        let mut sums: BTreeMap<u8, (Digest, u64)> = BTreeMap::new();
        for key in self.keys(&KeyRange::prefix(&[keys::RECORDS]))? {
            let row: Option<RecordRow> = self.sound(&key)?;
            for membership in row.into_iter().flat_map(|row| row.feeds) {
                let (digest, records) = sums.entry(membership.feed).or_default();
                *digest = digest.plus(membership.digest);
                *records = records.saturating_add(1);
            }
        }
        let mut batch = Batch::new();
        for number in self.feed_numbers() {
            let (digest, records) = sums.remove(&number).unwrap_or_default();
            let feed = self.state.feeds.get_mut(usize::from(number));
            let wrong = feed.filter(|feed| (feed.digest, feed.records) != (digest, records));
            if let Some(feed) = wrong {
                (feed.digest, feed.records) = (digest, records);
                told.note(None, What::Sum);
                self.put_feed(number, &mut batch);
            }
        }
        Ok(self.store().apply(&batch)?)
    }

    /// Whether a number is that of a feed which is known by name.
    pub(super) fn knows_feed(&self, number: u8) -> bool {
        let feed = self.state.feeds.get(usize::from(number));
        feed.is_some_and(FeedRow::is_known)
    }
}
