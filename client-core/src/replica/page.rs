//! What the server said, made durable: a page of a reply, between two of its commit points.
//!
//! Every record is a batch of its own; the cursors move in the last batch, so that a crash in between only repeats work.

use std::collections::BTreeSet;

use fieldwatch_schemas::feed::{Feed, Grant};
use fieldwatch_schemas::id::{Hash, LogId, RecordId};
use fieldwatch_schemas::store::Batch;
use fieldwatch_schemas::sync::pull::RecordItem;
use fieldwatch_schemas::sync::push::{Outcome, Verdict};

use super::feeds::{LEFT, UNSEEN};
use super::held::Held;
use super::rows::RefusalRow;
use super::take::{Taken, take};
use super::{FeedStatus, Group, Replica, ReplicaError, keys};

/// What is to be made durable together, in this order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// The server's log, where it is another than the one held: every feed begins anew.
    pub log: Option<LogId>,
    /// Feeds that begin anew because their digests do not agree.
    pub start_over: Vec<Feed>,
    /// New grants; feeds that are not among them are given up.
    pub grants: Option<Vec<Grant>>,
    /// What became of pushed records.
    pub outcomes: Vec<Outcome>,
    /// What came, and in which feed.
    pub arrivals: Vec<(Feed, Arrival)>,
    /// The feeds' new cursors.
    pub cursors: Vec<(Feed, u64)>,
    /// The feeds of which nothing is left, and at which cursors.
    pub complete: Vec<(Feed, u64)>,
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
    /// Records that the page brought something new of.
    pub pulled: u64,
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
            let mut applied = Applied::default();
            group.turn_to_log(page)?;
            for outcome in &page.outcomes {
                group.settle(outcome)?;
            }
            for (feed, arrival) in &page.arrivals {
                group.arrive(feed, arrival, &mut applied)?;
            }
            if let Some(asked) = &page.end {
                group.end(asked)?;
            }
            group.move_cursors(&page.cursors, &page.complete)?;
            applied.feeds = group.feed_statuses()?;
            applied.outbox = group.count(keys::OUTBOX)?;
            applied.wants = group.count(keys::WANTED)?;
            Ok(applied)
        })
    }
}

impl Group<'_> {
    /// Everything that concerns feeds as a whole.
    fn turn_to_log(&mut self, page: &Page) -> Result<(), ReplicaError> {
        let all = 0..=u8::MAX;
        if let Some(log) = page.log {
            // The new log is named last: a crash before it begins all of this anew.
            let numbers: Vec<u8> = all.clone().zip(&self.state.feeds).map(|(n, _)| n).collect();
            self.start_over(&numbers, UNSEEN)?;
            let mut batch = Batch::new();
            self.put_log(log, &mut batch);
            self.store().apply(&batch)?;
        }
        if !page.start_over.is_empty() {
            let numbers = page.start_over.iter().map(|feed| self.feed_number(feed));
            let numbers = numbers.collect::<Result<Vec<_>, _>>()?;
            self.start_over(&numbers, UNSEEN)?;
        }
        if let Some(grants) = &page.grants {
            let given_up = |feed: &Feed| !grants.iter().any(|grant| grant.feed == *feed);
            let feeds = all.zip(&self.state.feeds);
            let numbers: Vec<u8> = feeds
                .filter(|(_, row)| given_up(&row.feed))
                .map(|(number, _)| number)
                .collect();
            self.start_over(&numbers, LEFT)?;
            let mut batch = Batch::new();
            self.put_grants(grants, &mut batch);
            self.store().apply(&batch)?;
        }
        Ok(())
    }

    /// Notes what became of a pushed record.
    fn settle(&mut self, outcome: &Outcome) -> Result<(), ReplicaError> {
        let Some(mut held) = self.find(outcome.record)? else {
            return Ok(());
        };
        let durable: BTreeSet<Hash> = outcome.durable.iter().copied().collect();
        for (place, hash) in held.hashes().into_iter().enumerate() {
            if hash.is_some_and(|hash| durable.contains(&hash)) {
                held.note(place, false, None);
            }
        }
        let mut also = Batch::new();
        match outcome.verdict {
            Verdict::Stored => {}
            Verdict::Duplicate if held.row.feeds.is_empty() && !held.has_unsent() => {
                also.put(keys::of_record(keys::GONE, held.id), LEFT);
            }
            Verdict::Duplicate => {}
            Verdict::Missing => {
                for place in 0..held.changes.len() {
                    held.note(place, true, None);
                }
            }
            Verdict::Refused if self.is_edited_since_offered(&held) => {}
            Verdict::Refused if held.has_unsent() => {
                let refusal = RefusalRow {
                    code: outcome.problem.clone().unwrap_or_default(),
                    reason: outcome.words.clone().unwrap_or_default(),
                };
                return self.quarantine(&mut held, &refusal);
            }
            Verdict::Refused => {}
        }
        self.save(&mut held, None, also)
    }

    /// Whether the server judged less than there is now: what came after may correct it, and goes with it in the next request.
    fn is_edited_since_offered(&self, held: &Held) -> bool {
        let offered = self.state.offered.get(&held.id).copied();
        let later = held
            .changes
            .iter()
            .skip(offered.map_or(usize::MAX, |offered| offered as usize));
        later.into_iter().any(|change| change.is_unsent)
    }

    fn arrive(
        &mut self,
        feed: &Feed,
        arrival: &Arrival,
        applied: &mut Applied,
    ) -> Result<(), ReplicaError> {
        match arrival {
            Arrival::Record(item) => self.receive(feed, item, applied),
            Arrival::Left(id) => {
                let number = self.feed_number(feed)?;
                match self.find(*id)? {
                    Some(_) => self.leave_feed(*id, number),
                    None => Ok(()),
                }
            }
            Arrival::Erased(id) => {
                let Some(mut held) = self.find(*id)? else {
                    return Ok(());
                };
                let mut also = Batch::new();
                for membership in held.row.feeds.clone() {
                    self.leave(&mut held, membership.feed, LEFT, &mut also);
                }
                self.save(&mut held, None, also)?;
                self.remove(&held)
            }
        }
    }

    fn leave_feed(&mut self, id: RecordId, number: u8) -> Result<(), ReplicaError> {
        let mut held = self.held(id)?;
        let mut also = Batch::new();
        self.leave(&mut held, number, LEFT, &mut also);
        also.delete(keys::of_record(keys::WANTED, id));
        self.save(&mut held, None, also)
    }

    /// Takes in one record, or notes that it is wanted whole, or that it is unsound.
    fn receive(
        &mut self,
        feed: &Feed,
        item: &RecordItem,
        applied: &mut Applied,
    ) -> Result<(), ReplicaError> {
        let id = item.record;
        let held = self.find(id)?;
        let mut held = held.unwrap_or_else(|| Held::new(id, &item.kind));
        let taken = if held.row.kind == item.kind {
            take(&mut held, item)
        } else {
            Taken::Unsound
        };
        let (document, is_new) = match taken {
            Taken::Whole { document, is_new } => (document, is_new),
            Taken::Incomplete if !item.is_whole => {
                let mut batch = Batch::new();
                batch.put(keys::of_record(keys::WANTED, id), Vec::new());
                return Ok(self.store().apply(&batch)?);
            }
            Taken::Incomplete | Taken::Unsound => {
                applied.unsound.push(id);
                return Ok(());
            }
        };
        applied.pulled += u64::from(is_new);
        for author in &item.authors {
            held.label(author.actor, &author.label);
        }
        let number = self.feed_number(feed)?;
        let mut also = Batch::new();
        if held.row.is_refused && !held.has_unsent() {
            held.row.is_refused = false;
            also.delete(keys::of_record(keys::REFUSED, id));
        }
        held.row.acknowledged.clone_from(&item.heads);
        self.join(&mut held, number, &item.heads, &mut also);
        self.save(&mut held, document.as_deref(), also)
    }

    fn end(&mut self, asked: &[RecordId]) -> Result<(), ReplicaError> {
        // What was wanted whole and did not come is in no feed, or unsound; the digests tell which.
        for wanted in asked {
            let mut batch = Batch::new();
            batch.delete(keys::of_record(keys::WANTED, *wanted));
            self.store().apply(&batch)?;
        }
        self.settle_gone()
    }

    fn move_cursors(
        &mut self,
        cursors: &[(Feed, u64)],
        complete: &[(Feed, u64)],
    ) -> Result<(), ReplicaError> {
        let mut batch = Batch::new();
        for (feed, cursor) in cursors {
            let number = self.feed_number(feed)?;
            if let Some(row) = self.state.feeds.get_mut(usize::from(number)) {
                row.cursor = *cursor;
            }
            self.put_feed(number, &mut batch);
        }
        for (feed, cursor) in complete {
            let number = self.feed_number(feed)?;
            if let Some(row) = self.state.feeds.get_mut(usize::from(number)) {
                row.complete = *cursor;
            }
            self.put_feed(number, &mut batch);
        }
        Ok(self.store().apply(&batch)?)
    }
}
