//! The index: what a list shows of records whose bodies are still on the server.
//!
//! A row goes when its body comes, when the record leaves or is erased, when its feed is given up, and, where the body never comes, when
//! its feed has come to its end. Whoever opens such a record is told so, and the body is fetched ahead of its turn.

use fieldwatch_schemas::feed::Feed;
use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::store::{Batch, KeyRange};
use fieldwatch_schemas::sync::index::{Index, IndexFrom, IndexRow};
use fieldwatch_schemas::sync::pull::FeedCursor;
use minicbor::{Decode, Encode};

use super::rows::{decode, encode};
use super::{Group, ReplicaError, keys};

/// How many rows of an index one batch takes: three keys each.
const BATCH_ROWS: usize = 80;

/// Marks a record that a person wants to see: it is fetched first.
pub(super) const OPENED: &[u8] = b"o";

/// A record whose body is not here.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(super) struct Listing {
    /// What the list shows.
    #[n(0)]
    pub(super) row: IndexRow,
    /// The number of the feed that it is of.
    #[n(1)]
    pub(super) feed: u8,
}

impl Group<'_> {
    /// Which of these feeds to ask the index of: those that this device has nothing of, and has not been told to their end.
    pub(super) fn index_wanted(&self, feeds: &[FeedCursor]) -> Vec<IndexFrom> {
        let before = |feed: &Feed| {
            let row = self.state.feeds.iter().find(|row| row.feed == *feed);
            match row {
                // What is repaired is held.
                Some(row) if row.is_unsure => 0,
                Some(row) => row.index_before.unwrap_or(u64::MAX),
                None => u64::MAX,
            }
        };
        let numbered = (0_u8..).zip(feeds);
        let wanted = numbered.map(|(number, each)| IndexFrom {
            feed: number,
            before: match each.cursor {
                0 => before(&each.feed),
                _ => 0,
            },
        });
        wanted.filter(|from| from.before > 0).collect()
    }

    /// Takes in some rows of a feed's index; how far it goes is durable with them.
    pub(super) fn put_index(&mut self, feed: &Feed, index: &Index) -> Result<(), ReplicaError> {
        let number = self.feed_number(feed)?;
        for rows in index.rows.chunks(BATCH_ROWS) {
            let mut batch = Batch::new();
            for row in rows {
                self.put_listing(number, row, &mut batch)?;
            }
            self.store().apply(&batch)?;
        }
        if let Some(before) = index.before {
            let mut batch = Batch::new();
            self.note_index(number, before, &mut batch);
            self.store().apply(&batch)?;
        }
        Ok(())
    }

    /// Notes how far a feed's index goes.
    pub(super) fn note_index(&mut self, number: u8, before: u64, batch: &mut Batch) {
        if let Some(row) = self.state.feeds.get_mut(usize::from(number)) {
            row.index_before = Some(before);
        }
        self.put_feed(number, batch);
    }

    fn put_listing(
        &self,
        number: u8,
        row: &IndexRow,
        batch: &mut Batch,
    ) -> Result<(), ReplicaError> {
        let id = row.record;
        if self.has_erased(id) {
            return Ok(());
        }
        if row.needs_bytes.is_some() {
            self.want(id, batch)?;
        }
        let is_here = self
            .store()
            .get(&keys::of_record(keys::RECORDS, id))?
            .is_some();
        let Some(summary) = row.summary().filter(|_| !is_here) else {
            return Ok(());
        };
        self.unlist(id, batch)?;
        let listing = Listing {
            row: row.clone(),
            feed: number,
        };
        batch.put(keys::list(row.updated_ms, id), summary.kind.name());
        batch.put(keys::of_record(keys::INDEX, id), encode(&listing));
        self.note_changed(id, None, batch)
    }

    /// Notes that a record is wanted whole; whoever opened it stays first.
    pub(super) fn want(&self, id: RecordId, batch: &mut Batch) -> Result<(), ReplicaError> {
        if !self.is_wanted(id)? {
            batch.put(keys::of_record(keys::WANTED, id), Vec::new());
        }
        Ok(())
    }

    /// Whether a record is wanted whole.
    pub(super) fn is_wanted(&self, id: RecordId) -> Result<bool, ReplicaError> {
        let wanted = keys::of_record(keys::WANTED, id);
        Ok(self.store().get(&wanted)?.is_some())
    }

    /// What the index says of a record.
    pub(super) fn listing(&self, id: RecordId) -> Result<Option<Listing>, ReplicaError> {
        let bytes = self.store().get(&keys::of_record(keys::INDEX, id))?;
        // A damaged one is worth nothing: the body comes all the same.
        Ok(bytes.and_then(|bytes| decode(&bytes, "a row of the index").ok()))
    }

    /// Takes a record out of the index.
    pub(super) fn unlist(&self, id: RecordId, batch: &mut Batch) -> Result<(), ReplicaError> {
        if let Some(listing) = self.listing(id)? {
            batch.delete(keys::list(listing.row.updated_ms, id));
            batch.delete(keys::of_record(keys::INDEX, id));
        }
        Ok(())
    }

    /// Takes a record out of the index if it is there for this feed.
    pub(super) fn unlist_from(&self, id: RecordId, number: u8) -> Result<(), ReplicaError> {
        match self.listing(id)? {
            Some(listing) if listing.feed == number => self.unlist_gone(id),
            _ => Ok(()),
        }
    }

    /// Takes a record out of the index, and wants it no more.
    pub(super) fn unlist_gone(&self, id: RecordId) -> Result<(), ReplicaError> {
        let mut batch = Batch::new();
        self.unlist(id, &mut batch)?;
        if !batch.is_empty() {
            batch.delete(keys::of_record(keys::WANTED, id));
            self.note_past(id, &mut batch);
            self.note_changed(id, None, &mut batch)?;
        }
        Ok(self.store().apply(&batch)?)
    }

    /// Forgets the rows of some feeds: all of them, or those that nobody wants any more because their feed is at its end.
    pub(super) fn forget_index(&self, numbers: &[u8], also: Wanted) -> Result<(), ReplicaError> {
        for row in self.rows(&KeyRange::prefix(&[keys::INDEX]))? {
            let Some(id) = keys::last_record(&row.key) else {
                continue;
            };
            let Some(listing) = self.listing(id)? else {
                let mut batch = Batch::new();
                batch.delete(row.key);
                self.note_past(id, &mut batch);
                self.store().apply(&batch)?;
                continue;
            };
            let stays = also == Wanted::Stays && self.is_wanted(id)?;
            if stays || !numbers.contains(&listing.feed) {
                continue;
            }
            self.unlist_gone(id)?;
        }
        Ok(())
    }

    /// Somebody opened a record whose body is not here: it is fetched next.
    pub(super) fn open_listed(&self, id: RecordId, listing: &Listing) -> ReplicaError {
        let mut batch = Batch::new();
        batch.put(keys::of_record(keys::WANTED, id), OPENED);
        if let Err(error) = self
            .store()
            .apply(&batch)
            .and_then(|()| self.store().flush())
        {
            return error.into();
        }
        self.state.opened.borrow_mut().insert(id);
        ReplicaError::BodyAbsent {
            record: id,
            needs_bytes: listing.row.needs_bytes,
        }
    }
}

/// What becomes of rows whose body is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// They stay.
    Stays,
    /// They go.
    Goes,
}
