//! The feeds that this device holds, and which records are in them.
//!
//! A feed's digest is the sum of what its records add, always: whoever changes a membership writes the feed's row in the same batch.

use fieldwatch_schemas::digest::Digest;
use fieldwatch_schemas::feed::Feed;
use fieldwatch_schemas::id::{Hash, RecordId};
use fieldwatch_schemas::store::{Batch, KeyRange};

use super::held::Held;
use super::index::Wanted;
use super::rows::{FeedRow, Membership, RecordRow, decode, encode};
use super::{Applied, FeedStatus, Group, ReplicaError, keys};

/// Marks a record that left its last feed.
pub(super) const LEFT: &[u8] = b"l";
/// Marks a record that no feed contains although the server had it: unless it comes again, the server has to be offered it.
pub(super) const UNSEEN: &[u8] = b"c";

/// What stands in the place of a feed whose row was lost. No feed of a server's begins like this.
const LOST: &str = "lost/";

impl FeedRow {
    /// Whether its name is known.
    pub(super) fn is_known(&self) -> bool {
        !self.feed.as_str().starts_with(LOST)
    }

    fn begin(feed: Feed) -> Self {
        Self {
            feed,
            cursor: 0,
            digest: Digest::default(),
            records: 0,
            complete: 0,
            proof: None,
            is_unsure: false,
            index_before: None,
        }
    }

    fn status(&self) -> FeedStatus {
        FeedStatus {
            feed: self.feed.clone(),
            cursor: self.cursor,
            digest: self.digest,
            records: self.records,
            complete: self.complete,
            proof: self.proof,
        }
    }
}

impl Group<'_> {
    /// The feeds by their numbers, and how many of them were lost.
    pub(super) fn read_feeds(&self) -> Result<(Vec<FeedRow>, usize), ReplicaError> {
        let keys = self.keys(&KeyRange::prefix(&[keys::FEEDS]))?;
        let last = keys.iter().filter_map(|key| keys::feed_number(key)).max();
        let (mut feeds, mut lost) = (Vec::new(), 0);
        for number in last.map_or_else(Vec::new, |last| (0..=last).collect()) {
            let row: Option<FeedRow> = self.sound(&keys::feed(number))?;
            lost += usize::from(row.is_none());
            let unknown = || {
                let name = format!("{LOST}{number}").parse().ok();
                name.map(FeedRow::begin)
            };
            feeds.extend(row.or_else(unknown));
        }
        Ok((feeds, lost))
    }

    /// The numbers of all feeds.
    pub(super) fn feed_numbers(&self) -> Vec<u8> {
        let numbers = (0..=u8::MAX).zip(&self.state.feeds);
        numbers.map(|(number, _)| number).collect()
    }

    /// How this device stands with each feed that it may read, in the order of its grants.
    pub(super) fn feed_statuses(&self) -> Result<Vec<FeedStatus>, ReplicaError> {
        let mut statuses: Vec<FeedStatus> = Vec::new();
        for grant in self.grants()? {
            if statuses.iter().any(|status| status.feed == grant.feed) {
                continue;
            }
            let held = self.state.feeds.iter().find(|row| row.feed == grant.feed);
            let begun = || FeedRow::begin(grant.feed.clone()).status();
            statuses.push(held.map_or_else(begun, FeedRow::status));
        }
        Ok(statuses)
    }

    /// The number of a feed on this device; a new one the first time.
    pub(super) fn feed_number(&mut self, feed: &Feed) -> Result<u8, ReplicaError> {
        let place = self.state.feeds.iter().position(|row| row.feed == *feed);
        let place = match place {
            Some(place) => place,
            None => {
                self.state.feeds.push(FeedRow::begin(feed.clone()));
                self.state.feeds.len() - 1
            }
        };
        u8::try_from(place).map_err(|_| {
            self.state.feeds.pop();
            ReplicaError::FeedsFull
        })
    }

    fn feed_mut(&mut self, number: u8) -> Option<&mut FeedRow> {
        self.state.feeds.get_mut(usize::from(number))
    }

    /// Writes a feed's row.
    pub(super) fn put_feed(&self, number: u8, batch: &mut Batch) {
        if let Some(row) = self.state.feeds.get(usize::from(number)) {
            batch.put(keys::feed(number), encode(row));
        }
    }

    /// Notes that a feed contains a record, of which the server has these heads.
    pub(super) fn join(&mut self, held: &mut Held, number: u8, heads: &[Hash], also: &mut Batch) {
        let digest = Digest::of(held.id, heads);
        let before = held.row.feeds.iter_mut().find(|each| each.feed == number);
        let (was, added) = match before {
            Some(membership) => (std::mem::replace(&mut membership.digest, digest), 0),
            None => {
                let membership = Membership {
                    feed: number,
                    digest,
                };
                held.row.feeds.push(membership);
                (Digest::default(), 1)
            }
        };
        if let Some(feed) = self.feed_mut(number) {
            feed.digest = feed.digest.minus(was).plus(digest);
            feed.records = feed.records.saturating_add(added);
        }
        self.put_feed(number, also);
        also.delete(keys::of_record(keys::GONE, held.id));
        also.delete(keys::of_record(keys::WANTED, held.id));
    }

    /// Notes that a feed does not contain a record any more; `mark` says why if it was its last feed.
    pub(super) fn leave(&mut self, held: &mut Held, number: u8, mark: &[u8], also: &mut Batch) {
        let place = held.row.feeds.iter().position(|each| each.feed == number);
        let Some(place) = place else { return };
        let membership = held.row.feeds.remove(place);
        if let Some(feed) = self.feed_mut(number) {
            feed.digest = feed.digest.minus(membership.digest);
            feed.records = feed.records.saturating_sub(1);
        }
        self.put_feed(number, also);
        if held.row.feeds.is_empty() {
            also.put(keys::of_record(keys::GONE, held.id), mark);
        }
    }

    /// Forgets which records some feeds contain, because they may not be read any more.
    pub(super) fn give_up(&mut self, numbers: &[u8]) -> Result<(), ReplicaError> {
        let held = |number: &&u8| {
            let row = self.state.feeds.get(usize::from(**number));
            row.is_some_and(|row| row.records > 0)
        };
        let held: Vec<u8> = numbers.iter().filter(held).copied().collect();
        self.forget_index(numbers, Wanted::Goes)?;
        for row in self.rows(&KeyRange::prefix(&[keys::RECORDS]))? {
            let record: RecordRow = decode(&row.value, "a record")?;
            let concerns = |each: &Membership| numbers.contains(&each.feed);
            let id = keys::last_record(&row.key).filter(|_| record.feeds.iter().any(concerns));
            if let Some(id) = id {
                self.leave_all(id, numbers)?;
            }
        }
        // That a feed is in doubt is known until every record has left it.
        let mut batch = Batch::new();
        for number in numbers {
            self.state.repairs.remove(number);
            if let Some(feed) = self.feed_mut(*number) {
                feed.cursor = 0;
                feed.complete = 0;
                feed.proof = None;
                feed.is_unsure = false;
                // What is held needs no index.
                feed.index_before = held.contains(number).then_some(0);
            }
            self.put_feed(*number, &mut batch);
        }
        Ok(self.store().apply(&batch)?)
    }

    fn leave_all(&mut self, id: RecordId, numbers: &[u8]) -> Result<(), ReplicaError> {
        let Some(mut held) = self.find(id)? else {
            return Ok(());
        };
        let (mut also, mut is_in_doubt) = (Batch::new(), false);
        for number in numbers {
            let is_in = held.row.feeds.iter().any(|each| each.feed == *number);
            let feed = self.state.feeds.get(usize::from(*number));
            is_in_doubt |= is_in && feed.is_some_and(|feed| feed.is_unsure);
            self.leave(&mut held, *number, LEFT, &mut also);
        }
        is_in_doubt |= self.is_unechoed(id);
        if is_in_doubt && held.row.feeds.is_empty() {
            self.part(&mut held, &mut also)?;
        }
        self.save(&mut held, None, also)
    }

    /// Decides, when every feed has come to its end, about the records that no feed contains: what left is removed unless it has unsent
    /// changes; what did not come again is offered to the server again. What is wanted whole is in a feed, and has no room in the budget:
    /// nothing is decided about it.
    pub(super) fn settle_gone(&mut self, applied: &mut Applied) -> Result<(), ReplicaError> {
        for row in self.rows(&KeyRange::prefix(&[keys::GONE]))? {
            let Some(id) = keys::last_record(&row.key) else {
                continue;
            };
            if self.is_wanted(id)? {
                continue;
            }
            let mut also = Batch::new();
            also.delete(row.key.clone());
            let Some(mut held) = self.find(id)? else {
                self.store().apply(&also)?;
                continue;
            };
            if row.value == UNSEEN && held.was_acknowledged() {
                self.part(&mut held, &mut also)?;
                applied.owed = applied.owed.saturating_add(1);
                self.save(&mut held, None, also)?;
            } else if row.value == UNSEEN || !held.row.feeds.is_empty() {
                self.store().apply(&also)?;
            } else if !held.has_unsent() {
                self.remove(&held)?;
            }
        }
        Ok(())
    }
}
