//! One request and its reply: items are gathered into pages, between commit points.

use std::collections::{BTreeMap, BTreeSet};

use fieldwatch_schemas::feed::Feed;
use fieldwatch_schemas::id::{Hash, LogId, RecordId};
use fieldwatch_schemas::limits::ITEM_BYTES_MAX;
use fieldwatch_schemas::problem::ProblemKind;
use fieldwatch_schemas::sync::exchange::{Hello, Item, Request};
use fieldwatch_schemas::sync::index::{Index, IndexRow};
use fieldwatch_schemas::sync::pull::{ChangeItem, FeedEnd, RecordItem};
use fieldwatch_schemas::sync::push::{Outcome, Verdict};
use fieldwatch_schemas::sync::receipt::{Brought, Covered};
use fieldwatch_schemas::sync::repair::{RepairItem, Unknown};

use super::tried::{Tried, tells_of_a_copy};
use crate::replica::{Applied, Arrival, Page, Received};

/// How many outcomes are gathered before they are made durable.
const OUTCOMES_MAX: usize = 256;

/// One request, and what its reply has brought so far.
#[derive(Debug)]
pub(super) struct Exchange {
    log: Option<LogId>,
    feeds: Vec<Feed>,
    /// Whether these are all that may be read: what is in none of them is in none.
    asks_all: bool,
    cursors: Vec<u64>,
    pushed: BTreeSet<RecordId>,
    /// Of these it was only asked whether the server has them.
    questions: BTreeSet<RecordId>,
    /// Of those, what bears the server's mark: only of that it keeps parts.
    vouched: BTreeSet<RecordId>,
    brought: Brought,
    /// Of what was brought, what the server said it has: what its receipt must be for.
    covered: Covered,
    wants: Vec<RecordId>,
    has_hello: bool,
    page: Page,
    page_bytes: usize,
    ends: BTreeMap<Feed, FeedEnd>,
    /// Whether there are erasures for which the reply had no room.
    has_more_erasures: bool,
    /// What the request says of how each feed stands, where it does.
    marks: Vec<Option<u64>>,
    /// The feeds that stand so on the server, and how that is.
    unchanged: BTreeMap<Feed, u64>,
    pub(super) acknowledged: BTreeSet<RecordId>,
    pub(super) refused: BTreeSet<RecordId>,
    pub(super) brought_grants: bool,
    /// Whether the outcomes are over, and the feeds are being told.
    pub(super) is_pulling: bool,
    /// Bodies that the budget has no room for, and what each takes.
    pub(super) withheld: BTreeMap<RecordId, u64>,
    /// Whether anything has moved: an outcome, a record, a cursor, grants, a log.
    pub(super) progressed: bool,
}

/// What an item came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// More items are needed.
    More,
    /// What has been gathered may be made durable.
    Page,
    /// The reply is whole.
    End,
    /// The server does not keep to the protocol.
    Nonsense(&'static str),
}

impl Exchange {
    pub(super) fn new(request: &Request, asks_all: bool) -> Self {
        let questions = request.outbox.iter();
        let questions = questions.filter(|each| each.changes.is_empty());
        let vouched = request.outbox.iter().filter(|each| each.vouched.is_some());
        Self {
            log: request.log,
            feeds: request.feeds.iter().map(|each| each.feed.clone()).collect(),
            asks_all,
            cursors: request.feeds.iter().map(|each| each.cursor).collect(),
            pushed: request.outbox.iter().map(|each| each.record).collect(),
            questions: questions.map(|each| each.record).collect(),
            vouched: vouched.map(|each| each.record).collect(),
            brought: Brought::of(&request.outbox),
            covered: Covered::new(),
            wants: request.wants.clone(),
            has_hello: false,
            page: Page::default(),
            page_bytes: 0,
            ends: BTreeMap::new(),
            has_more_erasures: false,
            marks: request.feeds.iter().map(|each| each.mark).collect(),
            unchanged: BTreeMap::new(),
            acknowledged: BTreeSet::new(),
            refused: BTreeSet::new(),
            brought_grants: false,
            is_pulling: false,
            withheld: BTreeMap::new(),
            progressed: false,
        }
    }

    pub(super) fn take(&mut self, item: Item, tried: &mut Tried) -> Taken {
        if self.has_hello == matches!(item, Item::Hello(_)) {
            return Taken::Nonsense("the reply does not begin with one greeting");
        }
        self.page_bytes = self.page_bytes.saturating_add(weight(&item));
        if self.page_bytes > 2 * ITEM_BYTES_MAX {
            return Taken::Nonsense("a page without end");
        }
        match item {
            Item::Hello(hello) => self.greet(hello),
            Item::Outcome(outcome) => self.settle(outcome, tried),
            Item::Record(item) => self.record(item),
            Item::Left(gone) => self.arrive(gone.feed, Arrival::Left(gone.record)),
            Item::Erased(gone) => self.arrive(gone.feed, Arrival::Erased(gone.record)),
            Item::Commit(commit) => match self.feeds.get(usize::from(commit.feed)) {
                None => UNKNOWN_FEED,
                Some(feed) => {
                    self.is_pulling = true;
                    let asked = self.cursors.get(usize::from(commit.feed));
                    self.progressed |= asked != Some(&commit.cursor);
                    self.page.cursors.push((feed.clone(), commit.cursor));
                    Taken::Page
                }
            },
            Item::FeedEnd(end) => match self.feeds.get(usize::from(end.feed)) {
                None => UNKNOWN_FEED,
                Some(feed) => {
                    self.page.cursors.push((feed.clone(), end.cursor));
                    if !end.has_more {
                        let complete = (feed.clone(), end.cursor, end.proof);
                        self.page.complete.push(complete);
                    }
                    self.ends.insert(feed.clone(), end);
                    Taken::More
                }
            },
            Item::Unchanged(unchanged) => self.stay(&unchanged.feeds),
            Item::Index(index) => self.list(index),
            Item::Receipt(signed) => {
                let covered = self.covered.clone();
                self.page.receipt = Some(Received { signed, covered });
                Taken::More
            }
            Item::Erasures(erasures) => {
                self.progressed |= !erasures.is_empty();
                self.has_more_erasures = erasures.has_more;
                self.page.erasures = Some(erasures);
                Taken::More
            }
            Item::End => Taken::End,
            Item::Repair(item) => self.repair(item),
        }
    }

    /// Feeds that have no other end, for they stand where the request said.
    fn stay(&mut self, places: &[u8]) -> Taken {
        for place in places.iter().map(|place| usize::from(*place)) {
            let Some(feed) = self.feeds.get(place) else {
                return UNKNOWN_FEED;
            };
            let Some(mark) = self.marks.get(place).copied().flatten() else {
                return Taken::Nonsense("a feed as it was, of which nothing was said");
            };
            self.unchanged.insert(feed.clone(), mark);
        }
        Taken::More
    }

    fn repair(&mut self, item: RepairItem) -> Taken {
        match item {
            RepairItem::Stands(stands) => self.arrive(stands.feed, Arrival::Stands(stands)),
            RepairItem::Unknown(Unknown { feed, record }) => {
                self.arrive(feed, Arrival::Unknown(record))
            }
            RepairItem::Differs(differs) => match self.feeds.get(usize::from(differs.feed)) {
                None => UNKNOWN_FEED,
                Some(feed) => {
                    self.progressed = true;
                    let buckets = differs.buckets.to_vec();
                    let differing = (feed.clone(), differs.position, buckets);
                    self.page.differing.push(differing);
                    Taken::Page
                }
            },
            RepairItem::Settled(settled) => match self.feeds.get(usize::from(settled.feed)) {
                None => UNKNOWN_FEED,
                Some(feed) => {
                    self.progressed = true;
                    let buckets = settled.buckets.to_vec();
                    self.page.settled.push((feed.clone(), buckets));
                    Taken::More
                }
            },
        }
    }

    fn list(&mut self, index: Index) -> Taken {
        let Some(feed) = self.feeds.get(usize::from(index.feed)) else {
            return UNKNOWN_FEED;
        };
        let needs = |row: &IndexRow| Some((row.record, row.needs_bytes?));
        self.withheld.extend(index.rows.iter().filter_map(needs));
        let is_commit = index.before.is_some();
        self.is_pulling |= is_commit;
        self.progressed |= is_commit;
        self.page.index.push((feed.clone(), index));
        match is_commit {
            true => Taken::Page,
            false => Taken::More,
        }
    }

    fn greet(&mut self, hello: Hello) -> Taken {
        self.has_hello = true;
        if self.log != Some(hello.log) {
            self.progressed |= self.log.is_some();
            self.page.log = Some(hello.log);
        }
        self.page.stations = hello.stations;
        self.page.standing = hello.standing;
        if let Some(grants) = hello.grants {
            self.brought_grants = true;
            self.progressed = true;
            self.page.grants = Some(grants);
        }
        Taken::More
    }

    fn settle(&mut self, mut outcome: Outcome, tried: &mut Tried) -> Taken {
        if !self.pushed.contains(&outcome.record) {
            return Taken::Nonsense("an outcome of a record that was not sent");
        }
        if outcome.verdict == Verdict::Kept && !self.vouched.contains(&outcome.record) {
            outcome.verdict = Verdict::Missing;
        }
        if outcome.verdict == Verdict::Missing && !tried.whole(outcome.record) {
            outcome.verdict = Verdict::Refused;
            outcome.problem = Some(ProblemKind::DepsMissing.name().to_owned());
            outcome.words = Some(ProblemKind::DepsMissing.title().to_owned());
        }
        let heads = self.brought.heads(outcome.record, &outcome.durable);
        if !heads.is_empty() {
            self.covered.insert(outcome.record, heads);
        }
        let is_question = self.questions.contains(&outcome.record);
        let is_empty = outcome.durable.is_empty() && !is_question;
        self.progressed |=
            !is_empty || !matches!(outcome.verdict, Verdict::Stored | Verdict::Duplicate);
        let rebases = tells_of_a_copy(&outcome) && tried.rebase(outcome.record);
        match outcome.verdict {
            // Nobody made anything, and nobody hears of it.
            _ if is_question => false,
            Verdict::Refused if rebases => self.page.rebases.insert(outcome.record),
            Verdict::Stored | Verdict::Duplicate => self.acknowledged.insert(outcome.record),
            Verdict::Refused => self.refused.insert(outcome.record),
            Verdict::Missing | Verdict::Kept => false,
        };
        self.page.outcomes.push(outcome);
        if self.page.outcomes.len() < OUTCOMES_MAX || !self.page.arrivals.is_empty() {
            Taken::More
        } else {
            Taken::Page
        }
    }

    fn record(&mut self, item: RecordItem) -> Taken {
        self.progressed |= item.is_whole && self.wants.contains(&item.record);
        self.arrive(item.feed, Arrival::Record(item))
    }

    fn arrive(&mut self, feed: u8, arrival: Arrival) -> Taken {
        let Some(feed) = self.feeds.get(usize::from(feed)) else {
            return UNKNOWN_FEED;
        };
        self.page.arrivals.push((feed.clone(), arrival));
        Taken::More
    }

    /// Whether the request pushed no record.
    pub(super) fn brought_nothing(&self) -> bool {
        self.pushed.is_empty()
    }

    pub(super) fn turn_page(&mut self) -> Page {
        self.page_bytes = 0;
        std::mem::take(&mut self.page)
    }

    /// After the end: everything, and where every feed has come to its end too, what follows from that.
    pub(super) fn last_page(&mut self) -> Page {
        let mut page = self.turn_page();
        let is_end = self.is_complete() && !self.has_more() && !self.feeds.is_empty();
        if is_end && self.asks_all && !self.brought_grants {
            let mut wants = self.wants.clone();
            wants.retain(|want| !self.withheld.contains_key(want));
            page.end = Some(wants);
        }
        page
    }

    /// Of a reply that was cut: what does not depend on the rest of its page.
    pub(super) fn sure_page(&mut self) -> Page {
        let mut page = self.turn_page();
        page.index.clear();
        page.arrivals.clear();
        page.cursors.clear();
        page.complete.clear();
        page.settled.clear();
        page
    }

    /// Whether the reply told how each feed that was asked for stands.
    pub(super) fn is_complete(&self) -> bool {
        let is_told =
            |feed: &Feed| self.ends.contains_key(feed) || self.unchanged.contains_key(feed);
        self.feeds.iter().all(is_told)
    }

    pub(super) fn has_more(&self) -> bool {
        self.has_more_erasures || self.ends.values().any(|end| end.has_more)
    }

    /// The feeds that are at their end and differ from the server's.
    pub(super) fn disagreeing(&self, applied: &Applied) -> BTreeSet<Feed> {
        if self.has_more() {
            return BTreeSet::new();
        }
        let ours = |feed: &Feed| applied.feeds.iter().find(|each| each.feed == *feed);
        let differs = |(feed, end): &(&Feed, &FeedEnd)| {
            ours(feed).is_some_and(|ours| (ours.digest, ours.records) != (end.digest, end.records))
        };
        let moved = |(feed, mark): &(&Feed, &u64)| {
            ours(feed).is_some_and(|ours| ours.digest.mark(ours.records) != **mark)
        };
        let ends = self.ends.iter().filter(differs).map(|(feed, _)| feed);
        let unchanged = self.unchanged.iter().filter(moved).map(|(feed, _)| feed);
        ends.chain(unchanged).cloned().collect()
    }
}

/// About what an item takes in memory until its page is durable.
fn weight(item: &Item) -> usize {
    let lists = match item {
        Item::Record(record) => {
            let chunks = record.changes.iter().filter_map(|each| each.chunk.as_ref());
            chunks.map(|chunk| chunk.len()).sum::<usize>()
                + record.changes.len() * size_of::<ChangeItem>()
                + record.heads.len() * size_of::<Hash>()
        }
        Item::Repair(RepairItem::Stands(stands)) => stands.heads.len() * size_of::<Hash>(),
        Item::Index(index) => index.rows.iter().map(IndexRow::size_bytes).sum(),
        Item::Outcome(outcome) => {
            (outcome.durable.len() + outcome.missing.len()) * size_of::<Hash>()
        }
        Item::Erasures(erasures) => erasures.size_bytes(),
        _ => 0,
    };
    size_of::<Arrival>() + lists
}

const UNKNOWN_FEED: Taken = Taken::Nonsense("an item of a feed that was not asked for");
