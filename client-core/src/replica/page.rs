//! What the server said, made durable: a page of a reply, between two of its commit points.
//!
//! A record is never cut in two by batches that count; the cursors move in the last batch, so that a crash in between only repeats work.

use std::collections::BTreeSet;

use fieldwatch_schemas::feed::{Feed, Grant, Standing};
use fieldwatch_schemas::id::{LogId, RecordId};
use fieldwatch_schemas::store::Batch;
use fieldwatch_schemas::sync::erasures::Erasures;
use fieldwatch_schemas::sync::index::Index;
use fieldwatch_schemas::sync::pull::RecordItem;
use fieldwatch_schemas::sync::push::Outcome;
use fieldwatch_schemas::sync::repair::Stands;
use fieldwatch_schemas::sync::station::StationCard;
use fieldwatch_schemas::sync::vouch::Mac;

use super::index::Wanted;
use super::{FeedStatus, Group, Received, Replica, ReplicaError, keys};

/// What is to be made durable together, in this order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// The server's log, where it is another than the one held: every feed is repaired.
    pub log: Option<LogId>,
    /// Whether something may be damaged here, so that everything is looked through before anything else.
    pub salvage: bool,
    /// Feeds that are repaired because their digests do not agree.
    pub distrust: Vec<Feed>,
    /// New grants; feeds that are not among them are given up.
    pub grants: Option<Vec<Grant>>,
    /// Who the person is now, where that has changed.
    pub standing: Option<Standing>,
    /// The stations that concern the person, where they are others than those known.
    pub stations: Option<Vec<StationCard>>,
    /// What became of pushed records.
    pub outcomes: Vec<Outcome>,
    /// Of those refused: what another copy of this home clashed with, and is written anew instead of put in quarantine.
    pub rebases: BTreeSet<RecordId>,
    /// What was erased, whether a feed tells of it or not.
    pub erasures: Option<Erasures>,
    /// The server's signed word for them.
    pub receipt: Option<Received>,
    /// What the list shows of bodies that come later, and in which feed.
    pub index: Vec<(Feed, Index)>,
    /// What came, and in which feed.
    pub arrivals: Vec<(Feed, Arrival)>,
    /// The feeds' new cursors.
    pub cursors: Vec<(Feed, u64)>,
    /// Of feeds in repair: at which position which of their buckets differ.
    pub differing: Vec<(Feed, u64, Vec<u8>)>,
    /// Of feeds in repair: buckets about which everything has been said.
    pub settled: Vec<(Feed, Vec<u8>)>,
    /// The feeds of which nothing is left, at which cursors, with the server's mark that they stood there.
    pub complete: Vec<(Feed, u64, Option<Mac>)>,
    /// Where every feed has come to its end: the records that the request wanted whole.
    pub end: Option<Vec<RecordId>>,
}

/// One thing that came in a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arrival {
    /// A record, or part of it.
    Record(RecordItem),
    /// A record that is in the feed no more.
    Left(RecordId),
    /// A record that is erased everywhere.
    Erased(RecordId),
    /// What the server has of a record, in repair.
    Stands(Stands),
    /// A record that the server does not know, in repair.
    Unknown(RecordId),
}

impl Arrival {
    /// The record that it concerns.
    pub(super) fn record(&self) -> RecordId {
        match self {
            Self::Record(item) => item.record,
            Self::Left(record) | Self::Erased(record) | Self::Unknown(record) => *record,
            Self::Stands(stands) => stands.record,
        }
    }
}

/// How the replica stands after a page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Applied {
    /// Its feeds.
    pub feeds: Vec<FeedStatus>,
    /// Records whose changes are still to be sent.
    pub outbox: u64,
    /// Records that are wanted whole.
    pub wants: u64,
    /// Whether somebody has opened a record since the last offer whose body is not here.
    pub opened: bool,
    /// Records that the page brought something new of.
    pub pulled: u64,
    /// Records whose own work was written anew, because another copy of this home wrote too.
    pub rebased: u64,
    /// Records that were refused after all: nothing of them could be written anew.
    pub refused: BTreeSet<RecordId>,
    /// Feeds that cannot be relied on yet.
    pub unsure: u64,
    /// Records that must be offered again, as the end of all feeds showed.
    pub owed: u64,
    /// Feeds whose repair came to its end.
    pub repaired: usize,
    /// Records whose items were unsound: nothing of them was taken.
    pub unsound: Vec<RecordId>,
}

impl Page {
    /// Whether there is nothing to make durable.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Replica {
    /// Makes a page durable.
    ///
    /// # Errors
    ///
    /// [`ReplicaError::Store`] and [`ReplicaError::Damaged`]; part of the page may be durable then, its cursors are not.
    pub fn apply(&self, page: &Page) -> Result<Applied, ReplicaError> {
        self.batch(|group| {
            if page.salvage {
                group.salvage()?;
            }
            let applied = group.mending(|group| group.apply(page))?;
            group.fold_if_many()?;
            Ok(applied)
        })
    }
}

impl Group<'_> {
    fn apply(&mut self, page: &Page) -> Result<Applied, ReplicaError> {
        let mut applied = Applied::default();
        self.turn_to_log(page)?;
        if let Some(erasures) = &page.erasures {
            self.hear(erasures)?;
        }
        for outcome in &page.outcomes {
            self.settle(outcome, page, &mut applied)?;
        }
        if let Some(received) = &page.receipt {
            self.keep_receipt(received)?;
        }
        for (feed, index) in &page.index {
            self.put_index(feed, index)?;
        }
        self.arrive_all(&page.arrivals, &mut applied)?;
        if let Some(asked) = &page.end {
            self.end(asked, &mut applied)?;
        }
        // A commit point within a repair stands where the feed stood before; the end of the repair comes behind it.
        self.move_cursors(&page.cursors, &page.complete)?;
        for (feed, position, buckets) in &page.differing {
            self.note_differing(feed, *position, buckets, &mut applied)?;
        }
        for (feed, buckets) in &page.settled {
            self.note_settled(feed, buckets, &mut applied)?;
        }
        applied.unsure = self.unsure();
        applied.feeds = self.feed_statuses()?;
        applied.outbox = self.count(keys::OUTBOX)?;
        applied.wants = self.count(keys::WANTED)?;
        applied.opened = !self.state.opened.borrow().is_empty();
        Ok(applied)
    }

    /// Everything that concerns feeds as a whole.
    fn turn_to_log(&mut self, page: &Page) -> Result<(), ReplicaError> {
        let all = 0..=u8::MAX;
        if let Some(log) = page.log {
            self.turn_to(log)?;
        }
        if !page.distrust.is_empty() {
            let numbers = page.distrust.iter().map(|feed| self.feed_number(feed));
            let numbers = numbers.collect::<Result<Vec<_>, _>>()?;
            self.distrust(&numbers)?;
        }
        if let Some(stations) = &page.stations {
            let mut batch = Batch::new();
            self.put_stations(stations, &mut batch);
            self.store().apply(&batch)?;
        }
        if let Some(grants) = &page.grants {
            let given_up = |feed: &Feed| !grants.iter().any(|grant| grant.feed == *feed);
            let feeds = all.zip(&self.state.feeds);
            let numbers: Vec<u8> = feeds
                .filter(|(_, row)| given_up(&row.feed))
                .map(|(number, _)| number)
                .collect();
            self.give_up(&numbers)?;
            let mut batch = Batch::new();
            if let Some(standing) = &page.standing {
                self.put_standing(standing, &mut batch)?;
            }
            self.put_grants(grants, &mut batch);
            self.store().apply(&batch)?;
        }
        Ok(())
    }

    fn end(&mut self, asked: &[RecordId], applied: &mut Applied) -> Result<(), ReplicaError> {
        // What was wanted whole and did not come is in no feed, or unsound; the digests tell which.
        for wanted in asked {
            let mut batch = Batch::new();
            batch.delete(keys::of_record(keys::WANTED, *wanted));
            self.store().apply(&batch)?;
        }
        self.settle_unechoed(applied)?;
        self.settle_gone(applied)
    }

    fn move_cursors(
        &mut self,
        cursors: &[(Feed, u64)],
        complete: &[(Feed, u64, Option<Mac>)],
    ) -> Result<(), ReplicaError> {
        let mut batch = Batch::new();
        let mut ended = Vec::new();
        for (feed, cursor) in cursors {
            let number = self.feed_number(feed)?;
            if let Some(row) = self.state.feeds.get_mut(usize::from(number)) {
                // Of a feed in repair nothing counts but its end.
                row.cursor = if row.is_unsure { 0 } else { *cursor };
            }
            self.put_feed(number, &mut batch);
        }
        for (feed, cursor, proof) in complete {
            let number = self.feed_number(feed)?;
            if let Some(row) = self.state.feeds.get_mut(usize::from(number)) {
                row.complete = *cursor;
                row.proof = *proof;
            }
            self.note_index(number, 0, &mut batch);
            ended.push(number);
        }
        self.store().apply(&batch)?;
        self.forget_index(&ended, Wanted::Stays)
    }
}
