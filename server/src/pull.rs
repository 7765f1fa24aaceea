//! Pulling: reads what is new in the feeds that a device asks for, page by page.
//!
//! A feed is a range scan over its rows after the cursor; no document is opened, the bodies are the stored chunks. Every page is read
//! under the log's lock, ends with a commit point, and is given away only when the positions it saw are on the disk.
//!
//! **A request with cursors of another log gets no feeds**: `Hello` tells the device which log it reads, and it repairs each feed
//! ([`repair`](self)), keeping what it holds. A cursor beyond the log's end counts as its end; the digests tell whether it is.
//!
//! The last page holds one [`FeedEnd`] per feed, or says of it that it stands where the device has it ([`Unchanged`]); all is read at one position at which nothing was left for any of them, unless the budget
//! ended the reply before. `Hello`, the outcomes and `End` are the caller's.
//!
//! What the device wants whole comes first, then the index of feeds that it has nothing of, then the bodies. A body that no sync with the
//! device's budget could carry is told by its index row, and the cursor passes it.
//!
//! A damaged change is never passed over in silence: its record is left out of the page, so that the device's digest does not come to
//! the feed's, and the damage is logged and counted ([`Pull::skipped`]).

mod body;
mod index;
mod label;
mod page;
mod repair;
mod want;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use fieldwatch_schemas::chunk::Chunk;
use fieldwatch_schemas::feed::Feed;
use fieldwatch_schemas::id::{Actor, DeviceId, Hash, LogId, RecordId};
use fieldwatch_schemas::limits::{FEEDS_MAX, PUSH_RECORDS_MAX};
use fieldwatch_schemas::problem::ProblemKind;
use fieldwatch_schemas::status::Role;
use fieldwatch_schemas::store::StoreError;
use fieldwatch_schemas::sync::exchange::{Item, Request};
use fieldwatch_schemas::sync::index::IndexFrom;
use fieldwatch_schemas::sync::pull::{
    Commit, FeedEnd, Gone, Presence, RecordItem, Sending, Unchanged, what_to_send,
};
use fieldwatch_schemas::sync::vouch::{Mac, OfRecord};

use self::body::{Body, Part};
use self::label::Labels;
use self::page::{Budget, Page, place_in_feed, rows_after, size_of};
use self::repair::Repairing;
use crate::committer::OwnedAsker;
use crate::erase::replaced_by;
use crate::log::{Log, Reading};
use crate::tables::{self, FeedHead, FeedRow, RecordRow};

pub use self::label::Names;

/// How many pages a reply goes on behind the position at which it began, while others go on writing.
const CATCH_UP_PAGES_MAX: usize = 8;

/// One reply in the making.
pub struct Pull {
    log: Arc<Log>,
    request_log: Option<LogId>,
    reader: DeviceId,
    feeds: Vec<Wanted>,
    wants: Vec<RecordId>,
    repairs: VecDeque<Repairing>,
    /// Feeds whose index is still to be sent, the first one last.
    index: Vec<IndexFrom>,
    brought: BTreeSet<Hash>,
    labels: Labels,
    /// The records in this reply, and up to which position the device has their changes by it.
    sent: BTreeMap<RecordId, u64>,
    budget: Budget,
    /// The log's last position when the first page was read.
    goal: Option<u64>,
    pages_behind_goal: usize,
    skipped: usize,
    ended: bool,
}

/// A feed of the request.
#[derive(Debug)]
struct Wanted {
    /// Its place in the request.
    number: u8,
    feed: Feed,
    /// Where the device was before this reply.
    start: u64,
    /// Whether it had nothing of the feed.
    is_blank: bool,
    /// Up to where it has everything.
    complete: u64,
    /// Where this reply has come.
    cursor: u64,
    /// It is asked about, and not pulled.
    is_in_repair: bool,
    /// How many of its bodies are larger than the budget.
    withheld: u64,
    /// How the device says that it has the feed, where it had everything.
    mark: Option<u64>,
}

impl Wanted {
    /// Whether the device has the feed as it stands, and knows it.
    fn is_unchanged(&self, head: &FeedHead) -> bool {
        let is_where_it_was = self.cursor == self.start && self.complete == self.start;
        let is_as_it_was = self.mark == Some(head.digest.mark(head.records));
        is_where_it_was && is_as_it_was && self.withheld == 0
    }
}

impl Pull {
    /// Begins a reply. Nothing is read yet: call it before the outbox is given to the committer, and read pages after the outcomes.
    ///
    /// # Errors
    ///
    /// [`ProblemKind::FeedNotGranted`], or [`ProblemKind::RegionNotGranted`] for a coordinator, if one feed is not granted, whether it
    /// exists or not; [`ProblemKind::BadRequest`] for more than [`FEEDS_MAX`] feeds or asks about them, or [`PUSH_RECORDS_MAX`] wants.
    pub fn begin(
        log: Arc<Log>,
        asker: &OwnedAsker,
        request: &Request,
        names: Arc<Names>,
    ) -> Result<Self, ProblemKind> {
        let asks = request.repair.as_deref().unwrap_or_default();
        let is_too_much = request.feeds.len() > FEEDS_MAX
            || asks.len() > FEEDS_MAX
            || request.wants.len() > PUSH_RECORDS_MAX;
        if is_too_much {
            return Err(ProblemKind::BadRequest);
        }
        let granted: BTreeSet<&Feed> = asker.grants.iter().map(|grant| &grant.feed).collect();
        if !request
            .feeds
            .iter()
            .all(|wanted| granted.contains(&wanted.feed))
        {
            return Err(match asker.standing.role {
                Role::Coordinator => ProblemKind::RegionNotGranted,
                _ => ProblemKind::FeedNotGranted,
            });
        }
        let feeds = (0_u8..).zip(&request.feeds).map(|(number, wanted)| Wanted {
            number,
            feed: wanted.feed.clone(),
            start: wanted.cursor,
            is_blank: wanted.is_blank(),
            complete: wanted.complete.min(wanted.cursor),
            cursor: wanted.cursor,
            is_in_repair: asks.iter().any(|ask| ask.feed == number),
            withheld: 0,
            mark: wanted.mark,
        });
        let feeds: Vec<Wanted> = feeds.collect();
        Ok(Self {
            log,
            request_log: request.log,
            reader: asker.device,
            wants: distinct(&request.wants),
            repairs: Repairing::all(request.repair.as_deref(), &feeds),
            feeds,
            index: request
                .index
                .iter()
                .take(FEEDS_MAX)
                .rev()
                .cloned()
                .collect(),
            brought: hashes_brought(request),
            labels: Labels::new(asker.standing.person, names),
            sent: BTreeMap::new(),
            budget: Budget::of(request),
            goal: None,
            pages_behind_goal: 0,
            skipped: 0,
            ended: false,
        })
    }

    /// The next page, at most [`PAGE_BYTES_MAX`](fieldwatch_schemas::limits::PAGE_BYTES_MAX) of items unless a single record is larger, ending with a commit point; the last page
    /// holds the ends of the feeds; then `None`. Blocks until what it gives is durable.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store failed, or a feed cannot be read: the reply must be cut.
    pub fn next_page(&mut self) -> Result<Option<Vec<Item>>, StoreError> {
        if self.ended {
            return Ok(None);
        }
        let log = Arc::clone(&self.log);
        loop {
            let (items, seen) = log.read(|reading| Ok((self.look(reading)?, reading.seen)))?;
            if !items.is_empty() || self.ended {
                log.wait_until_durable(seen)?;
                return Ok(Some(items));
            }
        }
    }

    /// Takes so many bytes from what the reply may carry, if they are there.
    pub(crate) fn pays_for(&mut self, size_bytes: usize) -> bool {
        self.budget.pays_for(size_bytes)
    }

    /// Notes changes that the device has: they need not be sent.
    pub(crate) fn has(&mut self, changes: &[Hash]) {
        self.brought.extend(changes);
    }

    /// How many records were left out because they are damaged.
    #[must_use]
    pub fn skipped(&self) -> usize {
        self.skipped
    }

    fn look(&mut self, reading: Reading<'_>) -> Result<Vec<Item>, StoreError> {
        if self.goal.is_none() {
            self.goal = Some(reading.position);
            self.meet(reading);
        }
        self.catch_up_only_so_far();
        if let Some(items) = self.page_of_repair(reading)? {
            return Ok(items);
        }
        while let Some(record) = self.next_want() {
            if let Some(items) = self.page_of_want(reading, record)? {
                return Ok(items);
            }
        }
        while let Some(from) = self.next_index() {
            if let Some(items) = self.page_of_index(reading, &from)? {
                return Ok(items);
            }
        }
        for place in 0..self.feeds.len() {
            if let Some(items) = self.page_of_feed(reading, place)? {
                return Ok(items);
            }
        }
        self.ended = true;
        self.ends(reading)
    }

    /// What the request's cursors come to in this log.
    fn meet(&mut self, reading: Reading<'_>) {
        let has_cursors = self.feeds.iter().any(|wanted| wanted.start > 0);
        let is_first = self.request_log.is_none() && !has_cursors;
        if self.request_log != Some(reading.log) && !is_first {
            self.feeds.clear();
            self.wants.clear();
            self.repairs.clear();
            self.index.clear();
        }
        for wanted in &mut self.feeds {
            wanted.mark = wanted.mark.filter(|_| wanted.start <= reading.position);
            wanted.start = wanted.start.min(reading.position);
            wanted.complete = wanted.complete.min(reading.position);
            wanted.cursor = wanted.cursor.min(reading.position);
        }
    }

    /// While others go on writing, there is always something new: a reply ends all the same.
    fn catch_up_only_so_far(&mut self) {
        let goal = self.goal.unwrap_or(0);
        if self.feeds.iter().any(|wanted| wanted.cursor > goal) {
            self.pages_behind_goal += 1;
            self.budget.spent |= self.pages_behind_goal > CATCH_UP_PAGES_MAX;
        }
    }

    fn page_of_feed(
        &mut self,
        reading: Reading<'_>,
        place: usize,
    ) -> Result<Option<Vec<Item>>, StoreError> {
        let wanted = self.feeds.get(place).filter(|wanted| !wanted.is_in_repair);
        let Some(wanted) = wanted.filter(|_| !self.budget.spent) else {
            return Ok(None);
        };
        let (number, mut cursor) = (wanted.number, wanted.cursor);
        let had = (wanted.is_blank, wanted.complete);
        let rows = rows_after(reading, &wanted.feed, cursor)?;
        if rows.is_empty() {
            return Ok(None);
        }
        let mut page = Page::default();
        for (position, row) in rows {
            if let Some(mut item) = self.item(reading, had, &row)? {
                place_in_feed(&mut item, number, position);
                let size_bytes = size_of(&item);
                if !page.has_room(size_bytes) || !self.budget.takes(size_bytes) {
                    break;
                }
                let stands = match item {
                    // Its row in this feed is as new as its last change.
                    Item::Record(_) => self.sent.insert(row.record, position).and(None),
                    Item::Index(_) => self.note_withheld(reading, number, row.record)?,
                    _ => None,
                };
                page.add(item, size_bytes);
                page.add_also(stands);
            }
            cursor = position;
        }
        if let Some(wanted) = self.feeds.get_mut(place) {
            if cursor == wanted.cursor {
                return Ok(None);
            }
            wanted.cursor = cursor;
        }
        page.items.push(Item::Commit(Commit {
            feed: number,
            cursor,
        }));
        Ok(Some(page.items))
    }

    /// What one row of a feed comes to, if anything; feed and position are set later.
    fn item(
        &mut self,
        reading: Reading<'_>,
        (is_blank, complete): (bool, u64),
        row: &FeedRow,
    ) -> Result<Option<Item>, StoreError> {
        let sent = self.sent.get(&row.record).copied();
        let gone = Gone {
            feed: 0,
            record: row.record,
            position: 0,
            replaced_by: replaced_by(reading.store, row)?,
        };
        let sending = what_to_send(row.presence, row.entered, is_blank, complete);
        let (after, is_whole) = match (sending, sent) {
            (Sending::Nothing, Some(_)) if row.presence == Presence::Left => {
                return Ok(Some(Item::Left(gone)));
            }
            (Sending::Nothing, Some(_)) => return Ok(Some(Item::Erased(gone))),
            (Sending::Nothing, None) => return Ok(None),
            (Sending::Left, _) => return Ok(Some(Item::Left(gone))),
            (Sending::Erased, _) => return Ok(Some(Item::Erased(gone))),
            (_, Some(position)) => (position, false),
            (Sending::Whole, None) => (0, true),
            (Sending::After(cursor), None) => (cursor, false),
        };
        let Some(record) = self.record(reading, row.record)? else {
            self.skip(row.record, &"it is in a feed and nowhere else");
            return Ok(None);
        };
        if is_whole && self.budget.never_takes(record.size_bytes) {
            return self.withheld(reading, row.record, record.size_bytes);
        }
        let part = Part {
            after,
            is_whole,
            known: &self.brought,
        };
        let body = body::read(reading.store, row.record, &record, &part);
        let Some(body) = self.sound(row.record, body)? else {
            return Ok(None);
        };
        let item = self.dressed(&record, body);
        if self.budget.never_takes(body::size_bytes(&item) as u64) {
            return self.withheld(reading, row.record, record.size_bytes);
        }
        Ok(Some(Item::Record(item)))
    }

    /// An item with the labels that its reader may see, and the server's mark.
    fn dressed(&mut self, row: &RecordRow, body: Body) -> RecordItem {
        let Body { mut item, actors } = body;
        item.authors = self.labels.of(row, &actors);
        let (mac, actor) = self.mark(item.record, row);
        item.mac = Some(mac);
        item.actor = actor;
        item
    }

    /// The server's mark that it has a record so, and the reader's own actor that it covers.
    fn mark(&self, record: RecordId, row: &RecordRow) -> (Mac, Option<Actor>) {
        let is_own = |writer: &&tables::WriterRow| writer.device == self.reader;
        let actor = row.writers.iter().rfind(is_own).map(|writer| writer.actor);
        let said = OfRecord {
            record,
            heads: &row.heads,
            owner: row.owner,
            actor,
        };
        (self.log.mac_key().of_record(&said), actor)
    }

    fn ends(&mut self, reading: Reading<'_>) -> Result<Vec<Item>, StoreError> {
        let mut items = Vec::with_capacity(self.feeds.len());
        let mut unchanged = Vec::new();
        for wanted in self.feeds.iter().filter(|wanted| !wanted.is_in_repair) {
            let key = tables::feed_head_key(&wanted.feed);
            let head: Option<FeedHead> = tables::read(reading.store, "the head of a feed", &key)?;
            let head = head.unwrap_or_default();
            let has_more = head.position > wanted.cursor || !self.wants.is_empty();
            if !has_more && wanted.is_unchanged(&head) {
                unchanged.push(wanted.number);
                continue;
            }
            let key = self.log.mac_key();
            let life = reading.lives.at(wanted.cursor);
            let proof = || key.of_feed(reading.log, &wanted.feed, wanted.cursor, life);
            items.push(Item::FeedEnd(FeedEnd {
                feed: wanted.number,
                cursor: wanted.cursor,
                digest: head.digest,
                records: head.records,
                has_more,
                proof: (!has_more).then(proof),
                withheld: Some(wanted.withheld).filter(|count| *count > 0),
            }));
        }
        if !unchanged.is_empty() {
            let feeds = unchanged.into();
            items.push(Item::Unchanged(Unchanged { feeds }));
        }
        Ok(items)
    }

    fn record(
        &mut self,
        reading: Reading<'_>,
        record: RecordId,
    ) -> Result<Option<RecordRow>, StoreError> {
        let row = tables::read(reading.store, "a record", &tables::record_key(record));
        Ok(self.sound(record, row)?.flatten())
    }

    /// What was read, or `None` if it is damaged: that concerns one record, any other error the whole reply.
    fn sound<T>(
        &mut self,
        record: RecordId,
        read: Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        match read {
            Err(error @ StoreError::Damaged { .. }) => {
                self.skip(record, &error);
                Ok(None)
            }
            read => read.map(Some),
        }
    }

    fn skip(&mut self, record: RecordId, why: &dyn std::fmt::Display) {
        self.skipped += 1;
        tracing::error!(%record, %why, "a damaged record was left out of a reply");
    }
}

impl std::fmt::Debug for Pull {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pull")
            .field("feeds", &self.feeds)
            .field("sent", &self.sent.len())
            .field("budget", &self.budget)
            .field("skipped", &self.skipped)
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}

/// Each wanted record once, the first one last: a short request must not be answered with the same bodies over and over.
fn distinct(wants: &[RecordId]) -> Vec<RecordId> {
    let mut seen = BTreeSet::new();
    let mut once: Vec<RecordId> = wants
        .iter()
        .copied()
        .filter(|want| seen.insert(*want))
        .collect();
    once.reverse();
    once
}

fn hashes_brought(request: &Request) -> BTreeSet<Hash> {
    let chunks = request.outbox.iter().flat_map(|pushed| &pushed.changes);
    chunks
        .filter_map(|bytes| Chunk::parse(bytes.to_vec()).ok())
        .map(|chunk| chunk.hash())
        .collect()
}
