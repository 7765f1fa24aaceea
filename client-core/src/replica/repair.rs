//! Feeds that cannot be relied on: what is asked about them, and what the answers come to ([`fieldwatch_schemas::sync::repair`]).
//!
//! That a feed is unsure is durable; how far its repair has come is not, so a crash begins it again. What the server is told of a record is
//! counted anew from the changes that are here, whatever the rows about it say.

use std::collections::{BTreeMap, BTreeSet};

use fieldwatch_schemas::digest::Digest;
use fieldwatch_schemas::feed::Feed;
use fieldwatch_schemas::id::{Hash, LogId, RecordId};
use fieldwatch_schemas::limits::PUSH_BYTES_TARGET;
use fieldwatch_schemas::store::{Batch, KeyRange};
use fieldwatch_schemas::sync::pull::FeedCursor;
use fieldwatch_schemas::sync::repair::{Asked, Line, RepairAsk, Stands, Sums, lists};

use super::feeds::UNSEEN;
use super::held::Held;
use super::rows::{Membership, RecordRow, decode, encode};
use super::{Applied, Group, ReplicaError, keys};

/// How far the repair of a feed has come.
#[derive(Debug)]
pub(super) struct Repairing {
    /// Where the feed stands when it is done.
    position: u64,
    /// The buckets that are not settled.
    open: BTreeSet<u8>,
}

impl Group<'_> {
    /// Turns to another log of the server's. Nothing that is held is thrown away, and no cursor counts any more.
    pub(super) fn turn_to(&mut self, log: LogId) -> Result<(), ReplicaError> {
        self.state.futile_parts.clear();
        // The new log is named last: a crash before it begins all of this anew.
        let begun = (0..=u8::MAX)
            .zip(&self.state.feeds)
            .filter(|(_, feed)| feed.cursor > 0 || feed.records > 0 || feed.is_unsure);
        let begun: Vec<u8> = begun.map(|(number, _)| number).collect();
        self.distrust(&begun)?;
        if self.log()?.is_some() {
            self.offer_what_is_nowhere()?;
        }
        let mut batch = Batch::new();
        self.put_log(log, &mut batch);
        Ok(self.store().apply(&batch)?)
    }

    /// Notes that these feeds cannot be relied on: they are repaired before they are pulled again.
    pub(super) fn distrust(&mut self, numbers: &[u8]) -> Result<(), ReplicaError> {
        let mut batch = Batch::new();
        for number in numbers {
            self.state.repairs.remove(number);
            if let Some(feed) = self.state.feeds.get_mut(usize::from(*number)) {
                feed.is_unsure = true;
                feed.cursor = 0;
                feed.complete = 0;
                feed.proof = None;
            }
            self.put_feed(*number, &mut batch);
        }
        Ok(self.store().apply(&batch)?)
    }

    /// Once in the life of this program: a feed whose row does not say what its records come to cannot be relied on.
    pub(super) fn sum_up(&mut self) -> Result<(), ReplicaError> {
        if std::mem::replace(&mut self.state.is_summed, true) {
            return Ok(());
        }
        if self.wrong_sums()?.is_empty() {
            return Ok(());
        }
        // Unsent work of a record whose row is lost is found by its changes, before the server's copy takes its place.
        self.salvage()?;
        let wrong = self.wrong_sums()?;
        tracing::warn!(
            feeds = wrong.len(),
            "feeds were not what their records come to"
        );
        self.distrust(&wrong)
    }

    fn wrong_sums(&self) -> Result<Vec<u8>, ReplicaError> {
        let mut sums: BTreeMap<u8, (Digest, u64)> = BTreeMap::new();
        for (_, row) in self.record_rows()? {
            for membership in &row.feeds {
                let (digest, records) = sums.entry(membership.feed).or_default();
                *digest = digest.plus(membership.digest);
                *records += 1;
            }
        }
        let feeds = (0..=u8::MAX).zip(&self.state.feeds);
        let wrong = feeds.filter(|(number, feed)| {
            let sum = sums.get(number).copied().unwrap_or_default();
            !feed.is_unsure && sum != (feed.digest, feed.records)
        });
        Ok(wrong.map(|(number, _)| number).collect())
    }

    /// How many feeds cannot be relied on.
    pub(super) fn unsure(&self) -> u64 {
        let unsure = self.state.feeds.iter().filter(|feed| feed.is_unsure);
        unsure.count() as u64
    }

    /// What to ask about the feeds of a request that cannot be relied on.
    pub(super) fn repair_asks(
        &mut self,
        cursors: &[FeedCursor],
    ) -> Result<Vec<RepairAsk>, ReplicaError> {
        let (mut asks, mut room_bytes) = (Vec::new(), PUSH_BYTES_TARGET);
        for (place, cursor) in (0_u8..).zip(cursors) {
            let number = self
                .state
                .feeds
                .iter()
                .position(|row| row.feed == cursor.feed);
            let number = number.filter(|at| self.state.feeds.get(*at).is_some_and(|f| f.is_unsure));
            let Some(number) = number.and_then(|number| u8::try_from(number).ok()) else {
                continue;
            };
            let asked = match self.state.repairs.get(&number) {
                None => {
                    self.recount(number)?;
                    Asked::Sums(Sums::of(self.lines(number)?))
                }
                Some(repairing) => {
                    let open: Vec<u8> = repairing.open.iter().copied().collect();
                    let lists = lists(&self.lines(number)?, open, room_bytes);
                    let size_bytes: usize = lists.iter().map(|list| list.size_bytes()).sum();
                    room_bytes = room_bytes.saturating_sub(size_bytes);
                    Asked::Lists(lists)
                }
            };
            asks.push(RepairAsk { feed: place, asked });
        }
        Ok(asks)
    }

    /// What a feed contains here, as it counts.
    fn lines(&self, number: u8) -> Result<Vec<Line>, ReplicaError> {
        let mut lines = Vec::new();
        for (id, row) in self.record_rows()? {
            let concerns = |each: &&Membership| each.feed == number;
            let membership = row.feeds.iter().find(concerns);
            lines.extend(membership.map(|each| Line::new(id, each.digest)));
        }
        Ok(lines)
    }

    fn record_rows(&self) -> Result<Vec<(RecordId, RecordRow)>, ReplicaError> {
        let rows = self.rows(&KeyRange::prefix(&[keys::RECORDS]))?;
        let mut records = Vec::with_capacity(rows.len());
        for row in rows {
            let record = decode(&row.value, "a record")?;
            records.extend(keys::last_record(&row.key).map(|id| (id, record)));
        }
        Ok(records)
    }

    /// Counts what a feed comes to by the changes that are here. A record that is not whole counts as one that nobody has.
    fn recount(&mut self, number: u8) -> Result<(), ReplicaError> {
        let (mut digest, mut records) = (Digest::default(), 0);
        for (id, mut row) in self.record_rows()? {
            let concerns = |each: &&mut Membership| each.feed == number;
            let Some(membership) = row.feeds.iter_mut().find(concerns) else {
                continue;
            };
            let held = match self.find(id) {
                Err(ReplicaError::Damaged { .. }) => None,
                held => held?,
            };
            let heads = held.and_then(|held| held.acknowledged_heads());
            let counted = heads
                .as_ref()
                .map_or_else(Digest::default, |heads| Digest::of(id, heads));
            digest = digest.plus(counted);
            records += 1;
            if std::mem::replace(&mut membership.digest, counted) != counted {
                row.acknowledged = heads.unwrap_or(row.acknowledged);
                let mut batch = Batch::new();
                batch.put(keys::of_record(keys::RECORDS, id), encode(&row));
                self.store().apply(&batch)?;
            }
        }
        let mut batch = Batch::new();
        if let Some(feed) = self.state.feeds.get_mut(usize::from(number)) {
            feed.digest = digest;
            feed.records = records;
        }
        self.put_feed(number, &mut batch);
        Ok(self.store().apply(&batch)?)
    }

    /// Records that no feed contains: unless they come again, the server is offered them again, what it refused of them too.
    fn offer_what_is_nowhere(&mut self) -> Result<(), ReplicaError> {
        for (id, row) in self.record_rows()? {
            if row.feeds.is_empty() && row.next > 0 && !self.is_parting(id) {
                let mut batch = Batch::new();
                batch.put(keys::of_record(keys::GONE, id), UNSEEN);
                self.store().apply(&batch)?;
            }
        }
        Ok(())
    }

    /// Notes which buckets of a feed differ, and where it stands when they are settled.
    pub(super) fn note_differing(
        &mut self,
        feed: &Feed,
        position: u64,
        buckets: &[u8],
        applied: &mut Applied,
    ) -> Result<(), ReplicaError> {
        let number = self.feed_number(feed)?;
        let open = buckets.iter().copied().collect();
        let repairing = Repairing { position, open };
        self.state.repairs.insert(number, repairing);
        self.end_repair(number, applied)
    }

    /// Notes that everything about some buckets of a feed is durable here.
    pub(super) fn note_settled(
        &mut self,
        feed: &Feed,
        buckets: &[u8],
        applied: &mut Applied,
    ) -> Result<(), ReplicaError> {
        let number = self.feed_number(feed)?;
        if let Some(repairing) = self.state.repairs.get_mut(&number) {
            repairing.open.retain(|bucket| !buckets.contains(bucket));
        }
        self.end_repair(number, applied)
    }

    fn end_repair(&mut self, number: u8, applied: &mut Applied) -> Result<(), ReplicaError> {
        let repairing = self.state.repairs.get(&number);
        let Some(position) = repairing
            .filter(|repairing| repairing.open.is_empty())
            .map(|repairing| repairing.position)
        else {
            return Ok(());
        };
        self.state.repairs.remove(&number);
        if let Some(feed) = self.state.feeds.get_mut(usize::from(number)) {
            feed.is_unsure = false;
            feed.cursor = position;
            feed.complete = position;
        }
        applied.repaired += 1;
        let mut batch = Batch::new();
        self.put_feed(number, &mut batch);
        Ok(self.store().apply(&batch)?)
    }

    /// The server has a record with these heads: what lies below them it has, anything else it lacks and is offered again.
    pub(super) fn stand(&mut self, feed: &Feed, stands: &Stands) -> Result<(), ReplicaError> {
        let found = match self.find(stands.record) {
            Err(ReplicaError::Damaged { .. }) => None,
            found => found?,
        };
        let below = found
            .as_ref()
            .and_then(|held| held.graph()?.below(&stands.heads));
        let (Some(mut held), Some(below)) = (found, below) else {
            let mut batch = Batch::new();
            self.want(stands.record, &mut batch)?;
            self.note_otherwise(stands.record, &mut batch);
            return Ok(self.store().apply(&batch)?);
        };
        let mut also = Batch::new();
        let mut is_owed = false;
        for (place, hash) in held.hashes().into_iter().enumerate() {
            let has = hash.is_some_and(|hash| below.contains(&hash));
            let had = held.changes.get(place).is_some_and(|each| !each.is_unsent);
            is_owed |= had && !has;
            held.note(place, !has, None);
        }
        if held.row.is_refused && (is_owed || !held.has_unsent()) {
            held.row.is_refused = false;
            also.delete(keys::of_record(keys::REFUSED, held.id));
        }
        held.row.acknowledged.clone_from(&stands.heads);
        held.vouch(&stands.heads, stands.mac, stands.actor);
        let number = self.feed_number(feed)?;
        self.join(&mut held, number, &stands.heads, &mut also);
        self.note_echoed(held.id, &mut also);
        let document = self.show_again(&held, None, &mut also)?;
        self.save(&mut held, document.as_deref(), also)
    }

    /// The server does not know a record that this device has in a feed: it is offered again, all of it.
    pub(super) fn offer_again(&mut self, feed: &Feed, id: RecordId) -> Result<(), ReplicaError> {
        let number = self.feed_number(feed)?;
        let Some(mut held) = self.find(id)? else {
            return Ok(());
        };
        let mut also = Batch::new();
        self.leave(&mut held, number, UNSEEN, &mut also);
        also.delete(keys::of_record(keys::GONE, id));
        if std::mem::take(&mut held.row.is_refused) {
            also.delete(keys::of_record(keys::REFUSED, id));
        }
        held.owe_all();
        self.note_echoed(id, &mut also);
        self.save(&mut held, None, also)
    }
}

impl Held {
    /// Which of its changes the server has, as far as it said.
    pub(super) fn sent(&self) -> Vec<bool> {
        self.changes.iter().map(|each| !each.is_unsent).collect()
    }

    /// Whether the server lacks one of those that it had.
    pub(super) fn owes_any_of(&self, sent: &[bool]) -> bool {
        let mut changes = self.changes.iter().zip(sent);
        changes.any(|(change, was_sent)| *was_sent && change.is_unsent)
    }

    /// Notes that the server has nothing of it but what lies below these heads. Whether it had said otherwise.
    pub(super) fn owe_what_is_not_below(&mut self, heads: &[Hash]) -> bool {
        let Some(below) = self.graph().and_then(|graph| graph.below(heads)) else {
            return false;
        };
        let mut is_owed = false;
        for (place, hash) in self.hashes().into_iter().enumerate() {
            if hash.is_some_and(|hash| !below.contains(&hash)) {
                is_owed |= self.changes.get(place).is_some_and(|each| !each.is_unsent);
                self.note(place, true, None);
            }
        }
        is_owed
    }

    /// Notes that the server has nothing of it.
    pub(super) fn owe_all(&mut self) {
        for place in 0..self.changes.len() {
            self.note(place, true, None);
        }
        self.row.acknowledged.clear();
    }
}

/// The repairs that are under way, by the feeds' numbers.
pub(super) type Repairs = BTreeMap<u8, Repairing>;
