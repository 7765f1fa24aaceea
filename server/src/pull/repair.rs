//! A feed in repair: its sums, or what differs in some of its buckets ([`fieldwatch_schemas::sync::repair`]).
//!
//! The feed's rows are read in slices, so that the log's lock is never held for long. A row that moves meanwhile moves behind
//! everything that was there, so whoever reads to the end has met it again: what the last slice sees is all of one position.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use fieldwatch_schemas::digest::Digest;
use fieldwatch_schemas::feed::Feed;
use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::store::StoreError;
use fieldwatch_schemas::sync::exchange::Item;
use fieldwatch_schemas::sync::pull::{Commit, Gone, Presence};
use fieldwatch_schemas::sync::repair::{
    Asked, BucketList, Differs, Finding, Line, RepairAsk, RepairItem, Settled, Sums, Unknown,
    findings,
};

use super::body::{self, Part};
use super::page::{Page, place_in_feed, rows_after, size_of};
use super::{Pull, Wanted};
use crate::erase::tombstone_of;
use crate::log::Reading;
use crate::tables::{self, RecordRow};

/// The most slices of rows that are read under one lock.
const SLICES_MAX: usize = 8;

/// A feed that is asked about.
#[derive(Debug)]
pub(super) struct Repairing {
    number: u8,
    feed: Feed,
    asked: Asked,
    /// Up to where its rows have been read.
    scanned: u64,
    /// What is in it, up to there.
    lines: BTreeMap<RecordId, u64>,
    /// What is still to be said, once everything has been read.
    steps: Option<VecDeque<Step>>,
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Say(Finding),
    Settle(u8),
}

impl Repairing {
    /// What a request asks about its feeds, of each once; asks about others say nothing.
    pub(super) fn all(asks: Option<&[RepairAsk]>, feeds: &[Wanted]) -> VecDeque<Self> {
        let asks = asks.unwrap_or_default().iter();
        let mut seen = BTreeSet::new();
        let begun = asks.filter_map(|ask| {
            let wanted = feeds.get(usize::from(ask.feed))?;
            if matches!(&ask.asked, Asked::Lists(lists) if lists.is_empty()) {
                return None;
            }
            // A feed's rows are read through for each answer.
            seen.insert(&wanted.feed).then(|| Self {
                number: ask.feed,
                feed: wanted.feed.clone(),
                asked: ask.asked.clone(),
                scanned: 0,
                lines: BTreeMap::new(),
                steps: None,
            })
        });
        begun.collect()
    }

    /// Reads on; says whether the end was reached.
    fn read_on(&mut self, reading: Reading<'_>) -> Result<bool, StoreError> {
        for _ in 0..SLICES_MAX {
            let rows = rows_after(reading, &self.feed, self.scanned)?;
            let Some((last, _)) = rows.last() else {
                return Ok(true);
            };
            self.scanned = *last;
            for (_, row) in rows {
                match row.presence {
                    Presence::Present => self.lines.insert(row.record, row.short),
                    Presence::Left | Presence::Erased => self.lines.remove(&row.record),
                };
            }
        }
        Ok(false)
    }

    fn present(&self) -> impl Iterator<Item = Line> {
        self.lines.iter().map(|(record, short)| Line {
            record: *record,
            short: *short,
        })
    }

    fn steps(&self, lists: &[BucketList]) -> VecDeque<Step> {
        let found = findings(lists, self.present()).into_iter();
        let steps = found.flat_map(|(bucket, findings)| {
            let said = findings.into_iter().map(Step::Say);
            said.chain([Step::Settle(bucket)])
        });
        steps.collect()
    }
}

impl Pull {
    /// The next page about a feed in repair: empty while its rows are being read, `None` when nothing is in repair any more.
    pub(super) fn page_of_repair(
        &mut self,
        reading: Reading<'_>,
    ) -> Result<Option<Vec<Item>>, StoreError> {
        if self.budget.spent {
            return Ok(None);
        }
        let Some(mut repairing) = self.repairs.pop_front() else {
            return Ok(None);
        };
        if repairing.steps.is_none() {
            if !repairing.read_on(reading)? {
                self.repairs.push_front(repairing);
                return Ok(Some(Vec::new()));
            }
            match &repairing.asked {
                Asked::Sums(theirs) => {
                    let ours = Sums::of(repairing.present());
                    let differs = Differs {
                        feed: repairing.number,
                        position: reading.position,
                        buckets: ours.differing(theirs).into(),
                    };
                    let buckets = differs.buckets.len();
                    tracing::info!(feed = %repairing.feed, buckets, "a feed is repaired");
                    return Ok(Some(vec![Item::Repair(RepairItem::Differs(differs))]));
                }
                Asked::Lists(lists) => repairing.steps = Some(repairing.steps(lists)),
            }
        }
        let (items, is_done) = self.say(reading, &mut repairing)?;
        if !is_done {
            self.repairs.push_front(repairing);
        }
        Ok(Some(items))
    }

    /// As many findings as a page holds.
    fn say(
        &mut self,
        reading: Reading<'_>,
        repairing: &mut Repairing,
    ) -> Result<(Vec<Item>, bool), StoreError> {
        let (mut page, mut settled) = (Page::default(), Vec::new());
        let mut steps = repairing.steps.take().unwrap_or_default();
        while let Some(step) = steps.front().copied() {
            match step {
                Step::Settle(bucket) => settled.push(bucket),
                Step::Say(finding) => {
                    if let Some(item) = self.told(reading, repairing, finding)? {
                        let size_bytes = size_of(&item);
                        if !page.has_room(size_bytes) || !self.budget.takes(size_bytes) {
                            break;
                        }
                        if let Item::Record(record) = &item {
                            self.sent.insert(record.record, record.position);
                        }
                        let stands = match (&item, finding) {
                            (Item::Index(_), Finding::Lacking(record)) => {
                                self.note_withheld(reading, repairing.number, record)?
                            }
                            _ => None,
                        };
                        page.add(item, size_bytes);
                        page.add_also(stands);
                    }
                }
            }
            steps.pop_front();
        }
        let feed = repairing.number;
        if !settled.is_empty() {
            let buckets = settled.into();
            let settled = RepairItem::Settled(Settled { feed, buckets });
            page.items.push(Item::Repair(settled));
        }
        let cursor = self.feeds.get(usize::from(feed));
        let cursor = cursor.map_or(0, |wanted| wanted.cursor);
        page.items.push(Item::Commit(Commit { feed, cursor }));
        let is_done = steps.is_empty() || self.budget.spent;
        repairing.steps = Some(steps);
        Ok((page.items, is_done))
    }

    /// What a finding comes to now. What has left the feed since is told when the feed is pulled again.
    fn told(
        &mut self,
        reading: Reading<'_>,
        repairing: &Repairing,
        finding: Finding,
    ) -> Result<Option<Item>, StoreError> {
        match finding {
            Finding::Foreign(line) => self.told_foreign(reading, repairing, line).map(Some),
            Finding::Lacking(record) => {
                let Some(row) = self.present_row(reading, record, &repairing.feed)? else {
                    return Ok(None);
                };
                let sent = self.sent.get(&record).copied();
                if sent.is_none() && self.budget.never_takes(row.size_bytes) {
                    let mut item = self.withheld(reading, record, row.size_bytes)?;
                    item.iter_mut()
                        .for_each(|item| place_in_feed(item, repairing.number, 0));
                    return Ok(item);
                }
                let part = Part {
                    after: sent.unwrap_or(0),
                    is_whole: sent.is_none(),
                    known: &self.brought,
                };
                let body = body::read(reading.store, record, &row, &part);
                let Some(body) = self.sound(record, body)? else {
                    return Ok(None);
                };
                let mut item = self.dressed(&row, body);
                item.feed = repairing.number;
                item.position = row.position;
                Ok(Some(Item::Record(item)))
            }
            Finding::Differing(record) => {
                let Some(row) = self.present_row(reading, record, &repairing.feed)? else {
                    return Ok(None);
                };
                Ok(Some(self.stands(repairing.number, record, row)))
            }
        }
    }

    /// What only the device has in the feed: it left, it is erased, or it is not known here.
    ///
    /// That it is erased is told of what lay in a feed of the request, so that nobody learns what was erased elsewhere. Of anything else
    /// it is not known here: whoever holds it brings it, and hears.
    ///
    /// That a record lies elsewhere tells nothing while the device has it in another state: it may be this store that was set back.
    fn told_foreign(
        &mut self,
        reading: Reading<'_>,
        repairing: &Repairing,
        line: Line,
    ) -> Result<Item, StoreError> {
        let (feed, record) = (repairing.number, line.record);
        let gone = Gone {
            feed,
            record,
            position: 0,
            replaced_by: None,
        };
        if let Some(tombstone) = tombstone_of(reading.store, record)? {
            let mut places = tombstone.places.iter();
            let could_know =
                places.any(|place| self.feeds.iter().any(|wanted| wanted.feed == place.feed));
            return Ok(match could_know {
                true => Item::Erased(gone),
                false => Item::Repair(RepairItem::Unknown(Unknown { feed, record })),
            });
        }
        let row = self.record(reading, record)?;
        let is_same = |row: &RecordRow| Digest::of(record, &row.heads).short() == line.short;
        Ok(match row.is_some_and(|row| is_same(&row)) {
            true => Item::Left(gone),
            false => Item::Repair(RepairItem::Unknown(Unknown { feed, record })),
        })
    }

    fn present_row(
        &mut self,
        reading: Reading<'_>,
        record: RecordId,
        feed: &Feed,
    ) -> Result<Option<RecordRow>, StoreError> {
        let row = tables::read(reading.store, "a record", &tables::record_key(record));
        let row: Option<RecordRow> = self.sound(record, row)?.flatten();
        Ok(row.filter(|row| {
            let mut places = row.places.iter();
            places.any(|place| place.feed == *feed && place.presence == Presence::Present)
        }))
    }
}
